//! `resolve "…"`: a claim that the goal holds, unless it says `without goal`.

use super::context::Context;
use super::scope::{BodyKind, BodyScope};
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{ExpressionKind, Operator};

impl<'a> Context<'a> {
    /// Reports a `resolve "…"` that cannot end the run resolved, because the goal has just failed, and a `without goal`
    /// without a goal.
    pub(super) fn resolves_by_message(&mut self, body: &BodyScope<'a>, span: Span, without_goal: Option<Span>) {
        match (without_goal, body.place.goal_failed) {
            // Open temporary changes are undone before the goal is asked.
            (None, Some((failed, changes))) if changes == body.changes && body.open_changes == 0 => {
                let message = "This cannot end the run resolved, because its goal has just failed";
                self.report(
                    Diagnostic::error(code::GOAL_MISSED, span, message)
                        .also(failed, "the goal failed here, and nothing has changed since")
                        .help(
                            "Write `escalate to CONTACT \"…\"`, or `resolve \"…\" without goal` if the run may end \
                             resolved without its goal",
                        ),
                );
            }
            (Some(without), _) if matches!(body.kind, BodyKind::Runbook(None)) => {
                self.report(
                    Diagnostic::error(code::NO_GOAL, without, "This runbook has no goal to resolve without")
                        .help("Remove `without goal`")
                        .fix(Span { start: without.start.saturating_sub(1), ..without }, ""),
                );
            }
            _ => {}
        }
    }

    /// Whether a condition holds only if the goal failed: `check GOAL == failed`.
    pub(super) fn is_failed_goal(&self, body: &BodyScope<'a>, condition: &ast::Expression) -> bool {
        if let ExpressionKind::Binary { operator: Operator::Equal, left, right, .. } = &condition.ungrouped().kind {
            self.is_goal(body, left) && is_failed(right) || self.is_goal(body, right) && is_failed(left)
        } else {
            false
        }
    }

    /// Notes the probes of a goal.
    pub(super) fn note_goal(&self, body: &mut BodyScope<'a>, goal: &ast::Expression) {
        let mut asked = Vec::new();
        self.gather_questions(body, goal, &mut asked);
        body.goal_probes = asked.concat();
        body.whole_goal = self.probe_of(goal);
    }

    /// The call, if a goal is a single probe.
    fn probe_of(&self, goal: &ast::Expression) -> Option<&'a str> {
        if let ExpressionKind::Call(call) = &goal.ungrouped().kind { Some(self.source_text(call.span)) } else { None }
    }

    /// Whether an expression asks the probe that is the whole goal.
    pub(super) fn is_goal(&self, body: &BodyScope<'a>, expression: &ast::Expression) -> bool {
        matches!(&expression.ungrouped().kind, ExpressionKind::Check(call)
            if body.whole_goal == Some(self.source_text(call.span)))
    }
}

fn is_failed(expression: &ast::Expression) -> bool {
    matches!(&expression.kind, ExpressionKind::Path(path) if matches!(path.text.as_str(), "failed" | "Verdict.failed"))
}
