//! `rectify fmt PATH…`.

use super::atomic_write::replace;
use super::output::report;
use super::stdin_file::stdin_buffer;
use super::{Exit, Output, UsageError};
use crate::diagnostic::Severity;
use crate::project::discovery::runbook_files;
use crate::project::files::{Buffer, read_text};
use crate::source::{SourceFile, SourceMap};
use crate::{format, syntax};
use clap::Args;
use std::path::{Path, PathBuf};

/// Format runbook files
#[derive(Debug, Args)]
pub struct FmtArguments {
    /// Runbook files, or folders to search for *.runbook files. `-` formats standard input and writes it to standard output
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The path of the file that standard input holds, for messages
    #[arg(long, value_name = "FILE")]
    stdin_path: Option<PathBuf>,
    /// List the files that would change, and change nothing
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &FmtArguments, output: &Output) -> Result<Exit, UsageError> {
    if let Some(Buffer { path, text }) = stdin_buffer(&arguments.paths, arguments.stdin_path.as_deref())? {
        let Some(formatted) = formatted(&path, &text, output) else { return Ok(Exit::Findings) };
        if !arguments.check {
            output.print(&formatted);
            return Ok(Exit::Success);
        }
        if formatted == text {
            return Ok(Exit::Success);
        }
        output.print(&format!("{} would be formatted\n", path.display()));
        return Ok(Exit::Findings);
    }
    let mut files = Vec::new();
    for path in &arguments.paths {
        files.extend(runbook_files(path)?);
    }
    let mut exit = Exit::Success;
    for file in files {
        match format_file(&file, arguments.check, output) {
            Ok(false) => {}
            Ok(true) if arguments.check => {
                output.print(&format!("{} would be formatted\n", file.display()));
                exit = Exit::Findings;
            }
            Ok(true) => output.print(&format!("{} formatted\n", file.display())),
            Err(FormatError::Findings) => exit = Exit::Findings,
            Err(FormatError::File(why)) => {
                report(&format!("{} {why}", file.display()));
                exit = Exit::Findings;
            }
        }
    }
    Ok(exit)
}

/// Why a file was not formatted.
enum FormatError {
    /// The file has errors, which have been reported.
    Findings,
    /// The file cannot be read or written. The text is the end of a sentence.
    File(String),
}

/// The text of a file, formatted. None if it has errors, which are reported.
fn formatted(path: &Path, text: &str, output: &Output) -> Option<String> {
    let mut sources = SourceMap::new();
    let id = sources.add(SourceFile::new(path.to_string_lossy().into_owned(), text));
    let parsed = syntax::parse(id, text);
    if parsed.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        output.show(parsed.diagnostics, &sources);
        return None;
    }
    Some(format::format(text, &parsed.file))
}

/// Formats a file; returns whether its text changes.
fn format_file(path: &Path, check: bool, output: &Output) -> Result<bool, FormatError> {
    let text = read_text(path).map_err(|error| FormatError::File(error.to_string()))?;
    let formatted = formatted(path, &text, output).ok_or(FormatError::Findings)?;
    if formatted == text {
        return Ok(false);
    }
    if !check {
        replace(path, &formatted).map_err(|error| FormatError::File(format!("cannot be written: {error}")))?;
    }
    Ok(true)
}
