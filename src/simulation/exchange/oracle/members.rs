//! Two servers of one DAG that a run took out of service at the same time.

use super::Violation;
use crate::simulation::exchange::model::ledger::{Actor, Effect};
use crate::simulation::exchange::model::state::Site;

/// A server is out of service from the block or the reboot by the run until it is allowed again, or has booted, whoever
/// did it.
#[derive(Debug, Clone, Copy, Default)]
struct OutOfService {
    blocked: bool,
    rebooting: bool,
}

impl OutOfService {
    const fn is(self) -> bool {
        self.blocked || self.rebooting
    }
}

/// Finds each moment in the ledger at which a second member of a DAG goes out of service.
pub(super) fn two_out(site: &Site) -> Vec<Violation> {
    let mut out = vec![OutOfService::default(); site.servers.len()];
    let mut violations = Vec::new();
    for applied in &site.ledger {
        let found = site.servers.iter().position(|server| server.host.name.as_str() == applied.on);
        let Some((at, state)) = found.and_then(|at| out.get_mut(at).map(|state| (at, state))) else { continue };
        let was_out = state.is();
        match (&applied.what, applied.by) {
            (Effect::ActivationBlocked(true), Actor::Run) => state.blocked = true,
            (Effect::ActivationBlocked(false), _) => state.blocked = false,
            (Effect::RebootBegun { .. }, Actor::Run) => state.rebooting = true,
            (Effect::CameUp, _) => state.rebooting = false,
            _ => {}
        }
        if was_out || !state.is() {
            continue;
        }
        let dag = site.servers.get(at).and_then(|server| server.dag.as_ref());
        let others =
            site.servers.iter().enumerate().filter(|(other, server)| {
                *other != at && dag.is_some() && server.dag.as_ref() == dag && server.back_end
            });
        for (other, server) in others {
            if out.get(other).is_some_and(|state| state.is()) {
                let text = format!(
                    "{} was taken out of service while {} of the same DAG was out of service",
                    applied.on, server.host.name
                );
                violations.push(Violation::new("two_members_out", text));
            }
        }
    }
    violations
}
