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
            let fault = &self.faults[at];
            if fault.since.is_none() || fault.server != server || fault.service != name {
                continue;
            }
            match (fault.kind, fault.relapses_after) {
                (FaultKind::ServiceStopped | FaultKind::ServiceDisabled, _) => drop(self.fault_ends(at)),
                (FaultKind::HighLatency, Some(_)) => self.faults[at].reduced_by_restart = Some((self.now, by)),
                (kind, _) if kind.cure() == Cure::Restart && fault.cure == Cure::Restart => drop(self.fault_ends(at)),
                _ => {}
            }
        }
    }

    /// Handles a boot: faults of the host and of its services end.
    pub fn cured_by_reboot(&mut self, server: ServerId) {
        for at in 0..self.faults.len() {
            let fault = &self.faults[at];
            let of_host = fault.kind.cure() != Cure::Nothing;
            if fault.since.is_some() && fault.server == server && of_host && fault.cure != Cure::Nothing {
                self.fault_ends(at);
            }
        }
    }

    /// Handles the release of a component: faults that hold it end.
    pub fn cured_by_release(&mut self, server: ServerId, component: &str, requester: Requester) {
        for at in 0..self.faults.len() {
            let fault = &self.faults[at];
            let same = fault.server == server && fault.component == component && fault.requester == requester;
            if fault.since.is_some() && fault.kind == FaultKind::ComponentInactive && same {
                self.fault_ends(at);
            }
        }
    }
}
