//! One simulated run and its judgement by the oracle.

use super::page;
use super::page::SimulationReport;
use crate::backend::registry;
use crate::cli::UsageError;
use crate::cli::output::{Output, mask_of, report};
use crate::cli::{Exit, Format, logging};
use crate::engine::event::{Event, EventKind};
use crate::engine::{Ending, Start};
use crate::project::selection::Job;
use crate::report::run::{JsonLines, PlainLines, ShownViolation, View};
use crate::secret::Secrets;
use crate::simulation::exchange::{Applied, ModelDuration, Violation};
use crate::simulation::{Simulated, SimulationConfig, Variation, WorldFile};
use crate::value::Timestamp;
use crate::world::Dispatcher;
use crate::world::virtual_time::Deadlock;
use crate::{engine, simulation};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// A run that exceeds this number of statements is assumed to loop forever.
const STEP_LIMIT: u64 = 1_000_000;

/// The runs of one simulation: that of the world's alert, or the one that is named, and those of alerts that come later.
pub struct Jobs {
    /// The first run.
    pub first: Job,
    /// The others, each with the name of its alert and the time that it comes after the start.
    pub further: Vec<(Job, String, ModelDuration)>,
}

/// The finished runs of one simulation with the oracle's judgement.
pub struct SimulatedRun {
    /// The ending of the first run.
    pub ending: Ending,
    /// Those of the others.
    pub further: Vec<Ending>,
    /// What the oracle reports.
    pub violations: Vec<Violation>,
    /// Every effect on the model.
    pub ledger: Vec<Applied>,
    /// The time at the start, and at the end of the last run.
    pub start: Timestamp,
    /// See `start`.
    pub end: Timestamp,
}

/// Why a run could not be simulated to its end.
pub enum SimulationError {
    /// The world does not fit the inventory; one sentence per mistake.
    Unusable(Vec<String>),
    /// Every task waits, and nothing can wake one.
    Deadlock(Deadlock),
}

/// Simulates jobs in one world. Events go to `listener`.
pub fn simulate(
    jobs: &Jobs,
    world: &WorldFile,
    variation: Variation,
    secrets: &Secrets,
    listener: Box<dyn Fn(&Event) + '_>,
) -> Result<SimulatedRun, SimulationError> {
    let Jobs { first, further } = jobs;
    let inventory = first.project.inventory.as_ref();
    let name = format!("simulated-{}", variation.seed);
    let simulated = Simulated::new(SimulationConfig {
        file: world,
        variation,
        contacts: inventory.map(|inventory| inventory.contacts.as_slice()).unwrap_or_default(),
        calls: Dispatcher {
            backends: registry::simulated(),
            hosts: &first.program.hosts,
            secrets,
            folder: first.project.folder.clone(),
            settings: inventory.map(|inventory| inventory.settings.clone()).unwrap_or_default(),
        },
        listener,
    })
    .map_err(SimulationError::Unusable)?;
    let by_alert = world.alert.is_some();
    let runs = std::iter::once((first, alerts_of_run(first, world), ModelDuration::ZERO, by_alert)).chain(
        further.iter().map(|(job, alert, after)| {
            let alerts = simulation::alerts_of_run(&job.program, job.runbook, &job.arguments, Some(alert));
            (job, alerts, *after, true)
        }),
    );
    let simulated = &simulated;
    let runs: Vec<_> = runs
        .enumerate()
        .map(|(number, (job, alerts, after, by_alert))| {
            let run = if number == 0 { name.clone() } else { format!("{name}-{}", number + 1) };
            Box::pin(async move {
                simulated.after_start(after.into()).await;
                let start = Start {
                    runbook: job.runbook,
                    arguments: job.arguments.clone(),
                    run: run.into(),
                    at: simulated.now(),
                    step_limit: STEP_LIMIT,
                    by_alert,
                    store: None,
                    found: Vec::new(),
                };
                let view = simulated.run(number);
                let ending = engine::run(&job.program, &view, start).await;
                let violations = simulated.judge_end(&ending, alerts.clone());
                (ending, alerts, violations)
            })
        })
        .collect();
    let ended = simulated.drive(all_of(runs)).map_err(SimulationError::Deadlock)?;
    let mut violations: Vec<Violation> = ended.iter().flat_map(|(.., violations)| violations.clone()).collect();
    let alerts = ended.iter().flat_map(|(_, alerts, _)| alerts.clone()).collect();
    let endings: Vec<&Ending> = ended.iter().map(|(ending, ..)| ending).collect();
    violations.extend(simulated.judge(&endings, alerts));
    let mut endings = ended.into_iter().map(|(ending, ..)| ending);
    let Some(ending) = endings.next() else { return Err(SimulationError::Deadlock(Deadlock)) };
    let (ledger, start, end) = (simulated.ledger(), simulated.start(), simulated.now());
    Ok(SimulatedRun { ending, further: endings.collect(), violations, ledger, start, end })
}

/// Polls all futures, in their order, until each has ended. The world wakes nobody: it is polled as a whole.
async fn all_of<T>(mut futures: Vec<Pin<Box<impl Future<Output = T>>>>) -> Vec<T> {
    let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *result = Some(value);
            }
        }
        if results.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    results.into_iter().flatten().collect()
}

/// The alerts that a run handles, each with its server.
pub fn alerts_of_run(job: &Job, world: &WorldFile) -> Vec<(String, String)> {
    let started_by = world.alert.as_ref().map(|alert| alert.name.as_str());
    simulation::alerts_of_run(&job.program, job.runbook, &job.arguments, started_by)
}

/// Simulates one run and prints it as `run` does, on the world's clock. Violations take precedence over the outcome in
/// the exit code.
/// Of several runs, the one that needs attention first decides.
pub fn simulate_one(
    jobs: &Jobs,
    world: &WorldFile,
    variation: Variation,
    format: Format,
    report_to: Option<&SimulationReport>,
    output: &Output,
) -> Exit {
    let secrets = Arc::new(jobs.first.project.secrets());
    let played = simulate_and_print(jobs, world, variation.clone(), format, &secrets, output);
    if let (Some(file), Ok(played)) = (report_to, &played)
        && let Err(exit) = file.write(vec![page::run_report(&jobs.first, None, &variation, played, &secrets)])
    {
        return exit;
    }
    match played {
        Ok(run) if !run.violations.is_empty() => Exit::Findings,
        Ok(run) => {
            let further = run.further.iter().map(Exit::for_ending);
            further.fold(Exit::for_ending(&run.ending), Exit::worse)
        }
        Err(SimulationError::Unusable(mistakes)) => UsageError::several(mistakes).report(),
        Err(SimulationError::Deadlock(stuck)) => {
            report(&format!("Internal error: {stuck}"));
            Exit::Internal
        }
    }
}

/// Simulates one run and prints its events as they happen.
pub fn simulate_and_print(
    jobs: &Jobs,
    world: &WorldFile,
    variation: Variation,
    format: Format,
    secrets: &Arc<Secrets>,
    output: &Output,
) -> Result<SimulatedRun, SimulationError> {
    logging::mask_with(secrets.clone());
    // Each run has a view of its own; the number of a further run follows the name of the first.
    let several = !jobs.further.is_empty();
    let views: Vec<RefCell<Box<dyn View>>> = (0..=jobs.further.len())
        .map(|number| RefCell::new(view(format, output, secrets, several.then(|| format!("[{}]", number + 1)))))
        .collect();
    let view_of = |event: &Event| {
        let root = event.run.split('.').next().unwrap_or_default();
        let number = root.split('-').nth(2).and_then(|number| number.parse::<usize>().ok());
        views.get(number.map_or(0, |number| number.saturating_sub(1)))
    };
    let last = RefCell::new(None);
    let show = |event: &Event| {
        if let Some(view) = view_of(event) {
            view.borrow_mut().event(event);
        }
    };
    let listener = |event: &Event| {
        // Hold back the end of the outermost run, which comes last, until the run is judged.
        if let Some(earlier) = last.borrow_mut().take() {
            show(&earlier);
        }
        match event.kind {
            EventKind::RunEnded { .. } => drop(last.borrow_mut().replace(event.clone())),
            _ => show(event),
        }
    };
    let run = simulate(jobs, world, variation, secrets, Box::new(listener))?;
    if let Some(ended) = last.into_inner()
        && let Some(view) = view_of(&ended)
    {
        view.borrow_mut().violations(&ended, &violations(&run));
    }
    Ok(run)
}

/// Converts the violations of a run for reports.
pub fn violations(run: &SimulatedRun) -> Vec<ShownViolation<'_>> {
    run.violations.iter().map(|it| ShownViolation { rule: it.rule, text: &it.text }).collect()
}

fn view(format: Format, output: &Output, secrets: &Arc<Secrets>, label: Option<String>) -> Box<dyn View> {
    let mask = mask_of(secrets);
    let sink = Box::new(std::io::stdout());
    match format {
        Format::Json => Box::new(JsonLines::new(sink, mask)),
        // Virtual time does not pass in real time, so there is no status line to redraw.
        Format::Text => {
            let lines = PlainLines::new(sink, mask, output.style()).on_virtual_time();
            Box::new(match label {
                Some(label) => lines.with_label(label),
                None => lines,
            })
        }
    }
}
