//! `rectify check PATH…`.

use super::output::say;
use super::project::{Place, Project, by_project};
use super::{Exit, Format, Output};
use crate::report::{Findings, count_of, findings_as_json, findings_as_text};
use crate::source::SourceMap;
use clap::Args;
use std::path::PathBuf;

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
    let mut session = project.session();
    let mut diagnostics = project.diagnostics.clone();
    for file in files {
        diagnostics.extend(project.check(&mut session, file).diagnostics);
    }
    let sources = session.sources().clone();
    Ok((Findings::new(diagnostics, &sources), sources))
}
