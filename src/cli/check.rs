//! `rectify check PATH…`.

use super::output::say;
use super::project::{Place, Project, by_project};
use super::{Exit, Format, Output};
use crate::diagnostic::Diagnostic;
use crate::report::{Findings, count_of, findings_as_json, findings_as_text};
use crate::source::SourceMap;
use clap::Args;
use std::path::PathBuf;
use std::thread::available_parallelism;

/// A thread is not worth its making for fewer files than this.
const FILES_A_THREAD: usize = 32;

/// What the deepest file needs, with room to spare.
const STACK: usize = 16 << 20;

/// Tells everything that can be known of runbooks without touching anything
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Runbook files, or folders to search for *.runbook
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The inventory; found upwards from each file when absent
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// For whom findings are written
    #[arg(long, default_value = "text")]
    format: Format,
}

pub fn run(arguments: &CheckArguments, output: &Output) -> Exit {
    let check_all = || -> Result<Vec<_>, String> {
        let projects = by_project(&arguments.paths, arguments.config.as_deref())?;
        projects.iter().map(|(place, files)| check_project(place, files)).collect()
    };
    let found = match check_all() {
        Ok(found) => found,
        Err(why) => {
            say(&why);
            return Exit::Unusable;
        }
    };
    match arguments.format {
        Format::Json => output.print(&(findings_as_json(&found) + "\n")),
        Format::Text => {
            let mut text: String =
                found.iter().map(|(findings, sources)| findings_as_text(findings, sources, output.style())).collect();
            if let Some(count) = count_of(found.iter().map(|(findings, _)| findings)) {
                text.push_str(&format!("{count}\n"));
            }
            output.print(&text);
        }
    }
    if found.iter().all(|(findings, _)| findings.is_empty()) { Exit::Success } else { Exit::Findings }
}

fn check_project(place: &Place, files: &[PathBuf]) -> Result<(Findings, SourceMap), String> {
    let project = Project::open(place)?;
    let mut diagnostics = project.diagnostics.clone();
    let mut sources = SourceMap::new();
    for (found, read) in in_parallel(&project, files) {
        let numbers = sources.absorb(read);
        diagnostics.extend(found.into_iter().map(|diagnostic| diagnostic.renumbered(&numbers)));
    }
    Ok((Findings::new(diagnostics, &sources), sources))
}

/// Checks the files on as many threads as there are processors, each with a session of its own.
fn in_parallel(project: &Project, files: &[PathBuf]) -> Vec<(Vec<Diagnostic>, SourceMap)> {
    let check = |files: &[PathBuf]| {
        let mut session = project.session();
        let found = files.iter().flat_map(|file| project.check(&mut session, file).diagnostics).collect();
        (found, session.into_sources())
    };
    let threads = available_parallelism().map_or(1, usize::from).min(files.len() / FILES_A_THREAD);
    if threads < 2 {
        return vec![check(files)];
    }
    std::thread::scope(|scope| {
        let begin = |part| {
            let thread = std::thread::Builder::new().stack_size(STACK);
            (part, thread.spawn_scoped(scope, move || check(part)).ok())
        };
        let begun: Vec<_> = files.chunks(files.len().div_ceil(threads)).map(begin).collect();
        // A thread that could not be made, or did not end well, is made up for here, where a panic is reported.
        begun
            .into_iter()
            .map(|(part, thread)| thread.and_then(|it| it.join().ok()).unwrap_or_else(|| check(part)))
            .collect()
    })
}
