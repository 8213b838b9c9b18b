//! Approvals by more people than can approve one prompt: they are never given, whoever answers.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::syntax::ast::{Amount, AmountKind, StatementKind};
use crate::value::MOST_APPROVALS;

pub const RULE: Rule = Rule {
    code: code::UNATTAINABLE_APPROVAL,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    for placed in &file.index.statements {
        if let StatementKind::RequireApproval { by, .. } = &placed.statement.kind
            && let Amount { kind: AmountKind::Number(number), span } = by
            && *number > MOST_APPROVALS.into()
        {
            let message = format!("{number} people can never approve this: a run hears {MOST_APPROVALS} person");
            found.push(Diagnostic::warning(code::UNATTAINABLE_APPROVAL, *span, message).help(format!(
                "Write `by {MOST_APPROVALS}`: approvals are given at the terminal that starts the run, by one person"
            )));
        }
    }
}
