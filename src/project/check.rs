//! Checks and lints a whole project: files in parallel, then the rules that need all files.

use super::files::Buffer;
use super::{Project, ProjectError, ProjectPath};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::findings::Findings;
use crate::inventory::Lints;
use crate::lint;
use crate::lint::{FileSummary, LintOptions};
use crate::source::{FileId, SourceMap};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

/// A thread pays off only for at least this many files.
const FILES_A_THREAD: usize = 32;

/// Bytes of stack: enough for the most deeply nested file, with a margin.
const STACK: usize = 16 << 20;

/// The diagnostics of a project, with what is needed to report them.
pub struct ProjectFindings {
    /// The base of relative paths in the inventory.
    pub folder: PathBuf,
    /// Rule levels and the baseline, from the inventory.
    pub lints: Lints,
    /// Whether the paths cover the project's whole folder.
    pub whole: bool,
    /// Every diagnostic, unsorted.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that the diagnostics refer to.
    pub sources: SourceMap,
    /// The files to check, with the names that they have in `sources`.
    pub named: Vec<PathBuf>,
}

impl ProjectFindings {
    /// Sorts the diagnostics, drops duplicates and truncates the list of each file.
    pub fn into_findings(self) -> (Findings, SourceMap) {
        (Findings::new(self.diagnostics, &self.sources), self.sources)
    }
}

/// The findings of one thread.
#[derive(Default)]
struct CheckedPart {
    diagnostics: Vec<Diagnostic>,
    summaries: Vec<FileSummary>,
    sources: SourceMap,
    named: Vec<PathBuf>,
    has_errors: bool,
}

/// Checks and lints `files`. `sharing` holds all files with the same inventory, `paths` the paths as given. The text of
/// `buffer` stands for that of its file.
///
/// # Errors
/// The project's folder cannot be read.
pub fn check_project(
    path: &ProjectPath,
    files: &[PathBuf],
    sharing: &[PathBuf],
    paths: &[PathBuf],
    buffer: Option<&Buffer>,
    today: Date,
) -> Result<ProjectFindings, ProjectError> {
    let project = Project::open(path)?.with_files(sharing).with_buffer(buffer.cloned());
    let whole = is_whole(&path.folder, paths);
    let mut findings = ProjectFindings {
        folder: project.folder.clone(),
        lints: project.sound_inventory().map(|inventory| inventory.lints.clone()).unwrap_or_default(),
        whole,
        diagnostics: project.diagnostics.clone(),
        sources: SourceMap::new(),
        named: Vec::with_capacity(files.len()),
    };
    let mut has_errors = project.is_broken();
    let mut summaries: BTreeMap<FileId, FileSummary> = BTreeMap::new();
    for part in in_parallel(&project, files) {
        let numbers = findings.sources.absorb(part.sources);
        has_errors |= part.has_errors;
        findings.named.extend(part.named);
        findings.diagnostics.extend(part.diagnostics.into_iter().map(|diagnostic| diagnostic.renumbered(&numbers)));
        for file in part.summaries.into_iter().map(|summary| summary.renumbered(&numbers)) {
            // A file may be linted in one thread and imported in another.
            if file.linted || file.draft || !summaries.contains_key(&file.file) {
                summaries.insert(file.file, file);
            }
        }
    }
    let summaries: Vec<FileSummary> = summaries.into_values().collect();
    let settings = LintOptions { inventory: project.sound_inventory(), whole: whole && !has_errors, today };
    findings.diagnostics.extend(lint::finish(&summaries, settings));
    Ok(findings)
}

/// Whether one of the paths is a folder that contains the whole project.
fn is_whole(folder: &Path, paths: &[PathBuf]) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let holds = |path: &PathBuf| path.is_dir() && path.canonicalize().is_ok_and(|path| folder.starts_with(path));
    paths.iter().any(holds)
}

/// Checks the files on one thread per processor, each with its own session.
fn in_parallel(project: &Project, files: &[PathBuf]) -> Vec<CheckedPart> {
    let threads = available_parallelism().map_or(1, usize::from).min(files.len() / FILES_A_THREAD);
    if threads < 2 {
        return vec![check_part(project, files)];
    }
    std::thread::scope(|scope| {
        let spawn = |files| {
            let thread = std::thread::Builder::new().stack_size(STACK);
            (files, thread.spawn_scoped(scope, move || check_part(project, files)).ok())
        };
        let spawned: Vec<_> = files.chunks(files.len().div_ceil(threads)).map(spawn).collect();
        // If a thread did not start or panicked, this thread repeats its work, so that a panic is reported.
        spawned
            .into_iter()
            .map(|(files, thread)| thread.and_then(|it| it.join().ok()).unwrap_or_else(|| check_part(project, files)))
            .collect()
    })
}

fn check_part(project: &Project, files: &[PathBuf]) -> CheckedPart {
    let inventory = project.sound_inventory();
    let mut session = project.session();
    let mut part = CheckedPart::default();
    let mut linted = std::collections::BTreeSet::new();
    for file in files {
        let known = project.known_as(file);
        let checked = session.check(&known);
        part.has_errors |= checked.has_errors();
        part.diagnostics.extend(checked.diagnostics);
        if let Some(file) = session.read_file(&known).filter(|file| !linted.contains(&file.id)) {
            let summary = match (&checked.program, &checked.draft) {
                (Some(program), _) => Some(lint::check_file(&session, file, program, inventory)),
                (None, Some(draft)) => Some(lint::check_draft(&session, file, draft, inventory)),
                (None, None) => None,
            };
            linted.extend(summary.as_ref().map(|_| file.id));
            part.summaries.extend(summary);
        }
        part.named.push(known);
    }
    let others = session.read_files().filter(|file| !linted.contains(&file.id));
    part.summaries.extend(others.map(|file| FileSummary::new(&session, file)));
    part.sources = session.into_sources();
    part
}
