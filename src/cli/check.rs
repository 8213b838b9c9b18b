//! `rectify check PATH…`.

use super::output::say;
use super::project::Project;
use super::walk::{CONFIG, runbook_files};
use super::{Exit, Format, Output};
use crate::report::{Findings, count_of, findings_as_json, findings_as_text};
use crate::source::SourceMap;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
    let projects = match sort_by_project(arguments) {
        Ok(projects) => projects,
        Err(why) => {
            say(&why);
            return Exit::Unusable;
        }
    };
    let mut found = Vec::new();
    for ((config, folder), files) in &projects {
        match check_project(config.as_deref(), folder, files) {
            Ok(findings) => found.push(findings),
            Err(why) => {
                say(&why);
                return Exit::Unusable;
            }
        }
    }
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

/// The files of each project, in order: an inventory or none, and a folder.
type Projects = BTreeMap<(Option<PathBuf>, PathBuf), Vec<PathBuf>>;

fn sort_by_project(arguments: &CheckArguments) -> Result<Projects, String> {
    let mut projects = Projects::new();
    for path in &arguments.paths {
        if path.file_name().is_some_and(|name| name == CONFIG) && arguments.config.is_none() {
            projects.entry(Project::place(path, Some(path))).or_default();
            continue;
        }
        let files = runbook_files(path)?;
        if files.is_empty() {
            return Err(format!("There is no *.runbook file below {}", path.display()));
        }
        // Without an inventory above it, a folder that was named is one project.
        let whole = path.is_dir().then(|| Project::place(path, arguments.config.as_deref()));
        for file in files {
            let own = Project::place(&file, arguments.config.as_deref());
            let place = match (&own.0, &whole) {
                (None, Some(whole)) => whole.clone(),
                _ => own,
            };
            projects.entry(place).or_default().push(file);
        }
    }
    Ok(projects)
}

fn check_project(config: Option<&Path>, folder: &Path, files: &[PathBuf]) -> Result<(Findings, SourceMap), String> {
    let project = Project::open(config, folder.to_owned())?;
    let mut session = project.session();
    let mut diagnostics = project.diagnostics.clone();
    for file in files {
        diagnostics.extend(project.check(&mut session, file).diagnostics);
    }
    let sources = session.sources().clone();
    Ok((Findings::new(diagnostics, &sources), sources))
}
