//! Runs one test, in its world or with scripted replies.

use super::coverage::Coverage;
use super::transcript::transcript;
use crate::backend::registry;
use crate::cli::UsageError;
use crate::diagnostic::Diagnostic;
use crate::program::Program;
use crate::program::test_block::Test;
use crate::project::files::read_text;
use crate::project::{Project, ProjectPath};
use crate::report::test_results::{TestReport, TestResult};
use crate::simulation::{Simulated, SimulationConfig, Variation, WorldFile};
use crate::source::{SourceMap, Span};
use crate::test_runner::TestRun;
use crate::world::Dispatcher;
use crate::{simulation, test_runner};
use std::path::{Path, PathBuf};

/// A test to run.
#[derive(Clone, Copy)]
pub struct Job<'j> {
    pub project: &'j Project,
    pub program: &'j Program,
    pub test: &'j Test,
    /// The file that declares the test.
    pub file: &'j PathBuf,
    /// Index of its sources in [`TestReport::sources`].
    pub sources: usize,
}

/// Runs a test and adds its result.
///
/// # Errors
/// Its world cannot be used.
pub fn run_one(job: Job<'_>, results: &mut TestReport, coverage: &mut Coverage) -> Result<(), UsageError> {
    if let Some((path, span)) = &job.test.world {
        return run_in_world(job, path, *span, results, coverage);
    }
    let found = test_runner::in_script(job.program, job.test);
    add(job, found, results, coverage);
    Ok(())
}

fn add(job: Job<'_>, found: Result<TestRun, Box<Diagnostic>>, results: &mut TestReport, coverage: &mut Coverage) {
    let Job { program, test, project, .. } = job;
    let (failures, seen) = match found {
        Ok(seen) => (test_runner::judge(program, test, &seen), seen),
        Err(trouble) => (vec![*trouble], TestRun::default()),
    };
    let nowhere = SourceMap::new();
    let sources = results.sources.get(job.sources).unwrap_or(&nowhere);
    coverage.add(program, &seen.reached, sources);
    let place = sources.file(test.span.file).map(|file| (file.name.to_string(), file.position(test.span.start).line));
    let (file, line) = place.unwrap_or_default();
    let runbook = program.runbooks.get(test.runbook).map(|runbook| runbook.name.to_string());
    results.tests.push(TestResult {
        file,
        line,
        title: test.title.to_string(),
        runbook: runbook.unwrap_or_default(),
        took: seen.ending.as_ref().map(|ending| ending.duration).unwrap_or_default(),
        failures,
        sources: job.sources,
        transcript: transcript(&seen.events, project.secrets()),
    });
}

/// Checks the file again with the world's inventory, and runs the test in that world.
fn run_in_world(
    job: Job<'_>,
    path: &str,
    span: Span,
    results: &mut TestReport,
    coverage: &mut Coverage,
) -> Result<(), UsageError> {
    let unusable = |why: String| -> UsageError {
        let file = results.sources.get(job.sources).and_then(|sources| sources.file(span.file));
        let line = file.map(|file| format!("{}:{}: ", file.name, file.position(span.start).line)).unwrap_or_default();
        format!("{line}{why}").into()
    };
    let folder = job.file.parent().unwrap_or(Path::new("."));
    let mut read = SourceMap::new();
    let world: WorldFile = simulation::load(&folder.join(path), &read_text, &mut read).map_err(|found| {
        let why = found.first().map(|diagnostic| diagnostic.message.clone()).unwrap_or_default();
        unusable(format!("Cannot use the world {path}: {why}"))
    })?;
    let folder = folder_of(job.file, world.inventory.as_deref());
    let project_path = ProjectPath { config: world.inventory.clone(), folder };
    let project = Project::open(&project_path).map_err(|error| unusable(error.to_string()))?;
    let mut session = project.session();
    let checked = project.check(&mut session, job.file);
    let wrong = project.diagnostics.iter().chain(&checked.diagnostics).map(|diagnostic| diagnostic.message.clone());
    let same = |program: &Program| program.tests.iter().position(|test| test.title == job.test.title);
    let found = checked.program.as_ref().and_then(|program| Some((program, program.tests.get(same(program)?)?)));
    let Some((program, test)) = found.filter(|_| !project.is_broken()) else {
        let why = wrong.into_iter().next().unwrap_or_default();
        return Err(unusable(format!("The test does not fit the inventory of {path}: {why}")));
    };
    if let Some(missing) = test.missing.first() {
        return Err(unusable(missing.message.clone()));
    }
    let secrets = project.secrets();
    let inventory = project.inventory.as_ref();
    let simulated = Simulated::new(SimulationConfig {
        file: &world,
        variation: Variation::none(&world),
        contacts: inventory.map(|inventory| inventory.contacts.as_slice()).unwrap_or_default(),
        calls: Dispatcher {
            backends: registry::simulated(),
            hosts: &program.hosts,
            secrets: &secrets,
            folder: project.folder.clone(),
            settings: inventory.map(|inventory| inventory.settings.clone()).unwrap_or_default(),
        },
        listener: Box::new(|_| {}),
    })
    .map_err(|mistakes| unusable(mistakes.join(", ")))?;
    let seen = test_runner::in_world(program, test, &simulated);
    results.sources.push(session.sources().clone());
    let job = Job { project: &project, program, test, file: job.file, sources: results.sources.len() - 1 };
    add(job, seen, results, coverage);
    Ok(())
}

/// The folder that imports must stay in: the inventory's, if the file is below it.
fn folder_of(file: &Path, inventory: Option<&Path>) -> PathBuf {
    let beside = |path: &Path| match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let own = beside(file);
    let Some(theirs) = inventory.map(beside) else { return own };
    match (own.canonicalize(), theirs.canonicalize()) {
        (Ok(own), Ok(real)) if own.starts_with(&real) => theirs,
        _ => own,
    }
}
