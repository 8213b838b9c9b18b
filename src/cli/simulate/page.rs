//! Simulated runs for the page of `--report`.

use super::SimulateArguments;
use super::single::SimulatedRun;
use crate::cli::output::report;
use crate::cli::{Exit, atomic_write};
use crate::engine::RunOutcome;
use crate::project::selection::Job;
use crate::report::simulation::{
    Lane, LaneMark, LaneSpan, MarkBy, RunEnd, RunReport, SimulationPage, SpanKind, Timeline, simulation_page,
};
use crate::secret::Secrets;
use crate::simulation::exchange::{Actor, Applied, Effect};
use crate::simulation::{Variation, WorldFile};
use crate::value::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The file of `--report`.
pub struct SimulationReport<'a> {
    path: &'a Path,
    title: String,
    command: String,
}

impl<'a> SimulationReport<'a> {
    /// The file, if the command names one.
    pub fn of(arguments: &'a SimulateArguments, world: &WorldFile) -> Option<Self> {
        let path = arguments.report.as_deref()?;
        let title = world.title.clone().unwrap_or_else(|| "A simulation".to_owned());
        let mut command = format!("rectify simulate {}", arguments.path.display());
        arguments.words.iter().for_each(|word| command.push_str(&format!(" {word}")));
        command.push_str(&format!(" --world {}", arguments.world.display()));
        if let Some(seeds) = arguments.seeds {
            command.push_str(&format!(" --seeds {}..{}", seeds.first, seeds.last));
        }
        Some(Self { path, title, command })
    }

    /// Writes the page.
    ///
    /// # Errors
    /// The exit code, after a message, if the file cannot be written.
    pub fn write(&self, runs: Vec<RunReport>) -> Result<(), Exit> {
        let page = SimulationPage { title: self.title.clone(), command: self.command.clone(), runs };
        atomic_write::write(self.path, &simulation_page(&page)).map_err(|error| {
            report(&format!("Cannot write {}: {error}", self.path.display()));
            Exit::Usage
        })
    }
}

/// A run, as the page shows it, with its secrets masked.
pub fn run_report(
    job: &Job,
    seed: Option<u64>,
    variation: &Variation,
    played: &SimulatedRun,
    secrets: &Secrets,
) -> RunReport {
    let masked = |text: &str| secrets.redact_text(text).to_string();
    let ending = &played.ending;
    let runbook = job.program.runbooks.get(job.runbook);
    let kinds: BTreeSet<&str> = variation.exchange.faults.iter().map(|fault| fault.kind.as_str()).collect();
    let further = played.further.iter();
    RunReport {
        seed,
        runbook: runbook.map(|runbook| runbook.name.to_string()).unwrap_or_default(),
        call: masked(&job.call_text()),
        faults: variation.in_words().iter().map(|words| masked(words)).collect(),
        fault_kinds: kinds.into_iter().map(str::to_owned).collect(),
        end: match ending.outcome {
            RunOutcome::Resolved => RunEnd::Resolved,
            RunOutcome::Escalated => RunEnd::Escalated,
            RunOutcome::Cancelled => RunEnd::Cancelled,
            RunOutcome::Refused | RunOutcome::Rehearsed => RunEnd::Refused,
        },
        reason: masked(
            &further.clone().fold(ending.reason.clone(), |text, other| format!("{text}; beside it: {}", other.reason)),
        ),
        minutes: minutes(ending.duration),
        disruptions: further
            .fold(ending.disruptions.clone(), |all, other| [all, other.disruptions.clone()].concat())
            .iter()
            .map(|call| host_and_action(&masked(call)))
            .collect(),
        violations: played.violations.iter().map(|it| (it.rule.to_owned(), masked(&it.text))).collect(),
        timeline: timeline(&played.ledger, played.start, played.end),
    }
}

fn minutes(time: SignedDuration) -> f64 {
    time.as_secs_f64() / 60.0
}

/// The host on which a call acts, and its action: `host.reboot(host: web1)`.
fn host_and_action(call: &str) -> (String, String) {
    let action = call.split('(').next().unwrap_or(call).to_owned();
    let names = ["on: ", "host: ", "server: ", "target: "];
    let after = names.iter().find_map(|name| call.split_once(*name)).map_or("", |(_, after)| after);
    let host = after.split([',', ')', ' ']).next().unwrap_or_default();
    (if host.is_empty() { "no host".to_owned() } else { host.to_owned() }, action)
}

/// What the model recorded, by server and database.
fn timeline(ledger: &[Applied], start: Timestamp, end: Timestamp) -> Timeline {
    let at = |time: Timestamp| minutes(time.duration_since(start));
    let last = at(end);
    let mut lanes: BTreeMap<&str, Lane> = BTreeMap::new();
    // What has begun and not ended yet, by lane and by what it is.
    let mut open: BTreeMap<(&str, String), (SpanKind, f64)> = BTreeMap::new();
    for applied in ledger {
        let on = applied.on.as_str();
        let time = at(applied.at);
        let lane = lanes.entry(on).or_insert_with(|| Lane { name: on.to_owned(), ..Lane::default() });
        let (begins, ends) = match &applied.what {
            Effect::FaultBegan(kind) => (Some((SpanKind::Fault, (*kind).to_owned())), None),
            Effect::FaultEnded(kind) => (None, Some((*kind).to_owned())),
            Effect::ActivationBlocked(true) => (Some((SpanKind::Out, "blocked".to_owned())), None),
            Effect::ActivationBlocked(false) => (None, Some("blocked".to_owned())),
            Effect::RebootBegun { .. } => (Some((SpanKind::Out, "down".to_owned())), None),
            Effect::CameUp => (None, Some("down".to_owned())),
            Effect::ComponentHeld { component, state, .. } if state == "Active" => {
                (None, Some(format!("{component} held")))
            }
            Effect::ComponentHeld { component, .. } => (Some((SpanKind::Out, format!("{component} held"))), None),
            Effect::ServiceRestarted(_)
            | Effect::ServiceStarted(_)
            | Effect::ServiceStopped(_)
            | Effect::ServiceRefused(_)
            | Effect::ProtocolLogging(_)
            | Effect::DatabaseMoved { .. } => (None, None),
        };
        if let Some((kind, text)) = begins {
            open.entry((on, text)).or_insert((kind, time));
        }
        if let Some(text) = ends
            && let Some((kind, from)) = open.remove(&(on, text.clone()))
        {
            lane.spans.push(LaneSpan { kind, from, to: time, text });
        }
        let by = match applied.by {
            Actor::Run => MarkBy::Runbook,
            Actor::ManagedAvailability => MarkBy::ManagedAvailability,
            Actor::Administrator => MarkBy::Administrator,
            Actor::Site => MarkBy::Site,
            // A fault is a bar.
            Actor::Fault => continue,
        };
        if time >= 0.0 && !matches!(applied.what, Effect::CameUp) {
            lane.marks.push(LaneMark { by, at: time, text: applied.what.to_string() });
        }
    }
    for ((on, text), (kind, from)) in open {
        if let Some(lane) = lanes.get_mut(on) {
            lane.spans.push(LaneSpan { kind, from, to: last, text });
        }
    }
    let shown = |lane: &Lane| lane.spans.iter().any(|span| span.to >= 0.0) || !lane.marks.is_empty();
    let lanes = lanes.into_values().filter(shown).map(|mut lane| {
        lane.spans.retain(|span| span.to >= 0.0);
        lane
    });
    Timeline { minutes: last.max(1.0), lanes: lanes.collect() }
}
