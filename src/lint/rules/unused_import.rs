//! Imports that provide nothing that the file uses.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{Project, Rule, RuleScope};
use crate::lint::summary::FileSummary;
use crate::source::FileId;
use std::collections::{BTreeMap, BTreeSet};

pub const RULE: Rule = Rule {
    code: code::UNUSED_IMPORT,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Project(check),
};

/// Does nothing where some files of the project were not named, since one of them may import this file. Skips files
/// that others import, since they may pass their imports on, and imports that bring limits.
fn check(project: &Project<'_>, found: &mut Vec<Diagnostic>) {
    if !project.whole {
        return;
    }
    let by_id: BTreeMap<FileId, &FileSummary> = project.files.iter().map(|file| (file.file, file)).collect();
    let imported: BTreeSet<FileId> =
        project.files.iter().flat_map(|file| &file.imports).map(|(_, file)| *file).collect();
    for file in project.files.iter().filter(|file| file.linted && file.runs && !imported.contains(&file.file)) {
        for (span, target) in &file.imports {
            let brought = brought(*target, &by_id);
            if brought.iter().any(|other| other.limits || file.uses_something_of(other)) {
                continue;
            }
            let message = "This import is not used";
            found.push(Diagnostic::warning(code::UNUSED_IMPORT, *span, message).help("Remove it"));
        }
    }
}

/// A file and everything that it imports.
fn brought<'p>(file: FileId, by_id: &BTreeMap<FileId, &'p FileSummary>) -> Vec<&'p FileSummary> {
    let mut seen = BTreeSet::new();
    let mut open = vec![file];
    let mut files = Vec::new();
    while let Some(next) = open.pop() {
        if let Some(summary) = by_id.get(&next).filter(|_| seen.insert(next)) {
            open.extend(summary.imports.iter().map(|(_, file)| *file));
            files.push(*summary);
        }
    }
    files
}
