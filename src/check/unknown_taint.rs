//! Where endings, questions, runs and actions are allowed, and what an unknown verdict must not decide.

use super::context::Context;
use super::declarations::verdict_type;
use super::expressions::UnknownTaint;
use super::scope::{BodyKind, BodyScope, FlowState};
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{ExpressionKind as Written, Operator};
use crate::value::Class;
use std::sync::Arc;

impl<'a> Context<'a> {
    pub(super) fn resolves(&mut self, body: &mut BodyScope<'a>, span: Span) {
        body.summary.resolves.get_or_insert(span);
        if body.place.parallel {
            self.report(
                Diagnostic::error(code::RESOLVE_IN_PARALLEL, span, "A parallel loop must not contain `resolve`")
                    .help("Check the goal after the loop"),
            );
        }
        self.ends(body, span, "`resolve`");
    }

    /// Reports messages and endings in probes and in the bodies of actions.
    pub(super) fn reject_in_probe(&mut self, body: &BodyScope<'a>, span: Span, what: &str) {
        let whose = match body.kind {
            BodyKind::Probe => "A probe",
            BodyKind::Signature => "The body of an action",
            BodyKind::Runbook(_) | BodyKind::Procedure => return,
        };
        self.report(
            Diagnostic::error(code::EFFECT_IN_PROBE, span, format!("{whose} must not contain {what}"))
                .help("Move it to the runbook"),
        );
    }

    pub(super) fn ends(&mut self, body: &mut BodyScope<'a>, span: Span, what: &str) {
        body.summary.ends.get_or_insert(span);
        self.reject_in_probe(body, span, what);
        if body.place.undo {
            let message = format!("An `undo` block must not contain {what}, which would end the run");
            self.error(code::FORBIDDEN_IN_UNDO, span, message).help("Move it out of the `undo` block");
        }
    }

    pub(super) fn note_prompt(&mut self, body: &mut BodyScope<'a>, span: Span, what: &str) {
        body.summary.people.get_or_insert(span);
        self.reject_in_probe(body, span, what);
        if body.place.undo {
            let message = format!("An `undo` block must not contain {what}, which would wait for people");
            self.error(code::FORBIDDEN_IN_UNDO, span, message).help("Move it out of the `undo` block");
        }
    }

    pub(super) fn note_run(&mut self, body: &mut BodyScope<'a>, span: Span) {
        body.summary.runs.get_or_insert(span);
        if matches!(body.kind, BodyKind::Probe | BodyKind::Signature) {
            self.reject_in_probe(body, span, "a run");
            return;
        }
        if body.place.undo {
            self.error(code::FORBIDDEN_IN_UNDO, span, "An `undo` block must not start a run")
                .help("Move it out of the `undo` block");
        }
        // What a child run does is checked in its own body, but it counts as an effect.
        self.acts(body, span, Class::Disrupt, "This run");
    }

    /// Notes an effect at the current statement.
    pub(super) fn acts(&mut self, body: &mut BodyScope<'a>, span: Span, class: Class, what: &str) {
        body.summary.class = body.summary.class.max(class);
        if class == Class::Observe {
            return;
        }
        if matches!(body.kind, BodyKind::Probe) && class > Class::Change {
            let message = format!("A probe must not contain {what}, whose class is `{}`", class.as_str());
            self.report(Diagnostic::error(code::EFFECT_IN_PROBE, span, message).help("Move it to the runbook"));
        }
        if class >= Class::Disrupt {
            body.disruption.get_or_insert_with(|| (span, what.to_owned()));
        }
        if let Some(condition) = body.place.unknown_let_through.take() {
            self.report(decided_by_unknown(span, what, condition));
        } else if body.place.turn_begins {
            body.first_of_turn.get_or_insert_with(|| (span, what.to_owned()));
        }
        body.place.turn_begins = false;
    }

    /// The state after a condition holds. Where an unknown verdict can make it hold, the condition is noted. Where an
    /// unknown verdict prevents it from holding, the probes that it checks are settled, and no others.
    pub(super) fn decided(&self, mut place: FlowState, by_unknown: UnknownTaint, condition: Span) -> FlowState {
        match by_unknown {
            UnknownTaint { when_true: true, .. } => {
                place.unknown_let_through.get_or_insert(condition);
            }
            UnknownTaint { when_false: true, .. } => {
                place.turn_begins = false;
                let settled = self.questions.get(&condition).map_or(&[][..], |questions| &questions.settled);
                place.unknown_let_through = place.unknown_let_through.filter(|open| {
                    let open = self.questions.get(open).map_or(&[][..], |questions| &questions.asked);
                    open.is_empty() || !open.iter().all(|question| settled.contains(question))
                });
            }
            _ => {}
        }
        place
    }

    /// Stores the probes that a condition checks.
    pub(super) fn note_questions(&mut self, condition: &ast::Expression, by_unknown: UnknownTaint) {
        let mut asked = Vec::new();
        self.gather_questions(condition, &mut asked);
        let mut settled = Vec::new();
        self.gather_settled(condition, by_unknown.when_false, &mut settled);
        self.questions.insert(condition.span, ConditionProbes { asked, settled });
    }

    fn gather_questions(&self, condition: &ast::Expression, asked: &mut Vec<&'a str>) {
        match &condition.kind {
            Written::Group(inner) | Written::Not(inner) => self.gather_questions(inner, asked),
            Written::Binary { operator: Operator::And | Operator::Or, left, right, .. } => {
                self.gather_questions(left, asked);
                self.gather_questions(right, asked);
            }
            Written::Invalid
            | Written::Text(_)
            | Written::Number(_)
            | Written::Duration(_)
            | Written::Size(_)
            | Written::Percent(_)
            | Written::Path(_)
            | Written::Call(_)
            | Written::Member { .. }
            | Written::List(_)
            | Written::Comprehension(_)
            | Written::Negate(_)
            | Written::Binary { .. }
            | Written::As { .. }
            | Written::Is { .. }
            | Written::Conditional { .. }
            | Written::Quantifier { .. }
            | Written::Ask(_)
            | Written::Check(_)
            | Written::Run(_) => asked.push(self.source_text(question(condition))),
        }
    }

    /// The probes whose verdicts are known where a condition evaluates to `holds`: all sides of `and` where it holds,
    /// all sides of `or` where it does not.
    fn gather_settled(&self, condition: &ast::Expression, holds: bool, settled: &mut Vec<&'a str>) {
        match &condition.kind {
            Written::Group(inner) => self.gather_settled(inner, holds, settled),
            Written::Not(inner) => self.gather_settled(inner, !holds, settled),
            Written::Binary { operator: operator @ (Operator::And | Operator::Or), left, right, .. } => {
                if (*operator == Operator::And) == holds {
                    self.gather_settled(left, holds, settled);
                    self.gather_settled(right, holds, settled);
                }
            }
            Written::Invalid
            | Written::Text(_)
            | Written::Number(_)
            | Written::Duration(_)
            | Written::Size(_)
            | Written::Percent(_)
            | Written::Path(_)
            | Written::Call(_)
            | Written::Member { .. }
            | Written::List(_)
            | Written::Comprehension(_)
            | Written::Negate(_)
            | Written::Binary { .. }
            | Written::As { .. }
            | Written::Is { .. }
            | Written::Conditional { .. }
            | Written::Quantifier { .. }
            | Written::Ask(_)
            | Written::Check(_)
            | Written::Run(_) => settled.push(self.source_text(question(condition))),
        }
    }

    /// Reports an effect whose arguments, lowered just before, depend on an unknown verdict.
    pub(super) fn observe_unknown_taint(&mut self, body: &mut BodyScope<'a>, span: Span, what: &str) {
        if std::mem::take(&mut body.touched_by_unknown) && body.place.unknown_let_through.is_none() {
            self.report(
                Diagnostic::error(
                    code::UNKNOWN_DECIDES,
                    span,
                    format!("An argument of {what} depends on an answer that may be `unknown`"),
                )
                .help("Match the answer first, and give `unknown` an arm of its own that escalates"),
            );
        }
    }
}

pub(super) fn is_verdict(type_of: &Type) -> bool {
    matches!(type_of, Type::Enum(words) if Arc::ptr_eq(words, &verdict_type()))
}

/// The probes of a condition, as written.
#[derive(Debug, Default)]
pub(super) struct ConditionProbes<'a> {
    /// All that it checks.
    asked: Vec<&'a str>,
    /// Those whose verdicts are known on the side that an unknown verdict never takes.
    settled: Vec<&'a str>,
}

/// Where a comparison checks or names its verdict: `check P(x)` in `check P(x) == failed`.
fn question(comparison: &ast::Expression) -> Span {
    match &comparison.kind {
        Written::Group(inner) => question(inner),
        Written::Binary { operator: Operator::Equal | Operator::NotEqual | Operator::In, left, right, .. } => {
            let names_verdict = |path: &ast::Path| ["passed", "failed", "unknown"].contains(&path.text.as_str());
            let is_verdict = matches!(&left.kind, Written::Path(path) if names_verdict(path));
            question(if is_verdict { right } else { left })
        }
        Written::Invalid
        | Written::Text(_)
        | Written::Number(_)
        | Written::Duration(_)
        | Written::Size(_)
        | Written::Percent(_)
        | Written::Path(_)
        | Written::Call(_)
        | Written::Member { .. }
        | Written::List(_)
        | Written::Comprehension(_)
        | Written::Not(_)
        | Written::Negate(_)
        | Written::Binary { .. }
        | Written::As { .. }
        | Written::Is { .. }
        | Written::Conditional { .. }
        | Written::Quantifier { .. }
        | Written::Ask(_)
        | Written::Check(_)
        | Written::Run(_) => comparison.span,
    }
}

pub(super) fn decided_by_unknown(span: Span, what: &str, condition: Span) -> Diagnostic {
    let message = format!("{what} would be performed even if the answer is `unknown`");
    Diagnostic::error(code::UNKNOWN_DECIDES, span, message)
        .also(condition, "this condition lets `unknown` through")
        .help("Give `unknown` an arm of its own that escalates: it means neither healthy nor broken")
}
