//! How a run acts on servers: onto what others are at work on, for nothing, or twice where once was enough.

use super::{Baseline, Violation, of_run};
use crate::simulation::exchange::model::ledger::{Applied, Circumstances, Effect, Unfit};
use crate::simulation::exchange::model::state::Site;
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use crate::value::Timestamp;

/// The effects of the run on servers, each with its circumstances.
fn effects(site: &Site) -> impl Iterator<Item = (&Applied, &Circumstances)> {
    of_run(site).filter_map(|applied| Some((applied, applied.circumstances.as_ref()?)))
}

/// Whether something had been so for long enough that the run could have known.
fn was_known(site: &Site, since: Timestamp, at: Timestamp) -> bool {
    age(since, at) >= site.rules.oracle.unseen
}

fn age(since: Timestamp, at: Timestamp) -> ModelDuration {
    Moment::from(at).since(since.into())
}

/// Whether an effect only takes back the protocol logging of the run: a restart after the setting of the start was restored.
fn restores_logging(site: &Site, before: &Baseline, applied: &Applied) -> bool {
    let found = site.servers.iter().zip(&before.servers).find(|(server, _)| server.host.name.as_str() == applied.on);
    let Some(set_before) = found.map(|(_, before)| before.log_set) else { return false };
    let earlier = of_run(site).filter(|other| other.on == applied.on && other.at <= applied.at);
    let last = earlier.filter_map(|other| match other.what {
        Effect::ProtocolLogging(set) => Some(set),
        _ => None,
    });
    matches!(applied.what, Effect::ServiceRestarted(_)) && last.last() == Some(set_before)
}

/// Restarts, reboots and blocks on a server that somebody else holds, or has blocked.
pub(super) fn acted_on_held(site: &Site, before: &Baseline) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (applied, circumstances) in effects(site) {
        let disturbs = match applied.what {
            Effect::RebootBegun { .. } | Effect::ActivationBlocked(true) => true,
            Effect::ServiceRestarted(_) | Effect::ServiceStarted(_) | Effect::ServiceStopped(_) => {
                !restores_logging(site, before, applied)
            }
            _ => false,
        };
        if !disturbs {
            continue;
        }
        let held = circumstances.held.as_ref().filter(|(_, since)| was_known(site, *since, applied.at));
        // A restart of a service moves no database.
        let moves = matches!(applied.what, Effect::RebootBegun { .. } | Effect::ActivationBlocked(true));
        let blocked = circumstances.blocked.filter(|since| moves && was_known(site, *since, applied.at));
        let how = match (held, blocked) {
            (Some((what, _)), _) => format!("while somebody held {what}"),
            (None, Some(_)) => "while somebody had blocked its databases".to_owned(),
            (None, None) => continue,
        };
        violations.push(Violation::new("acted_on_held", format!("{} {how}", described(applied))));
    }
    violations
}

/// A member of a DAG that the run takes out of service while another one is out, by whomever.
pub(super) fn member_out_beside_others(site: &Site) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut out: Vec<&str> = Vec::new();
    for (applied, circumstances) in effects(site) {
        let begins = match applied.what {
            Effect::ActivationBlocked(true) | Effect::RebootBegun { .. } => !out.contains(&applied.on.as_str()),
            _ => false,
        };
        match applied.what {
            Effect::ActivationBlocked(true) => out.push(&applied.on),
            Effect::ActivationBlocked(false) => out.retain(|name| *name != applied.on),
            _ => {}
        }
        let mut known = circumstances.members_out.iter().filter(|(_, since)| was_known(site, *since, applied.at));
        if let Some((member, _)) = known.next().filter(|_| begins) {
            let text = format!("{} while {member} of the same DAG was out of service", described(applied));
            violations.push(Violation::new("two_members_out", text));
        }
    }
    violations
}

/// Disruptions in a site in which nothing is wrong and nothing was a short time before.
pub(super) fn for_nothing(site: &Site, before: &Baseline) -> Vec<Violation> {
    let disruptions = effects(site).filter(|(applied, circumstances)| {
        let disrupts = matches!(
            applied.what,
            Effect::ServiceRestarted(_) | Effect::RebootBegun { .. } | Effect::ActivationBlocked(true)
        );
        disrupts && !circumstances.anything_wrong && !restores_logging(site, before, applied)
    });
    disruptions
        .map(|(applied, _)| {
            Violation::new("disruption_for_nothing", format!("{} although nothing was wrong", described(applied)))
        })
        .collect()
}

/// Restarts of a service right before a reboot of its host.
pub(super) fn restarts_before_reboots(site: &Site) -> Vec<Violation> {
    let mut violations = Vec::new();
    for reboot in of_run(site).filter(|applied| matches!(applied.what, Effect::RebootBegun { .. })) {
        let earlier = of_run(site).filter(|applied| applied.on == reboot.on && applied.at <= reboot.at);
        for restart in earlier {
            let apart = age(restart.at, reboot.at);
            if let Effect::ServiceRestarted(service) = &restart.what
                && apart < site.rules.oracle.restart_before_reboot
            {
                let text = format!("{service} on {} was restarted {apart} before its host was rebooted", reboot.on);
                violations.push(Violation::new("restart_before_reboot", text));
            }
        }
    }
    violations
}

/// Databases that the run had moved to a server that was not fit for them. After a boot one database may be moved, to see
/// whether the server is cured, if it is moved away again when it is not.
pub(super) fn moved_onto_unfit(site: &Site) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut tried: Vec<(&str, &str, Timestamp)> = Vec::new();
    for applied in &site.ledger {
        let Effect::DatabaseMoved { from, to, unfit } = &applied.what else { continue };
        let database = applied.on.as_str();
        tried.retain(|(moved, there, _)| *moved != database || there != from);
        let why = match unfit {
            None => continue,
            Some(Unfit::Held) => "which somebody holds inactive",
            Some(Unfit::Sick { booted_since: false }) => "whose back end is sick",
            Some(Unfit::Sick { booted_since: true }) if tried.iter().any(|(_, there, _)| there == to) => {
                "after another one there had shown that its back end is sick"
            }
            Some(Unfit::Sick { booted_since: true }) => {
                tried.push((database, to, applied.at));
                continue;
            }
        };
        violations.push(Violation::new("moved_onto_unfit", format!("{database} was moved to {to}, {why}")));
    }
    for (database, there, at) in tried {
        let since = site.server_named(there).and_then(|server| site.back_end_sick_since(server));
        if since.is_some_and(|since| since.timestamp() <= at) {
            let text = format!("{database} was moved to {there}, whose back end is sick, and stays there");
            violations.push(Violation::new("moved_onto_unfit", text));
        }
    }
    violations
}

fn described(applied: &Applied) -> String {
    match &applied.what {
        Effect::RebootBegun { .. } => format!("{} was rebooted", applied.on),
        Effect::ActivationBlocked(_) => format!("{} was drained", applied.on),
        Effect::ServiceStarted(service) => format!("{service} on {} was started", applied.on),
        Effect::ServiceStopped(service) => format!("{service} on {} was stopped", applied.on),
        Effect::ServiceRestarted(service) => format!("{service} on {} was restarted", applied.on),
        other => format!("{}: {other}", applied.on),
    }
}
