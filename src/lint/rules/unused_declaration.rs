//! Probes, procedures, roles, records and enums that nothing in the project uses.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{Project, Rule, RuleScope};
use crate::lint::summary::DeclaredName;
use std::collections::BTreeSet;

pub const RULE: Rule = Rule {
    code: code::UNUSED_DECLARATION,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Project(check),
};

/// Does nothing where some files of the project were not named, since one of them may use the declaration. Skips
/// libraries that no file imports, which are meant for other projects.
fn check(project: &Project<'_>, found: &mut Vec<Diagnostic>) {
    if !project.whole {
        return;
    }
    let words: BTreeSet<&str> = project.files.iter().flat_map(|file| &file.words).map(|word| word.as_str()).collect();
    let imported: BTreeSet<_> = project.files.iter().flat_map(|file| &file.imports).map(|(_, file)| *file).collect();
    for file in project.files.iter().filter(|file| file.linted) {
        if !file.runs && !imported.contains(&file.file) {
            continue;
        }
        // Where the type is known, a word of an enum is used without the enum's name.
        let names = |declared: &DeclaredName| {
            [&declared.name].into_iter().chain(&declared.words).any(|it| words.contains(it.as_str()))
        };
        for declared in file.declared.iter().filter(|declared| !names(declared)) {
            let message = format!("The {} `{}` is not used", declared.keyword, declared.name);
            found.push(Diagnostic::warning(code::UNUSED_DECLARATION, declared.span, message).help("Remove it"));
        }
    }
}
