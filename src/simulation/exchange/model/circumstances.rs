//! What the run could have known when it acted on a server, recorded with each of its effects.

use super::components::{IMAP_PROXY, SERVER_WIDE};
use super::ledger::{Actor, Applied, Circumstances, Effect, Unfit};
use super::probes::{Cause, ProbeKind, ProbeSample};
use super::state::{DatabaseId, Power, Server, ServerId, Site};
use crate::simulation::exchange::oracle;
use crate::simulation::exchange::settings::ComponentState;
use crate::simulation::exchange::settings::duration::Moment;
use crate::simulation::exchange::settings::faults::{DatabasePart, FaultKind, Requester};

impl Site {
    /// The circumstances of an effect of the run on a server, now.
    pub fn circumstances(&self, server: ServerId) -> Circumstances {
        let known = &self[server];
        Circumstances {
            held: self.held_by_others(server).map(|(what, since)| (what, since.timestamp())),
            blocked: known.blocked_by.filter(|(by, _)| *by != Actor::Run).map(|(_, since)| since.timestamp()),
            members_out: self.members_out(server),
            anything_wrong: self.anything_wrong(),
        }
    }

    /// A component of a server that somebody else holds inactive, who, and since when. Managed Availability lets go by
    /// itself and holds nothing on purpose.
    fn held_by_others(&self, server: ServerId) -> Option<(String, Moment)> {
        let components = &self[server].components;
        let holds = [SERVER_WIDE, IMAP_PROXY]
            .into_iter()
            .flat_map(|name| components.holds(name).map(move |(requester, hold)| (name, requester, hold)));
        let others = holds.filter(|(_, requester, hold)| {
            hold.state == ComponentState::Inactive && *requester != Requester::HealthAPI && hold.by != Actor::Run
        });
        others
            .min_by_key(|(.., hold)| hold.since)
            .map(|(name, requester, hold)| (format!("{name} by {}", requester.as_str()), hold.since))
    }

    /// The other members of the DAG that are out of service, not by the run, and since when.
    fn members_out(&self, server: ServerId) -> Vec<(String, crate::value::Timestamp)> {
        let dag = self[server].dag.as_ref();
        let others = self
            .server_ids()
            .filter(|id| *id != server && dag.is_some() && self[*id].dag.as_ref() == dag && self[*id].back_end);
        let out_since = |member: &Server| {
            let blocked = member.blocked_by.filter(|(by, _)| *by != Actor::Run).map(|(_, since)| since);
            let down = member.down_by_others.filter(|_| member.power != Power::Up || member.booting);
            blocked.into_iter().chain(down).min()
        };
        let out = others.filter_map(|id| Some((self[id].host.name.to_string(), out_since(&self[id])?.timestamp())));
        out.collect()
    }

    /// Whether anything is wrong, or was a short time ago.
    fn anything_wrong(&self) -> bool {
        let recent = |at: crate::value::Timestamp| self.now.since(at.into()) < self.rules.oracle.fresh;
        let ended = |effect: &Effect| matches!(effect, Effect::FaultEnded(_) | Effect::CameUp);
        self.faults.iter().any(|fault| fault.since.is_some())
            || self.ledger.iter().rev().take_while(|applied| recent(applied.at)).any(|applied| ended(&applied.what))
            || self.server_ids().any(|server| oracle::is_server_sick(self, server))
    }

    /// Why databases should not be moved to a server.
    pub fn unfit_for_databases(&self, server: ServerId) -> Option<Unfit> {
        let rules = &self.rules.oracle;
        if self.held_by_others(server).is_some_and(|(_, since)| self.now.since(since) >= rules.unseen) {
            return Some(Unfit::Held);
        }
        let since = self.back_end_sick_since(server)?;
        let booted_since = self[server].booted > since;
        let noticed = self.now.since(since) >= rules.fresh && (booted_since || self.shows_its_sickness(server));
        noticed.then_some(Unfit::Sick { booted_since })
    }

    /// Whether a probe on demand finds that the back end of a server is sick: it does not greet, or its store is slow for a
    /// database that has been active there for a while.
    fn shows_its_sickness(&self, server: ServerId) -> bool {
        let greeting = self.probe(server, ProbeKind::SelfTest, None, false, ProbeSample::Settled).cause;
        let came_lately = |database: DatabaseId| {
            let lately = |applied: &&Applied| self.now.since(applied.at.into()) < self.rules.oracle.fresh;
            let moves = self.ledger.iter().rev().take_while(lately).filter(|applied| applied.on == self[database].name);
            moves.into_iter().any(|applied| matches!(applied.what, Effect::DatabaseMoved { .. }))
        };
        let login =
            |database| self.probe(server, ProbeKind::DeepTest, Some(database), false, ProbeSample::Settled).cause;
        // A probe takes one database, whichever comes first.
        let looked_at = self.active_on(server).find(|database| !came_lately(*database));
        greeting.is_some() || looked_at.and_then(login) == Some(Cause::Store)
    }

    /// Since when the back end of a server has a fault of its own, if it has.
    pub fn back_end_sick_since(&self, server: ServerId) -> Option<Moment> {
        let kinds = [FaultKind::StoreSlow, FaultKind::HostFault, FaultKind::ServiceHang, FaultKind::ServiceStopped];
        let own_faults = self.faults.iter().filter(|fault| {
            let own = fault.server == server && kinds.contains(&fault.kind);
            let of_back_end = match fault.kind {
                FaultKind::HostFault => fault.part != Some(DatabasePart::FrontEnd),
                FaultKind::StoreSlow => true,
                _ => fault.service == super::state::BACK_END,
            };
            own && of_back_end
        });
        own_faults.filter_map(|fault| fault.since).min()
    }
}
