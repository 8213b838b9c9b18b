//! One project looked at: its files checked side by side, then the rules, which see all of them.

use super::{Project, ProjectPath};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::findings::Findings;
use crate::inventory::Lints;
use crate::lint;
use crate::lint::{FileSummary, Settings};
use crate::source::{FileId, SourceMap};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

/// A thread is not worth its making for fewer files than this.
const FILES_A_THREAD: usize = 32;

/// What the deepest file needs, with room to spare.
const STACK: usize = 16 << 20;

/// What was found in a project.
pub struct ProjectFindings {
    /// The folder that paths of the inventory start from.
    pub folder: PathBuf,
    /// What the inventory says of rules.
    pub lints: Lints,
    /// Whether the project's whole folder was named.
    pub whole: bool,
    /// Everything that was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that it is about.
    pub sources: SourceMap,
    /// The files that were named, by the names that they have there.
    pub named: Vec<PathBuf>,
}

impl ProjectFindings {
    /// What is reported.
    pub fn into_findings(self) -> (Findings, SourceMap) {
        (Findings::new(self.diagnostics, &self.sources), self.sources)
    }
}

/// What one thread found.
#[derive(Default)]
struct CheckedPart {
    diagnostics: Vec<Diagnostic>,
    facts: Vec<FileSummary>,
    sources: SourceMap,
    named: Vec<PathBuf>,
    has_errors: bool,
}

/// Looks at `files`. `sharing` are all that were named and have the same inventory, `paths` what was named.
pub fn project(
    place: &ProjectPath,
    files: &[PathBuf],
    sharing: &[PathBuf],
    paths: &[PathBuf],
    today: Date,
) -> Result<ProjectFindings, String> {
    let project = Project::open(place)?.with(sharing);
    let whole = is_whole(&place.1, paths);
    let mut looked = ProjectFindings {
        folder: project.folder.clone(),
        lints: project.sound_inventory().map(|inventory| inventory.lints.clone()).unwrap_or_default(),
        whole,
        diagnostics: project.diagnostics.clone(),
        sources: SourceMap::new(),
        named: Vec::with_capacity(files.len()),
    };
    let mut has_errors = project.is_broken();
    let mut facts: BTreeMap<FileId, FileSummary> = BTreeMap::new();
    for part in in_parallel(&project, files) {
        let numbers = looked.sources.absorb(part.sources);
        has_errors |= part.has_errors;
        looked.named.extend(part.named);
        looked.diagnostics.extend(part.diagnostics.into_iter().map(|diagnostic| diagnostic.renumbered(&numbers)));
        for file in part.facts.into_iter().map(|facts| facts.renumbered(&numbers)) {
            // One thread may have imported what another was given.
            if file.linted || file.draft || !facts.contains_key(&file.file) {
                facts.insert(file.file, file);
            }
        }
    }
    let facts: Vec<FileSummary> = facts.into_values().collect();
    let settings = Settings { inventory: project.sound_inventory(), whole: whole && !has_errors, today };
    looked.diagnostics.extend(lint::finish(&facts, settings));
    Ok(looked)
}

/// Whether one of the paths is a folder that holds the whole project.
fn is_whole(folder: &Path, paths: &[PathBuf]) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let holds = |path: &PathBuf| path.is_dir() && path.canonicalize().is_ok_and(|path| folder.starts_with(path));
    paths.iter().any(holds)
}

/// Looks at the files on as many threads as there are processors, each with a session of its own.
fn in_parallel(project: &Project, files: &[PathBuf]) -> Vec<CheckedPart> {
    let threads = available_parallelism().map_or(1, usize::from).min(files.len() / FILES_A_THREAD);
    if threads < 2 {
        return vec![part(project, files)];
    }
    std::thread::scope(|scope| {
        let begin = |files| {
            let thread = std::thread::Builder::new().stack_size(STACK);
            (files, thread.spawn_scoped(scope, move || part(project, files)).ok())
        };
        let begun: Vec<_> = files.chunks(files.len().div_ceil(threads)).map(begin).collect();
        // A thread that could not be made, or did not end well, is made up for here, where a panic is reported.
        begun
            .into_iter()
            .map(|(files, thread)| thread.and_then(|it| it.join().ok()).unwrap_or_else(|| part(project, files)))
            .collect()
    })
}

fn part(project: &Project, files: &[PathBuf]) -> CheckedPart {
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
            let facts = match (&checked.program, &checked.draft) {
                (Some(program), _) => Some(lint::check_file(&session, file, program, inventory)),
                (None, Some(draft)) => Some(lint::check_draft(&session, file, draft, inventory)),
                (None, None) => None,
            };
            linted.extend(facts.as_ref().map(|_| file.id));
            part.facts.extend(facts);
        }
        part.named.push(known);
    }
    let others = session.read_files().filter(|file| !linted.contains(&file.id));
    part.facts.extend(others.map(|file| FileSummary::new(&session, file)));
    part.sources = session.into_sources();
    part
}
