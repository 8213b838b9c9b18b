//! The view of monitors that Exchange gives: alert values, staleness, and the work items of a health set.

use super::monitors::{LATENCY, Monitor, MonitorKind};
use super::probes::ProbeKind;
use super::state::{BACK_END, FRONT_END, ServerId, Site};
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use crate::simulation::exchange::settings::faults::FaultKind;

/// Monitors that are always healthy: name, target, health set. The first has the same name as one in IMAP.
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

/// A monitor as Get-ServerHealth shows it.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct MonitorView {
    pub name: &'static str,
    pub target: &'static str,
    pub health_set: &'static str,
    pub component: &'static str,
    pub alert_value: &'static str,
    pub first_alert: Option<Moment>,
    pub transition: Option<Moment>,
    pub last_run: Moment,
    pub stale: bool,
}

impl Site {
    /// The time until which the Health Manager worked: a stuck one does not age alerts either.
    fn watched_until(&self, server: ServerId) -> Moment {
        self.fault_since(server, FaultKind::HealthManagerStuck).unwrap_or(self.now)
    }

    /// When the monitors of a server ran last, and whether that is too long ago; `None` if the Health Manager does not
    /// answer.
    fn last_run(&self, server: ServerId) -> Option<(Moment, bool)> {
        let ready = self[server].health.ready?;
        if self.has_fault(server, FaultKind::HealthManagerNotReady) {
            return None;
        }
        let rules = &self.rules.monitors;
        let until = self.watched_until(server);
        let every = rules.recurrence.as_milliseconds().max(1);
        let since = until.since(ready).as_milliseconds();
        let last_run = until.before(ModelDuration::milliseconds(since % every));
        Some((last_run, self.now.since(last_run) > rules.recurrence + rules.stale_after))
    }

    /// All monitors of a server; `None` if the Health Manager does not answer.
    pub fn monitor_views(&self, server: ServerId) -> Option<Vec<MonitorView>> {
        let (last_run, stale) = self.last_run(server)?;
        let known = &self[server];
        let there = known.monitors.iter().filter(|monitor| self.has_monitor(server, monitor.kind));
        let mut shown: Vec<_> = there.map(|monitor| self.monitor_view(server, monitor, last_run, stale)).collect();
        for (name, target, health_set) in QUIET {
            let there = if target == BACK_END { known.health.back_end_items } else { known.front_end };
            if there {
                shown.push(MonitorView {
                    name,
                    target,
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

    fn monitor_view(&self, server: ServerId, monitor: &Monitor, last_run: Moment, stale: bool) -> MonitorView {
        let kind = monitor.kind;
        let now = self.watched_until(server);
        let unhealthy_from = monitor.alert.map(|alert| alert + self.rules.monitors.degraded);
        let (alert_value, transition) = match (unhealthy_from, monitor.seen) {
            _ if self[server].disabled_monitors.contains(&kind) => ("Disabled", None),
            (Some(from), _) if now >= from => ("Unhealthy", Some(from)),
            (Some(_), _) => ("Degraded", monitor.alert),
            (None, true) => ("Healthy", monitor.recovered),
            (None, false) => ("Unknown", None),
        };
        let deep = matches!(kind, MonitorKind::Probe(ProbeKind::CustomerTouchPoint | ProbeKind::DeepTest));
        let health_set = kind.health_set();
        let by_set = deep && self.rules.probes.target_is_health_set;
        let proxy = kind == MonitorKind::Probe(ProbeKind::ProxyTest);
        MonitorView {
            name: kind.name(),
            target: if by_set { health_set } else { self.monitored_service(server, kind) },
            health_set,
            component: if proxy { "ImapProxy" } else { "None" },
            alert_value,
            first_alert: monitor.alert,
            transition,
            last_run,
            stale,
        }
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
