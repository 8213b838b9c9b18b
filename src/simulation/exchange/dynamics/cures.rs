//! How faults end: a restart ends those of the service, a reboot those of the host as well, a drain none (rule R1).

use crate::simulation::exchange::model::state::{ServerId, Site};
use crate::simulation::exchange::settings::faults::{Cure, FaultKind, Requester};

impl Site {
    /// Handles the start of a service: only its faults end.
    pub fn cured_by_start(&mut self, server: ServerId, service: usize) {
        let (name, by) = {
            let service = &self[server].services[service];
            (service.name.clone(), service.started_by)
        };
        for at in 0..self.faults.len() {
            let trouble = &self.faults[at];
            if trouble.since.is_none() || trouble.server != server || trouble.service != name {
                continue;
            }
            match (trouble.kind, trouble.relapses_after) {
                (FaultKind::ServiceStopped | FaultKind::ServiceDisabled, _) => drop(self.fault_ends(at)),
                (FaultKind::HighLatency, Some(_)) => self.faults[at].reduced_by_restart = Some((self.now, by)),
                (kind, _) if kind.cure() == Cure::Restart && trouble.cure == Cure::Restart => drop(self.fault_ends(at)),
                _ => {}
            }
        }
    }

    /// Handles a boot: faults of the host and of its services end.
    pub fn cured_by_reboot(&mut self, server: ServerId) {
        for at in 0..self.faults.len() {
            let trouble = &self.faults[at];
            let of_host = trouble.kind.cure() != Cure::Nothing;
            if trouble.since.is_some() && trouble.server == server && of_host && trouble.cure != Cure::Nothing {
                self.fault_ends(at);
            }
        }
    }

    /// Handles the release of a component: faults that hold it end.
    pub fn cured_by_release(&mut self, server: ServerId, component: &str, requester: Requester) {
        for at in 0..self.faults.len() {
            let trouble = &self.faults[at];
            let same = trouble.server == server && trouble.component == component && trouble.requester == requester;
            if trouble.since.is_some() && trouble.kind == FaultKind::ComponentInactive && same {
                self.fault_ends(at);
            }
        }
    }
}
