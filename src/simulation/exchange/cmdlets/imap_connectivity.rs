//! Test-ImapConnectivity: a login as the test user. No Health Manager takes part.

use super::bind::{Kind, Parameters};
use super::probe_texts::words;
use super::reply::Reply;
use super::{Cmdlet, Run, Where};
use crate::simulation::exchange::model::probes::Cause;
use crate::simulation::exchange::model::state::{DatabaseId, ServerId, Site};
use crate::simulation::exchange::settings::duration::ModelDuration;

pub(super) const CMDLETS: [Cmdlet; 1] = [Cmdlet {
    name: "Test-ImapConnectivity",
    place: Where::Exchange,
    parameters: &[
        ("ClientAccessServer", Kind::Text, true),
        ("MailboxServer", Kind::Text, false),
        ("LightMode", Kind::Boolean, false),
    ],
    run: Run::Query(takes, test),
}];

/// Why a login fails, in the words of the cmdlet.
enum Failure {
    Cause(Cause),
    /// The mailbox server holds no active database of the test user.
    WrongServer,
}

/// The front end, and the mailbox of the test user: on the mailbox server, or the first of the site.
fn login(site: &Site, parameters: &Parameters) -> Result<(ServerId, Option<Failure>), Reply> {
    let front_end = parameters.server(site, "ClientAccessServer")?;
    let database = match parameters.given("MailboxServer") {
        None => Some(DatabaseId(0)).filter(|_| !site.databases.is_empty()),
        Some(_) => {
            let holder = parameters.server(site, "MailboxServer")?;
            site.copies_on(holder).into_iter().find(|database| site[*database].active == holder)
        }
    };
    let failure = match database {
        None => Some(Failure::WrongServer),
        Some(database) => site.test_user_login(front_end, database).map(Failure::Cause),
    };
    Ok((front_end, failure))
}

fn takes(site: &mut Site, parameters: &Parameters) -> ModelDuration {
    let waits = matches!(login(site, parameters), Ok((_, Some(Failure::Cause(Cause::Silence | Cause::Store)))));
    let (cmdlet, timeout) = (site.rules.times.cmdlet, site.rules.times.probe_timeout);
    let waited = if waits { site.draw(timeout) } else { ModelDuration::ZERO };
    site.draw(cmdlet) + waited
}

fn test(site: &mut Site, parameters: &Parameters) -> Reply {
    let (front_end, failure) = match login(site, parameters) {
        Ok(login) => login,
        Err(reply) => return reply,
    };
    let error = failure.as_ref().map(|failure| match failure {
        Failure::WrongServer => "z NO [Error=WrongServerException] LOGIN failed.".to_owned(),
        Failure::Cause(cause) => words(*cause).3.to_owned(),
    });
    let latency = match error {
        Some(_) => String::new(),
        None => format!("{}.00", 15 + site.random.below(400)),
    };
    Reply::objects(vec![vec![
        ("ClientAccessServer", site[front_end].address().into()),
        ("ClientAccessServerShortName", site[front_end].name.clone().into()),
        ("LocalSite", "Default-First-Site-Name".into()),
        ("LocalSiteShortName", "Default-First-Site-Name".into()),
        ("Scenario", "Test IMAP4 Connectivity".into()),
        ("Result", if error.is_some() { "Failure" } else { "Success" }.into()),
        ("LatencyInMillisecondsString", latency.into()),
        ("Error", error.unwrap_or_default().into()),
        ("Port", 993.into()),
        ("ConnectionType", "Ssl".into()),
    ]])
}
