//! A visitor over checked programs.
//!
//! A [`Visitor`] overrides the methods of the nodes that it wants, and calls the `walk_*` function of the same name to
//! visit their children, in the order of the text. A `do`, `run` or call is not followed to its target; a visitor that
//! needs the target looks it up in the program.

#![allow(missing_docs, reason = "each method and function is named after its node")]

use super::{
    Block, Call, Comprehension, Evidence, Expression, ExpressionKind, Goal, Hold, LetElse, ProbeCall, Question,
    Statement, StatementKind, Subject, TextPart, Window,
};
use crate::value::Value;

/// Receives the nodes of a program. Unless overridden, each method visits the node's children.
pub trait Visitor<'p>: Sized {
    fn goal(&mut self, goal: &'p Goal) {
        walk_goal(self, goal);
    }

    fn block(&mut self, block: &'p Block) {
        walk_block(self, block);
    }

    fn statement(&mut self, statement: &'p Statement) {
        walk_statement(self, statement);
    }

    fn subject(&mut self, subject: &'p Subject) {
        walk_subject(self, subject);
    }

    fn expression(&mut self, expression: &'p Expression) {
        walk_expression(self, expression);
    }

    /// A call of an action.
    fn call(&mut self, call: &'p Call) {
        walk_call(self, call);
    }

    fn probe_call(&mut self, call: &'p ProbeCall) {
        walk_probe_call(self, call);
    }
}

pub fn walk_goal<'p, V: Visitor<'p>>(visitor: &mut V, goal: &'p Goal) {
    match goal {
        Goal::Probe(call) => visitor.probe_call(call),
        Goal::And(left, right) | Goal::Or(left, right) => {
            visitor.goal(left);
            visitor.goal(right);
        }
        Goal::Not(inner) => visitor.goal(inner),
    }
}

pub fn walk_block<'p, V: Visitor<'p>>(visitor: &mut V, block: &'p Block) {
    block.statements.iter().for_each(|statement| visitor.statement(statement));
}

pub fn walk_statement<'p, V: Visitor<'p>>(visitor: &mut V, statement: &'p Statement) {
    use StatementKind as S;
    match &statement.kind {
        S::Step { title, block } => {
            visitor.expression(title);
            visitor.block(block);
        }
        S::ResolveIfFixed { after, window, hold } => {
            walk_expressions(visitor, after);
            window.iter().for_each(|window| walk_window(visitor, window));
            if let Some(Hold { duration, every }) = hold {
                visitor.expression(duration);
                walk_expressions(visitor, every);
            }
        }
        S::Resolve { message, without_goal: _ } => visitor.expression(message),
        S::Escalate { contact: _, message, evidence } | S::Notify { contact: _, message, evidence } => {
            visitor.expression(message);
            for Evidence { label: _, value } in evidence {
                visitor.expression(value);
            }
        }
        S::Require { condition, otherwise } => {
            visitor.expression(condition);
            walk_optional_block(visitor, otherwise);
        }
        S::RequireApproval { message, by, within, otherwise } => {
            walk_expressions(visitor, [message, by, within]);
            walk_optional_block(visitor, otherwise);
        }
        S::Wait { duration } => visitor.expression(duration),
        S::WaitUntil { condition, window, hold, otherwise } => {
            visitor.expression(condition);
            walk_window(visitor, window);
            walk_expressions(visitor, hold);
            walk_optional_block(visitor, otherwise);
        }
        S::Act { call, retention: _ } => visitor.call(call),
        S::Do { procedure: _, arguments, retention: _ } => walk_expressions(visitor, arguments),
        S::TemporarilyBlock { block, undo, keep_on_failure: _ } => {
            visitor.block(block);
            visitor.block(undo);
        }
        S::TemporarilyIf { condition, change } => {
            visitor.expression(condition);
            visitor.block(change);
        }
        S::Let { slot: _, name: _, value, otherwise } => {
            visitor.subject(value);
            match otherwise {
                Some(LetElse::Block(block)) => visitor.block(block),
                Some(LetElse::Value(value)) => visitor.expression(value),
                None => {}
            }
        }
        S::If { branches, otherwise } => {
            for (condition, block) in branches {
                visitor.expression(condition);
                visitor.block(block);
            }
            walk_optional_block(visitor, otherwise);
        }
        S::Match { subject, arms, otherwise } => {
            visitor.subject(subject);
            arms.iter().for_each(|(_, block)| visitor.block(block));
            walk_optional_block(visitor, otherwise);
        }
        S::For { slot: _, list, at_most, at_a_time, block } => {
            visitor.expression(list);
            walk_expressions(visitor, at_most.iter().chain(at_a_time));
            visitor.block(block);
        }
        S::Repeat { count, every, until, block, otherwise } => {
            visitor.expression(count);
            walk_expressions(visitor, every.iter().chain(until));
            visitor.block(block);
            walk_optional_block(visitor, otherwise);
        }
        S::Retry { count, every, block } => {
            visitor.expression(count);
            walk_expressions(visitor, every);
            visitor.block(block);
        }
        S::Lock { names, within, block } => {
            walk_expressions(visitor, names);
            visitor.expression(within);
            visitor.block(block);
        }
        S::Try { block, slot: _, catch } => {
            visitor.block(block);
            visitor.block(catch);
        }
        S::Run { runbook: _, arguments } => walk_expressions(visitor, arguments),
        S::Manual { message, within, otherwise } => {
            walk_expressions(visitor, [message, within]);
            walk_optional_block(visitor, otherwise);
        }
    }
}

fn walk_optional_block<'p, V: Visitor<'p>>(visitor: &mut V, block: &'p Option<Block>) {
    block.iter().for_each(|block| visitor.block(block));
}

fn walk_window<'p, V: Visitor<'p>>(visitor: &mut V, Window { within, every }: &'p Window) {
    walk_expressions(visitor, [within, every]);
}

pub fn walk_subject<'p, V: Visitor<'p>>(visitor: &mut V, subject: &'p Subject) {
    match subject {
        Subject::Value(value) => visitor.expression(value),
        Subject::Ask(Question { node: _, message, choices: _, within, default: _ }) => {
            walk_expressions(visitor, [message, within]);
        }
        Subject::Run { node: _, runbook: _, arguments } => walk_expressions(visitor, arguments),
    }
}

pub fn walk_call<'p, V: Visitor<'p>>(visitor: &mut V, call: &'p Call) {
    let Call { node: _, action: _, arguments, span: _ } = call;
    walk_expressions(visitor, arguments);
}

pub fn walk_probe_call<'p, V: Visitor<'p>>(visitor: &mut V, call: &'p ProbeCall) {
    let ProbeCall { node: _, probe: _, arguments, span: _ } = call;
    walk_expressions(visitor, arguments);
}

fn walk_expressions<'p, V: Visitor<'p>>(visitor: &mut V, expressions: impl IntoIterator<Item = &'p Expression>) {
    expressions.into_iter().for_each(|expression| visitor.expression(expression));
}

pub fn walk_expression<'p, V: Visitor<'p>>(visitor: &mut V, expression: &'p Expression) {
    use ExpressionKind as E;
    match &expression.kind {
        E::Constant(_) | E::Local(_) | E::Hosts(_) | E::Now | E::RunStarted | E::GoalAnswer => {}
        E::Text(parts) => {
            for part in parts {
                match part {
                    TextPart::Value(value) => visitor.expression(value),
                    TextPart::Literal(_) => {}
                }
            }
        }
        E::Field(inner, _)
        | E::Fact(inner, _)
        | E::Method(inner, _)
        | E::Not(inner)
        | E::Negate(inner)
        | E::Matches(inner, _)
        | E::As { value: inner, target: _, or_absent: _ }
        | E::IsRole(inner, _)
        | E::IsAbsent(inner)
        | E::FromOutside(inner) => visitor.expression(inner),
        E::List(items) => walk_expressions(visitor, items),
        E::Record { name: _, fields } => walk_expressions(visitor, fields.iter().map(|(_, value)| value)),
        E::Comprehension(comprehension) => {
            let Comprehension { slot: _, list, element, condition, key, descending: _ } = &**comprehension;
            visitor.expression(list);
            walk_expressions(visitor, condition.iter().chain(element).chain(key));
        }
        E::Quantifier { kind: _, slot: _, list, body } => {
            visitor.expression(list);
            visitor.expression(body);
        }
        E::And(left, right)
        | E::Or(left, right)
        | E::Compare(_, left, right)
        | E::In(left, right)
        | E::Contains(left, right)
        | E::Arithmetic(_, left, right) => {
            visitor.expression(left);
            visitor.expression(right);
        }
        E::Conditional(condition, then, otherwise) => {
            visitor.expression(condition);
            visitor.expression(then);
            visitor.expression(otherwise);
        }
        E::Observe(call) => visitor.call(call),
        E::Check(call) => visitor.probe_call(call),
    }
}

impl StatementKind {
    /// The blocks directly inside, in the order of the text.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        type Branches<'p> = &'p [(Expression, Block)];
        type Arms<'p> = &'p [(Vec<Value>, Block)];
        let none: (Branches<'_>, Arms<'_>) = (&[], &[]);
        let ((branches, arms), others) = match self {
            Self::If { branches, otherwise } => ((branches.as_slice(), none.1), [otherwise.as_ref(), None]),
            Self::Match { arms, otherwise, .. } => ((none.0, arms.as_slice()), [otherwise.as_ref(), None]),
            Self::Step { block, .. }
            | Self::TemporarilyIf { change: block, .. }
            | Self::For { block, .. }
            | Self::Lock { block, .. }
            | Self::Retry { block, .. } => (none, [Some(block), None]),
            Self::Repeat { block, otherwise, .. } => (none, [Some(block), otherwise.as_ref()]),
            Self::TemporarilyBlock { block, undo: second, .. } | Self::Try { block, catch: second, .. } => {
                (none, [Some(block), Some(second)])
            }
            Self::Require { otherwise, .. }
            | Self::RequireApproval { otherwise, .. }
            | Self::WaitUntil { otherwise, .. }
            | Self::Manual { otherwise, .. } => (none, [otherwise.as_ref(), None]),
            Self::Let { otherwise: Some(LetElse::Block(block)), .. } => (none, [Some(block), None]),
            Self::ResolveIfFixed { .. }
            | Self::Resolve { .. }
            | Self::Escalate { .. }
            | Self::Notify { .. }
            | Self::Wait { .. }
            | Self::Act { .. }
            | Self::Do { .. }
            | Self::Let { .. }
            | Self::Run { .. } => (none, [None, None]),
        };
        let branches = branches.iter().map(|(_, block)| block);
        let arms = arms.iter().map(|(_, block)| block);
        branches.chain(arms).chain(others.into_iter().flatten())
    }

    /// Index of the runbook that the statement runs.
    pub fn started_runbook(&self) -> Option<usize> {
        match self {
            Self::Run { runbook, .. }
            | Self::Let { value: Subject::Run { runbook, .. }, .. }
            | Self::Match { subject: Subject::Run { runbook, .. }, .. } => Some(*runbook),
            Self::Step { .. }
            | Self::ResolveIfFixed { .. }
            | Self::Resolve { .. }
            | Self::Escalate { .. }
            | Self::Notify { .. }
            | Self::Require { .. }
            | Self::RequireApproval { .. }
            | Self::Wait { .. }
            | Self::WaitUntil { .. }
            | Self::Act { .. }
            | Self::Do { .. }
            | Self::TemporarilyBlock { .. }
            | Self::TemporarilyIf { .. }
            | Self::Let { .. }
            | Self::If { .. }
            | Self::Match { .. }
            | Self::For { .. }
            | Self::Repeat { .. }
            | Self::Retry { .. }
            | Self::Lock { .. }
            | Self::Try { .. }
            | Self::Manual { .. } => None,
        }
    }
}
