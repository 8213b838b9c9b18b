//! Faults of the site: their beginnings, effects and ends (rule R1).

use crate::simulation::exchange::dynamics::events::Event;
use crate::simulation::exchange::model::components::{Hold, IMAP_PROXY};
use crate::simulation::exchange::model::ledger::{Actor, Effect};
use crate::simulation::exchange::model::state::{BACK_END, DatabaseId, FRONT_END, HEALTH_MANAGER, ServerId, Site};
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use crate::simulation::exchange::settings::faults::{Cure, DatabasePart, FaultKind, Requester};
use crate::simulation::exchange::settings::{ActivationPolicy, ComponentState, ServiceStatus, StartType};

/// The default number of logs that copies lag behind.
const LAG: u64 = 500;

/// A fault of the site.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct ActiveFault {
    pub kind: FaultKind,
    /// The server; the first if the fault concerns none.
    pub server: ServerId,
    /// The database; the first if the fault concerns none.
    pub database: DatabaseId,
    pub service: String,
    pub component: &'static str,
    pub requester: Requester,
    pub part: Option<DatabasePart>,
    pub cure: Cure,
    pub relapses_after: Option<ModelDuration>,
    /// It begins once more this long after its end.
    pub returns_after: Option<ModelDuration>,
    pub length: Option<u64>,
    /// Since when it is active; `None` before and after.
    pub since: Option<Moment>,
    /// For a latency that a restart reduced: since when, and whose restart.
    pub reduced_by_restart: Option<(Moment, Actor)>,
    /// The earlier state, restored when the fault heals.
    pub before: Before,
}

/// The state before a fault.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation::exchange) enum Before {
    #[default]
    Nothing,
    Service(ServiceStatus, StartType),
    Hold(ComponentState),
    Copies(Vec<(ServerId, String, u64)>),
    Policy(ActivationPolicy),
}

impl Site {
    fn active_faults(&self) -> impl Iterator<Item = &ActiveFault> {
        self.faults.iter().filter(|fault| fault.since.is_some())
    }

    /// Whether a server has a fault of a kind now.
    pub fn has_fault(&self, server: ServerId, kind: FaultKind) -> bool {
        self.active_faults().any(|fault| fault.kind == kind && fault.server == server)
    }

    /// Since when a server has a fault of a kind.
    pub fn fault_since(&self, server: ServerId, kind: FaultKind) -> Option<Moment> {
        let own = self.active_faults().filter(|fault| fault.kind == kind && fault.server == server);
        own.filter_map(|fault| fault.since).min()
    }

    /// Whether there is a fault of a kind now.
    pub fn has_fault_anywhere(&self, kind: FaultKind) -> bool {
        self.active_faults().any(|fault| fault.kind == kind)
    }

    /// Whether a database has a fault of a kind now.
    pub fn has_database_fault(&self, database: DatabaseId, kind: FaultKind) -> bool {
        self.active_faults().any(|fault| fault.kind == kind && fault.database == database)
    }

    /// Whether a service that runs does not answer.
    pub fn service_hangs(&self, server: ServerId, service: &str) -> bool {
        self.active_faults().any(|fault| {
            fault.kind == FaultKind::ServiceHang
                && fault.server == server
                && fault.service.eq_ignore_ascii_case(service)
        })
    }

    /// Whether the operating system keeps a service from answering.
    pub fn host_is_unresponsive(&self, server: ServerId, part: DatabasePart) -> bool {
        self.active_faults().any(|fault| {
            fault.kind == FaultKind::HostFault && fault.server == server && fault.part.is_none_or(|kept| kept == part)
        })
    }

    /// Since when commands take too long on a server, if they do.
    pub fn high_latency_since(&self, server: ServerId) -> Option<Moment> {
        let faults = self.active_faults();
        let latencies = faults.filter(|fault| fault.kind == FaultKind::HighLatency && fault.server == server);
        let since = latencies.filter_map(|fault| match (fault.reduced_by_restart, fault.relapses_after) {
            (Some((soothed, _)), Some(after)) => Some(soothed + after).filter(|relapse| *relapse <= self.now),
            _ => fault.since,
        });
        since.min()
    }

    /// Starts a fault.
    pub fn fault_begins(&mut self, at: usize) {
        let Some(fault) = self.faults.get(at).cloned() else { return };
        self.faults[at].since = Some(self.now);
        let before = self.apply_fault(&fault);
        self.faults[at].before = before;
        self.record_fault(&fault, Effect::FaultBegan(fault.kind.as_str()));
    }

    fn apply_fault(&mut self, fault: &ActiveFault) -> Before {
        let server = fault.server;
        match fault.kind {
            FaultKind::ServiceStopped => self.break_service(fault, StartType::Manual),
            FaultKind::ServiceDisabled => self.break_service(fault, StartType::Disabled),
            FaultKind::ComponentInactive => {
                let before = self[server].components.held(fault.component, fault.requester);
                let hold = Hold { state: ComponentState::Inactive, since: self.now, by: Actor::Fault };
                self[server].components.set_hold(fault.component, fault.requester, hold);
                self.stop_held_front_end(server);
                Before::Hold(before)
            }
            FaultKind::DatabaseDismounted => {
                self[fault.database].dismounted = true;
                Before::Nothing
            }
            FaultKind::CopyQueue | FaultKind::NoHealthyCopy => {
                let active = self[fault.database].active;
                let mut before = Vec::new();
                for copy in self[fault.database].copies.iter_mut().filter(|copy| copy.server != active) {
                    before.push((copy.server, copy.status.clone(), copy.copy_queue));
                    match fault.kind {
                        FaultKind::CopyQueue => copy.copy_queue = fault.length.unwrap_or(LAG),
                        _ => copy.status = "Failed".to_owned(),
                    }
                }
                Before::Copies(before)
            }
            FaultKind::MoveBlocked => {
                let before = self[server].activation_policy;
                self[server].activation_policy = ActivationPolicy::Blocked;
                Before::Policy(before)
            }
            _ => Before::Nothing,
        }
    }

    fn break_service(&mut self, fault: &ActiveFault, start_type: StartType) -> Before {
        let server = fault.server;
        let found = self[server].services.iter().position(|service| service.name == fault.service);
        let Some(at) = found else { return Before::Nothing };
        let before = Before::Service(self[server].services[at].status, self[server].services[at].start_type);
        self[server].services[at].start_type = start_type;
        self.service_ends(server, at);
        before
    }

    fn record_fault(&mut self, fault: &ActiveFault, what: Effect) {
        let on = match fault.kind {
            FaultKind::DirectoryDown => "directory".to_owned(),
            kind if kind.wants_database() => self[fault.database].name.clone(),
            _ => self[fault.server].host.name.to_string(),
        };
        self.record_on(on, what, Actor::Fault);
    }

    /// Ends a fault.
    pub fn fault_ends(&mut self, at: usize) -> Option<ActiveFault> {
        let fault = self.faults.get_mut(at)?;
        fault.since.take()?;
        let fault = fault.clone();
        self.record_fault(&fault, Effect::FaultEnded(fault.kind.as_str()));
        if let Some(after) = self.faults.get_mut(at).and_then(|fault| fault.returns_after.take()) {
            self.plan(after, Event::FaultBegins { fault: at });
        }
        Some(fault)
    }

    /// Heals a fault: what it changed is restored, unless that was done already.
    pub fn fault_heals(&mut self, at: usize) {
        let Some(fault) = self.fault_ends(at) else { return };
        let server = fault.server;
        match fault.before {
            Before::Nothing if fault.kind == FaultKind::DatabaseDismounted => {
                self[fault.database].dismounted = false;
            }
            Before::Nothing => {}
            Before::Service(status, start_type) => {
                let found = self[server].services.iter().position(|service| service.name == fault.service);
                let Some(at) = found else { return };
                self[server].services[at].start_type = start_type;
                if status == ServiceStatus::Running && self[server].is_up() {
                    self.run_service(server, at);
                    self.stop_held_front_end(server);
                    if self[server].services[at].name == HEALTH_MANAGER {
                        self.health_manager_starts(server);
                    }
                }
            }
            Before::Hold(state) => {
                let (component, requester) = (fault.component, fault.requester);
                let stopped = self.front_end_must_stop(server);
                let hold = Hold { state, since: self.now, by: Actor::Fault };
                self[server].components.set_hold(component, requester, hold);
                // The end of the maintenance starts what it stopped.
                let found = self[server].services.iter().position(|service| service.name == FRONT_END);
                if let Some(at) = found.filter(|_| stopped && !self.front_end_must_stop(server)) {
                    let down = self[server].services[at].status == ServiceStatus::Stopped;
                    if down && self[server].is_up() {
                        self.run_service(server, at);
                    }
                }
            }
            Before::Copies(copies) => {
                for (on, status, queue) in copies {
                    for copy in self[fault.database].copies.iter_mut().filter(|copy| copy.server == on) {
                        (copy.status, copy.copy_queue) = (status.clone(), queue);
                    }
                }
            }
            Before::Policy(policy) => self[server].activation_policy = policy,
        }
    }

    /// The default service of a fault.
    pub fn usual_service(&self, server: ServerId, kind: FaultKind) -> &'static str {
        match kind {
            FaultKind::HealthManagerNotReady | FaultKind::HealthManagerStuck => HEALTH_MANAGER,
            _ if self[server].front_end => FRONT_END,
            _ => BACK_END,
        }
    }

    /// The default component of a fault.
    pub const fn usual_component() -> &'static str {
        IMAP_PROXY
    }
}
