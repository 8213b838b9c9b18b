//! Rules and what they are given.

use super::index::FileIndex;
use super::summary::FileSummary;
use crate::diagnostic::{Code, Diagnostic, Level, rule_of};
use crate::inventory::Inventory;
use crate::program::{Action, Probe, Program};
use crate::source::SourceFile;
use crate::syntax::ast;
use crate::value::Class;
use std::collections::HashMap;

/// A rule. Its name, title and page are beside its code in `diagnostic::CODES`.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub code: Code,
    /// The level where rectify.yaml sets none.
    pub level: Level,
    /// The version that introduced it.
    pub since: &'static str,
    /// Whether `check --fix` can apply its findings.
    pub fixable: bool,
    pub scope: RuleScope,
}

/// When a rule runs and what it is given.
#[derive(Debug, Clone, Copy)]
pub enum RuleScope {
    /// On every file that can be read line by line, even if it has errors elsewhere.
    Draft(fn(&File<'_>, &mut Vec<Diagnostic>)),
    /// On every file without errors.
    File(fn(&File<'_>, &mut Vec<Diagnostic>)),
    /// Once, on all files of a project, when none has errors.
    Project(fn(&Project<'_>, &mut Vec<Diagnostic>)),
    /// Not run by itself: reported by [`finish`](super::finish()) or by the baseline.
    Findings,
}

impl Rule {
    /// As written in `# allow:` and in rectify.yaml.
    pub fn name(&self) -> &'static str {
        rule_of(self.code).unwrap_or_default()
    }

    pub fn level_by(&self, inventory: Option<&Inventory>) -> Level {
        inventory.and_then(|inventory| inventory.lints.level(self.code)).unwrap_or(self.level)
    }
}

/// A file as rules see it.
pub struct File<'a> {
    pub source: &'a SourceFile,
    pub tree: &'a ast::File,
    pub index: FileIndex<'a>,
    /// The file with its imports as a program; without the parts that have errors.
    pub program: &'a Program,
    /// `None` where the project has no rectify.yaml.
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
    pub fn runbooks(&self) -> impl Iterator<Item = &ast::Runbook> {
        self.tree.declarations.iter().filter_map(|declaration| {
            if let ast::Declaration::Runbook(runbook) = declaration { Some(runbook) } else { None }
        })
    }
}

/// All files of a project as rules see them.
pub struct Project<'a> {
    /// The files that were named, and those that they import.
    pub files: &'a [FileSummary],
    /// Whether every file of the project's folder was named. Only then is it certain that nothing else uses a
    /// declaration.
    pub whole: bool,
    /// `None` where the project has no rectify.yaml.
    pub inventory: Option<&'a Inventory>,
}
