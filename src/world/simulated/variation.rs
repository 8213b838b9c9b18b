//! Variations of a world: the same site with other chances, other faults, and people who change their minds.

use super::exchange::random::Random;
use super::exchange::{self, Length, Range, random_faults};
use super::file::WorldFile;
use crate::value::Host;

/// In so many of a hundred variations somebody cancels the run.
const CANCELLED: u64 = 10;

/// When they do, counted from the start.
const CANCELLED_AFTER: Range = Range { least: Length::ZERO, most: Length::hours(2) };

/// One play of a world.
#[derive(Debug, Clone)]
pub struct Variation {
    /// What chance begins with.
    pub seed: u64,
    /// The modelled system.
    pub exchange: exchange::Settings,
    /// When somebody cancels, counted from the start.
    pub cancelled_after: Option<Length>,
}

impl Variation {
    /// The world as its file has it.
    pub fn none(world: &WorldFile) -> Self {
        Self { seed: world.seed, exchange: world.exchange.clone(), cancelled_after: world.cancelled_after }
    }

    /// The world with up to three more faults, about half of them on `server`, and with Managed Availability acting.
    pub fn random(world: &WorldFile, hosts: &[Host], seed: u64, server: Option<&str>) -> Self {
        let mut exchange = world.exchange.clone();
        exchange.faults.extend(random_faults(seed, hosts, &exchange, server));
        exchange.managed_availability = true;
        let mut random = Random::new(seed);
        let cancelled_after = random.percent(CANCELLED).then(|| random.length(CANCELLED_AFTER));
        Self { seed, exchange, cancelled_after: cancelled_after.or(world.cancelled_after) }
    }
}
