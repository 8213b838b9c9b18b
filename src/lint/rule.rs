//! What a rule is, and what it is given to look at.

use super::index::FileIndex;
use super::summary::FileSummary;
use crate::diagnostic::{Code, Diagnostic, Level, rule_of};
use crate::inventory::Inventory;
use crate::program::{Action, Probe, Program};
use crate::source::SourceFile;
use crate::syntax::ast;
use crate::value::Class;
use std::collections::HashMap;

/// A rule. Its name and title stand beside its code, in `diagnostic::CODES`, and what it is about on its page.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its code.
    pub code: Code,
    /// What its findings count as where rectify.yaml says nothing.
    pub level: Level,
    /// The version that it came with.
    pub since: &'static str,
    /// Whether `check --fix` cures what it finds.
    pub fixable: bool,
    /// What it looks at.
    pub scope: RuleScope,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub enum RuleScope {
    /// One file whose every line could be read, whatever else is wrong with it: what is written is enough to see.
    Draft(fn(&File<'_>, &mut Vec<Diagnostic>)),
    /// One file that has no errors.
    File(fn(&File<'_>, &mut Vec<Diagnostic>)),
    /// All files of a project, none of which has errors.
    Project(fn(&Project<'_>, &mut Vec<Diagnostic>)),
    /// What came of the other rules: allows and the baseline.
    Findings,
}

impl Rule {
    /// As it stands in `# allow:` and in rectify.yaml.
    pub fn name(&self) -> &'static str {
        rule_of(self.code).unwrap_or_default()
    }

    /// What its findings count as.
    pub fn level_by(&self, inventory: Option<&Inventory>) -> Level {
        inventory.and_then(|inventory| inventory.lints.level(self.code)).unwrap_or(self.level)
    }
}

/// A file, as rules see it.
pub struct File<'a> {
    /// Its text.
    pub source: &'a SourceFile,
    /// Its tree.
    pub tree: &'a ast::File,
    /// The same, laid flat.
    pub index: FileIndex<'a>,
    /// What it and its imports mean, as far as they are right.
    pub program: &'a Program,
    /// What the team keeps, if it keeps something.
    pub inventory: Option<&'a Inventory>,
    pub(super) classes: HashMap<(&'a str, &'a str), Class>,
    pub(super) probes: HashMap<&'a str, &'a Probe>,
}

impl<'a> File<'a> {
    pub(super) fn new(
        source: &'a SourceFile,
        tree: &'a ast::File,
        index: FileIndex<'a>,
        program: &'a Program,
        inventory: Option<&'a Inventory>,
    ) -> Self {
        let class = |action: &'a Action| ((action.backend.as_str(), action.name.as_str()), action.class);
        let classes = program.actions.iter().map(class).collect();
        let probes = program.probes.iter().map(|probe| (probe.name.as_str(), probe)).collect();
        Self { source, tree, index, program, inventory, classes, probes }
    }
}

impl File<'_> {
    /// The runbooks of the file.
    pub fn runbooks(&self) -> impl Iterator<Item = &ast::Runbook> {
        self.tree.declarations.iter().filter_map(|declaration| {
            if let ast::Declaration::Runbook(runbook) = declaration { Some(runbook) } else { None }
        })
    }
}

/// What is known of all files of a project.
pub struct Project<'a> {
    /// Each file that was named or imported.
    pub files: &'a [FileSummary],
    /// Whether every file of the project's folder was named: only then does nobody else use what nobody here uses.
    pub whole: bool,
    /// What the team keeps, if it keeps something.
    pub inventory: Option<&'a Inventory>,
}
