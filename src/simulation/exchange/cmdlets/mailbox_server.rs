//! Get-MailboxServer and Set-MailboxServer: whether a server can activate databases. The settings are in the directory.

use super::bind::{Kind, Parameters};
use super::database_copies::policy_word;
use super::reply::Reply;
use super::{Cmdlet, Run, Where, plain};
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::state::{ServerId, Site};
use crate::simulation::exchange::settings::duration::Moment;

pub(super) const CMDLETS: [Cmdlet; 2] = [
    Cmdlet {
        name: "Get-MailboxServer",
        place: Where::Exchange,
        parameters: &[("Identity", Kind::Text, true)],
        run: Run::Query(plain, get),
    },
    Cmdlet {
        name: "Set-MailboxServer",
        place: Where::Exchange,
        parameters: &[
            ("Identity", Kind::Text, true),
            ("DatabaseCopyActivationDisabledAndMoveNow", Kind::Boolean, true),
        ],
        run: Run::Control(set),
    },
];

/// The mailbox server of a request; a Client Access server is none.
fn mailbox_server(site: &Site, parameters: &Parameters) -> Result<ServerId, Reply> {
    let server = parameters.server(site, "Identity")?;
    if site[server].back_end {
        return Ok(server);
    }
    let message = format!("{} is not a Mailbox server", site[server].name);
    Err(parameters.failed("ManagementObjectNotFoundException", "InvalidArgument", message))
}

fn get(site: &mut Site, parameters: &Parameters) -> Reply {
    let server = match mailbox_server(site, parameters) {
        Ok(server) => &site[server],
        Err(reply) => return reply,
    };
    Reply::objects(vec![vec![
        ("Identity", server.name.clone().into()),
        ("Name", server.name.clone().into()),
        ("DatabaseAvailabilityGroup", server.dag.clone().into()),
        ("DatabaseCopyActivationDisabledAndMoveNow", server.activation_blocked.into()),
        ("DatabaseCopyAutoActivationPolicy", policy_word(server.activation_policy).into()),
    ]])
}

fn set(site: &mut Site, parameters: &Parameters) -> (Moment, Reply) {
    let ready = site.now + plain(site, parameters);
    let server = match mailbox_server(site, parameters) {
        Ok(server) => server,
        Err(reply) => return (ready, reply),
    };
    let blocked = parameters.boolean("DatabaseCopyActivationDisabledAndMoveNow");
    match blocked {
        Some(blocked) if blocked != site[server].activation_blocked => {
            site.set_activation_blocked(server, blocked, Actor::Run);
            (ready, Reply::nothing())
        }
        _ => (ready, Reply::nothing()),
    }
}
