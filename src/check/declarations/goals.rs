//! Goals: probes joined by `and`, `or` and `not`.

use super::answer_type;
use crate::check::context::Context;
use crate::check::scope::BodyScope;
use crate::diagnostic::{Diagnostic, code};
use crate::program::Goal;
use crate::program::types::Type;
use crate::syntax::ast;
use crate::syntax::ast::{ExpressionKind, Operator};

impl<'a> Context<'a> {
    /// The goal of a runbook, and the type of `goal.answer` in it.
    pub(crate) fn goal(&mut self, body: &mut BodyScope<'a>, goal: &'a ast::Goal) -> (Option<Goal>, Type) {
        let lowered = self.goal_part(body, &goal.condition);
        body.settled_by_goal = self.settled_by_goal(&goal.condition);
        self.note_goal(body, &goal.condition);
        let value = match &lowered {
            Some(Goal::Probe(call)) => self.probe_answer(call.probe),
            _ => None,
        };
        (lowered, answer_type(value))
    }

    fn goal_part(&mut self, body: &mut BodyScope<'a>, part: &'a ast::Expression) -> Option<Goal> {
        match &part.kind {
            ExpressionKind::Group(inner) => self.goal_part(body, inner),
            ExpressionKind::Not(inner) => self.goal_part(body, inner).map(|inner| Goal::Not(Box::new(inner))),
            ExpressionKind::Binary { operator: operator @ (Operator::And | Operator::Or), left, right, .. } => {
                let left = self.goal_part(body, left);
                let right = self.goal_part(body, right);
                let (left, right) = (Box::new(left?), Box::new(right?));
                Some(if *operator == Operator::And { Goal::And(left, right) } else { Goal::Or(left, right) })
            }
            ExpressionKind::Call(call) | ExpressionKind::Check(call) => self.probe_call(body, call).map(Goal::Probe),
            ExpressionKind::Invalid => None,
            ExpressionKind::Text(_)
            | ExpressionKind::Number(_)
            | ExpressionKind::Duration(_)
            | ExpressionKind::Size(_)
            | ExpressionKind::Percent(_)
            | ExpressionKind::Path(_)
            | ExpressionKind::Member { .. }
            | ExpressionKind::List(_)
            | ExpressionKind::Comprehension(_)
            | ExpressionKind::Negate(_)
            | ExpressionKind::Binary { .. }
            | ExpressionKind::As { .. }
            | ExpressionKind::Is { .. }
            | ExpressionKind::Conditional { .. }
            | ExpressionKind::Quantifier { .. }
            | ExpressionKind::Ask(_)
            | ExpressionKind::Run(_) => {
                self.report(
                    Diagnostic::error(
                        code::TYPE_MISMATCH,
                        part.span,
                        "A goal must be a probe, or probes joined by `and`, `or` and `not`",
                    )
                    .help("Move the comparison into a probe: `passed if …`"),
                );
                None
            }
        }
    }
}
