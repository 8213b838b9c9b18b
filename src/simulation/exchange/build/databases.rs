//! Databases, their copies, and their health mailboxes.

use super::{server_names, unknown};
use crate::simulation::exchange::dynamics::random::Random;
use crate::simulation::exchange::model::state::{Copy, Database, Site};
use crate::simulation::exchange::settings::DatabaseSettings;

/// Adds a database of a world file.
pub(super) fn add(site: &mut Site, name: &str, settings: &DatabaseSettings, wrong: &mut Vec<String>) {
    let mut copies = Vec::new();
    let mut mailbox_server = |written: &str| {
        let found = site.server_named(written);
        match found {
            None => wrong.push(format!("Database {name}: {}", unknown("Exchange server", written, server_names(site)))),
            Some(id) if !site[id].back_end => {
                wrong.push(format!("Database {name}: {written} does not have the role mailbox and cannot hold a copy"));
                return None;
            }
            Some(_) => {}
        }
        found
    };
    for (server, copy) in &settings.copies {
        if let Some(server) = mailbox_server(server) {
            copies.push(Copy {
                server,
                preference: copy.preference,
                status: copy.status.clone().unwrap_or_else(|| "Healthy".to_owned()),
                initializing: false,
                copy_queue: copy.copy_queue,
                replay_queue: copy.replay_queue,
            });
        }
    }
    let preferred = copies.iter().min_by_key(|copy| (copy.preference, copy.server)).map(|copy| copy.server);
    let active = match &settings.active {
        Some(written) => mailbox_server(written),
        None => preferred,
    };
    match active {
        Some(active) if copies.iter().any(|copy| copy.server == active) => {
            let mailboxes =
                (0..site.rules.probes.health_mailboxes.min(100)).map(|at| health_mailbox(name, at)).collect();
            site.databases.push(Database {
                name: name.to_owned(),
                copies,
                active,
                dismounted: false,
                moving: None,
                generation: 0,
                mailboxes,
            });
        }
        Some(_) => wrong.push(format!("Database {name} is active on a server that has no copy of it")),
        None if settings.copies.is_empty() => wrong.push(format!("Database {name} has no copy")),
        None => {}
    }
}

/// The account of a health mailbox, the same for a database and a number.
fn health_mailbox(database: &str, number: u32) -> String {
    let mut random = Random::new(u64::from(number));
    for byte in database.bytes() {
        random = Random::new(random.next() ^ u64::from(byte));
    }
    format!("HealthMailbox{:016x}{:016x}@contoso.com", random.next(), random.next())
}
