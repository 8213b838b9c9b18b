//! Escalations that an observation decides and that do not include it: the person who is paged must look it up again.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::index::{StatementRef, first_word};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use crate::syntax::ast::{Expression, ExpressionKind, Operator, StatementKind, TextPart};
use std::collections::BTreeSet;

pub const RULE: Rule = Rule {
    code: code::ESCALATION_WITHOUT_EVIDENCE,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::File(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    let observed = observed(file);
    for placed in &file.index.statements {
        let StatementKind::Escalate { message, evidence, .. } = &placed.statement.kind else { continue };
        if !evidence.is_empty() || observed.is_empty() {
            continue;
        }
        let is_included = |name: &str| {
            message.parts.iter().any(|part| matches!(part, TextPart::Interpolation(path) if first_word(path) == name))
        };
        let Some(guard) = guard(file, *placed) else { continue };
        let name = decisive(file, guard).find(|name| observed.contains(&(*name, placed.declaration)));
        if let Some(name) = name.filter(|name| !is_included(name)) {
            let message = format!("This escalation depends on `{name}`, but does not include it");
            found.push(
                Diagnostic::warning(code::ESCALATION_WITHOUT_EVIDENCE, placed.statement.span, message)
                    .also(guard, "decided here")
                    .help(format!("Add `with {name}`")),
            );
        }
    }
}

/// Names of values that were observed or computed from observations, each with its declaration.
fn observed<'a>(file: &File<'a>) -> BTreeSet<(&'a str, Span)> {
    let mut names: BTreeSet<(&str, Span)> = BTreeSet::new();
    for placed in &file.index.statements {
        let StatementKind::Let { name, value, .. } = &placed.statement.kind else { continue };
        let is_observed = |path| names.contains(&(first_word(path), placed.declaration));
        let from_another = file
            .expressions_in(value.span)
            .any(|expression| matches!(&expression.kind, ExpressionKind::Path(path) if is_observed(path)));
        if from_another || file.observes(value.span) {
            names.insert((&name.text, placed.declaration));
        }
    }
    names
}

/// The condition of the nearest enclosing branch.
fn guard(file: &File<'_>, placed: StatementRef<'_>) -> Option<Span> {
    let holds = |outer: Span| outer.start <= placed.statement.span.start && placed.statement.span.end <= outer.end;
    let around = file.index.ancestors(placed).find(|around| !matches!(around.kind, StatementKind::Step { .. }))?;
    match &around.kind {
        StatementKind::If { branches, .. } => {
            let own = branches.iter().find(|(_, block)| holds(block.span)).or(branches.last())?;
            Some(own.0.span)
        }
        StatementKind::Require { condition, .. } => Some(condition.span),
        StatementKind::Match { value, .. } => Some(value.span),
        StatementKind::Step { .. }
        | StatementKind::ResolveIfFixed { .. }
        | StatementKind::Resolve { .. }
        | StatementKind::Escalate { .. }
        | StatementKind::Notify { .. }
        | StatementKind::RequireApproval { .. }
        | StatementKind::Wait { .. }
        | StatementKind::WaitUntil { .. }
        | StatementKind::Call(_)
        | StatementKind::Temporarily { .. }
        | StatementKind::Permanently { .. }
        | StatementKind::Let { .. }
        | StatementKind::For { .. }
        | StatementKind::Repeat { .. }
        | StatementKind::Retry { .. }
        | StatementKind::Lock { .. }
        | StatementKind::Try { .. }
        | StatementKind::Do(_)
        | StatementKind::Run(_)
        | StatementKind::Manual { .. } => None,
    }
}

/// The names whose values decide a condition. Excludes names that are only checked for presence, and single booleans.
fn decisive<'a>(file: &File<'a>, guard: Span) -> impl Iterator<Item = &'a str> {
    let mut names: Vec<&str> = Vec::new();
    let mut take = |expression: &'a Expression, bare: bool| {
        if let ExpressionKind::Path(path) = &expression.kind
            && (bare || path.text.contains('.'))
        {
            names.push(first_word(path));
        }
    };
    let presence: Vec<Span> = file
        .expressions_in(guard)
        .filter_map(
            |expression| {
                if let ExpressionKind::Is { value, .. } = &expression.kind { Some(value.span) } else { None }
            },
        )
        .collect();
    for expression in file.expressions_in(guard).filter(|expression| !presence.contains(&expression.span)) {
        take(expression, false);
        if let ExpressionKind::Binary { left, right, .. } = &expression.kind {
            // The sides of `and` and `or` are conditions of their own.
            let compared = !matches!(left.kind, ExpressionKind::Is { .. });
            if compared && !is_logical(expression) {
                take(left, true);
                take(right, true);
            }
        } else if let ExpressionKind::Quantifier { list, .. } = &expression.kind {
            take(list, true);
        }
    }
    names.into_iter()
}

fn is_logical(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Binary { operator: Operator::And | Operator::Or, .. })
}
