//! What a reviewer would say of a file that may be run: one rule, one file, one page, one fixture each.
//!
//! A file is laid flat ([`FileIndex`]) and looked at by each rule; one that has errors by those rules that need no more than
//! what is written. What rules over a whole project ask for is kept ([`FileSummary`]) until all files have been seen; then
//! those rules have their say, and comments, levels and the baseline decide what is reported ([`conclude`]).

#![warn(clippy::wildcard_enum_match_arm)]

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
pub use finish::{Settings, finish};
pub use index::{DeclarationIndex, FileIndex, StatementRef};
pub use rule::{File, Project, Rule, RuleScope};
pub use rules::RULES;
pub use summary::{AlertHandler, DeclaredName, FileSummary};

use crate::check::{Draft, ReadFile, Session};
use crate::diagnostic::Diagnostic;
use crate::inventory::Inventory;
use crate::program::Program;

/// Looks at a file that was checked and has no errors.
pub fn check_file(
    session: &Session<'_>,
    file: ReadFile<'_>,
    program: &Program,
    inventory: Option<&Inventory>,
) -> FileSummary {
    let mut facts = run_rules(session, file, program, inventory, |look| match look {
        RuleScope::Draft(look) | RuleScope::File(look) => Some(look),
        RuleScope::Project(_) | RuleScope::Findings => None,
    });
    facts.linted = true;
    facts
}

/// Looks at a file that has errors, all of whose lines could be read: its author learns in one go what can be known.
pub fn check_draft(
    session: &Session<'_>,
    file: ReadFile<'_>,
    draft: &Draft,
    inventory: Option<&Inventory>,
) -> FileSummary {
    let mut facts = run_rules(session, file, draft.outline(), inventory, |look| match look {
        RuleScope::Draft(look) => Some(look),
        RuleScope::File(_) | RuleScope::Project(_) | RuleScope::Findings => None,
    });
    facts.draft = true;
    facts
}

type CheckFile = fn(&File<'_>, &mut Vec<Diagnostic>);

fn run_rules(
    session: &Session<'_>,
    file: ReadFile<'_>,
    program: &Program,
    inventory: Option<&Inventory>,
    asked: impl Fn(RuleScope) -> Option<CheckFile>,
) -> FileSummary {
    let Some(source) = session.sources().file(file.id) else { return FileSummary::default() };
    let flat = FileIndex::new(file.tree);
    let mut facts = FileSummary::with(session, file, &flat);
    facts.read_allows(source, &file.tree.comments);
    let seen = File::new(source, file.tree, flat, program, inventory);
    for rule in RULES {
        if let Some(look) = asked(rule.scope) {
            let report = |found: &mut Vec<Diagnostic>| look(&seen, found);
            facts.findings.extend(rule.findings(inventory, report));
        }
    }
    facts
}

impl Rule {
    /// What a rule finds, as bad as it is said to be; nothing where it is off.
    fn findings(&self, inventory: Option<&Inventory>, look: impl FnOnce(&mut Vec<Diagnostic>)) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if let Some(severity) = self.level_by(inventory).severity() {
            look(&mut found);
            found.iter_mut().for_each(|finding| finding.severity = severity);
        }
        found
    }
}
