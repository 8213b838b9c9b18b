//! Lint rules: findings, such as a reviewer would report, in files that may be run. Each rule has one file, one page
//! and one pair of fixtures.
//!
//! Every rule looks at the index of a file ([`FileIndex`]). Files with errors are checked by the rules that need
//! nothing but the text. What rules over a whole project need is kept in a [`FileSummary`] until all files are indexed;
//! [`finish()`] runs those rules and applies comments and levels.

#![warn(clippy::wildcard_enum_match_arm)]
#![allow(missing_docs, reason = "a field or variant is documented where its name does not say what it is")]

mod allow;
mod baseline;
mod effects;
mod finish;
mod index;
mod rule;
mod rules;
mod summary;

pub use allow::Allow;
pub use baseline::{Baseline, BaselineError, KnownFinding};
pub use finish::{LintOptions, finish};
pub use index::{DeclarationIndex, FileIndex, StatementRef};
pub use rule::{File, Project, Rule, RuleScope};
pub use rules::RULES;
pub use summary::{AlertHandler, DeclaredName, FileSummary};

use crate::check::{Draft, ReadFile, Session};
use crate::diagnostic::Diagnostic;
use crate::inventory::Inventory;
use crate::program::Program;

/// Runs the rules on a file without errors.
pub fn check_file(
    session: &Session<'_>,
    file: ReadFile<'_>,
    program: &Program,
    inventory: Option<&Inventory>,
) -> FileSummary {
    let mut summary = run_rules(session, file, program, inventory, |scope| match scope {
        RuleScope::Draft(check) | RuleScope::File(check) => Some(check),
        RuleScope::Project(_) | RuleScope::Findings => None,
    });
    summary.linted = true;
    summary
}

/// Runs the rules that need only the text, on a file that has errors but can be read line by line. So its author sees
/// these findings together with the errors.
pub fn check_draft(
    session: &Session<'_>,
    file: ReadFile<'_>,
    draft: &Draft,
    inventory: Option<&Inventory>,
) -> FileSummary {
    let mut summary = run_rules(session, file, draft.outline(), inventory, |scope| match scope {
        RuleScope::Draft(check) => Some(check),
        RuleScope::File(_) | RuleScope::Project(_) | RuleScope::Findings => None,
    });
    summary.draft = true;
    summary
}

type CheckFile = fn(&File<'_>, &mut Vec<Diagnostic>);

fn run_rules(
    session: &Session<'_>,
    file: ReadFile<'_>,
    program: &Program,
    inventory: Option<&Inventory>,
    selected: impl Fn(RuleScope) -> Option<CheckFile>,
) -> FileSummary {
    let Some(source) = session.sources().file(file.id) else { return FileSummary::default() };
    let index = FileIndex::new(file.tree);
    let mut summary = FileSummary::from_index(session, file, &index);
    summary.read_allows(source, &file.tree.comments);
    let file = File::new(source, file.tree, index, program, inventory);
    for rule in RULES {
        if let Some(check) = selected(rule.scope) {
            let report = |found: &mut Vec<Diagnostic>| check(&file, found);
            summary.findings.extend(rule.findings(inventory, report));
        }
    }
    summary
}

impl Rule {
    /// The findings of a rule with their severity; none where it is off.
    fn findings(&self, inventory: Option<&Inventory>, check: impl FnOnce(&mut Vec<Diagnostic>)) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if let Some(severity) = self.level_by(inventory).severity() {
            check(&mut found);
            found.iter_mut().for_each(|finding| finding.severity = severity);
        }
        found
    }
}
