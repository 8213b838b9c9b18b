//! Variations of a world: other random numbers, other faults, and cancellations.

use super::exchange;
use super::exchange::Random;
use super::exchange::{Model, ModelDuration, Range, random_actions, random_faults};
use super::world_file::{PersonSettings, WorldFile};
use crate::value::Host;

/// The percentage of variations in which the run is cancelled.
const CANCELLED: u64 = 15;

/// The time of the cancellation, from the start.
const CANCELLED_AFTER: Range = Range { least: ModelDuration::ZERO, most: ModelDuration::minutes(60) };

/// The percentage of variations with faults of any kind; in the others a fault is a reason for the alert.
const ANY_FAULTS: u64 = 15;

/// The percentage of variations in which somebody answers questions, and when.
const ANSWERED: u64 = 40;
const ANSWERED_AFTER: Range = Range { least: ModelDuration::ZERO, most: ModelDuration::minutes(40) };

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
    /// The people who answer questions.
    pub people: Vec<PersonSettings>,
}

impl Variation {
    /// The world of the file, unchanged.
    pub fn none(world: &WorldFile) -> Self {
        Self {
            seed: world.seed,
            exchange: world.exchange.clone(),
            cancelled_after: world.cancelled_after,
            people: world.people.clone(),
        }
    }

    /// The world with up to six more faults, in most cases one of them a reason for the alert, with Managed Availability
    /// acting, in some with an administrator at work, and in some with people who answer, at once or late. `about` are the
    /// alerts of the run, each with its server: see [`super::alerts_of_run`].
    pub fn random(world: &WorldFile, hosts: &[Host], seed: u64, about: &[(String, String)]) -> Self {
        let mut random = Random::new(seed);
        let any = random.percent(ANY_FAULTS);
        let cancelled_after = random.percent(CANCELLED).then(|| random.length(CANCELLED_AFTER));
        let mut exchange = world.exchange.clone();
        exchange.managed_availability = true;
        let server = about.first().map(|(_, server)| server.as_str());
        exchange.administrators.extend(random_actions(seed, hosts, &world.exchange, server));
        let people = match random.percent(ANSWERED) {
            true => vec![PersonSettings::answering("done", random.length(ANSWERED_AFTER))],
            false => world.people.clone(),
        };
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
        Self { seed, exchange, cancelled_after: cancelled_after.or(world.cancelled_after), people }
    }

    /// Its faults, and what administrators do, each as a phrase.
    pub fn in_words(&self) -> Vec<String> {
        let faults = self.exchange.faults.iter().map(ToString::to_string);
        faults.chain(self.exchange.administrators.iter().map(ToString::to_string)).collect()
    }
}
