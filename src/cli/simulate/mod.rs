//! `rectify simulate PATH [RUNBOOK] [NAME=VALUE…] --world WORLD.yaml`: a run in a simulated world, or many.

mod seeds;
mod single;
mod sweep;

pub use single::backends;

use super::output::report;
use super::{Exit, Format, Output};
use crate::project::alert::Alert;
use crate::project::files::read_text;
use crate::project::selection;
use crate::project::selection::{Job, Selection};
use crate::simulation;
use crate::simulation::{Variation, WorldFile};
use crate::source::SourceMap;
use clap::Args;
use seeds::Seeds;
use std::path::PathBuf;

/// Runs a runbook in a simulated world, on virtual time: nothing real is touched
#[derive(Debug, Args)]
pub struct SimulateArguments {
    /// A runbook file, or a folder to search for *.runbook
    path: PathBuf,
    /// Which runbook, and its arguments. Where there are none, the alert of the world finds its runbook
    #[arg(value_name = "RUNBOOK | NAME=VALUE")]
    words: Vec<String>,
    /// The world: what is modelled, what is wrong with it, its inventory and its alert
    #[arg(long, value_name = "FILE")]
    world: PathBuf,
    /// Plays many variations, 1..1000 for so many: with faults at random, Managed Availability acting, and people who
    /// cancel. Without an alert or a runbook that is named, every runbook is played in each
    #[arg(long, value_name = "FIRST..LAST")]
    seeds: Option<Seeds>,
    /// For whom the run is told
    #[arg(long, default_value = "text")]
    format: Format,
}

pub fn run(arguments: &SimulateArguments, output: &Output) -> Exit {
    match prepare(arguments, output) {
        Ok((world, choice)) => match arguments.seeds {
            Some(seeds) => sweep::sweep(arguments, seeds, &world, &choice, output),
            None => match one_job(arguments, &world, &choice) {
                Ok(job) => single::simulate_one(&job, &world, Variation::none(&world), arguments.format, output),
                Err(mistakes) => unusable(&mistakes),
            },
        },
        Err(mistakes) => unusable(&mistakes),
    }
}

fn unusable(mistakes: &[String]) -> Exit {
    mistakes.iter().for_each(|mistake| report(mistake));
    Exit::Usage
}

/// Reads the world, and the runbooks with the world's inventory.
fn prepare(arguments: &SimulateArguments, output: &Output) -> Result<(WorldFile, Selection), Vec<String>> {
    let mut sources = SourceMap::new();
    let world = simulation::load(&arguments.world, &read_text, &mut sources).map_err(|diagnostics| {
        output.show(diagnostics, &sources);
        vec![format!("Nothing was simulated: {} cannot be used", arguments.world.display())]
    })?;
    // By hand every file has to be right; for an alert those that are not are left out, as at night.
    let by_alert = arguments.words.is_empty() && (world.alert.is_some() || arguments.seeds.is_some());
    let choice = Selection::load(&arguments.path, world.inventory.as_deref(), by_alert, output);
    match choice.map_err(|why| vec![why])? {
        // The world's inventory is the only one: without it there is nothing to simulate.
        choice if choice.projects.iter().any(|project| project.is_broken()) => {
            Err(vec![selection::INVENTORY_HAS_ERRORS.to_owned()])
        }
        choice => Ok((world, choice)),
    }
}

/// The one run that is asked for, by hand or by the world's alert.
fn one_job(arguments: &SimulateArguments, world: &WorldFile, choice: &Selection) -> Result<Job, Vec<String>> {
    match alert_of(world).filter(|_| arguments.words.is_empty()) {
        Some(alert) => choice.by_alert(&alert).map_err(|unfit| unfit.why),
        None => {
            let (name, given) = selection::words(&arguments.words).map_err(|why| vec![why])?;
            choice.by_hand(name.as_deref(), &given)
        }
    }
}

fn alert_of(world: &WorldFile) -> Option<Alert> {
    let alert = world.alert.as_ref()?;
    Some(Alert { name: alert.name.clone(), labels: alert.labels.clone(), resolved: false })
}
