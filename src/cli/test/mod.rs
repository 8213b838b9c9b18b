//! `rectify test PATH…`.

mod coverage;
mod single;
mod transcript;

use super::{Exit, Output, UsageError};
use crate::check::Checked;
use crate::project::{Project, ProjectPath, by_project};
use crate::report::test_results::{TestReport, tests_as_json, tests_as_junit, tests_as_text};
use clap::{Args, ValueEnum};
use coverage::Coverage;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Run the tests of runbooks, without contacting any system
#[derive(Debug, Args)]
pub struct TestArguments {
    /// Runbook files, or folders to search for *.runbook files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run only the tests whose title contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Fail if no test reaches a step or an ending of a runbook
    #[arg(long, conflicts_with = "filter")]
    require_coverage: bool,
    /// The inventory [default: rectify.yaml in the nearest folder above each file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Output format
    #[arg(long, default_value = "text")]
    format: TestFormat,
}

/// The formats of test results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestFormat {
    /// Text for people
    Text,
    /// JSON, one object per line
    Json,
    /// JUnit XML, for CI servers
    Junit,
}

pub fn run(arguments: &TestArguments, output: &Output) -> Result<Exit, UsageError> {
    let results = run_all(arguments, output)?;
    output.print(&match arguments.format {
        TestFormat::Text => tests_as_text(&results, output.style()),
        TestFormat::Json => tests_as_json(&results),
        TestFormat::Junit => tests_as_junit(&results),
    });
    let uncovered = arguments.require_coverage && results.misses();
    Ok(if results.failed() > 0 || uncovered { Exit::Findings } else { Exit::Success })
}

fn run_all(arguments: &TestArguments, output: &Output) -> Result<TestReport, UsageError> {
    let projects: BTreeMap<ProjectPath, Vec<PathBuf>> = by_project(&arguments.paths, arguments.config.as_deref())?;
    let mut results = TestReport::default();
    let mut coverage = Coverage::default();
    // Report errors of all files before any test runs.
    let mut opened = Vec::new();
    let mut usable = true;
    for (path, files) in &projects {
        opened.push((Project::open(path)?, files));
    }
    let mut checked = Vec::new();
    for (project, files) in &opened {
        let mut session = project.session();
        usable &= !output.show(project.diagnostics.clone(), session.sources());
        let found: Vec<Checked> = files.iter().map(|file| project.check(&mut session, file)).collect();
        let missing = |checked: &Checked| {
            let tests = checked.program.iter().flat_map(|program| &program.tests);
            let tests = tests.filter(|test| test.world.is_none() && arguments.means(&test.title));
            tests.flat_map(|test| test.missing.clone()).collect::<Vec<_>>()
        };
        let wrong = found.iter().flat_map(|checked| checked.diagnostics.iter().cloned().chain(missing(checked)));
        usable &= !output.show(wrong.collect(), session.sources());
        checked.push((project, files, found, session.into_sources()));
    }
    if !usable {
        return Err("Nothing was tested: fix the errors above first".into());
    }
    for (project, files, found, sources) in checked {
        results.sources.push(sources);
        let own = results.sources.len() - 1;
        for (file, checked) in files.iter().zip(&found) {
            let Some(program) = &checked.program else { continue };
            coverage.expect(program, checked.file, results.sources.get(own));
            for test in program.tests.iter().filter(|test| arguments.means(&test.title)) {
                single::run_one(
                    single::Job { project, program, test, file, sources: own },
                    &mut results,
                    &mut coverage,
                )?;
            }
        }
    }
    if results.tests.is_empty() {
        let paths: Vec<String> = arguments.paths.iter().map(|path| path.display().to_string()).collect();
        return Err(match &arguments.filter {
            Some(filter) => format!("No test in {} has {filter:?} in its title", paths.join(", ")),
            None => format!("No tests in {}", paths.join(", ")),
        }
        .into());
    }
    results.coverage = arguments.filter.is_none().then(|| coverage.results());
    Ok(results)
}

impl TestArguments {
    fn means(&self, title: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| title.contains(filter.as_str()))
    }
}
