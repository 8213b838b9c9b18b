//! Runs that report success while the subject of the alert is still sick.

use super::{Account, Violation};
use crate::simulation::exchange::dynamics::active_faults::ActiveFault;
use crate::simulation::exchange::model::ledger::Actor;
use crate::simulation::exchange::model::monitors::MonitorKind;
use crate::simulation::exchange::model::probes::{ProbeKind, ProbeSample};
use crate::simulation::exchange::model::state::{HEALTH_MANAGER, ServerId, Site};
use crate::simulation::exchange::settings::ServiceStatus;
use crate::simulation::exchange::settings::faults::FaultKind;

/// The monitors that an alert names: one by its name, or those of a health set. The published page misspells one.
fn monitors_of_alert(alert: &str) -> Vec<MonitorKind> {
    let alert = if alert.eq_ignore_ascii_case("ImapTestDeepMonitor") { "ImapDeepTestMonitor" } else { alert };
    let is_it =
        |kind: &MonitorKind| kind.name().eq_ignore_ascii_case(alert) || kind.health_set().eq_ignore_ascii_case(alert);
    MonitorKind::ALL.into_iter().filter(is_it).collect()
}

/// Whether an alert is that of a monitor, or of a health set.
pub(super) fn is_known(alert: &str) -> bool {
    !monitors_of_alert(alert).is_empty()
}

/// Whether a fault exists that a monitor of an alert would see.
pub(in crate::simulation::exchange) fn is_sick(site: &Site, alert: &str, server: &str) -> bool {
    let server = site.server_named(server);
    server.is_some_and(|server| monitors_of_alert(alert).into_iter().any(|kind| failing(site, server, kind).is_some()))
}

/// Whether a probe of a server fails, cannot run, or finds customers who cannot log in.
pub(in crate::simulation::exchange) fn is_server_sick(site: &Site, server: ServerId) -> bool {
    MonitorKind::ALL.into_iter().any(|kind| sickness(site, server, kind).is_some())
        || [ProbeKind::CustomerTouchPoint, ProbeKind::DeepTest]
            .iter()
            .any(|login| customers_out(site, server, *login).is_some())
}

/// The probe that logs in where a monitor of a server looks: through the front end, or at the back end.
fn login_behind(site: &Site, server: ServerId, kind: MonitorKind) -> ProbeKind {
    match kind {
        MonitorKind::Probe(ProbeKind::DeepTest | ProbeKind::SelfTest) => ProbeKind::DeepTest,
        _ if site[server].front_end => ProbeKind::CustomerTouchPoint,
        _ => ProbeKind::DeepTest,
    }
}

/// Customers who cannot use IMAP by a road that leads over a server of the alert, as a probe on demand would find: over its
/// front end to the first database that its probes log in to; for an alert of the back end, at a database that is active
/// there.
pub(super) fn resolved_while_customers_out(site: &Site, account: &Account) -> Option<Violation> {
    if !account.resolved {
        return None;
    }
    let site = &without_fresh_faults(site);
    let roads = account.alerts.iter().flat_map(|(alert, server)| {
        let server = site.server_named(server);
        let kinds = monitors_of_alert(alert).into_iter();
        kinds.filter_map(move |kind| server.map(|server| (server, login_behind(site, server, kind))))
    });
    let mut out = roads.filter_map(|(server, login)| Some((server, customers_out(site, server, login)?)));
    out.next().map(|(server, database)| {
        let name = &site[server].host.name;
        let text = format!("Resolved, although customers of {database} cannot use IMAP over {name}");
        Violation::new("resolved_while_customers_out", text)
    })
}

/// A database whose customers cannot log in over a server. Pending restarts and boots count as done.
fn customers_out(site: &Site, server: ServerId, login: ProbeKind) -> Option<&str> {
    let known = &site[server];
    let exists = if login.of_front_end() { known.front_end } else { known.back_end };
    let fails = |kind, database| site.probe(server, kind, Some(database), false, ProbeSample::Settled).cause.is_some();
    let database = site.database_on_demand(server, login).filter(|database| exists && fails(login, *database))?;
    Some(&site[database].name)
}

/// A probe that fails permanently, or that cannot run, does not count as healthy.
pub(super) fn resolved_while_sick(site: &Site, account: &Account) -> Option<Violation> {
    if !account.resolved {
        return None;
    }
    let site = &without_fresh_faults(site);
    account.alerts.iter().find_map(|(alert, server)| {
        let server = site.server_named(server)?;
        let sick =
            monitors_of_alert(alert).into_iter().find_map(|kind| sickness(site, server, kind).map(|how| (kind, how)));
        sick.map(|(kind, how)| {
            let text = format!("Resolved, although {} of {} {how}", kind.name(), site[server].host.name);
            Violation::new("resolved_while_sick", text)
        })
    })
}

/// The site without the most recent faults, which a run may have overlooked. They excuse nothing else.
fn without_fresh_faults(site: &Site) -> Site {
    let mut site = site.clone();
    for at in 0..site.faults.len() {
        let since = site.faults.get(at).and_then(|fault| fault.since);
        if since.is_some_and(|since| site.now.since(since) < site.rules.oracle.fresh) {
            site.fault_heals(at);
        }
    }
    site
}

/// Why a monitor of a server should not be healthy. Pending restarts and boots count as done.
fn sickness(site: &Site, server: ServerId, kind: MonitorKind) -> Option<&'static str> {
    let known = &site[server];
    let blind = [FaultKind::HealthManagerNotReady, FaultKind::HealthManagerStuck];
    if blind.into_iter().any(|kind| site.has_fault(server, kind)) {
        return Some("cannot be judged: the Health Manager runs no probe");
    }
    let manager = known.service(HEALTH_MANAGER).is_some_and(|service| service.status != ServiceStatus::Stopped);
    if known.is_up() && !known.booting && !manager {
        return Some("cannot be judged: the Health Manager is not running");
    }
    failing(site, server, kind)
}

/// What a monitor of a server would see.
fn failing(site: &Site, server: ServerId, kind: MonitorKind) -> Option<&'static str> {
    match kind {
        MonitorKind::Latency => latency(site, server),
        MonitorKind::Probe(probe) => {
            site[server].service(probe.service())?;
            // The deep test of a drained server skips its login, so the store itself is judged.
            if probe == ProbeKind::DeepTest && site.has_fault(server, FaultKind::StoreSlow) {
                return Some("would fail with active databases");
            }
            let database = site.database_on_demand(server, probe);
            let verdict = site.probe(server, probe, database, false, ProbeSample::Settled);
            verdict.cause.map(|_| "would still fail")
        }
    }
}

/// A latency that has been high long enough to be seen, or that the run reduced without watching it.
fn latency(site: &Site, server: ServerId) -> Option<&'static str> {
    let rules = &site.rules.oracle;
    if site.high_latency_since(server).is_some_and(|since| site.now.since(since) >= rules.fresh) {
        return Some("would still report a high latency");
    }
    let own = site
        .faults
        .iter()
        .filter(|fault| fault.since.is_some() && fault.kind == FaultKind::HighLatency && fault.server == server);
    // Two samples must follow the relapse before a cure is reported.
    let seen = |fault: &ActiveFault| {
        fault.relapses_after.is_some_and(|after| after + site.rules.probes.latency.times(2) <= rules.watch)
    };
    let mut soothed = own.filter(|fault| matches!(fault.reduced_by_restart, Some((_, Actor::Run))) && seen(fault));
    soothed.next().map(|_| "is only suppressed and will be high again")
}
