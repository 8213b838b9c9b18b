//! Managed Availability: responders that act on their own schedule, within limits (rule R8).

use crate::simulation::exchange::model::components::IMAP_PROXY;
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::monitors::MonitorKind;
use crate::simulation::exchange::model::probes::ProbeKind;
use crate::simulation::exchange::model::services::Control;
use crate::simulation::exchange::model::state::{FRONT_END, ServerId, Site};
use crate::simulation::exchange::settings::ComponentState;
use crate::simulation::exchange::settings::assumptions::Throttle;
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use crate::simulation::exchange::settings::faults::Requester;

/// The stages of the schedule that an alert starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation::exchange) enum RecoveryStage {
    /// The component is taken offline; only for the proxy test.
    Offline,
    /// The service is restarted.
    Restart,
    /// The service is restarted again.
    RestartLate,
}

impl RecoveryStage {
    pub const ALL: [Self; 3] = [Self::Offline, Self::Restart, Self::RestartLate];
}

/// An action of a responder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulation::exchange) struct Recovery {
    at: Moment,
    server: ServerId,
    /// The service or component.
    resource: &'static str,
    offline: bool,
}

impl Site {
    /// The delay of a stage after the alert.
    pub fn stage_begins(&self, stage: RecoveryStage) -> ModelDuration {
        match stage {
            RecoveryStage::Offline => self.rules.responders.offline,
            RecoveryStage::Restart => self.rules.responders.restart,
            RecoveryStage::RestartLate => self.rules.responders.restart_late,
        }
    }

    /// Runs a responder if it is due.
    pub fn responder(&mut self, server: ServerId, monitor: MonitorKind, stage: RecoveryStage, generation: u32) {
        let known = self[server].monitors.iter().find(|known| known.kind == monitor);
        let current = known.is_some_and(|known| known.generation == generation && known.alert.is_some());
        let history = self.now < self.start && !self.rules.responders.before_start;
        if !current || history || !self.recovery_actions_enabled(server) {
            return;
        }
        let service = self.monitored_service(server, monitor);
        match stage {
            RecoveryStage::Offline if monitor != MonitorKind::Probe(ProbeKind::ProxyTest) => {}
            RecoveryStage::Offline => {
                if self.may_recover(server, IMAP_PROXY, true, self.rules.responders.offline_throttle) {
                    self.note_recovery(server, IMAP_PROXY, true);
                    let by = Actor::ManagedAvailability;
                    self.hold(server, IMAP_PROXY, Requester::HealthAPI, ComponentState::Inactive, by);
                }
            }
            RecoveryStage::Restart | RecoveryStage::RestartLate => {
                if self.may_recover(server, service, false, self.rules.responders.restart_throttle) {
                    self.note_recovery(server, service, false);
                    // The responder ignores the result; the monitor shows it.
                    let _ = self.control(server, service, Control::Restart, Actor::ManagedAvailability);
                }
            }
        }
    }

    /// Brings a component back online when its monitor is healthy.
    pub fn bring_online(&mut self, server: ServerId) {
        let held = self[server].components.held(IMAP_PROXY, Requester::HealthAPI) != ComponentState::Active;
        if self.responders_act && held && self.recovery_actions_enabled(server) {
            let by = Actor::ManagedAvailability;
            self.hold(server, IMAP_PROXY, Requester::HealthAPI, ComponentState::Active, by);
        }
    }

    fn recovery_actions_enabled(&self, server: ServerId) -> bool {
        self[server].components.state("RecoveryActionsEnabled") == ComponentState::Active
    }

    fn note_recovery(&mut self, server: ServerId, resource: &'static str, offline: bool) {
        self.recoveries.push(Recovery { at: self.now, server, resource, offline });
    }

    /// Whether two servers share limits: Client Access servers, or the members of a DAG.
    fn same_group(&self, one: ServerId, other: ServerId, resource: &str) -> bool {
        if matches!(resource, FRONT_END | IMAP_PROXY) {
            return true;
        }
        one == other || (self[one].dag.is_some() && self[one].dag == self[other].dag)
    }

    fn may_recover(&self, server: ServerId, resource: &str, offline: bool, throttle: Throttle) -> bool {
        let same = |past: &&Recovery| past.resource == resource && past.offline == offline;
        let age = |past: &Recovery| self.now.since(past.at);
        let local = || self.recoveries.iter().filter(same).filter(|past| past.server == server);
        let group =
            || self.recoveries.iter().filter(same).filter(|past| self.same_group(server, past.server, resource));
        let apart = |minimum: Option<ModelDuration>, last: Option<ModelDuration>| match (minimum, last) {
            (Some(minimum), Some(last)) => last >= minimum,
            _ => true,
        };
        let below = |most: Option<u32>, count: usize| most.is_none_or(|most| count < most as usize);
        let in_last = |length: ModelDuration| move |age: &ModelDuration| *age < length;
        apart(throttle.local_minimum, local().map(age).min())
            && below(throttle.local_per_hour, local().map(age).filter(in_last(ModelDuration::hours(1))).count())
            && below(throttle.local_per_day, local().map(age).filter(in_last(ModelDuration::hours(24))).count())
            && apart(throttle.group_minimum, group().map(age).min())
            && below(throttle.group_per_day, group().map(age).filter(in_last(ModelDuration::hours(24))).count())
    }
}
