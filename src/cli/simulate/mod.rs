//! `rectify simulate PATH [RUNBOOK] [NAME=VALUE…] --world WORLD.yaml`: one simulated run, or one per seed.

mod page;
mod seeds;
mod single;
mod sweep;

use super::{Exit, Format, Output, UsageError};
use crate::project::alert::Alert;
use crate::project::files::read_text;
use crate::project::selection::{Job, Selection, SelectionError, parse_words};
use crate::simulation;
use crate::simulation::exchange::ModelDuration;
use crate::simulation::{FurtherAlert, Variation, WorldFile};
use crate::source::SourceMap;
use clap::Args;
use page::SimulationReport;
use seeds::Seeds;
use single::Jobs;
use std::path::PathBuf;

/// The largest number of alerts that come later in one world.
const MOST_FURTHER_ALERTS: usize = 16;

/// Run a runbook in a simulated world, without contacting any system
#[derive(Debug, Args)]
pub struct SimulateArguments {
    /// A runbook file, or a folder to search for *.runbook files
    path: PathBuf,
    /// The runbook and its arguments. If none is given, the world's alert selects the runbook
    #[arg(value_name = "RUNBOOK | NAME=VALUE")]
    words: Vec<String>,
    /// The world file: the simulated systems, their faults, the inventory and the alert
    #[arg(long, value_name = "FILE")]
    world: PathBuf,
    /// Run one variation of the world per seed, such as 1..1000: with random faults, Managed Availability, and people
    /// who cancel. Without an alert or a named runbook, run every runbook with each seed
    #[arg(long, value_name = "FIRST..LAST")]
    seeds: Option<Seeds>,
    /// Write a page about all runs: endings by fault and runbook, times, disruptions, violations with their story, a
    /// timeline of each run. One HTML file without scripts and links
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Output format
    #[arg(long, default_value = "text")]
    format: Format,
}

pub fn run(arguments: &SimulateArguments, output: &Output) -> Result<Exit, UsageError> {
    let (world, selection) = prepare(arguments, output)?;
    Ok(match arguments.seeds {
        Some(seeds) => sweep::sweep(arguments, seeds, &world, &selection, output),
        None => {
            let jobs =
                Jobs { first: one_job(arguments, &world, &selection)?, further: further_jobs(&world, &selection)? };
            let report = SimulationReport::of(arguments, &world);
            single::simulate_one(&jobs, &world, Variation::none(&world), arguments.format, report.as_ref(), output)
        }
    })
}

/// Reads the world file, and the runbooks with the world's inventory.
fn prepare(arguments: &SimulateArguments, output: &Output) -> Result<(WorldFile, Selection), UsageError> {
    let mut sources = SourceMap::new();
    let world = simulation::load(&arguments.world, &read_text, &mut sources).map_err(|diagnostics| {
        output.show(diagnostics, &sources);
        UsageError::from(format!("Nothing was simulated: {} is invalid", arguments.world.display()))
    })?;
    // By name, every file must be valid. For an alert, invalid files are skipped, as in a live run.
    let by_alert = arguments.words.is_empty() && (world.alert.is_some() || arguments.seeds.is_some());
    let by_alert = by_alert || !world.further_alerts.is_empty();
    let selection = Selection::load(&arguments.path, world.inventory.as_deref(), by_alert, output)?;
    // The world's inventory is the only one: without it there is nothing to simulate.
    if selection.projects.iter().any(|project| project.is_broken()) {
        return Err(SelectionError::InventoryHasErrors.into());
    }
    Ok((world, selection))
}

/// The single run, selected by name or by the world's alert.
fn one_job(arguments: &SimulateArguments, world: &WorldFile, selection: &Selection) -> Result<Job, UsageError> {
    match alert_of(world).filter(|_| arguments.words.is_empty()) {
        Some(alert) => selection.by_alert(&alert).map_err(|unmatched| UsageError::several(unmatched.error.sentences())),
        None => {
            let (name, given) = parse_words(&arguments.words)?;
            Ok(selection.by_name(name.as_deref(), &given)?)
        }
    }
}

/// The runs of the alerts that come later.
fn further_jobs(world: &WorldFile, selection: &Selection) -> Result<Vec<(Job, String, ModelDuration)>, UsageError> {
    let mut jobs = Vec::new();
    if world.further_alerts.len() > MOST_FURTHER_ALERTS {
        return Err(format!("A world has at most {MOST_FURTHER_ALERTS} `further_alerts`").into());
    }
    for FurtherAlert { name, labels, after } in &world.further_alerts {
        let alert = Alert { name: name.clone(), labels: labels.clone(), resolved: false };
        let job = selection.by_alert(&alert).map_err(|unmatched| UsageError::several(unmatched.error.sentences()))?;
        jobs.push((job, name.clone(), *after));
    }
    Ok(jobs)
}

fn alert_of(world: &WorldFile) -> Option<Alert> {
    let alert = world.alert.as_ref()?;
    Some(Alert { name: alert.name.clone(), labels: alert.labels.clone(), resolved: false })
}
