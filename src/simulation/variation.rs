//! Variations of a world: the same site with other chances, other faults, and people who change their minds.

use super::exchange;
use super::exchange::dynamics::random::Random;
use super::exchange::{Model, ModelDuration, Range, random_faults};
use super::world_file::WorldFile;
use crate::value::Host;

/// In so many of a hundred variations somebody cancels the run.
const CANCELLED: u64 = 15;

/// When they do, counted from the start.
const CANCELLED_AFTER: Range = Range { least: ModelDuration::ZERO, most: ModelDuration::minutes(60) };

/// In so many of a hundred variations the faults may be of any kind; in the others the alert has a reason.
const ANY_FAULTS: u64 = 15;

/// So often faults are drawn until one is a reason for the alert.
const TRIES: u64 = 60;

/// One play of a world.
#[derive(Debug, Clone)]
pub struct Variation {
    /// What chance begins with.
    pub seed: u64,
    /// The modelled system.
    pub exchange: exchange::Settings,
    /// When somebody cancels, counted from the start.
    pub cancelled_after: Option<ModelDuration>,
}

impl Variation {
    /// The world as its file has it.
    pub fn none(world: &WorldFile) -> Self {
        Self { seed: world.seed, exchange: world.exchange.clone(), cancelled_after: world.cancelled_after }
    }

    /// The world with up to three more faults, in most cases one of them a reason for the alert, and with Managed
    /// Availability acting. `about` are the alerts that the run is about, each with its server: see [`super::about`].
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
