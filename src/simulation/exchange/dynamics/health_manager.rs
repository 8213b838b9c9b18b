//! The Health Manager of a server: when it works, what it runs, and what it forgets when it ends.

use super::events::Event;
use crate::simulation::exchange::model::monitors::MonitorKind;
use crate::simulation::exchange::model::probes::{ProbeKind, ProbeSample};
use crate::simulation::exchange::model::state::{
    BACK_END, DatabaseId, FRONT_END, HEALTH_MANAGER, HealthManager, ServerId, Site,
};
use crate::simulation::exchange::settings::StartType;
use crate::simulation::exchange::settings::duration::{ModelDuration, Range};
use crate::simulation::exchange::settings::faults::FaultKind;

impl Site {
    /// Its service starts; the Health Manager is ready later.
    pub fn health_manager_starts(&mut self, server: ServerId) {
        let after = self.draw(self.rules.times.health_manager);
        let generation = self[server].health.generation;
        self.plan(after, Event::HealthManagerReady { server, generation });
    }

    /// Its service ends: the results of monitors are lost.
    pub fn health_manager_ends(&mut self, server: ServerId) {
        let generation = self[server].health.generation.wrapping_add(1);
        self[server].health = HealthManager { generation, ..HealthManager::default() };
        for monitor in &mut self[server].monitors {
            monitor.forget();
        }
    }

    /// It is ready: work items exist for automatic services, and each of their probes starts at its own moment.
    pub fn health_manager_ready(&mut self, server: ServerId, generation: u32) {
        if self[server].health.generation != generation || !self[server].runs(HEALTH_MANAGER) {
            return;
        }
        let needed = self.rules.probes.need_automatic_start;
        let has = |service: &str| {
            let found = self[server].service(service);
            found.is_some_and(|service| !needed || service.start_type == StartType::Automatic)
        };
        let (front_end_items, back_end_items) = (has(FRONT_END), has(BACK_END));
        let ready = Some(self.now);
        self[server].health = HealthManager { ready, generation, front_end_items, back_end_items };
        for kind in ProbeKind::ALL {
            if self.has_items(server, kind) {
                let first = self.within(self.recurrence(kind));
                self.plan(first, Event::Probe { server, kind, generation });
            }
        }
        if self.has_monitor(server, MonitorKind::Latency) {
            let first = self.within(self.rules.probes.latency);
            self.plan(first, Event::Sample { server, generation });
        }
    }

    fn within(&mut self, length: ModelDuration) -> ModelDuration {
        self.draw(Range { least: ModelDuration::ZERO, most: length })
    }

    fn recurrence(&self, kind: ProbeKind) -> ModelDuration {
        let probes = &self.rules.probes;
        let length = match kind {
            ProbeKind::CustomerTouchPoint => probes.customer_touch_point,
            ProbeKind::ProxyTest => probes.proxy_test,
            ProbeKind::DeepTest => probes.deep_test,
            ProbeKind::SelfTest => probes.self_test,
        };
        // A world file may say `0s`, which would stop time.
        length.max(ModelDuration::seconds(1))
    }

    /// Whether it runs no probe at all, though its service may run.
    pub fn health_manager_is_silent(&self, server: ServerId) -> bool {
        let kinds = [FaultKind::HealthManagerNotReady, FaultKind::HealthManagerStuck];
        self[server].health.ready.is_none() || kinds.into_iter().any(|kind| self.has_fault(server, kind))
    }

    /// Runs one of its probes.
    pub fn recurring_probe(&mut self, server: ServerId, kind: ProbeKind, generation: u32) {
        if self[server].health.generation != generation {
            return;
        }
        let next = self.recurrence(kind);
        self.plan(next, Event::Probe { server, kind, generation });
        if self.health_manager_is_silent(server) {
            return;
        }
        let database = self.database_in_turn(server, kind);
        let verdict = self.probe(server, kind, database, true, ProbeSample::AsItIs);
        if kind.of_front_end() {
            self.log_session(server, &verdict);
        }
        // A skipped login is neither a success nor a failure.
        if verdict.skipped && !self.rules.probes.skipped_login_succeeds {
            self.monitor_without_result(server, MonitorKind::Probe(kind));
        } else {
            self.monitor_result(server, MonitorKind::Probe(kind), verdict.cause.is_none());
        }
    }

    fn database_in_turn(&mut self, server: ServerId, kind: ProbeKind) -> Option<DatabaseId> {
        let mut databases = match kind {
            ProbeKind::CustomerTouchPoint => self[server].touch_points.clone(),
            ProbeKind::DeepTest if self.rules.probes.skipped_login_succeeds => self.copies_on(server),
            ProbeKind::DeepTest => self.active_on(server).collect(),
            ProbeKind::ProxyTest | ProbeKind::SelfTest => return None,
        };
        databases.sort();
        let turn = self[server].turns;
        self[server].turns = turn.wrapping_add(1);
        let at = turn.checked_rem(databases.len() as u64)?;
        databases.get(usize::try_from(at).ok()?).copied()
    }

    /// Samples the counter of the latency monitor.
    pub fn sample(&mut self, server: ServerId, generation: u32) {
        if self[server].health.generation != generation {
            return;
        }
        let next = self.rules.probes.latency.max(ModelDuration::seconds(1));
        self.plan(next, Event::Sample { server, generation });
        if self.health_manager_is_silent(server) {
            return;
        }
        // A stopped service has no samples; none is not a low one.
        if self[server].runs(self[server].logging_service()) {
            let low = self.high_latency_since(server).is_none();
            self.monitor_result(server, MonitorKind::Latency, low);
        } else {
            self.monitor_without_result(server, MonitorKind::Latency);
        }
    }
}
