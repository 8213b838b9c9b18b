//! Reboots: shutdown, downtime, boot, and the start of services.

use super::events::Event;
use crate::simulation::exchange::model::ledger::{Actor, Effect};
use crate::simulation::exchange::model::state::{HEALTH_MANAGER, Power, ServerId, Site};
use crate::simulation::exchange::settings::duration::Moment;
use crate::simulation::exchange::settings::faults::FaultKind;
use crate::simulation::exchange::settings::{ServiceStatus, StartType};

impl Site {
    /// Reboots a computer. Returns false if a reboot is pending already.
    pub fn reboot(&mut self, server: ServerId, by: Actor) -> bool {
        if self[server].power != Power::Up {
            return false;
        }
        let active = self.active_on(server).map(|id| self[id].name.clone()).collect();
        self.record(server, Effect::RebootBegun { active }, by);
        self[server].power = Power::ShuttingDown;
        self[server].down_by_others = Some(self.now).filter(|_| by != Actor::Run);
        let after = self.draw(self.rules.times.shutdown);
        self.plan(after, Event::GoesDown { server });
        true
    }

    /// The computer is down.
    pub fn goes_down(&mut self, server: ServerId) {
        let lost = self.has_fault(server, FaultKind::RebootNeverReturns);
        self[server].power = if lost { Power::Lost } else { Power::Down };
        for at in 0..self[server].services.len() {
            self.service_ends(server, at);
        }
        self.databases_lose(server);
        if !lost {
            let after = self.draw(self.rules.times.reboot);
            self.plan(after, Event::ComesUp { server });
        }
    }

    /// The computer has booted.
    pub fn comes_up(&mut self, server: ServerId) {
        let booted = self.now;
        self[server].power = Power::Up;
        self[server].booted = booted;
        self[server].booting = true;
        self.record(server, Effect::CameUp, Actor::Site);
        self.cured_by_reboot(server);
        let after = self.draw(self.rules.times.services_after_boot);
        self.plan(after, Event::ServicesStart { server, booted });
    }

    /// Starts the automatic services.
    pub fn services_start(&mut self, server: ServerId, booted: Moment) {
        if !self.still_booted(server, booted) {
            return;
        }
        self[server].booting = false;
        self[server].down_by_others = None;
        for at in 0..self[server].services.len() {
            let service = &self[server].services[at];
            // A service that was started, or is starting, is left alone.
            if service.start_type == StartType::Automatic && service.status == ServiceStatus::Stopped {
                self[server].services[at].started_by = Actor::Site;
                self.run_service(server, at);
                if self[server].services[at].name == HEALTH_MANAGER {
                    self.health_manager_starts(server);
                }
            }
        }
        self.stop_held_front_end(server);
        let after = self.draw(self.rules.times.copy_initializing);
        self.plan(after, Event::CopiesInitialized { server, booted });
    }

    /// Whether a service starts automatically after a boot.
    pub fn starts_by_itself(&self, server: ServerId, service: &str) -> bool {
        self[server].service(service).is_some_and(|service| service.start_type == StartType::Automatic)
    }

    /// Whether the computer has not booted again since.
    pub fn still_booted(&self, server: ServerId, booted: Moment) -> bool {
        self[server].power == Power::Up && self[server].booted == booted
    }
}
