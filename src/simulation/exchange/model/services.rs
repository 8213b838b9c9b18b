//! Windows services: control, and the consequences of a start.

use super::ledger::{Actor, Effect};
use super::state::{FRONT_END, HEALTH_MANAGER, Power, ServerId, Service, Site};
use crate::simulation::exchange::dynamics::events::Event;
use crate::simulation::exchange::settings::duration::Moment;
use crate::simulation::exchange::settings::{ServiceStatus, StartType};

/// A control of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulation::exchange) enum Control {
    Restart,
    Start,
    Stop,
}

/// Why a service is not controlled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulation::exchange) enum ServiceControlError {
    Unknown,
    Disabled,
    ShuttingDown,
}

impl Site {
    /// Controls a service. Returns when it is done. A restart starts a stopped service.
    pub fn control(
        &mut self,
        server: ServerId,
        name: &str,
        control: Control,
        by: Actor,
    ) -> Result<Moment, ServiceControlError> {
        let Some(at) = self[server].services.iter().position(|service| service.name.eq_ignore_ascii_case(name)) else {
            return Err(ServiceControlError::Unknown);
        };
        let service = &self[server].services[at];
        let (name, stopped) = (service.name.clone(), service.status == ServiceStatus::Stopped);
        let refused = match (self[server].power, service.start_type) {
            (Power::Up, StartType::Disabled) if control != Control::Stop => Some(ServiceControlError::Disabled),
            (Power::Up, _) => None,
            _ => Some(ServiceControlError::ShuttingDown),
        };
        if let Some(why) = refused {
            self.record(server, Effect::ServiceRefused(name), by);
            return Err(why);
        }
        let range = match control {
            Control::Restart if !stopped => self.rules.times.service_restart,
            Control::Stop if stopped => return Ok(self.now),
            Control::Start if !stopped => return Ok(self.now),
            _ => self.rules.times.service_start,
        };
        let took = self.draw(range);
        let effect = match control {
            Control::Restart => Effect::ServiceRestarted(name),
            Control::Start => Effect::ServiceStarted(name),
            Control::Stop => Effect::ServiceStopped(name),
        };
        self.record(server, effect, by);
        self.service_ends(server, at);
        if control != Control::Stop {
            let service = &mut self[server].services[at];
            service.status = ServiceStatus::StartPending;
            service.started_by = by;
            let generation = service.generation;
            self.plan(took, Event::ServiceRuns { server, service: at, generation });
        }
        Ok(self.now + took)
    }

    /// Ends the process of a service.
    pub fn service_ends(&mut self, server: ServerId, at: usize) {
        let service = &mut self[server].services[at];
        service.status = ServiceStatus::Stopped;
        service.process_id = 0;
        service.generation = service.generation.wrapping_add(1);
        if service.name == HEALTH_MANAGER {
            self.health_manager_ends(server);
        }
    }

    /// A service runs from this moment on.
    pub fn service_runs(&mut self, server: ServerId, at: usize, generation: u32) {
        if self[server].power != Power::Up || self[server].services[at].generation != generation {
            return;
        }
        self.run_service(server, at);
        self.cured_by_start(server, at);
        self.stop_held_front_end(server);
        if self[server].services[at].name == HEALTH_MANAGER {
            self.health_manager_starts(server);
        }
    }

    /// Creates a process for a service with the current settings.
    pub fn run_service(&mut self, server: ServerId, at: usize) {
        let process_id = 1000 + u32::try_from(self.random.below(60_000)).unwrap_or(0) * 4;
        let loaded_log = self[server].protocol_log_enabled;
        let Service { status, process_id: id, loaded_log: log, .. } = &mut self[server].services[at];
        // A new process has another number.
        *id = if *id == process_id { process_id + 4 } else { process_id };
        *status = ServiceStatus::Running;
        *log = loaded_log;
    }

    /// Stops the front end if a hold of its component requires it.
    pub fn stop_held_front_end(&mut self, server: ServerId) {
        if !self.front_end_must_stop(server) {
            return;
        }
        let Some(at) = self[server].services.iter().position(|service| service.name == FRONT_END) else { return };
        if self[server].services[at].status == ServiceStatus::Running {
            let generation = self[server].services[at].generation;
            let after = self.draw(self.rules.times.service_stops_itself);
            self.plan(after, Event::ServiceStopsItself { server, service: at, generation });
        }
    }

    /// Ends such a stop, if nothing has changed since.
    pub fn service_stops_itself(&mut self, server: ServerId, at: usize, generation: u32) {
        let current = self[server].services[at].generation == generation;
        if current && self[server].runs(FRONT_END) && self.front_end_must_stop(server) {
            self.service_ends(server, at);
            self.record(server, Effect::ServiceStopped(FRONT_END.to_owned()), Actor::Site);
        }
    }
}
