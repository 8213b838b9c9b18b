//! Invoke-MonitoringProbe: a probe on demand. One that nothing picks up gives a warning and no object, not a failure.

use super::bind::{Kind, Parameters};
use super::probe_texts::{Texts, texts};
use super::reply::{Reply, time};
use super::{Cmdlet, Run, Where};
use crate::simulation::exchange::model::probes::{Cause, ProbeKind, ProbeResult, ProbeSample};
use crate::simulation::exchange::model::state::{ServerId, Site};
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment};
use serde_json::Value;

pub(super) const CMDLETS: [Cmdlet; 1] = [Cmdlet {
    name: "Invoke-MonitoringProbe",
    place: Where::Exchange,
    parameters: &[("Identity", Kind::Text, true), ("Server", Kind::Text, true), ("TimeOutSeconds", Kind::Text, false)],
    run: Run::Query(takes, invoke),
}];

/// The identity of a probe: `HEALTHSET\PROBE`, with or without a target.
fn wanted(identity: &str) -> Option<Option<ProbeKind>> {
    let mut parts = identity.split('\\');
    let (set, probe) = (parts.next()?, parts.next()?);
    if set.is_empty() || probe.is_empty() || parts.nth(1).is_some() {
        return None;
    }
    let is_it =
        |kind: &ProbeKind| kind.health_set().eq_ignore_ascii_case(set) && kind.name().eq_ignore_ascii_case(probe);
    Some(ProbeKind::ALL.into_iter().find(is_it))
}

fn verdict(site: &Site, server: ServerId, kind: ProbeKind) -> ProbeResult {
    let database = site.database_on_demand(server, kind);
    site.probe(server, kind, database, false, ProbeSample::AsItIs)
}

fn takes(site: &mut Site, parameters: &Parameters) -> ModelDuration {
    let times = site.rules.times.clone();
    let Ok(server) = parameters.server(site, "Server") else { return site.draw(times.cmdlet) };
    let Some(wanted) = wanted(parameters.text("Identity")) else { return site.draw(times.cmdlet) };
    if !site[server].is_up() {
        return site.draw(times.no_answer);
    }
    if site.health_manager_is_silent(server) {
        return site.draw(times.not_picked_up);
    }
    let Some(kind) = wanted.filter(|kind| site.has_items(server, *kind)) else { return site.draw(times.cmdlet) };
    let waits = matches!(verdict(site, server, kind).cause, Some(Cause::Silence | Cause::Store));
    let waited = if waits { site.draw(times.probe_timeout) } else { ModelDuration::ZERO };
    site.draw(times.probe) + waited
}

fn invoke(site: &mut Site, parameters: &Parameters) -> Reply {
    let server = match parameters.server(site, "Server") {
        Ok(server) => server,
        Err(reply) => return reply,
    };
    let identity = parameters.text("Identity");
    let Some(wanted) = wanted(identity) else {
        let message = format!("The monitoring item identity '{identity}' is not HealthSet\\Item");
        return parameters.failed("ArgumentException", "InvalidArgument", message);
    };
    let name = site[server].name.clone();
    if !site[server].is_up() || site.health_manager_is_silent(server) {
        return Reply::warning(format!("The probe was not picked up by the Health Manager of server {name}"));
    }
    let Some(kind) = wanted.filter(|kind| site.has_items(server, *kind)) else {
        return Reply::warning(format!("There is no probe {identity} on server {name}"));
    };
    let found = verdict(site, server, kind);
    if kind.of_front_end() {
        site.log_session(server, &found);
    }
    let texts = texts(site, server, kind, &found);
    let latency = latency(site, &found);
    let ended = site.now;
    Reply::objects(vec![object(identity, &name, kind, &texts, latency, ended)])
}

fn latency(site: &mut Site, verdict: &ProbeResult) -> ModelDuration {
    match verdict.cause {
        Some(Cause::Silence | Cause::Store) => ModelDuration::seconds(55),
        _ => ModelDuration::milliseconds(15 + i64::try_from(site.random.below(400)).unwrap_or(0)),
    }
}

fn object(
    identity: &str,
    server: &str,
    kind: ProbeKind,
    texts: &Texts,
    latency: ModelDuration,
    ended: Moment,
) -> super::reply::Object {
    let text = |text: &str| Value::from(text);
    vec![
        ("Server", text(server)),
        ("MonitorIdentity", text(identity)),
        ("ExecutionStartTime", time(ended.before(latency))),
        ("ExecutionEndTime", time(ended)),
        ("Error", text(&texts.error)),
        ("Exception", text(texts.exception)),
        ("PoisonedCount", 0.into()),
        ("SampleValue", latency.as_milliseconds().into()),
        ("ExecutionContext", text(&texts.execution_context)),
        ("FailureContext", text("")),
        ("ResultType", text(texts.result_type)),
        ("RetryCount", 0.into()),
        ("ResultName", Value::from(format!("{}/{}", kind.name(), kind.service()))),
        ("ServiceName", text(kind.health_set())),
        ("StateAttribute1", text(texts.failing_component)),
        ("StateAttribute2", text(texts.error_token)),
        ("StateAttribute3", text(&texts.front_end)),
        ("StateAttribute4", text(&texts.back_end)),
        ("StateAttribute12", text(&texts.responses)),
        ("StateAttribute13", text(texts.trace)),
        ("IsValid", true.into()),
        ("ObjectState", text("New")),
    ]
}
