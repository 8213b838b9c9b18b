//! Monitors: they count results one after the other (rule R3), and an alert ages from Degraded to Unhealthy.

use super::assumptions::Consecutive;
use super::events::Event;
use super::length::Moment;
use super::probes::ProbeKind;
use super::responders::Stage;
use super::state::{BACK_END, FRONT_END, HEALTH_MANAGER, ServerId, Site};
use std::collections::VecDeque;

/// The monitors that watch something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MonitorKind {
    /// Of a probe.
    Probe(ProbeKind),
    /// AverageCommandProcessingTimeGt60sMonitor, of a performance counter.
    Latency,
}

/// The latency monitor's name.
pub(super) const LATENCY: &str = "AverageCommandProcessingTimeGt60sMonitor";

/// Monitors that exist and never have anything to say: name, target, health set. The first has a namesake in IMAP.
const QUIET: [(&str, &str, &str); 8] = [
    (LATENCY, "MSExchangePop3", "POP"),
    ("RequestsQueuedGt500Monitor", "MSExchangeSyncAppPool", "ActiveSync"),
    ("CrashEvent.Imap4Error", BACK_END, "IMAP.Protocol"),
    ("CrashEvent.Imap4Warning", BACK_END, "IMAP.Protocol"),
    ("PrivateWorkingSetError.Imap4", BACK_END, "IMAP.Protocol"),
    ("PrivateWorkingSetWarning.Imap4", BACK_END, "IMAP.Protocol"),
    ("ProcessProcessorTimeError.Imap4", BACK_END, "IMAP.Protocol"),
    ("ProcessProcessorTimeWarning.Imap4", BACK_END, "IMAP.Protocol"),
];

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
#[derive(Debug)]
pub(super) struct Monitor {
    pub kind: MonitorKind,
    /// The failures that have come one after the other, the latest last; no more than the rule counts.
    failures: VecDeque<Moment>,
    /// Since when it is in alert.
    pub alert: Option<Moment>,
    /// Changes with every alert, so that responders of an earlier one do not act.
    pub generation: u32,
    /// Since when it is healthy again; none where it never changed.
    pub recovered: Option<Moment>,
    /// Whether it has had a result since the Health Manager started.
    seen: bool,
}

impl Monitor {
    pub fn new(kind: MonitorKind) -> Self {
        Self { kind, failures: VecDeque::new(), alert: None, generation: 0, recovered: None, seen: false }
    }

    /// The Health Manager ends, and what it knew with it.
    pub fn forget(&mut self) {
        *self = Self { generation: self.generation.wrapping_add(1), ..Self::new(self.kind) };
    }

    /// Takes a failure; tells whether the rule is met.
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

/// A monitor as Get-ServerHealth shows it.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub name: &'static str,
    pub target: String,
    pub health_set: &'static str,
    pub component: &'static str,
    pub alert_value: &'static str,
    pub first_alert: Option<Moment>,
    pub transition: Option<Moment>,
    pub last_run: Moment,
    pub stale: bool,
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

    /// A monitor gets a result: one success resets it, failures in a row raise an alert.
    pub fn monitor_result(&mut self, server: ServerId, kind: MonitorKind, well: bool) {
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
                for stage in Stage::ALL {
                    let event = Event::Responder { server, monitor: kind, stage, generation };
                    self.plan(self.stage_begins(stage), event);
                }
            }
        }
    }

    /// The service that a monitor is about.
    pub fn monitored_service(&self, server: ServerId, kind: MonitorKind) -> &'static str {
        match kind {
            MonitorKind::Probe(probe) => probe.service(),
            MonitorKind::Latency => self[server].logging_service(),
        }
    }

    /// All monitors of a server, as they are shown; none where the Health Manager does not answer.
    pub fn shown_monitors(&self, server: ServerId) -> Option<Vec<Shown>> {
        let health = &self[server].health;
        let ready = health.ready?;
        if self.health_manager_is_silent(server) {
            return None;
        }
        let rules = &self.rules.monitors;
        let every = rules.recurrence.as_milliseconds().max(1);
        let since = self.now.since(ready).as_milliseconds();
        let last_run = self.now.before(super::length::Length::milliseconds(since % every));
        let stale =
            self.now.since(last_run) > rules.recurrence + rules.stale_after || !self[server].runs(HEALTH_MANAGER);
        let mut shown = Vec::new();
        for monitor in &self[server].monitors {
            if !self.has_monitor(server, monitor.kind) {
                continue;
            }
            let unhealthy_from = monitor.alert.map(|alert| alert + rules.degraded);
            let alert_value = match (unhealthy_from, monitor.seen) {
                (Some(from), _) if self.now >= from => "Unhealthy",
                (Some(_), _) => "Degraded",
                (None, true) => "Healthy",
                (None, false) => "Unknown",
            };
            let transition = match (unhealthy_from, monitor.alert) {
                (Some(from), _) if self.now >= from => Some(from),
                (_, Some(alert)) => Some(alert),
                _ => monitor.recovered,
            };
            let deep = matches!(monitor.kind, MonitorKind::Probe(ProbeKind::CustomerTouchPoint | ProbeKind::DeepTest));
            let health_set = monitor.kind.health_set();
            let target = match deep && self.rules.probes.target_is_health_set {
                true => health_set,
                false => self.monitored_service(server, monitor.kind),
            };
            let proxy = monitor.kind == MonitorKind::Probe(ProbeKind::ProxyTest);
            shown.push(Shown {
                name: monitor.kind.name(),
                target: target.to_owned(),
                health_set,
                component: if proxy { "ImapProxy" } else { "None" },
                alert_value,
                first_alert: monitor.alert,
                transition,
                last_run,
                stale,
            });
        }
        for (name, target, health_set) in QUIET {
            let there = if target == BACK_END { health.back_end_items } else { self[server].front_end };
            if there {
                shown.push(Shown {
                    name,
                    target: target.to_owned(),
                    health_set,
                    component: "None",
                    alert_value: "Healthy",
                    first_alert: None,
                    transition: None,
                    last_run,
                    stale,
                });
            }
        }
        Some(shown)
    }

    /// The work items of a server in a health set: name, kind, target.
    pub fn items(&self, server: ServerId, health_set: &str) -> Vec<(String, &'static str, String)> {
        let mut items = Vec::new();
        for kind in MonitorKind::ALL {
            if !self.has_monitor(server, kind) || !kind.health_set().eq_ignore_ascii_case(health_set) {
                continue;
            }
            let target = self.monitored_service(server, kind).to_owned();
            let base = kind.name().trim_end_matches("Monitor");
            if let MonitorKind::Probe(probe) = kind {
                items.push((probe.name().to_owned(), "Probe", target.clone()));
                for ending in ["RestartService", "RestartServiceLate"] {
                    items.push((format!("{base}{ending}"), "Responder", target.clone()));
                }
                if probe == ProbeKind::ProxyTest {
                    items.push((format!("{base}CafeOffline"), "Responder", FRONT_END.to_owned()));
                }
            }
            items.push((format!("{base}Escalate"), "Responder", target.clone()));
            items.push((kind.name().to_owned(), "Monitor", target));
        }
        items
    }
}
