//! How much a run may calculate. Counted in steps and not in time, so that a run that is given the same replies stops at
//! the same place.

use crate::engine::eval::arithmetic::mismatch;
use crate::value::{ActionError, Value};
use std::cell::Cell;
use std::rc::Rc;

/// Steps of one expression.
pub(crate) const MOST_STEPS: u64 = 1_000_000;

/// Bytes of one value.
pub(crate) const LARGEST_VALUE: usize = 16 << 20;

/// Bytes of everything that a run and the runs that it starts have bound, in [`Pool`].
pub(crate) const LARGEST_POOL: usize = 64 << 20;

/// Observations and probes that one expression may ask for.
pub(crate) const MOST_ANSWERS: usize = 10_000;

/// After so many steps without a reply the world is asked for the time: deadlines and cancellations come with replies.
pub(crate) const STEPS_BETWEEN_REPLIES: u64 = 100_000;

/// What a statement counts for beside its expressions.
pub(crate) const STATEMENT: u64 = 10;

/// So many statements an observation counts for that is made of others.
pub(crate) const BODY: u64 = 10;

/// What the steps of an expression are counted against.
#[derive(Debug, Default)]
pub(crate) struct Work {
    done: u64,
}

impl Work {
    /// Steps so far.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Counts.
    pub fn spend(&mut self, steps: u64) -> Result<(), ActionError> {
        self.done = self.done.saturating_add(steps);
        if self.done <= MOST_STEPS {
            return Ok(());
        }
        Err(mismatch(format!(
            "an expression takes more than {MOST_STEPS} steps to work out: let what is asked answer less"
        )))
    }

    /// Counts for going through a text.
    pub fn read(&mut self, text: &str) -> Result<(), ActionError> {
        self.spend(text.len() as u64 / 64)
    }

    /// Counts for going through a value.
    pub fn count_value(&mut self, value: &Value) -> Result<(), ActionError> {
        match value {
            Value::Text(text) => self.read(text),
            Value::List(_) | Value::Record(_) | Value::Json(_) | Value::Partial(_) => {
                let size = value.size(LARGEST_VALUE);
                self.spend(size.parts + size.bytes as u64 / 64)
            }
            _ => Ok(()),
        }
    }

    /// Takes a value that was made, if it is not too large.
    pub fn made(&mut self, value: Value) -> Result<Value, ActionError> {
        self.count_value(&value)?;
        fits(value.size(LARGEST_VALUE).bytes).map(|()| value)
    }
}

/// Checks that a value of so many bytes is not too large.
pub(crate) fn fits(bytes: usize) -> Result<(), ActionError> {
    if bytes <= LARGEST_VALUE {
        return Ok(());
    }
    Err(mismatch(format!("a value is larger than {} MiB: let what is asked answer less", LARGEST_VALUE >> 20)))
}

/// Bytes that are bound, by all blocks of a run tree together.
pub(crate) type Pool = Rc<Cell<usize>>;

/// The part of a pool that one block has bound; given back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Share {
    pool: Option<Pool>,
    slots: Vec<usize>,
}

impl Share {
    /// A local holds a value from now on.
    pub fn bind(&mut self, pool: &Pool, slot: usize, value: &Value) -> Result<(), ActionError> {
        let bytes = value.size(LARGEST_VALUE).bytes;
        fits(bytes)?;
        if self.slots.len() <= slot {
            self.slots.resize(slot + 1, 0);
        }
        let Some(place) = self.slots.get_mut(slot) else { return Ok(()) };
        let all = pool.get().saturating_sub(*place).saturating_add(bytes);
        if all > LARGEST_POOL {
            let message = format!("what the run has bound is larger than {} MiB, all together", LARGEST_POOL >> 20);
            return Err(mismatch(message));
        }
        *place = bytes;
        pool.set(all);
        self.pool.get_or_insert_with(|| Rc::clone(pool));
        Ok(())
    }
}

/// What is copied is shared, so that it counts once.
impl Clone for Share {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            pool.set(pool.get().saturating_sub(self.slots.iter().sum()));
        }
    }
}
