//! Get-ServerHealth: one entry for each monitor. A server that does not answer gives a warning and nothing else (R6).

use super::bind::{Kind, Parameters};
use super::reply::{Reply, time, time_or_never};
use super::{Cmdlet, Run, Where};
use crate::simulation::exchange::model::health_view::MonitorView;
use crate::simulation::exchange::model::monitors::MonitorKind;
use crate::simulation::exchange::model::probes::ProbeKind;
use crate::simulation::exchange::model::state::{ServerId, Site};
use crate::simulation::exchange::settings::ComponentState;
use crate::simulation::exchange::settings::duration::ModelDuration;
use serde_json::Value;

pub(super) const CMDLETS: [Cmdlet; 1] = [Cmdlet {
    name: "Get-ServerHealth",
    place: Where::Exchange,
    parameters: &[
        ("Identity", Kind::Text, true),
        ("HealthSet", Kind::Text, false),
        ("HaImpactingOnly", Kind::Boolean, false),
    ],
    run: Run::Query(takes, get),
}];

/// The duration of a request to the Health Manager of a server.
fn takes(site: &mut Site, parameters: &Parameters) -> ModelDuration {
    let down = parameters.server(site, "Identity").is_ok_and(|id| !site[id].is_up());
    let range = if down { site.rules.times.no_answer } else { site.rules.times.cmdlet };
    site.draw(range)
}

fn get(site: &mut Site, parameters: &Parameters) -> Reply {
    let server = match parameters.server(site, "Identity") {
        Ok(server) => server,
        Err(reply) => return reply,
    };
    let Some(monitors) = site.monitor_views(server) else {
        let name = &site[server].name;
        return Reply::warning(format!(
            "Could not get the health of server {name}: its Health Manager does not answer"
        ));
    };
    let set = parameters.given("HealthSet");
    let only_impacting = parameters.boolean("HaImpactingOnly").unwrap_or(false);
    let wanted = monitors.into_iter().filter(|shown| {
        set.is_none_or(|set| shown.health_set.eq_ignore_ascii_case(set)) && (!only_impacting || is_impacting(shown))
    });
    let seconds = site.rules.monitors.recurrence.as_milliseconds() / 1000;
    Reply::objects(wanted.map(|shown| object(site, server, &shown, seconds)).collect())
}

/// Whether availability depends on the monitor.
fn is_impacting(shown: &MonitorView) -> bool {
    let kinds = [ProbeKind::ProxyTest, ProbeKind::DeepTest, ProbeKind::SelfTest];
    kinds.iter().any(|kind| MonitorKind::Probe(*kind).name() == shown.name)
}

fn object(site: &Site, server: ServerId, shown: &MonitorView, seconds: i64) -> super::reply::Object {
    let state = match site[server].components.state(shown.component) {
        _ if shown.component == "None" => "NotApplicable",
        ComponentState::Active => "Online",
        ComponentState::Draining => "PartiallyOnline",
        ComponentState::Inactive => "Offline",
    };
    let group = if shown.name == "ImapCTPMonitor" { "Customer Touch Points" } else { "Service Components" };
    vec![
        ("Identity", format!(r"{}\{}\{}", shown.health_set, shown.name, shown.target).into()),
        ("Server", site[server].name.clone().into()),
        ("CurrentHealthSetState", state.into()),
        ("Name", shown.name.into()),
        ("TargetResource", shown.target.into()),
        ("HealthSetName", shown.health_set.into()),
        ("HealthGroupName", group.into()),
        ("AlertValue", shown.alert_value.into()),
        ("FirstAlertObservedTime", time_or_never(shown.first_alert)),
        ("IsHaImpacting", is_impacting(shown).into()),
        ("RecurranceInterval", seconds.into()),
        ("ServerComponentName", shown.component.into()),
        ("LastTransitionTime", time_or_never(shown.transition)),
        ("LastExecutionTime", time(shown.last_run)),
        ("LastExecutionResult", "Succeeded".into()),
        ("IsStale", shown.stale.into()),
        ("Error", Value::Null),
        ("Exception", Value::Null),
        ("IsValid", true.into()),
        ("ObjectState", "New".into()),
    ]
}
