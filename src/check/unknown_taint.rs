//! Where endings, questions, runs and actions are allowed, and what an unknown verdict must not decide.

use super::child_runs::{EffectAfterRuns, after_unclear_run};
use super::context::Context;
use super::declarations::{known_outcome_type, known_verdict_type, outcome_type, verdict_type};
use super::expressions::UnknownTaint;
use super::scope::{BodyKind, BodyScope, FlowState};
use super::verdict_paths::{VerdictPath, verdict_path};
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{ExpressionKind as Written, Operator};
use crate::value::Class;
use ecow::EcoString;
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
        body.note_ending(span);
        self.reject_in_probe(body, span, what);
        if body.place.undo {
            let message = format!("An `undo` block must not contain {what}, which would end the run");
            self.error(code::FORBIDDEN_IN_UNDO, span, message).help("Move it out of the `undo` block");
        }
    }

    pub(super) fn note_prompt(&mut self, body: &mut BodyScope<'a>, span: Span, what: &str) {
        body.changes += 1;
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
        body.changes += 1;
        if matches!(body.kind, BodyKind::Probe) && class > Class::Change {
            let message = format!("A probe must not contain {what}, whose class is `{}`", class.as_str());
            self.report(Diagnostic::error(code::EFFECT_IN_PROBE, span, message).help("Move it to the runbook"));
        }
        if class >= Class::Disrupt {
            body.disruption.get_or_insert_with(|| (span, what.to_owned()));
        }
        let open = std::mem::take(&mut body.place.open);
        if let Some(condition) = body.first_open(open) {
            let diagnostic = self.decided_by_unknown(span, what, condition);
            self.report(diagnostic);
        } else {
            self.acts_after_runs(body, span, what, open);
            body.note_turn_effect(TurnEffect { span, what: what.to_owned(), settled: body.place.settled });
        }
    }

    /// The error of an effect that an unknown answer decides, through a condition.
    pub(super) fn decided_by_unknown(&self, span: Span, what: &str, condition: Span) -> Diagnostic {
        let diagnostic = performed_on_unknown(span, what);
        let questions = self.questions.get(&condition);
        let diagnostic = match questions {
            Some(questions) => questions.path.show(diagnostic, condition),
            None => diagnostic,
        };
        match questions.and_then(|questions| questions.advice.as_ref()) {
            Some((label, advice)) => diagnostic.also(condition, *label).help(advice.to_string()),
            None => diagnostic
                .also(condition, "this condition lets `unknown` through")
                .help("Give `unknown` an arm of its own that escalates: it means neither healthy nor broken"),
        }
    }

    /// Notes an effect that follows child runs.
    pub(super) fn acts_after_runs(&mut self, body: &BodyScope<'a>, span: Span, what: &str, open: OpenConditions) {
        let runs = body.open_runs(open);
        if let Some(run) = body.first_run(open) {
            self.effects_after_runs.push(EffectAfterRuns { runs, diagnostic: after_unclear_run(span, what, run) });
        }
    }

    /// The state after a condition holds. Where an unknown verdict can make it hold, the condition is noted. Where an
    /// unknown verdict prevents it from holding, the probes that it checks are settled, and no others.
    pub(super) fn decided(
        &self,
        mut place: FlowState,
        body: &mut BodyScope<'a>,
        by_unknown: UnknownTaint,
        condition: Span,
    ) -> FlowState {
        if self.questions.get(&condition).is_some_and(|questions| questions.asks_any(&body.goal_probes)) {
            place.goal_failed = None;
        }
        match by_unknown {
            UnknownTaint { when_true: true, .. } => {
                place.open = place.open.or(self.open(body, condition));
                place.settled = place.settled.without(body, self.asked_by(condition));
            }
            UnknownTaint { when_false: true, .. } => {
                let settled = self.questions.get(&condition).map_or(&[][..], |questions| &questions.settled);
                // Several questions of one condition are settled one by one.
                place.settled = place.settled.with(body, settled);
                place.open = place.settled.of(body, place.open);
            }
            _ => {}
        }
        place
    }

    fn asked_by(&self, condition: Span) -> &[Vec<EcoString>] {
        self.questions.get(&condition).map_or(&[][..], |questions| &questions.asked)
    }

    /// The condition as an open one.
    fn open(&self, body: &mut BodyScope<'a>, condition: Span) -> OpenConditions {
        let asked = self.asked_by(condition);
        body.place.settled = body.place.settled.without(body, asked);
        body.open_condition(condition, asked, None)
    }

    /// Opens a condition for the statements that follow.
    pub(super) fn open_here(&self, body: &mut BodyScope<'a>, condition: Span) {
        body.place.open = body.place.open.or(self.open(body, condition));
    }

    /// The probes whose verdicts are known where a goal failed: of `A and B` it is not known which one failed.
    pub(super) fn settled_by_goal(&self, goal: &ast::Expression) -> Vec<&'a str> {
        let mut settled = Vec::new();
        self.gather_settled(goal, false, &mut settled);
        settled
    }

    /// Control passes `resolve if fixed` where the goal failed: a passed or unknown one has ended the run.
    pub(super) fn goal_is_known(&self, body: &mut BodyScope<'a>) {
        let is_settled = |question: &str| question.starts_with("goal.") || body.settled_by_goal.contains(&question);
        body.place.open = body.unsettled(body.place.open, is_settled);
        let settled = body.settled_by_goal.clone();
        body.place.settled = SettledQuestions { goal: true, ..body.place.settled.with(body, &settled) };
        body.place.goal_known = true;
    }

    /// Stores the probes that a condition checks.
    pub(super) fn note_questions(
        &mut self,
        body: &BodyScope<'a>,
        condition: &ast::Expression,
        by_unknown: UnknownTaint,
    ) {
        let mut asked = Vec::new();
        self.gather_questions(body, condition, &mut asked);
        let mut settled = Vec::new();
        self.gather_settled(condition, by_unknown.when_false, &mut settled);
        let advice = self.advice_for_run(body, condition, &asked);
        let advice = advice.map(|advice| ("this run ends `escalated` also where it could not tell", advice));
        let path = verdict_path(body, condition);
        self.questions.insert(condition.span, ConditionProbes { asked, settled, advice, path });
    }

    /// What to do before one acts on a run, if the condition looks at its outcome and so asks what the run asks.
    fn advice_for_run(
        &self,
        body: &BodyScope<'a>,
        condition: &ast::Expression,
        asked: &[Vec<EcoString>],
    ) -> Option<EcoString> {
        let advice = |questions: &[Vec<EcoString>]| {
            let known: Option<Vec<String>> =
                questions.iter().map(|forms| Some(format!("check {} == failed", forms.first()?))).collect();
            EcoString::from(match known.filter(|known| !known.is_empty()) {
                Some(known) => format!("Ask again before you act: `require {}`", known.join(" and ")),
                None => "Ask for approval before you act: the run asks a question that cannot be asked again here"
                    .to_owned(),
            })
        };
        if run_of(condition).is_some() {
            return Some(advice(asked));
        }
        let questions = questions(condition);
        let [question] = questions.as_slice() else { return None };
        let text = self.source_text(*question);
        let (_, type_of) = body.find(text)?;
        (unknown_word(&type_of) == Some("escalated")).then(|| advice(body.questions_of(text)))
    }

    pub(super) fn gather_questions(
        &self,
        body: &BodyScope<'a>,
        condition: &ast::Expression,
        asked: &mut Vec<Vec<EcoString>>,
    ) {
        match &condition.kind {
            Written::Group(inner) | Written::Not(inner) => self.gather_questions(body, inner, asked),
            Written::Binary { operator: Operator::And | Operator::Or, left, right, .. } => {
                self.gather_questions(body, left, asked);
                self.gather_questions(body, right, asked);
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
            | Written::Run(_) => {
                if let Some(call) = run_of(condition) {
                    asked.extend(self.questions_of_run(call).asked());
                    return;
                }
                for question in questions(condition) {
                    // A local that holds a verdict is settled by its own value, and by asking its questions again.
                    let text = self.source_text(question);
                    match body.questions_of(text) {
                        [] => asked.push(vec![text.into()]),
                        questions => asked.extend(questions.iter().map(|it| [vec![text.into()], it.clone()].concat())),
                    }
                }
            }
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
            | Written::Run(_) => settled.extend(questions(condition).into_iter().map(|it| self.source_text(it))),
        }
    }

    /// Reports an effect whose arguments, lowered just before, depend on an unknown verdict.
    pub(super) fn observe_unknown_taint(&mut self, body: &mut BodyScope<'a>, span: Span, what: &str) {
        if std::mem::take(&mut body.touched_by_unknown) && body.first_open(body.place.open).is_none() {
            let message = format!("An argument of {what} depends on an answer that may be `unknown`");
            let diagnostic = Diagnostic::error(code::UNKNOWN_DECIDES, span, message);
            self.report(
                std::mem::take(&mut body.unknown_path)
                    .show(diagnostic, span)
                    .help("Match the answer first, and give `unknown` an arm of its own that escalates"),
            );
        }
    }
}

/// The error of an effect that an unknown answer decides.
pub(super) fn performed_on_unknown(span: Span, what: &str) -> Diagnostic {
    let message = format!("{what} would be performed even if the answer is `unknown`");
    Diagnostic::error(code::UNKNOWN_DECIDES, span, message)
}

/// Whether a value of this type may rest on an unknown answer: a verdict, or the outcome of a run.
pub(super) fn is_verdict(type_of: &Type) -> bool {
    unknown_word(type_of).is_some()
}

/// The word of a verdict or an outcome that an unknown answer gives.
pub(super) fn unknown_word(type_of: &Type) -> Option<&'static str> {
    let Type::Enum(words) = type_of else { return None };
    if Arc::ptr_eq(words, &verdict_type()) {
        Some("unknown")
    } else if Arc::ptr_eq(words, &outcome_type()) {
        Some("escalated")
    } else {
        None
    }
}

/// The type of the same value once it is known.
pub(super) fn known_type(type_of: &Type) -> Type {
    match unknown_word(type_of) {
        Some("unknown") => Type::Enum(known_verdict_type()),
        Some(_) => Type::Enum(known_outcome_type()),
        None => type_of.clone(),
    }
}

/// The words of verdicts and outcomes, which are no names of values.
pub(super) fn is_word_of_verdict(word: &str) -> bool {
    ["passed", "failed", "unknown", "resolved", "escalated", "cancelled"].contains(&word)
}

/// The probes of a condition, as written.
#[derive(Debug, Default)]
pub(super) struct ConditionProbes<'a> {
    /// All that it checks, each in the ways in which it may be written.
    asked: Vec<Vec<EcoString>>,
    /// Those whose verdicts are known on the side that an unknown verdict never takes.
    settled: Vec<&'a str>,
    /// What it is, and what to do before one acts, if it is no plain condition.
    advice: Option<(&'static str, EcoString)>,
    /// How the answer has come to it.
    path: VerdictPath,
}

impl ConditionProbes<'_> {
    /// A `try` with observations alone.
    pub fn of_try() -> Self {
        let advice = "End the run in the `catch`, or ask again after it";
        Self {
            advice: Some(("only an observation can fail here, and then nobody can tell", advice.into())),
            ..Self::default()
        }
    }

    /// A call of a procedure that an unknown verdict can lead through, by a condition in it.
    pub fn in_procedure(condition: Span) -> Self {
        Self { path: VerdictPath::of_question(condition), ..Self::default() }
    }

    fn asks_any(&self, probes: &[EcoString]) -> bool {
        self.asked.iter().flatten().any(|asked| probes.contains(asked))
    }
}

/// A condition through which an unknown verdict can lead further.
#[derive(Debug)]
pub(super) struct OpenCondition {
    pub span: Span,
    /// What it asks, each in the ways in which it may be written.
    pub asked: Vec<Vec<EcoString>>,
    /// The runbook, if the condition is that its run ended resolved. Whether that lets `unknown` through is known last.
    pub run: Option<usize>,
    /// Whether a name in it may be bound to something else by now, so that nothing settles it any more.
    pub is_final: bool,
}

/// An effect in a turn of a loop.
#[derive(Debug, Clone)]
pub(super) struct TurnEffect {
    pub span: Span,
    /// The action, in backticks.
    pub what: String,
    /// What was settled between the beginning of the turn and the effect.
    pub settled: SettledQuestions,
}

/// The questions that were settled since some point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct SettledQuestions {
    /// By their positions in the body's list of settled questions. Those that do not fit count as not settled.
    questions: u128,
    /// `goal.answer`.
    goal: bool,
    /// A person has decided.
    everything: bool,
}

impl SettledQuestions {
    pub const EVERYTHING: Self = Self { questions: u128::MAX, goal: true, everything: true };

    pub fn with(mut self, body: &mut BodyScope<'_>, questions: &[impl AsRef<str>]) -> Self {
        for question in questions.iter().map(AsRef::as_ref) {
            let known = body.settled_questions.iter().position(|settled| settled == question);
            let position = known.unwrap_or(body.settled_questions.len());
            if position < u128::BITS as usize {
                if known.is_none() {
                    body.settled_questions.push(question.into());
                }
                self.questions |= 1 << position;
            }
        }
        self
    }

    /// The settled questions, as written.
    pub fn questions(self, body: &BodyScope<'_>) -> Vec<EcoString> {
        let all = body.settled_questions.iter().enumerate().take(u128::BITS as usize);
        all.filter(|(position, _)| self.questions >> position & 1 == 1).map(|(_, text)| text.clone()).collect()
    }

    /// Without some questions, which are asked anew, each in the ways in which it may be written.
    pub fn without(mut self, body: &BodyScope<'_>, asked: &[Vec<EcoString>]) -> Self {
        for (position, question) in body.settled_questions.iter().enumerate() {
            if asked.iter().flatten().any(|text| text == question) {
                self.questions &= !(1 << position);
            }
        }
        self.goal &= !asked.iter().flatten().any(|text| text.starts_with("goal."));
        // What a person has decided before says nothing about a later answer.
        self.everything = false;
        self
    }

    /// What stays open of some conditions.
    pub fn of(self, body: &BodyScope<'_>, open: OpenConditions) -> OpenConditions {
        if self.everything {
            return OpenConditions::default();
        }
        body.unsettled(open, |question| {
            let position = body.settled_questions.iter().position(|settled| *settled == question);
            self.goal && question.starts_with("goal.") || position.is_some_and(|it| self.questions >> it & 1 == 1)
        })
    }

    /// What is settled on both of two paths.
    pub fn both(self, other: Self) -> Self {
        Self {
            questions: self.questions & other.questions,
            goal: self.goal && other.goal,
            everything: self.everything && other.everything,
        }
    }

    /// What is settled on two stretches of one path.
    pub fn and_also(self, other: Self) -> Self {
        Self {
            questions: self.questions | other.questions,
            goal: self.goal || other.goal,
            everything: self.everything || other.everything,
        }
    }

    pub fn includes(self, other: Self) -> bool {
        self.and_also(other) == self
    }
}

/// A set of open conditions of a body, by position. Positions above the last bit share it and are never settled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct OpenConditions(u128);

impl OpenConditions {
    pub const LAST: usize = 127;

    pub fn single(position: usize) -> Self {
        Self(1 << position.min(Self::LAST))
    }

    /// Both sets: what any of two ways lets through.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The conditions that are not in another set. Those that share the last bit stay, since they may be different ones.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0 | self.0 & 1 << Self::LAST)
    }

    pub fn positions(self) -> impl Iterator<Item = usize> {
        (0..=Self::LAST).filter(move |position| self.0 >> position & 1 == 1)
    }

    pub fn filter(self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = (0..Self::LAST).filter(|position| self.0 >> position & 1 == 1 && keep(*position));
        kept.fold(Self(self.0 & 1 << Self::LAST), |set, position| set.or(Self::single(position)))
    }
}

/// The call of `run R(x)`.
fn run_of(condition: &ast::Expression) -> Option<&ast::Call> {
    if let Written::Run(call) = &condition.ungrouped().kind { Some(call) } else { None }
}

/// Whether a value asks nothing: a word of verdicts or outcomes, a number, a quantity, a text without interpolation.
fn is_literal(value: &ast::Expression) -> bool {
    if let Written::Path(path) = &value.kind {
        is_word_of_verdict(path.text.rsplit('.').next().unwrap_or_default())
    } else if let Written::Text(text) = &value.kind {
        text.literal().is_some()
    } else {
        matches!(&value.kind, Written::Number(_) | Written::Duration(_) | Written::Size(_) | Written::Percent(_))
    }
}

/// The probe call of `check P(x)`: `P(x)`. Other questions are named by themselves.
fn asked_span(question: &ast::Expression) -> Span {
    if let Written::Check(call) = &question.kind { call.span } else { question.span }
}

/// Where a comparison checks or names its verdicts: `P(x)` in `check P(x) == failed`, both sides of
/// `check P(x) == check P(y)`.
fn questions(comparison: &ast::Expression) -> Vec<Span> {
    match &comparison.kind {
        Written::Group(inner) => questions(inner),
        Written::Binary { operator: Operator::Equal | Operator::NotEqual | Operator::In, left, right, .. } => {
            let mut found = Vec::new();
            for side in [left, right] {
                let values = if let Written::List(items) = &side.ungrouped().kind {
                    items
                } else {
                    std::slice::from_ref(&**side)
                };
                for value in values.iter().filter(|value| !is_literal(value)) {
                    found.extend(questions(value));
                }
            }
            // A comparison without a verdict is its own question.
            if found.is_empty() { vec![comparison.span] } else { found }
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
        | Written::Run(_) => vec![asked_span(comparison)],
    }
}
