//! One simulated run and its judgement by the oracle.

use crate::backend::registry;
use crate::cli::UsageError;
use crate::cli::output::{Output, mask_of, report};
use crate::cli::{Exit, Format, logging};
use crate::engine::event::{Event, EventKind};
use crate::engine::{Ending, Start};
use crate::project::selection::Job;
use crate::report::run::{JsonLines, PlainLines, ShownViolation, View};
use crate::secret::Secrets;
use crate::simulation::exchange::Violation;
use crate::simulation::{Simulated, SimulationConfig, Variation, WorldFile};
use crate::world::Dispatcher;
use crate::world::virtual_time::Deadlock;
use crate::{engine, simulation};
use std::cell::RefCell;
use std::sync::Arc;

/// A run that exceeds this number of statements is assumed to loop forever.
const STEP_LIMIT: u64 = 1_000_000;

/// A finished run with the oracle's judgement.
pub struct SimulatedRun {
    /// The run's ending.
    pub ending: Ending,
    /// What the oracle reports.
    pub violations: Vec<Violation>,
}

/// Why a run could not be simulated to its end.
pub enum SimulationError {
    /// The world does not fit the inventory; one sentence per mistake.
    Unusable(Vec<String>),
    /// Every task waits, and nothing can wake one.
    Deadlock(Deadlock),
}

/// Simulates a job in a world. Events go to `listener`.
pub fn simulate(
    job: &Job,
    world: &WorldFile,
    variation: Variation,
    secrets: &Secrets,
    listener: Box<dyn Fn(&Event) + '_>,
) -> Result<SimulatedRun, SimulationError> {
    let inventory = job.project.inventory.as_ref();
    let run = format!("simulated-{}", variation.seed);
    let simulated = Simulated::new(SimulationConfig {
        file: world,
        variation,
        contacts: inventory.map(|inventory| inventory.contacts.as_slice()).unwrap_or_default(),
        calls: Dispatcher {
            backends: registry::simulated(),
            hosts: &job.program.hosts,
            secrets,
            folder: job.project.folder.clone(),
            settings: inventory.map(|inventory| inventory.settings.clone()).unwrap_or_default(),
        },
        listener,
    })
    .map_err(SimulationError::Unusable)?;
    let start = Start {
        runbook: job.runbook,
        arguments: job.arguments.clone(),
        run: run.into(),
        at: simulated.now(),
        step_limit: STEP_LIMIT,
        by_alert: world.alert.is_some(),
        store: None,
        found: Vec::new(),
    };
    let ending = simulated.drive(engine::run(&job.program, &simulated, start)).map_err(SimulationError::Deadlock)?;
    let violations = simulated.judge(&ending, alerts_of_run(job, world));
    Ok(SimulatedRun { ending, violations })
}

/// The alerts that a run handles, each with its server.
pub fn alerts_of_run(job: &Job, world: &WorldFile) -> Vec<(String, String)> {
    let started_by = world.alert.as_ref().map(|alert| alert.name.as_str());
    simulation::alerts_of_run(&job.program, job.runbook, &job.arguments, started_by)
}

/// Simulates one run and prints it as `run` does, on the world's clock. Violations take precedence over the outcome in
/// the exit code.
pub fn simulate_one(job: &Job, world: &WorldFile, variation: Variation, format: Format, output: &Output) -> Exit {
    match simulate_and_print(job, world, variation, format, output) {
        Ok(run) if !run.violations.is_empty() => Exit::Findings,
        Ok(run) => Exit::for_ending(&run.ending),
        Err(SimulationError::Unusable(mistakes)) => UsageError::several(mistakes).report(),
        Err(SimulationError::Deadlock(stuck)) => {
            report(&format!("Internal error: {stuck}"));
            Exit::Internal
        }
    }
}

/// Simulates one run and prints its events as they happen.
pub fn simulate_and_print(
    job: &Job,
    world: &WorldFile,
    variation: Variation,
    format: Format,
    output: &Output,
) -> Result<SimulatedRun, SimulationError> {
    let secrets = Arc::new(job.project.secrets());
    logging::mask_with(secrets.clone());
    let view = RefCell::new(view(format, output, &secrets));
    let last = RefCell::new(None);
    let listener = |event: &Event| {
        // Hold back the end of the outermost run, which comes last, until the run is judged.
        if let Some(earlier) = last.borrow_mut().take() {
            view.borrow_mut().event(&earlier);
        }
        match event.kind {
            EventKind::RunEnded { .. } => drop(last.borrow_mut().replace(event.clone())),
            _ => view.borrow_mut().event(event),
        }
    };
    let run = simulate(job, world, variation, &secrets, Box::new(listener))?;
    if let Some(ended) = last.into_inner() {
        view.borrow_mut().violations(&ended, &violations(&run));
    }
    Ok(run)
}

/// Converts the violations of a run for reports.
pub fn violations(run: &SimulatedRun) -> Vec<ShownViolation<'_>> {
    run.violations.iter().map(|it| ShownViolation { rule: it.rule, text: &it.text }).collect()
}

fn view(format: Format, output: &Output, secrets: &Arc<Secrets>) -> Box<dyn View> {
    let mask = mask_of(secrets);
    let sink = Box::new(std::io::stdout());
    match format {
        Format::Json => Box::new(JsonLines::new(sink, mask)),
        // Virtual time does not pass in real time, so there is no status line to redraw.
        Format::Text => Box::new(PlainLines::new(sink, mask, output.style()).on_virtual_time()),
    }
}
