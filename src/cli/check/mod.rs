//! `rectify check PATH…`.

mod baseline;
mod fix;

use super::stdin_file::stdin_buffer;
use super::{Exit, Output, UsageError, store};
use crate::diagnostic::findings::{Findings, count_of};
use crate::project::check::{ProjectFindings, check_project};
use crate::project::files::Buffer;
use crate::project::{ProjectPath, by_project};
use crate::report;
use crate::report::findings_as_text;
use crate::source::SourceMap;
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Fixes may enable further fixes. No file needs more rounds than this.
const MOST_ROUNDS: usize = 32;

/// Check runbooks without contacting any system
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Runbook files, or folders to search for *.runbook files. Unused declarations and alerts without a runbook are
    /// reported only if the whole folder of a project is given
    ///
    /// `-` reads one runbook file from standard input, as an editor has it; `--stdin-path` says where it belongs
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The path of the file that standard input holds. It need not exist; its folder must
    #[arg(long, value_name = "FILE")]
    stdin_path: Option<PathBuf>,
    /// The inventory [default: rectify.yaml in the nearest folder above each file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: FindingsFormat,
    /// Apply unambiguous fixes in place
    #[arg(long)]
    fix: bool,
    /// Write all current findings of rules to the baseline named in rectify.yaml, which hides them from now on
    #[arg(long, conflicts_with = "fix")]
    write_baseline: bool,
}

/// The formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FindingsFormat {
    /// Text for people
    Text,
    /// JSON for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations in a GitHub workflow
    Github,
    /// JUnit XML, for CI servers
    Junit,
    /// GitLab code quality report
    Gitlab,
}

pub fn run(arguments: &CheckArguments, output: &Output) -> Result<Exit, UsageError> {
    store::warn_of_two();
    let found: Vec<(Findings, SourceMap)> =
        check_and_fix(arguments)?.into_iter().map(ProjectFindings::into_findings).collect();
    output.print(&match arguments.format {
        FindingsFormat::Text => text(&found, output),
        FindingsFormat::Json => report::findings_as_json(&found) + "\n",
        FindingsFormat::Sarif => report::findings_as_sarif(&found) + "\n",
        FindingsFormat::Github => report::findings_as_github(&found),
        FindingsFormat::Junit => report::findings_as_junit(&found),
        FindingsFormat::Gitlab => report::findings_as_gitlab(&found) + "\n",
    });
    Ok(if found.iter().all(|(findings, _)| findings.is_empty()) { Exit::Success } else { Exit::Findings })
}

/// Checks every project. With `--fix`, repeats until no fix applies.
fn check_and_fix(arguments: &CheckArguments) -> Result<Vec<ProjectFindings>, UsageError> {
    let today = jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now()).date();
    let mut rounds = 0;
    let buffer = stdin_buffer(&arguments.paths, arguments.stdin_path.as_deref())?;
    if buffer.is_some() && (arguments.fix || arguments.write_baseline) {
        return Err("Nothing can be written for standard input. `--format json` has the fixes as `edits`".into());
    }
    loop {
        let projects = match &buffer {
            None => by_project(&arguments.paths, arguments.config.as_deref())?,
            Some(Buffer { path, .. }) => {
                let project = ProjectPath::of_file(path, arguments.config.as_deref());
                BTreeMap::from([(project, vec![path.clone()])])
            }
        };
        let paths: &[PathBuf] = if buffer.is_some() { &[] } else { &arguments.paths };
        let mut found = Vec::with_capacity(projects.len());
        for (path, files) in &projects {
            // Imports stay within a folder, but an inventory covers all files that it was given for.
            let sharing = projects.iter().filter(|(other, _)| other.config == path.config);
            let sharing: Vec<PathBuf> = sharing.flat_map(|(_, files)| files.iter().cloned()).collect();
            found.push(check_project(path, files, &sharing, paths, buffer.as_ref(), today)?);
        }
        rounds += 1;
        if arguments.fix && rounds < MOST_ROUNDS && fix::apply_fixes(&found)? > 0 {
            continue;
        }
        for findings in &mut found {
            baseline::suppress_known(findings, arguments.write_baseline)?;
        }
        return Ok(found);
    }
}

fn text(found: &[(Findings, SourceMap)], output: &Output) -> String {
    let mut text: String =
        found.iter().map(|(findings, sources)| findings_as_text(findings, sources, output.style())).collect();
    if let Some(count) = count_of(found.iter().map(|(findings, _)| findings)) {
        text.push_str(&format!("{count}\n"));
    }
    text
}
