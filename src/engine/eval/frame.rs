//! Frames: the locals of a body, and how old the answers in them may be.

use super::arithmetic::mismatch;
use crate::engine::run::budget::{Pool, Share};
use crate::program::{Locals, Slot};
use crate::value::{ActionError, SignedDuration, Timestamp, Value, display_duration};
use ecow::EcoString;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

/// The locals of a body, by slot.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    values: Vec<Value>,
    names: Locals,
    ages: Ages,
    share: Share,
}

/// Locals whose value rests on an answer that expires.
pub(crate) type Ages = BTreeMap<Slot, Age>;

/// When an answer expires.
#[derive(Debug, Clone)]
pub(crate) struct Age {
    /// The last moment.
    pub until: Timestamp,
    /// How long an answer may be used, according to its signature.
    pub fresh: SignedDuration,
    /// The call that gave it.
    pub call: EcoString,
}

impl Age {
    /// Of two answers in one value, the one that expires first.
    pub fn older(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).min_by_key(|age| age.until)
    }

    /// An error if the answer has expired.
    pub fn check(&self, now: Timestamp) -> Result<(), ActionError> {
        if now <= self.until {
            return Ok(());
        }
        let message = format!("the answer of {} is older than {}: ask again", self.call, display_duration(self.fresh));
        Err(ActionError { action: Some(self.call.clone()), ..mismatch(message) })
    }
}

impl Frame {
    /// A frame with these values in its first slots; the others are absent.
    pub fn new(mut values: Vec<Value>, locals: &Locals) -> Self {
        values.resize(values.len().max(locals.len()), Value::Absent);
        Self { values, names: locals.clone(), ages: Ages::new(), share: Share::default() }
    }

    /// Counts the values that the frame was created with.
    ///
    /// # Errors
    /// They are too large.
    pub fn hold(&mut self, pool: &Pool) -> Result<(), ActionError> {
        self.values.iter().enumerate().try_for_each(|(slot, value)| self.share.bind(pool, slot, value))
    }

    /// Binds a local.
    ///
    /// # Errors
    /// The value is too large, alone or with the others of the run tree.
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

    /// Sets the ages of the first slots.
    pub fn set_ages(&mut self, ages: Vec<Option<Age>>) {
        self.ages.extend(ages.into_iter().enumerate().filter_map(|(slot, age)| Some((slot, age?))));
    }

    pub fn name(&self, slot: Slot) -> Option<&EcoString> {
        self.names.get(slot)
    }

    /// The values and their ages.
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
