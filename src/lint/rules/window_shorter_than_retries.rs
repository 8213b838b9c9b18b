//! Windows that are shorter than the retries of the probe that they wait for.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use crate::syntax::ast::{Amount, AmountKind, ExpressionKind, StatementKind, Timings};
use crate::value::{SignedDuration, display_duration};
use ecow::EcoString;

pub const RULE: Rule = Rule {
    code: code::WINDOW_SHORTER_THAN_RETRIES,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::File(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    for placed in &file.index.statements {
        match &placed.statement.kind {
            StatementKind::ResolveIfFixed { timings } => {
                let runbook = file.runbooks().find(|runbook| runbook.span == placed.declaration);
                let goal = runbook.and_then(|runbook| runbook.goal.as_ref());
                goal.into_iter().for_each(|goal| compare(file, goal.condition.span, timings, found));
            }
            StatementKind::WaitUntil { condition, timings, .. } => compare(file, condition.span, timings, found),
            StatementKind::Step { .. }
            | StatementKind::Resolve { .. }
            | StatementKind::Escalate { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Require { .. }
            | StatementKind::RequireApproval { .. }
            | StatementKind::Wait { .. }
            | StatementKind::Call(_)
            | StatementKind::Temporarily { .. }
            | StatementKind::Permanently { .. }
            | StatementKind::Let { .. }
            | StatementKind::If { .. }
            | StatementKind::Match { .. }
            | StatementKind::For { .. }
            | StatementKind::Repeat { .. }
            | StatementKind::Retry { .. }
            | StatementKind::Lock { .. }
            | StatementKind::Try { .. }
            | StatementKind::Do(_)
            | StatementKind::Run(_)
            | StatementKind::Manual { .. } => {}
        }
    }
}

fn compare(file: &File<'_>, asked: Span, timings: &Timings, found: &mut Vec<Diagnostic>) {
    let Some(Amount { kind: AmountKind::Duration(within), span }) = &timings.within else { return };
    let Some((probe, settles)) = slowest(file, asked).filter(|(_, settles)| within < settles) else { return };
    let message = format!(
        "This window ends after {}, but `{probe}` needs {} for its retries before it fails",
        display_duration(*within),
        display_duration(settles)
    );
    found.push(
        Diagnostic::warning(code::WINDOW_SHORTER_THAN_RETRIES, *span, message)
            .help("Make the window longer, or give the probe fewer retries: the window polls by itself"),
    );
}

/// The probe that retries for the longest time, and that time without the probe's own timeout.
fn slowest(file: &File<'_>, asked: Span) -> Option<(EcoString, SignedDuration)> {
    let probes = file.expressions_in(asked).filter_map(|expression| {
        if let ExpressionKind::Call(call) | ExpressionKind::Check(call) = &expression.kind {
            file.probe(&call.path.text)
        } else {
            None
        }
    });
    let settles = probes.filter_map(|probe| {
        let (count, every) = probe.retries?;
        Some((probe.name.clone(), every.checked_mul(i32::try_from(count).ok()?)?))
    });
    settles.max_by_key(|(_, settles)| *settles)
}
