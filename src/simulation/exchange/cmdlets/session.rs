//! The connections of cmdlets: a session with Exchange, or a reachable computer.

use super::reply::Reply;
use crate::simulation::exchange::model::state::{ServerId, Site, WEB};
use crate::simulation::exchange::settings::duration::ModelDuration;
use crate::transport::powershell::ErrorStage;

/// The host of an address such as `http://mbx2.contoso.com/PowerShell/`.
fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

/// A session on the first server that accepts one, and the time spent waiting for the others. Without addresses the
/// shell has the cmdlets itself.
pub(super) fn with_exchange(site: &mut Site, sessions: &[String]) -> Result<ModelDuration, (ModelDuration, Reply)> {
    let mut lost = ModelDuration::ZERO;
    for address in sessions {
        if site.server_named(host_of(address)).is_some_and(|id| site[id].runs(WEB)) {
            return Ok(lost);
        }
        let range = site.rules.times.no_connection;
        lost = lost + site.draw(range);
    }
    if sessions.is_empty() {
        return Ok(lost);
    }
    let hosts: Vec<_> = sessions.iter().map(|address| host_of(address)).collect();
    let message = format!("Connecting to remote server {} failed", hosts.join(", "));
    Err((lost, Reply::error(ErrorStage::Connect, "PSSessionOpenFailed", "OpenError", message)))
}

/// The computer, if it answers.
pub(super) fn with_computer(site: &mut Site, name: &str) -> Result<ServerId, (ModelDuration, Reply)> {
    let found = site.server_named(name);
    if let Some(id) = found.filter(|id| site[*id].is_up()) {
        return Ok(id);
    }
    let range = site.rules.times.no_connection;
    let after = site.draw(range);
    let id = if found.is_some() { "PSSessionStateBroken" } else { "ComputerNotFound" };
    let message = format!("Connecting to remote server {name} failed: it does not answer");
    Err((after, Reply::error(ErrorStage::Connect, id, "OpenError", message)))
}
