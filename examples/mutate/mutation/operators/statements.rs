//! Slips with whole statements: dropped, exchanged, or another retention.

use super::Edit;
use super::OperatorInput;
use super::texts::from_word;
use super::tree::{Cleanup, Node, patterns, range};
use rectify::syntax::ast::{ExpressionKind, LetElse, Statement, StatementKind, Subject};
use std::ops::Range;

fn drop(range: Range<usize>) -> Edit {
    Edit { range, with: String::new() }
}

fn statements<'s>(input: &'s OperatorInput<'_>) -> impl Iterator<Item = &'s Statement> {
    input.tree.nodes.iter().filter_map(|it| match it.node {
        Node::Statement(statement) => Some(statement),
        _ => None,
    })
}

/// The word that a statement begins with, and the blank after it.
fn first_word(input: &OperatorInput<'_>, statement: &Statement) -> Range<usize> {
    let whole = range(statement.span);
    let length = input.at(whole.clone()).find(' ').map_or(0, |length| length + 1);
    whole.start..whole.start + length
}

pub fn drop_undo(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for statement in statements(input) {
        let (what, undo, keep) = match &statement.kind {
            StatementKind::Temporarily { what, undo, keep_on_failure, .. } => (what, undo.as_ref(), *keep_on_failure),
            StatementKind::Permanently { what, undo_on_failure } => (what, None, *undo_on_failure),
            _ => continue,
        };
        if let Some(keep) = keep {
            edits.extend(from_word(input.text, ",", range(keep)).map(drop));
        }
        match (what, undo) {
            (Subject::Block(block), Some(undo)) => {
                edits.extend(from_word(input.text, "undo", range(undo.span)).map(drop));
                // What stood between the braces, with nothing to undo it.
                let inner = range(block.span);
                let inside = input.at(inner.start + 1..inner.end - 1).trim().to_owned();
                edits.push(Edit { range: range(statement.span), with: inside });
            }
            (Subject::Call(call) | Subject::Do(call), _) => {
                // The retention and what follows the call.
                let text = input.at(first_word(input, statement).end..range(call.span).end).to_owned();
                edits.push(Edit { range: range(statement.span), with: text });
            }
            _ => {}
        }
    }
}

pub fn swap_adverbs(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for statement in statements(input) {
        let with = match &statement.kind {
            StatementKind::Temporarily { .. } => "permanently ",
            StatementKind::Permanently { .. } => "temporarily ",
            _ => continue,
        };
        edits.push(Edit { range: first_word(input, statement), with: with.to_owned() });
    }
}

pub fn drop_else(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for statement in statements(input) {
        let otherwise = match &statement.kind {
            StatementKind::Require { otherwise, .. }
            | StatementKind::RequireApproval { otherwise, .. }
            | StatementKind::WaitUntil { otherwise, .. }
            | StatementKind::If { otherwise, .. }
            | StatementKind::Repeat { otherwise, .. }
            | StatementKind::Manual { otherwise, .. } => otherwise.as_ref().map(|block| block.span),
            StatementKind::Let { otherwise, .. } => otherwise.as_ref().map(|otherwise| match otherwise {
                LetElse::Block(block) => block.span,
                LetElse::Value(value) => value.span,
            }),
            _ => None,
        };
        edits.extend(otherwise.and_then(|span| from_word(input.text, "else", range(span))).map(drop));
        if let StatementKind::If { branches, .. } = &statement.kind {
            for (condition, block) in branches.iter().skip(1) {
                let place = range(condition.span).start..range(block.span).end;
                edits.extend(from_word(input.text, "else", place).map(drop));
            }
        }
    }
}

fn is_gate(statement: &Statement) -> bool {
    matches!(statement.kind, StatementKind::Require { .. } | StatementKind::RequireApproval { .. })
}

fn is_ask(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::ResolveIfFixed { .. } | StatementKind::WaitUntil { .. } => true,
        StatementKind::Let { value, .. } => matches!(value.kind, ExpressionKind::Check(_)),
        _ => false,
    }
}

pub fn drop_gate(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    edits.extend(statements(input).filter(|it| is_gate(it)).map(|it| drop(range(it.span))));
}

pub fn drop_ask(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    edits.extend(statements(input).filter(|it| is_ask(it)).map(|it| drop(range(it.span))));
}

pub fn drop_statement(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    edits.extend(statements(input).filter(|it| !is_gate(it) && !is_ask(it)).map(|it| drop(range(it.span))));
}

pub fn resolve_instead(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for statement in statements(input) {
        if let StatementKind::Escalate { message, .. } = &statement.kind {
            let with = format!("resolve {}", input.at(range(message.span)));
            edits.push(Edit { range: range(statement.span), with });
        }
    }
}

pub fn drop_evidence(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        let Node::Evidence([first, rest @ ..]) = it.node else { continue };
        let last = rest.last().unwrap_or(first);
        let place = range(first.span).start..range(last.span).end;
        edits.extend(from_word(input.text, "with", place).map(drop));
        if let Some(second) = rest.first() {
            edits.push(drop(range(first.span).start..range(second.span).start));
            for pair in [first].into_iter().chain(rest).collect::<Vec<_>>().windows(2) {
                edits.push(drop(range(pair[0].span).end..range(pair[1].span).end));
            }
        }
    }
}

fn exchanged(input: &OperatorInput<'_>, wanted: Cleanup, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        let Node::Block(block, cleanup) = it.node else { continue };
        if cleanup != wanted {
            continue;
        }
        for pair in block.statements.windows(2) {
            let (first, second) = (range(pair[0].span), range(pair[1].span));
            let between = input.at(first.end..second.start);
            let with = format!("{}{between}{}", input.at(second.clone()), input.at(first.clone()));
            edits.push(Edit { range: first.start..second.end, with });
        }
    }
}

pub fn reorder_cleanup(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    exchanged(input, Cleanup::Yes, edits);
}

pub fn reorder(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    exchanged(input, Cleanup::No, edits);
}

pub fn drop_arm(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        let Node::Arm(arm) = it.node else { continue };
        edits.push(drop(range(arm.span)));
        edits.extend(without_each(&patterns(arm).into_iter().map(range).collect::<Vec<_>>()));
    }
}

/// Drops each of several items that commas part.
pub fn without_each(items: &[Range<usize>]) -> Vec<Edit> {
    let mut edits = Vec::new();
    if let [first, second, ..] = items {
        edits.push(drop(first.start..second.start));
    }
    edits.extend(items.windows(2).map(|pair| drop(pair[0].end..pair[1].end)));
    edits
}
