//! Changes that a later statement undoes, where the run may end before that statement.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::index::StatementRef;
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use crate::syntax::ast::{Call, StatementKind, Subject};
use crate::value::Class;

pub const RULE: Rule = Rule {
    code: code::MANUAL_UNDO,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

/// At most this many endings are shown.
const MOST_ENDINGS: usize = 4;

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    let changes: Vec<(StatementRef<'_>, &Call)> = file
        .index
        .statements
        .iter()
        .filter_map(|placed| Some((*placed, lasting(placed)?)))
        .filter(|(_, call)| matches!(file.class_of(&call.path), Some(Class::Change | Class::Disrupt)))
        .collect();
    for (place, (change, call)) in changes.iter().enumerate() {
        let takes_back = |(later, other): &&(StatementRef<'_>, &Call)| {
            later.declaration == change.declaration && is_opposite(file, call, other)
        };
        let Some((taken_back, other)) = changes.iter().skip(place + 1).find(takes_back) else { continue };
        let endings = endings_around(file, *change, *taken_back);
        if endings.is_empty() {
            continue;
        }
        let message = format!("`{}` is undone by hand, and the run may end before that", call.path.text);
        let mut finding = Diagnostic::warning(code::MANUAL_UNDO, call.span, message).also(other.span, "undone here");
        for ending in endings.into_iter().take(MOST_ENDINGS) {
            finding = finding.also(ending, "the run may end here, with the change in place");
        }
        found.push(
            finding
                .help("Write `temporarily` and remove the other line: the change is then undone however the run ends"),
        );
    }
}

/// The call of a change that is not undone automatically.
fn lasting<'a>(placed: &StatementRef<'a>) -> Option<&'a Call> {
    if let StatementKind::Call(call) | StatementKind::Permanently { what: Subject::Call(call), .. } =
        &placed.statement.kind
    {
        Some(call)
    } else {
        None
    }
}

/// Whether two calls differ only in one argument, which is `true` or missing in one and `false` in the other.
fn is_opposite(file: &File<'_>, one: &Call, other: &Call) -> bool {
    if one.path.text != other.path.text {
        return false;
    }
    let values = |call: &Call| -> Vec<&str> {
        call.arguments.iter().map(|argument| file.source_text(argument.value.span)).collect()
    };
    let (one, other) = (values(one), values(other));
    let same = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    matches!(
        (one.get(same..), other.get(same..)),
        (Some(["true"] | []), Some(["false"])) | (Some(["false"]), Some(["true"] | []))
    )
}

/// Where the run may end between a change and its undo, or on a path that avoids the undo.
fn endings_around(file: &File<'_>, change: StatementRef<'_>, taken_back: StatementRef<'_>) -> Vec<Span> {
    let undone = scope(file, taken_back);
    let (changed, back) = (change.statement.span, taken_back.statement.span);
    let of_run = file.index.statements.iter().filter(|it| it.declaration == change.declaration && may_end(it));
    of_run
        .map(|placed| placed.statement.span)
        .filter(|ending| ending.start > changed.end && !(ending.start > back.end && holds(undone, *ending)))
        .filter(|ending| !are_apart(file, changed, *ending))
        .collect()
}

fn may_end(placed: &StatementRef<'_>) -> bool {
    use StatementKind as S;
    match &placed.statement.kind {
        S::Escalate { .. } | S::Resolve { .. } | S::ResolveIfFixed { .. } | S::Run(_) => true,
        S::Require { otherwise, .. } | S::RequireApproval { otherwise, .. } | S::WaitUntil { otherwise, .. } => {
            otherwise.is_none()
        }
        S::Step { .. }
        | S::Notify { .. }
        | S::Wait { .. }
        | S::Call(_)
        | S::Temporarily { .. }
        | S::Permanently { .. }
        | S::Let { .. }
        | S::If { .. }
        | S::Match { .. }
        | S::For { .. }
        | S::Repeat { .. }
        | S::Retry { .. }
        | S::Lock { .. }
        | S::Try { .. }
        | S::Do(_)
        | S::Manual { .. } => false,
    }
}

/// The innermost block in which every later statement runs after this one. Steps are looked through, since they run in
/// sequence.
fn scope(file: &File<'_>, placed: StatementRef<'_>) -> Span {
    let steps = file.index.ancestors(placed).take_while(|around| matches!(around.kind, StatementKind::Step { .. }));
    let outermost = steps.last().unwrap_or(placed.statement).span;
    let around = file.index.blocks.iter().map(|block| block.span).filter(|block| holds(*block, outermost));
    around.min_by_key(|block| block.end - block.start).unwrap_or(placed.declaration)
}

/// Whether two places are in different branches of a statement, so that no run reaches both.
fn are_apart(file: &File<'_>, one: Span, other: Span) -> bool {
    let both = |span: Span| holds(span, one) && holds(span, other);
    let statements = file.index.statements.iter().map(|placed| placed.statement.span);
    let inner = statements.filter(|span| both(*span)).min_by_key(|span| span.end - span.start);
    inner.is_some_and(|inner| !file.index.blocks.iter().any(|block| holds(inner, block.span) && both(block.span)))
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
