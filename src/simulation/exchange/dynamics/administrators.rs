//! Administrators: what they do while a run is under way.

use crate::simulation::exchange::model::components::SERVER_WIDE;
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::services::Control;
use crate::simulation::exchange::model::state::{BACK_END, DatabaseId, FRONT_END, ServerId, Site};
use crate::simulation::exchange::settings::ComponentState;
use crate::simulation::exchange::settings::administrators::AdministratorActionKind;
use crate::simulation::exchange::settings::faults::Requester;

/// An action that is planned.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulation::exchange) struct PlannedAction {
    pub kind: AdministratorActionKind,
    pub server: ServerId,
    /// The database; the first if the action concerns none.
    pub database: DatabaseId,
}

impl Site {
    /// An administrator begins an action.
    pub fn administrator_acts(&mut self, at: usize) {
        let Some(PlannedAction { kind, server, database }) = self.administrators.get(at).copied() else { return };
        match kind {
            AdministratorActionKind::Maintenance => {
                self.maintain(server, ComponentState::Inactive);
                self.administrator_blocks(server, true);
            }
            AdministratorActionKind::Block => self.administrator_blocks(server, true),
            AdministratorActionKind::Move => {
                let elsewhere = self[database].active != server;
                if elsewhere && self.may_activate(database, server, true).is_ok() {
                    self.begin_move(database, server, Actor::Administrator);
                }
            }
            AdministratorActionKind::Restart => {
                for service in [FRONT_END, BACK_END] {
                    // A server without the service, or one that is down, is left alone.
                    let _ = self.control(server, service, Control::Restart, Actor::Administrator);
                }
            }
            AdministratorActionKind::Reboot => drop(self.reboot(server, Actor::Administrator)),
        }
    }

    /// An administrator ends an action that lasts.
    pub fn administrator_ends(&mut self, at: usize) {
        let Some(PlannedAction { kind, server, .. }) = self.administrators.get(at).copied() else { return };
        match kind {
            AdministratorActionKind::Maintenance => {
                self.maintain(server, ComponentState::Active);
                self.administrator_blocks(server, false);
                if self[server].front_end && !self[server].runs(FRONT_END) {
                    let _ = self.control(server, FRONT_END, Control::Start, Actor::Administrator);
                }
            }
            AdministratorActionKind::Block => self.administrator_blocks(server, false),
            AdministratorActionKind::Move | AdministratorActionKind::Restart | AdministratorActionKind::Reboot => {}
        }
    }

    fn maintain(&mut self, server: ServerId, state: ComponentState) {
        self.hold(server, SERVER_WIDE, Requester::Maintenance, state, Actor::Administrator);
    }

    /// Blocks or allows activation where that means something.
    fn administrator_blocks(&mut self, server: ServerId, blocked: bool) {
        if self[server].back_end && self[server].dag.is_some() && self[server].activation_blocked != blocked {
            self.set_activation_blocked(server, blocked, Actor::Administrator);
        }
    }
}
