//! Get-MailboxDatabaseCopyStatus, and Move-ActiveMailboxDatabase.

use super::bind::{Kind, Parameters};
use super::reply::Reply;
use super::{Cmdlet, Run, Where, plain};
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::state::{Copy, DatabaseId, Site};
use crate::simulation::exchange::settings::ActivationPolicy;
use crate::simulation::exchange::settings::duration::Moment;
use serde_json::Value;

pub(super) const CMDLETS: [Cmdlet; 2] = [
    Cmdlet {
        name: "Get-MailboxDatabaseCopyStatus",
        place: Where::Exchange,
        parameters: &[("Server", Kind::Text, false), ("Identity", Kind::Text, false), ("Active", Kind::Boolean, false)],
        run: Run::Query(plain, get),
    },
    Cmdlet {
        name: "Move-ActiveMailboxDatabase",
        place: Where::Exchange,
        parameters: &[
            ("Identity", Kind::Text, true),
            ("ActivateOnServer", Kind::Text, true),
            ("Confirm", Kind::Boolean, false),
        ],
        run: Run::ControlThenQuery(move_database, moved),
    },
];

/// `DB` or `DB\SERVER`, or all copies of a server.
fn get(site: &mut Site, parameters: &Parameters) -> Reply {
    let (database, server) = match (parameters.given("Identity"), parameters.given("Server")) {
        (Some(identity), None) => {
            let (database, server) = identity.split_once('\\').unwrap_or((identity, ""));
            let found = site.database_named(database);
            let on = site.server_named(server);
            if found.is_none() || (on.is_none() && !server.is_empty()) {
                let message =
                    format!("The operation couldn't be performed because object '{identity}' couldn't be found");
                return parameters.failed("ManagementObjectNotFoundException", "InvalidArgument", message);
            }
            (found, on)
        }
        (None, Some(_)) => match parameters.server(site, "Server") {
            Ok(server) => (None, Some(server)),
            Err(reply) => return reply,
        },
        _ => {
            let message = "Parameter set cannot be resolved using the specified named parameters";
            return parameters.failed("AmbiguousParameterSet", "InvalidArgument", message);
        }
    };
    let active_only = parameters.boolean("Active").unwrap_or(false);
    let mut objects = Vec::new();
    for id in site.database_ids().filter(|id| database.is_none_or(|wanted| wanted == *id)) {
        for copy in site[id].copies.iter().filter(|copy| server.is_none_or(|wanted| wanted == copy.server)) {
            if !active_only || site[id].active == copy.server {
                objects.push(object(site, id, copy));
            }
        }
    }
    Reply::objects(objects)
}

fn object(site: &Site, database: DatabaseId, copy: &Copy) -> super::reply::Object {
    let known = &site[database];
    let server = &site[copy.server];
    let active = known.active == copy.server;
    let queues = if active { (0, 0) } else { (copy.copy_queue, copy.replay_queue) };
    let policy = policy_word(server.activation_policy);
    vec![
        ("Identity", format!(r"{}\{}", known.name, server.name).into()),
        ("Name", format!(r"{}\{}", known.name, server.name).into()),
        ("DatabaseName", known.name.clone().into()),
        ("MailboxServer", server.name.clone().into()),
        ("Status", site.copy_status(database, copy).into()),
        ("ActiveCopy", active.into()),
        ("ActiveDatabaseCopy", site[known.active].name.clone().into()),
        ("ActivationPreference", copy.preference.into()),
        ("CopyQueueLength", queues.0.into()),
        ("ReplayQueueLength", queues.1.into()),
        ("ContentIndexState", "Healthy".into()),
        ("ActivationDisabledAndMoveNow", server.activation_blocked.into()),
        ("AutoActivationPolicy", policy.into()),
        ("ErrorMessage", Value::Null),
    ]
}

/// The word for a policy.
pub(super) const fn policy_word(policy: ActivationPolicy) -> &'static str {
    match policy {
        ActivationPolicy::Unrestricted => "Unrestricted",
        ActivationPolicy::IntrasiteOnly => "IntrasiteOnly",
        ActivationPolicy::Blocked => "Blocked",
    }
}

fn move_database(site: &mut Site, parameters: &Parameters) -> (Moment, Reply) {
    let takes = plain(site, parameters);
    let soon = site.now + takes;
    let found = parameters
        .database(site, "Identity")
        .and_then(|database| parameters.server(site, "ActivateOnServer").map(|server| (database, server)));
    let (database, server) = match found {
        Ok(found) => found,
        Err(reply) => return (soon, reply),
    };
    // It asks for confirmation unless that is turned off, and nobody can confirm.
    if parameters.boolean("Confirm") != Some(false) {
        return (
            soon,
            parameters.failed("InvalidOperation", "InvalidOperation", "Nobody is there to confirm the move"),
        );
    }
    if site[database].active == server {
        return (soon, Reply::warning(format!("Database {} is already active there", site[database].name)));
    }
    match site.may_activate(database, server, true) {
        Ok(()) => (site.begin_move(database, server, Actor::Run), Reply::nothing()),
        Err(why) => {
            let message =
                format!("Database {} could not be moved to {}: {why}", site[database].name, site[server].name);
            (soon, parameters.failed("AmDbActionWrapperException", "InvalidOperation", message))
        }
    }
}

/// Whether a move has ended: its target may have been lost meanwhile.
fn moved(site: &mut Site, parameters: &Parameters) -> Reply {
    let found = parameters.database(site, "Identity");
    match found.and_then(|database| parameters.server(site, "ActivateOnServer").map(|server| (database, server))) {
        Ok((database, server)) if site[database].active == server => Reply::nothing(),
        Ok((database, server)) => {
            let message = format!("Database {} could not be mounted on {}", site[database].name, site[server].name);
            parameters.failed("AmDbActionWrapperException", "InvalidOperation", message)
        }
        Err(reply) => reply,
    }
}
