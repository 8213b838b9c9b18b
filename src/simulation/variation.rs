//! Variations of a world: other random numbers, other faults, and cancellations.

use super::exchange;
use super::exchange::Random;
use super::exchange::{Model, ModelDuration, Range, random_faults};
use super::world_file::WorldFile;
use crate::value::Host;

/// The percentage of variations in which the run is cancelled.
const CANCELLED: u64 = 15;

/// The time of the cancellation, from the start.
const CANCELLED_AFTER: Range = Range { least: ModelDuration::ZERO, most: ModelDuration::minutes(60) };

/// The percentage of variations with faults of any kind; in the others a fault is a reason for the alert.
const ANY_FAULTS: u64 = 15;

/// How often faults are drawn to find a reason for the alert.
const TRIES: u64 = 60;

/// One variation of a world.
#[derive(Debug, Clone)]
pub struct Variation {
    /// The seed.
    pub seed: u64,
    /// The modelled system.
    pub exchange: exchange::Settings,
    /// When the run is cancelled, from the start.
    pub cancelled_after: Option<ModelDuration>,
}

impl Variation {
    /// The world of the file, unchanged.
    pub fn none(world: &WorldFile) -> Self {
        Self { seed: world.seed, exchange: world.exchange.clone(), cancelled_after: world.cancelled_after }
    }

    /// The world with up to three more faults, in most cases one of them a reason for the alert, and with Managed
    /// Availability acting. `about` are the alerts of the run, each with its server: see [`super::alerts_of_run`].
    pub fn random(world: &WorldFile, hosts: &[Host], seed: u64, about: &[(String, String)]) -> Self {
        let mut random = Random::new(seed);
        let any = random.percent(ANY_FAULTS);
        let cancelled_after = random.percent(CANCELLED).then(|| random.length(CANCELLED_AFTER));
        let mut exchange = world.exchange.clone();
        exchange.managed_availability = true;
        let server = about.first().map(|(_, server)| server.as_str());
        for _ in 0..TRIES {
            let faults = random_faults(random.next(), hosts, &world.exchange, server);
            exchange.faults = [world.exchange.faults.as_slice(), &faults].concat();
            let has_reason = || {
                let model = Model::new(&exchange, hosts, world.start, seed);
                let is_sick = |model: Model| about.iter().any(|(alert, server)| model.is_sick(alert, server));
                about.is_empty() || model.is_ok_and(is_sick)
            };
            if any || has_reason() {
                break;
            }
        }
        Self { seed, exchange, cancelled_after: cancelled_after.or(world.cancelled_after) }
    }
}
