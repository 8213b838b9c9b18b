//! How much a run may compute and hold. Computation is counted in steps, not in time, so a replay stops at the same
//! statement.

use crate::engine::eval::arithmetic::mismatch;
use crate::value::{ActionError, Value};
use std::cell::Cell;
use std::rc::Rc;

/// The largest number of steps of one expression.
pub(crate) const MOST_STEPS: u64 = 1_000_000;

/// The largest size of one value, in bytes.
pub(crate) const LARGEST_VALUE: usize = 16 << 20;

/// The largest size of everything that a run tree holds in locals, in bytes; see [`Pool`].
pub(crate) const LARGEST_POOL: usize = 64 << 20;

/// The largest number of observations and probes of one expression.
pub(crate) const MOST_ANSWERS: usize = 10_000;

/// After so many steps without a reply the engine asks the world for the time, because deadlines and cancellations come
/// with replies.
pub(crate) const STEPS_BETWEEN_REPLIES: u64 = 100_000;

/// Steps of a statement, without its expressions.
pub(crate) const STATEMENT: u64 = 10;

/// An observation with a body of its own counts as so many statements.
pub(crate) const BODY: u64 = 10;

/// Counts the steps of one expression.
#[derive(Debug, Default)]
pub(crate) struct Work {
    done: u64,
}

impl Work {
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Counts steps.
    ///
    /// # Errors
    /// The expression takes too many steps.
    pub fn spend(&mut self, steps: u64) -> Result<(), ActionError> {
        self.done = self.done.saturating_add(steps);
        if self.done <= MOST_STEPS {
            return Ok(());
        }
        Err(mismatch(format!(
            "an expression takes more than {MOST_STEPS} steps to evaluate: let the observation answer with less"
        )))
    }

    /// Counts the steps to scan a text.
    pub fn read(&mut self, text: &str) -> Result<(), ActionError> {
        self.spend(text.len() as u64 / 64)
    }

    /// Counts the steps to scan a value.
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

    /// Counts the steps to build a value, and returns it unless it is too large.
    pub fn count_built(&mut self, value: Value) -> Result<Value, ActionError> {
        self.count_value(&value)?;
        fits(value.size(LARGEST_VALUE).bytes).map(|()| value)
    }
}

pub(crate) fn fits(bytes: usize) -> Result<(), ActionError> {
    if bytes <= LARGEST_VALUE {
        return Ok(());
    }
    Err(mismatch(format!("a value is larger than {} MiB: let the observation answer with less", LARGEST_VALUE >> 20)))
}

/// The size of all locals of a run tree, in bytes.
pub(crate) type Pool = Rc<Cell<usize>>;

/// The part of a pool that one frame takes. Dropping it returns the bytes.
#[derive(Debug, Default)]
pub(crate) struct Share {
    pool: Option<Pool>,
    slots: Vec<usize>,
}

impl Share {
    /// Counts the value of a local instead of its former one.
    ///
    /// # Errors
    /// The value is too large, or the locals of the run tree are together.
    pub fn bind(&mut self, pool: &Pool, slot: usize, value: &Value) -> Result<(), ActionError> {
        let bytes = value.size(LARGEST_VALUE).bytes;
        fits(bytes)?;
        if self.slots.len() <= slot {
            self.slots.resize(slot + 1, 0);
        }
        let Some(place) = self.slots.get_mut(slot) else { return Ok(()) };
        let all = pool.get().saturating_sub(*place).saturating_add(bytes);
        if all > LARGEST_POOL {
            let message = format!("the values of the run are larger than {} MiB in total", LARGEST_POOL >> 20);
            return Err(mismatch(message));
        }
        *place = bytes;
        pool.set(all);
        self.pool.get_or_insert_with(|| Rc::clone(pool));
        Ok(())
    }
}

/// A copy of a frame shares its values, so they count once.
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
