//! Simulates one run per seed, and counts outcomes and violations.

use super::SimulateArguments;
use super::page;
use super::page::SimulationReport;
use super::seeds::Seeds;
use super::single::{Jobs, SimulatedRun, SimulationError, alerts_of_run, simulate, simulate_and_print, violations};
use crate::cli::UsageError;
use crate::cli::output::{Output, report};
use crate::cli::{Exit, Format};
use crate::engine::{Ending, RunOutcome};
use crate::project::selection::{Job, Selection};
use crate::report::run::ShownViolation;
use crate::report::sanitise;
use crate::simulation::{Variation, WorldFile};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Maximum number of violations in text output. JSON has all of them.
const MOST_SHOWN: usize = 20;

/// One run, as JSON.
#[derive(Serialize)]
struct Line<'l> {
    schema: u32,
    event: &'static str,
    seed: u64,
    runbook: &'l str,
    arguments: BTreeMap<&'l str, String>,
    /// What is or will be wrong, and what administrators do, in words.
    faults: Vec<String>,
    outcome: RunOutcome,
    reason: &'l str,
    /// The other runs in the same world.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further: Vec<FurtherRun<'l>>,
    disruptions: &'l [String],
    left_in_place: usize,
    /// Virtual time, in seconds.
    duration: f64,
    violations: Vec<ShownViolation<'l>>,
}

/// A run of an alert that came later, as JSON.
#[derive(Serialize)]
struct FurtherRun<'l> {
    outcome: RunOutcome,
    reason: &'l str,
    disruptions: &'l [String],
}

/// The totals, as JSON.
#[derive(Default, Serialize)]
struct Sum {
    schema: u32,
    event: &'static str,
    runs: u64,
    resolved: u64,
    escalated: u64,
    cancelled: u64,
    refused: u64,
    violations: u64,
}

/// Simulates every seed. A single seed is printed event by event.
pub fn sweep(
    arguments: &SimulateArguments,
    seeds: Seeds,
    world: &WorldFile,
    selection: &Selection,
    output: &Output,
) -> Exit {
    let report_to = SimulationReport::of(arguments, world);
    let mut reported = Vec::new();
    let mut sum = Sum { schema: 1, event: "simulated", ..Sum::default() };
    let mut shown = 0;
    for seed in seeds.first..=seeds.last {
        let jobs = match jobs(arguments, world, selection, seed) {
            Ok(jobs) => jobs,
            Err(error) => return error.report(),
        };
        for jobs in &jobs {
            let job = &jobs.first;
            let variation = Variation::random(world, &job.program.hosts, seed, &alerts_of_run(job, world));
            let faults = variation.in_words();
            let secrets = Arc::new(job.project.secrets());
            let played = if seeds.first == seeds.last && arguments.format == Format::Text {
                simulate_and_print(jobs, world, variation.clone(), arguments.format, &secrets, output)
            } else {
                simulate(jobs, world, variation.clone(), &secrets, Box::new(|_| {}))
            };
            let played = match played {
                Ok(played) => played,
                Err(SimulationError::Unusable(mistakes)) => return UsageError::several(mistakes).report(),
                Err(SimulationError::Deadlock(stuck)) => {
                    report(&format!("Internal error: in seed {seed}, {stuck}: {}", job.call_text()));
                    return Exit::Internal;
                }
            };
            sum.add(&played);
            if report_to.is_some() {
                reported.push(page::run_report(job, Some(seed), &variation, &played, &secrets));
            }
            match arguments.format {
                Format::Json => output.print(secrets.redact_text(&line(seed, job, faults, &played)).as_str()),
                Format::Text => {
                    for violation in &played.violations {
                        if shown < MOST_SHOWN {
                            let text =
                                format!("seed {seed}, {}: {}: {}", job.call_text(), violation.rule, violation.text);
                            output.print(&format!("{}\n", sanitise(secrets.redact_text(&text).as_str())));
                        }
                        shown += 1;
                    }
                }
            }
        }
    }
    if let Some(Err(exit)) = report_to.map(|file| file.write(reported)) {
        return exit;
    }
    match arguments.format {
        Format::Json => output.print(&(serde_json::to_string(&sum).unwrap_or_default() + "\n")),
        Format::Text => output.print(&sum.in_words(shown)),
    }
    if sum.violations == 0 { Exit::Success } else { Exit::Findings }
}

/// The jobs of one seed: the world's alert, the named runbook, or every runbook.
fn jobs(
    arguments: &SimulateArguments,
    world: &WorldFile,
    selection: &Selection,
    seed: u64,
) -> Result<Vec<Jobs>, UsageError> {
    let with_further = |first| Ok(Jobs { first, further: super::further_jobs(world, selection)? });
    if world.alert.is_some() || !arguments.words.is_empty() {
        return super::one_job(arguments, world, selection).and_then(with_further).map(|jobs| vec![jobs]);
    }
    let jobs = selection.all_runbooks(usize::try_from(seed).unwrap_or(0));
    if jobs.is_empty() {
        return Err("No runbook can be simulated with the hosts of the inventory alone".into());
    }
    jobs.into_iter().map(with_further).collect()
}

fn line(seed: u64, job: &Job, faults: Vec<String>, played: &SimulatedRun) -> String {
    let Some(runbook) = job.program.runbooks.get(job.runbook) else { return String::new() };
    let given = runbook.parameters.iter().zip(&job.arguments);
    let line = Line {
        schema: 1,
        event: "run_simulated",
        seed,
        runbook: &runbook.name,
        arguments: given.map(|(parameter, value)| (parameter.name.as_str(), value.to_string())).collect(),
        faults,
        outcome: played.ending.outcome,
        reason: &played.ending.reason,
        further: played
            .further
            .iter()
            .map(|Ending { outcome, reason, disruptions, .. }| FurtherRun { outcome: *outcome, reason, disruptions })
            .collect(),
        disruptions: &played.ending.disruptions,
        left_in_place: played.ending.left_in_place.len(),
        duration: played.ending.duration.as_millis() as f64 / 1000.0,
        violations: violations(played),
    };
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

impl Sum {
    fn add(&mut self, played: &SimulatedRun) {
        self.violations += played.violations.len() as u64;
        for ending in std::iter::once(&played.ending).chain(&played.further) {
            self.runs += 1;
            match ending.outcome {
                RunOutcome::Resolved => self.resolved += 1,
                RunOutcome::Escalated => self.escalated += 1,
                RunOutcome::Cancelled => self.cancelled += 1,
                RunOutcome::Refused | RunOutcome::Rehearsed => self.refused += 1,
            }
        }
    }

    fn in_words(&self, shown: usize) -> String {
        let mut text = String::new();
        if shown > MOST_SHOWN {
            text.push_str(&format!("and {} more\n", shown - MOST_SHOWN));
        }
        let violations = match self.violations {
            0 => "no violation".to_owned(),
            1 => "1 violation".to_owned(),
            many => format!("{many} violations"),
        };
        let Self { runs, resolved, escalated, cancelled, refused, .. } = self;
        text.push_str(&format!(
            "{runs} runs: {resolved} resolved, {escalated} escalated, {cancelled} cancelled, {refused} refused; {violations}\n"
        ));
        text
    }
}
