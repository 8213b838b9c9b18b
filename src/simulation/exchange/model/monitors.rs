//! Monitors: they count consecutive results (rule R3), and an alert ages from Degraded to Unhealthy.

use super::probes::ProbeKind;
use super::state::{ServerId, Site};
use crate::simulation::exchange::dynamics::events::Event;
use crate::simulation::exchange::dynamics::responders::RecoveryStage;
use crate::simulation::exchange::settings::assumptions::Consecutive;
use crate::simulation::exchange::settings::duration::Moment;
use std::collections::VecDeque;

/// The monitors that are modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation::exchange) enum MonitorKind {
    /// The monitor of a probe.
    Probe(ProbeKind),
    /// AverageCommandProcessingTimeGt60sMonitor, over a performance counter.
    Latency,
}

/// The latency monitor's name.
pub(in crate::simulation::exchange) const LATENCY: &str = "AverageCommandProcessingTimeGt60sMonitor";

impl MonitorKind {
    pub const ALL: [Self; 5] = [
        Self::Probe(ProbeKind::CustomerTouchPoint),
        Self::Probe(ProbeKind::ProxyTest),
        Self::Probe(ProbeKind::DeepTest),
        Self::Probe(ProbeKind::SelfTest),
        Self::Latency,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Probe(ProbeKind::CustomerTouchPoint) => "ImapCTPMonitor",
            Self::Probe(ProbeKind::ProxyTest) => "ImapProxyTestMonitor",
            Self::Probe(ProbeKind::DeepTest) => "ImapDeepTestMonitor",
            Self::Probe(ProbeKind::SelfTest) => "ImapSelfTestMonitor",
            Self::Latency => LATENCY,
        }
    }

    /// Its health set.
    pub const fn health_set(self) -> &'static str {
        match self {
            Self::Probe(probe) => probe.health_set(),
            Self::Latency => "IMAP",
        }
    }
}

/// A monitor.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct Monitor {
    pub kind: MonitorKind,
    /// The consecutive failures, the latest last; no more than the rule counts.
    failures: VecDeque<Moment>,
    /// Since when it is in alert.
    pub alert: Option<Moment>,
    /// Changes with every alert, so that responders of an earlier one do not act.
    pub generation: u32,
    /// Since when it is healthy again; `None` if it never changed.
    pub recovered: Option<Moment>,
    /// Whether it has had a result since the Health Manager started.
    pub seen: bool,
}

impl Monitor {
    pub fn new(kind: MonitorKind) -> Self {
        Self { kind, failures: VecDeque::new(), alert: None, generation: 0, recovered: None, seen: false }
    }

    /// Forgets its results: the Health Manager ended, or its probe did not run.
    pub fn forget(&mut self) {
        *self = Self { generation: self.generation.wrapping_add(1), ..Self::new(self.kind) };
    }

    /// Counts a failure. Returns whether the rule is met.
    fn fail(&mut self, at: Moment, rule: Consecutive) -> bool {
        self.failures.push_back(at);
        let wanted = usize::try_from(rule.failures.max(1)).unwrap_or(1);
        while self.failures.len() > wanted {
            self.failures.pop_front();
        }
        let first = self.failures.front().copied().unwrap_or(at);
        self.failures.len() == wanted && at.since(first) <= rule.within
    }
}

impl Site {
    /// Whether a server has a monitor, and the Health Manager its work item.
    pub fn has_monitor(&self, server: ServerId, kind: MonitorKind) -> bool {
        match kind {
            MonitorKind::Probe(probe) => self.has_items(server, probe),
            MonitorKind::Latency => {
                let health = &self[server].health;
                self.rules.probes.latency_monitor && (health.front_end_items || health.back_end_items)
            }
        }
    }

    fn rule(&self, kind: MonitorKind) -> Consecutive {
        let rules = &self.rules.monitors;
        match kind {
            MonitorKind::Probe(ProbeKind::CustomerTouchPoint) => rules.customer_touch_point,
            MonitorKind::Probe(ProbeKind::ProxyTest) => rules.proxy_test,
            MonitorKind::Probe(ProbeKind::DeepTest) => rules.deep_test,
            MonitorKind::Probe(ProbeKind::SelfTest) => rules.self_test,
            MonitorKind::Latency => rules.latency,
        }
    }

    /// Handles a result: one success resets the monitor, consecutive failures raise an alert.
    pub fn monitor_result(&mut self, server: ServerId, kind: MonitorKind, well: bool) {
        if self[server].disabled_monitors.contains(&kind) {
            return;
        }
        let (now, rule) = (self.now, self.rule(kind));
        let Some(monitor) = self[server].monitors.iter_mut().find(|monitor| monitor.kind == kind) else { return };
        monitor.seen = true;
        if well {
            monitor.failures.clear();
            if monitor.alert.take().is_some() {
                monitor.generation = monitor.generation.wrapping_add(1);
                monitor.recovered = Some(now);
            }
            if kind == MonitorKind::Probe(ProbeKind::ProxyTest) {
                self.bring_online(server);
            }
        } else if monitor.fail(now, rule) && monitor.alert.is_none() {
            monitor.alert = Some(now);
            monitor.generation = monitor.generation.wrapping_add(1);
            let generation = monitor.generation;
            if let MonitorKind::Probe(_) = kind
                && self.responders_act
            {
                for stage in RecoveryStage::ALL {
                    let event = Event::Responder { server, monitor: kind, stage, generation };
                    self.plan(self.stage_begins(stage), event);
                }
            }
        }
    }

    /// Without results a monitor is Unknown until the next one.
    pub fn monitor_without_result(&mut self, server: ServerId, kind: MonitorKind) {
        self[server].monitors.iter_mut().filter(|monitor| monitor.kind == kind).for_each(Monitor::forget);
    }

    /// The service that a monitor watches.
    pub fn monitored_service(&self, server: ServerId, kind: MonitorKind) -> &'static str {
        match kind {
            MonitorKind::Probe(probe) => probe.service(),
            MonitorKind::Latency => self[server].logging_service(),
        }
    }
}
