//! The locals of a block, and for how long what they hold may be used.

use super::arithmetic::mismatch;
use crate::engine::run::budget::{Pool, Share};
use crate::program::{Locals, Slot};
use crate::value::{ActionError, SignedDuration, Timestamp, Value, display_duration};
use ecow::EcoString;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// The locals of a block, by slot.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    values: Vec<Value>,
    names: Locals,
    ages: Ages,
    share: Share,
}

/// Locals that hold, or were made from, an answer that grows old.
pub(crate) type Ages = BTreeMap<Slot, Age>;

/// Until when an answer may be used.
#[derive(Debug, Clone)]
pub(crate) struct Age {
    /// The last moment.
    pub until: Timestamp,
    /// How long that was after the answer: what the signature says.
    pub fresh: SignedDuration,
    /// The call that gave it.
    pub call: EcoString,
}

impl Age {
    /// Of two answers in one value the one that must be asked for again first.
    pub fn older(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).min_by_key(|age| age.until)
    }

    /// An error where it is over.
    pub fn check(&self, now: Timestamp) -> Result<(), ActionError> {
        if now <= self.until {
            return Ok(());
        }
        let message = format!("the answer of {} is older than {}: ask again", self.call, display_duration(self.fresh));
        Err(ActionError { action: Some(self.call.clone()), ..mismatch(message) })
    }
}

impl Frame {
    /// These values in the first slots, and nothing in the others.
    pub fn new(mut values: Vec<Value>, locals: &Locals) -> Self {
        values.resize(values.len().max(locals.len()), Value::Absent);
        Self { values, names: locals.clone(), ages: Ages::new(), share: Share::default() }
    }

    /// Counts what it was made with.
    pub fn hold(&mut self, pool: &Pool) -> Result<(), ActionError> {
        self.values.iter().enumerate().try_for_each(|(slot, value)| self.share.bind(pool, slot, value))
    }

    /// Binds a local.
    pub fn bind(&mut self, pool: &Pool, slot: Slot, value: Value, age: Option<Age>) -> Result<(), ActionError> {
        self.share.bind(pool, slot, &value)?;
        let place = self.values.get_mut(slot).ok_or_else(|| mismatch("a local value is outside its frame"))?;
        *place = value;
        match age {
            Some(age) => drop(self.ages.insert(slot, age)),
            None => drop(self.ages.remove(&slot)),
        }
        Ok(())
    }

    /// The first slots hold answers of these ages.
    pub fn grow_old(&mut self, ages: Vec<Option<Age>>) {
        self.ages.extend(ages.into_iter().enumerate().filter_map(|(slot, age)| Some((slot, age?))));
    }

    /// What the author calls a local.
    pub fn name(&self, slot: Slot) -> Option<&EcoString> {
        self.names.get(slot)
    }

    /// The values, and which of them grow old.
    pub fn parts(&mut self) -> (&mut [Value], &Ages) {
        (&mut self.values, &self.ages)
    }
}

impl Deref for Frame {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.values
    }
}

impl DerefMut for Frame {
    fn deref_mut(&mut self) -> &mut [Value] {
        &mut self.values
    }
}
