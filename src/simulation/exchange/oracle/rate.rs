//! Restarts and reboots that follow each other too fast.

use super::{Violation, of_run};
use crate::simulation::exchange::model::ledger::Effect;
use crate::simulation::exchange::model::state::Site;
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use crate::value::Timestamp;
use std::collections::BTreeMap;

/// Whether more than `most` moments lie within one duration.
fn crowded(times: &[Timestamp], most: u32, length: ModelDuration) -> bool {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    times.iter().zip(times.iter().skip(most)).any(|(first, last)| Moment::from(*last).since((*first).into()) < length)
}

/// Services that were restarted, and hosts that were rebooted, too often.
pub(super) fn restart_storms(site: &Site) -> Vec<Violation> {
    let mut restarts: BTreeMap<(&str, &str), Vec<Timestamp>> = BTreeMap::new();
    let mut reboots: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    for applied in of_run(site) {
        match &applied.what {
            Effect::ServiceRestarted(service) => {
                restarts.entry((&applied.on, service)).or_default().push(applied.at);
            }
            Effect::RebootBegun { .. } => reboots.entry(&applied.on).or_default().push(applied.at),
            _ => {}
        }
    }
    let rules = &site.rules.oracle;
    let mut violations = Vec::new();
    for ((host, service), times) in &restarts {
        if crowded(times, rules.restarts_per_hour, ModelDuration::hours(1)) {
            let most = rules.restarts_per_hour;
            let text = format!("{service} on {host} was restarted more than {most} times within one hour");
            violations.push(Violation::new("restart_storm", text));
        }
    }
    for (host, times) in &reboots {
        if crowded(times, rules.reboots_per_day, ModelDuration::hours(24)) {
            let most = rules.reboots_per_day;
            let text = format!("{host} was rebooted more than {most} times within 24 hours");
            violations.push(Violation::new("reboot_storm", text));
        }
    }
    violations
}
