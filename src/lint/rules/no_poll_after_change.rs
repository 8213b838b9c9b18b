//! Conditions that are checked once, right after a change: what has only just begun looks as if it had failed.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::effects::act_of;
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use crate::syntax::ast::{ExpressionKind, Statement, StatementKind};
use crate::value::Class;

pub const RULE: Rule = Rule {
    code: code::NO_POLL_AFTER_CHANGE,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    let of_steps: Vec<Span> = file.index.statements.iter().filter_map(|it| step(it.statement)).map(|it| it.0).collect();
    for block in file.index.blocks.iter().filter(|block| !of_steps.contains(&block.span)) {
        let mut sequence = Vec::new();
        in_order(&block.statements, &mut sequence);
        for (one, next) in sequence.iter().zip(sequence.iter().skip(1)) {
            let Some(call) = act_of(one).filter(|call| file.class_of(&call.path) >= Some(Class::Change)) else {
                continue;
            };
            if let Some(condition) = condition(next).filter(|condition| is_single_observation(file, *condition)) {
                let message = format!("This condition is checked only once, right after `{}`", call.path.text);
                found.push(
                    Diagnostic::warning(code::NO_POLL_AFTER_CHANGE, condition, message)
                        .also(call.path.span, "this may only have started")
                        .help("Write `wait until … within D every D`, or `wait D` before it"),
                );
            }
        }
    }
}

/// The statements in the order of execution, with the content of steps in place of the steps.
fn in_order<'a>(statements: &'a [Statement], sequence: &mut Vec<&'a Statement>) {
    for statement in statements {
        match step(statement) {
            Some((_, inside)) => in_order(inside, sequence),
            None => sequence.push(statement),
        }
    }
}

/// The span and the statements of a step.
fn step(statement: &Statement) -> Option<(Span, &[Statement])> {
    if let StatementKind::Step { block, .. } = &statement.kind { Some((block.span, &block.statements)) } else { None }
}

/// The condition that decides how a statement continues.
fn condition(statement: &Statement) -> Option<Span> {
    match &statement.kind {
        StatementKind::Require { condition, .. } => Some(condition.span),
        StatementKind::If { branches, .. } => branches.first().map(|(condition, _)| condition.span),
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
        | StatementKind::Match { .. }
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

/// An observation is made once, and so is a probe without retries.
fn is_single_observation(file: &File<'_>, condition: Span) -> bool {
    let mut probes = file.expressions_in(condition).filter_map(|expression| {
        if let ExpressionKind::Check(call) = &expression.kind { file.probe(&call.path.text) } else { None }
    });
    file.observes(condition) || probes.any(|probe| probe.retries.is_none())
}
