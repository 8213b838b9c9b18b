//! Databases: where they are active, how they move, and what happens when a server is lost.

use super::ledger::{Actor, Effect};
use super::state::{Copy, DatabaseId, STORE, ServerId, Site};
use crate::simulation::exchange::dynamics::events::Event;
use crate::simulation::exchange::settings::ActivationPolicy;
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};

/// Why a copy cannot be activated, as text for an error record.
pub(in crate::simulation::exchange) type NotMovable = &'static str;

impl Site {
    /// The copy of a database on a server.
    pub fn copy(&self, database: DatabaseId, server: ServerId) -> Option<&Copy> {
        self[database].copies.iter().find(|copy| copy.server == server)
    }

    /// The status of a copy.
    pub fn copy_status<'a>(&'a self, database: DatabaseId, copy: &'a Copy) -> &'a str {
        let known = &self[database];
        let runs = self[copy.server].runs(STORE);
        match (known.active == copy.server, runs) {
            (_, false) => "ServiceDown",
            (true, _) if known.dismounted => "Dismounted",
            (true, _) => "Mounted",
            (false, _) if copy.initializing => "Initializing",
            (false, _) => &copy.status,
        }
    }

    /// Whether a copy can be activated; `asked` means by an administrator.
    pub fn may_activate(&self, database: DatabaseId, server: ServerId, asked: bool) -> Result<(), NotMovable> {
        let Some(copy) = self.copy(database, server) else { return Err("it has no copy there") };
        let target = &self[server];
        let blocked = target.activation_policy == ActivationPolicy::Blocked;
        if !target.runs(STORE) {
            Err("the server is not available")
        } else if copy.initializing || !copy.status.eq_ignore_ascii_case("Healthy") {
            Err("the copy there is not healthy")
        } else if copy.copy_queue > self.rules.databases.movable_queue {
            Err("the copy queue there is too long")
        } else if target.activation_blocked {
            Err("activation is disabled there")
        } else if blocked && (!asked || self.rules.databases.policy_refuses_administrators) {
            Err("the activation policy there is Blocked")
        } else {
            Ok(())
        }
    }

    /// Whether another copy of a database can be activated.
    fn best_elsewhere(&self, database: DatabaseId) -> Option<ServerId> {
        let known = &self[database];
        let others = known.copies.iter().filter(|copy| copy.server != known.active);
        let fit = others.filter(|copy| self.may_activate(database, copy.server, false).is_ok());
        fit.min_by_key(|copy| (copy.preference, copy.server)).map(|copy| copy.server)
    }

    /// Starts a move. Returns when it will end.
    pub fn begin_move(&mut self, database: DatabaseId, to: ServerId, by: Actor) -> Moment {
        let took = self.draw(self.rules.times.database_move);
        let moved = &mut self[database];
        moved.moving = Some(to);
        moved.generation = moved.generation.wrapping_add(1);
        let generation = moved.generation;
        self.plan(took, Event::MoveDone { database, generation, by });
        self.now + took
    }

    /// Ends a move, successfully if the target still can be activated.
    pub fn move_done(&mut self, database: DatabaseId, generation: u32, by: Actor) {
        if self[database].generation != generation {
            return;
        }
        let Some(to) = self[database].moving.take() else { return };
        if self.may_activate(database, to, true).is_ok() {
            self.activate(database, to, by);
        }
    }

    fn activate(&mut self, database: DatabaseId, to: ServerId, by: Actor) {
        let from = self[database].active;
        let names = (self[from].host.name.to_string(), self[to].host.name.to_string());
        // A move away from a server that the run has blocked is the run's doing.
        let drained = matches!(self[from].blocked_by, Some((Actor::Run, _)));
        let unfit = (by == Actor::Run || drained).then(|| self.unfit_for_databases(to)).flatten();
        self[database].active = to;
        let on = self[database].name.clone();
        self.record_on(on, Effect::DatabaseMoved { from: names.0, to: names.1, unfit }, by);
    }

    /// Blocks or allows activation. A block starts to move active databases away.
    pub fn set_activation_blocked(&mut self, server: ServerId, blocked: bool, by: Actor) {
        self[server].activation_blocked = blocked;
        self[server].blocked_by = Some((by, self.now)).filter(|_| blocked);
        let generation = self[server].block_generation.wrapping_add(1);
        self[server].block_generation = generation;
        self.record(server, Effect::ActivationBlocked(blocked), by);
        if blocked {
            self.try_moves(server, generation);
        }
    }

    /// Moves databases away where possible, and tries again while the block stays.
    pub fn try_moves(&mut self, server: ServerId, generation: u32) {
        if !self[server].activation_blocked || self[server].block_generation != generation {
            return;
        }
        let here: Vec<_> = self.active_on(server).filter(|id| self[*id].moving.is_none()).collect();
        for database in here {
            if let Some(to) = self.best_elsewhere(database).filter(|_| self[server].runs(STORE)) {
                self.begin_move(database, to, Actor::Site);
            }
        }
        self.plan(self.rules.times.move_again.max(ModelDuration::seconds(1)), Event::MovesTried { server, generation });
    }

    /// Handles the loss of a server: its active databases are mounted elsewhere if possible, and its copies have to
    /// catch up.
    pub fn databases_lose(&mut self, server: ServerId) {
        for database in self.database_ids() {
            if self[database].active == server {
                self[database].moving = None;
                let after = self.draw(self.rules.times.failover);
                if self.rules.databases.failover {
                    self.plan(after, Event::FailsOver { database, from: server });
                }
            }
            for copy in self[database].copies.iter_mut().filter(|copy| copy.server == server) {
                copy.initializing = true;
            }
        }
    }

    /// Mounts a database of a lost server elsewhere, if possible.
    pub fn fails_over(&mut self, database: DatabaseId, from: ServerId) {
        if self[database].active != from || self[from].runs(STORE) {
            return;
        }
        if let Some(to) = self.best_elsewhere(database) {
            self.activate(database, to, Actor::Site);
        }
    }

    /// Ends the initialisation of copies after a boot.
    pub fn copies_initialized(&mut self, server: ServerId, booted: Moment) {
        if !self.still_booted(server, booted) {
            return;
        }
        for database in &mut self.databases {
            for copy in database.copies.iter_mut().filter(|copy| copy.server == server) {
                copy.initializing = false;
            }
        }
    }
}
