//! Limits on virtual time.

use crate::engine::world::Charge;
use crate::value::{ActionError, ErrorKind, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The times of the charges of each counter.
#[derive(Default)]
pub(super) struct Limits(BTreeMap<String, Vec<Timestamp>>);

impl Limits {
    pub fn charged(&mut self, counter: &str, at: Timestamp) {
        self.0.entry(counter.to_owned()).or_default().push(at);
    }

    /// Checks whether all of the charges are allowed.
    pub fn check(&self, charges: &[Charge], now: Timestamp) -> Result<(), ActionError> {
        match charges.iter().find(|charge| self.is_spent(charge, now)) {
            Some(spent) => Err(ActionError::new(ErrorKind::Limit, format!("the limit {} is used up", spent.name))),
            None => Ok(()),
        }
    }

    /// Makes all of the charges, or none.
    pub fn charge(&mut self, charges: &[Charge], now: Timestamp) -> Result<(), ActionError> {
        self.check(charges, now)?;
        let counters: BTreeSet<&str> = charges.iter().map(|charge| charge.counter.as_str()).collect();
        counters.into_iter().for_each(|counter| self.charged(counter, now));
        Ok(())
    }

    fn is_spent(&self, charge: &Charge, now: Timestamp) -> bool {
        let Some(times) = self.0.get(&charge.counter) else { return false };
        let within = |window| times.iter().filter(|time| now.duration_since(**time) < window).count();
        charge.rate.is_some_and(|(count, window)| within(window) >= count as usize)
            || charge.apart.is_some_and(|gap| within(gap) > 0)
    }
}
