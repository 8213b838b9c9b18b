//! The queue of future events.

use super::responders::RecoveryStage;
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::monitors::MonitorKind;
use crate::simulation::exchange::model::probes::ProbeKind;
use crate::simulation::exchange::model::state::{DatabaseId, ServerId, Site};
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An event. Its generation names the start, move or alert that it belongs to; an event of an earlier generation does
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation::exchange) enum Event {
    FaultBegins { fault: usize },
    FaultEnds { fault: usize },
    AdministratorActs { action: usize },
    AdministratorEnds { action: usize },
    ServiceRuns { server: ServerId, service: usize, generation: u32 },
    ServiceStopsItself { server: ServerId, service: usize, generation: u32 },
    GoesDown { server: ServerId },
    ComesUp { server: ServerId },
    ServicesStart { server: ServerId, booted: Moment },
    CopiesInitialized { server: ServerId, booted: Moment },
    HealthManagerReady { server: ServerId, generation: u32 },
    Probe { server: ServerId, kind: ProbeKind, generation: u32 },
    Sample { server: ServerId, generation: u32 },
    Responder { server: ServerId, monitor: MonitorKind, stage: RecoveryStage, generation: u32 },
    MovesTried { server: ServerId, generation: u32 },
    MoveDone { database: DatabaseId, generation: u32, by: Actor },
    FailsOver { database: DatabaseId, from: ServerId },
}

/// The queue. Events of one moment run in the order in which they were planned.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation::exchange) struct Queue {
    waiting: BinaryHeap<Reverse<(Moment, u64, Event)>>,
    planned: u64,
}

impl Queue {
    fn next_until(&mut self, moment: Moment) -> Option<(Moment, Event)> {
        if self.waiting.peek()?.0.0 > moment {
            return None;
        }
        self.waiting.pop().map(|Reverse((at, _, event))| (at, event))
    }
}

impl Site {
    /// Plans an event after a duration.
    pub fn plan(&mut self, after: ModelDuration, event: Event) {
        self.plan_at(self.now + after, event);
    }

    /// Plans an event for a moment.
    pub fn plan_at(&mut self, at: Moment, event: Event) {
        self.queue.planned += 1;
        self.queue.waiting.push(Reverse((at, self.queue.planned, event)));
    }

    /// Runs the events up to a moment.
    pub fn advance(&mut self, moment: Moment) {
        while let Some((at, event)) = self.queue.next_until(moment) {
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(moment);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::FaultBegins { fault } => self.fault_begins(fault),
            Event::FaultEnds { fault } => self.fault_heals(fault),
            Event::AdministratorActs { action } => self.administrator_acts(action),
            Event::AdministratorEnds { action } => self.administrator_ends(action),
            Event::ServiceRuns { server, service, generation } => self.service_runs(server, service, generation),
            Event::ServiceStopsItself { server, service, generation } => {
                self.service_stops_itself(server, service, generation);
            }
            Event::GoesDown { server } => self.goes_down(server),
            Event::ComesUp { server } => self.comes_up(server),
            Event::ServicesStart { server, booted } => self.services_start(server, booted),
            Event::CopiesInitialized { server, booted } => self.copies_initialized(server, booted),
            Event::HealthManagerReady { server, generation } => self.health_manager_ready(server, generation),
            Event::Probe { server, kind, generation } => self.recurring_probe(server, kind, generation),
            Event::Sample { server, generation } => self.sample(server, generation),
            Event::Responder { server, monitor, stage, generation } => {
                self.responder(server, monitor, stage, generation);
            }
            Event::MovesTried { server, generation } => self.try_moves(server, generation),
            Event::MoveDone { database, generation, by } => self.move_done(database, generation, by),
            Event::FailsOver { database, from } => self.fails_over(database, from),
        }
    }
}
