//! `rectify run PATH [RUNBOOK] [NAME=VALUE…]`, started by a person or an alert.

mod execute;
mod runtime;
mod undelivered_alerts;

use super::output::report;
use super::{Exit, Format, Output, UsageError};
use crate::project::alert::Alert;
use crate::project::files::read_text;
use crate::project::selection::{Job, Selection, SelectionError, parse_words};
use crate::project::{ProjectError, alert};
use crate::source::MAX_FILE_BYTES;
use crate::world::live;
use clap::Args;
use execute::CommandContext;
use futures_util::{StreamExt, stream};
use runtime::RunRuntime;
use std::io::Read;
use std::path::{Path, PathBuf};
use tokio::sync::watch;
use undelivered_alerts::{UndeliveredAlerts, project_at};

/// How many runs of one notification are under way at the same time. The others follow in the order of their alerts. A run
/// that waits counts as well, so it is more than a machine can do at once: see [`live::MOST_CALLS`].
const MOST_AT_ONCE: usize = 1000;

/// Run a runbook
#[derive(Debug, Args)]
pub struct RunArguments {
    /// A runbook file; with --alert, also a folder to search for *.runbook files
    path: PathBuf,
    /// The runbook, if the file has several, and its arguments: a host by name or alias, a word of an enum, a duration
    /// such as 90s or 1h30m, a size such as 512MiB, a list with commas
    #[arg(value_name = "RUNBOOK | NAME=VALUE")]
    words: Vec<String>,
    /// Run the runbook that handles this alert, with the labels of the alert as its arguments. The file holds JSON,
    /// {"name", "labels"} or an Alertmanager notification; - reads standard input. Every alert of a notification is
    /// handled, side by side: runs wait for each other where they need the same lock. The inventory's
    /// default_contact is told of alerts that no runbook handles. The exit code is the worst of all runs, in the order
    /// 70, 7, 2, 4, 3, 5, 0
    #[arg(long, value_name = "FILE")]
    alert: Option<PathBuf>,
    /// The inventory [default: rectify.yaml in the nearest folder above the file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Make observations for real, but only show what would be done from the first effect on
    #[arg(long)]
    dry_run: bool,
    /// Do not wait for people: treat every prompt as unanswered at once
    #[arg(long)]
    unattended: bool,
    /// The name of the run [default: generated]
    #[arg(long, value_parser = run_id)]
    id: Option<String>,
    /// Output format
    #[arg(long, default_value = "text")]
    format: Format,
}

pub fn run(arguments: &RunArguments, output: &Output) -> Exit {
    // First, so that every signal is handled.
    let mut runtime = match RunRuntime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            report(&format!("Cannot start the run: {error}"));
            return Exit::Internal;
        }
    };
    let id = arguments.id.clone().unwrap_or_else(execute::new_run_id);
    let selected = match select_jobs(arguments, &mut runtime, output) {
        Ok(selected) => selected,
        Err(NoJobs::Unusable(error)) => return error.report(),
        Err(NoJobs::Stopped) => return stopped(),
    };
    if runtime.is_stopped() {
        return stopped();
    }
    let (stop, stops) = watch::channel(0);
    let shared = match CommandContext::open(arguments, output, stops) {
        Ok(shared) => shared,
        Err(why) => {
            report(&why.to_string());
            return Exit::Usage;
        }
    };
    if let Some(file) = shared.store.as_ref().and_then(live::keep_unsent) {
        report(&format!("Escalations of runs that were killed before they were sent are in {file}"));
    }
    let SelectedJobs { jobs, undelivered, resolved } = selected;
    execute::record_resolved(resolved, &id, &shared);
    let several = jobs.len() > 1;
    // Lines of two sources are told apart.
    let labelled = several || !(jobs.is_empty() || undelivered.is_empty());
    let runs = jobs.iter().zip(1..).map(|(job, number)| {
        let id = if several { format!("{id}-{number}") } else { id.clone() };
        execute::execute(job, id, labelled.then(|| format!("[{number}]")), &shared)
    });
    let runs = stream::iter(runs).buffer_unordered(MOST_AT_ONCE);
    let runs = runs.fold(Exit::Success, async |exit: Exit, ended| exit.worse(ended));
    // Beside the runs, which may take long: somebody has to handle the alerts that start none.
    let both = async { tokio::join!(undelivered.notify(&jobs, &id, labelled, &shared), runs) };
    let (told, exit) = runtime.count_signals(&stop, both);
    exit.worse(told)
}

fn stopped() -> Exit {
    report("A signal arrived before the run started: nothing was changed");
    Exit::Cancelled
}

/// Why there is nothing to run.
#[derive(Debug)]
enum NoJobs {
    /// Bad arguments, or files that cannot be used.
    Unusable(UsageError),
    /// A signal came first.
    Stopped,
}

impl From<SelectionError> for NoJobs {
    fn from(error: SelectionError) -> Self {
        Self::Unusable(error.into())
    }
}

impl From<String> for NoJobs {
    fn from(sentence: String) -> Self {
        Self::Unusable(sentence.into())
    }
}

/// The runs to execute, and the alerts that start none.
#[derive(Default)]
struct SelectedJobs {
    jobs: Vec<Job>,
    undelivered: UndeliveredAlerts,
    /// Alerts that are over.
    resolved: Vec<Alert>,
}

/// Collects the jobs. All selection and binding happens before the first run starts.
fn select_jobs(arguments: &RunArguments, runtime: &mut RunRuntime, output: &Output) -> Result<SelectedJobs, NoJobs> {
    let Some(path) = &arguments.alert else {
        let selection = Selection::load(&arguments.path, arguments.config.as_deref(), false, output)?;
        let (name, given) = parse_words(&arguments.words)?;
        let job = selection.by_name(name.as_deref(), &given)?;
        return Ok(SelectedJobs { jobs: vec![job], ..SelectedJobs::default() });
    };
    if !arguments.words.is_empty() {
        let mistake = "`--alert` takes no RUNBOOK and no NAME=VALUE: the alert selects the runbook and its arguments";
        return Err(mistake.to_owned().into());
    }
    let (mut jobs, mut undelivered) = (Vec::new(), UndeliveredAlerts::default());
    let selection = match Selection::load(&arguments.path, arguments.config.as_deref(), true, output) {
        Ok(selection) => selection,
        Err(error) => {
            undelivered.projects = project_at(&arguments.path, arguments.config.as_deref()).into_iter().collect();
            undelivered.alert(None, None, vec![error.to_string()]);
            return Ok(SelectedJobs { jobs, undelivered, ..SelectedJobs::default() });
        }
    };
    undelivered.projects = project_at(&arguments.path, arguments.config.as_deref()).into_iter().collect();
    undelivered.projects.extend(selection.projects.iter().cloned());
    undelivered.skipped = selection.skipped.iter().map(|file| (file.project.clone(), file.why.clone())).collect();
    let parsed =
        read_alert(path, runtime).and_then(|text| alert::parse(&text).map_err(|error| error.to_string().into()));
    let alerts = match parsed {
        Ok(alerts) => alerts,
        Err(NoJobs::Unusable(error)) => {
            undelivered.alert(None, None, error.sentences());
            return Ok(SelectedJobs { jobs, undelivered, ..SelectedJobs::default() });
        }
        Err(stopped) => return Err(stopped),
    };
    let mut resolved = Vec::new();
    for alert in alerts {
        let alert = match alert {
            Ok(alert) => alert,
            Err(error) => {
                undelivered.alert(None, None, vec![error.to_string()]);
                continue;
            }
        };
        if alert.resolved {
            resolved.push(alert);
            continue;
        }
        match selection.by_alert(&alert) {
            Ok(job) if jobs.iter().any(|other: &Job| other.is_same(&job)) => {}
            Ok(job) => jobs.push(job),
            Err(unmatched) => undelivered.alert(unmatched.project, Some(alert), unmatched.error.sentences()),
        }
    }
    Ok(SelectedJobs { jobs, undelivered, resolved })
}

fn read_alert(path: &Path, runtime: &mut RunRuntime) -> Result<String, NoJobs> {
    if path != Path::new("-") {
        return read_text(path)
            .map_err(|error| ProjectError::Unreadable { path: path.to_owned(), error }.to_string().into());
    }
    // Standard input may block; a signal must still be handled.
    let read = runtime.unless_stopped(|| {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    let bytes = read.ok_or(NoJobs::Stopped)?.map_err(|error| format!("Cannot read the alert: {error}"))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err("The alert is longer than 1 MiB".to_owned().into());
    }
    String::from_utf8(bytes).map_err(|_| "The alert is not UTF-8".to_owned().into())
}

fn run_id(text: &str) -> Result<String, String> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    match text.chars().all(fits) && (1..=64).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => Err("the name of a run has 1 to 64 letters, digits, `-`, `_` and `.`".to_owned()),
    }
}
