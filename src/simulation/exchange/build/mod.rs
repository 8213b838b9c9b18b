//! Builds a site that has been running for a while from a world file.

mod administrators;
mod databases;
mod faults;
mod servers;

use super::dynamics::events::{Event, Queue};
use super::dynamics::random::Random;
use super::model::state::Site;
use super::settings::Settings;
use super::settings::duration::{ModelDuration, Moment};
use crate::diagnostic::nearest;
use crate::value::{Host, Timestamp};

/// The message for an unknown name, with the nearest known one.
fn unknown<'a>(what: &str, written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(written, names) {
        Some(near) => format!("unknown {what} `{written}`. Did you mean `{near}`?"),
        None => format!("unknown {what} `{written}`"),
    }
}

/// Builds the site at `start`, including the history of its present faults.
pub(super) fn site(settings: &Settings, hosts: &[Host], start: Timestamp, seed: u64) -> Result<Site, Vec<String>> {
    let mut wrong = Vec::new();
    let start = Moment::from(start);
    let mut random = Random::new(seed);
    let servers = servers::all(hosts, start, &mut random);
    let mut site = Site {
        now: start.before(settings.sick_for),
        start,
        rules: settings.assumptions.clone(),
        responders_act: settings.managed_availability,
        servers,
        databases: Vec::new(),
        faults: Vec::new(),
        administrators: Vec::new(),
        recoveries: Vec::new(),
        queue: Queue::default(),
        random,
        ledger: Vec::new(),
    };
    for (name, database) in &settings.databases {
        databases::add(&mut site, name, database, &mut wrong);
    }
    for id in site.server_ids() {
        site[id].touch_points = site.database_ids().collect();
    }
    for (name, server) in &settings.servers {
        match site.server_named(name) {
            Some(id) => servers::adjust(&mut site, id, name, server, &mut wrong),
            None => wrong.push(unknown("Exchange server", name, server_names(&site))),
        }
    }
    site.faults = faults::active_faults(&site, settings, &mut wrong);
    site.administrators = administrators::planned(&site, settings, &mut wrong);
    administrators::disable_monitors(&mut site, settings, &mut wrong);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    for id in site.server_ids() {
        let generation = site[id].health.generation;
        site.health_manager_ready(id, generation);
        if site[id].activation_blocked {
            let generation = site[id].block_generation;
            site.plan(site.rules.times.move_again, Event::MovesTried { server: id, generation });
        }
    }
    for (at, fault) in settings.faults.iter().enumerate() {
        // A fault of the start has existed for a while.
        let begins = if fault.after == ModelDuration::ZERO { site.now } else { start + fault.after };
        site.plan_at(begins, Event::FaultBegins { fault: at });
        if let Some(until) = fault.until {
            site.plan_at(start + until, Event::FaultEnds { fault: at });
        }
    }
    for (at, action) in settings.administrators.iter().enumerate() {
        site.plan_at(start + action.after, Event::AdministratorActs { action: at });
        if let Some(until) = action.until {
            site.plan_at(start + until, Event::AdministratorEnds { action: at });
        }
    }
    site.advance(start);
    Ok(site)
}

/// The names of the servers, for suggestions.
fn server_names(site: &Site) -> impl Iterator<Item = &str> {
    site.servers.iter().map(|server| server.host.name.as_str())
}
