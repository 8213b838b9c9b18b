//! What a caller learns from a child run, and which unknown answers it may rest on.
//!
//! A child run that could not tell ends escalated, so `escalated` says no more than `unknown` does: nobody may act on it
//! before the questions of the child are asked again. A child that ends *resolved* because of an unknown answer decides
//! what its caller does next. That is known only once every runbook is checked, so it is reported last.

use super::context::Context;
use super::scope::BodyScope;
use super::unknown_taint::{OpenConditions, performed_on_unknown};
use crate::diagnostic::Diagnostic;
use crate::program::Parameter;
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::ExpressionKind;
use crate::syntax::visit::{Visitor, walk_expression};
use ecow::{EcoString, eco_format};
use std::collections::{BTreeMap, BTreeSet};

/// The questions of one child run that are kept.
const MOST_QUESTIONS: usize = 64;

/// Procedures and runs that are followed from one run.
const MOST_CALLS: usize = 256;

/// How the runs of a runbook or procedure may end resolved.
#[derive(Debug, Clone, Default)]
pub(super) struct ResolvedEndings {
    /// One because of an unknown answer.
    pub by_unknown: bool,
    /// After these child runs ended resolved: indices of runbooks.
    pub after: BTreeSet<usize>,
}

impl ResolvedEndings {
    pub fn include(&mut self, other: &Self) {
        self.by_unknown |= other.by_unknown;
        self.after.extend(&other.after);
    }
}

/// An effect that follows child runs, and is an error if one of them can end resolved because of an unknown answer.
#[derive(Debug)]
pub(super) struct EffectAfterRuns {
    pub runs: Vec<usize>,
    pub diagnostic: Diagnostic,
}

/// What a child run asks, as the caller would write it.
#[derive(Debug, Default)]
pub(super) struct ChildQuestions {
    /// Probe calls, as they are written.
    pub texts: Vec<EcoString>,
    /// Whether it asks something that the caller cannot ask in the same words.
    pub others: bool,
    /// Whether it contains a `resolve`, in its own statements or in its procedures. If not, it always ends its caller.
    pub may_resolve: bool,
}

impl ChildQuestions {
    pub fn any(&self) -> bool {
        self.others || !self.texts.is_empty()
    }

    /// Each question in its only form, for [`OpenCondition`](super::unknown_taint::OpenCondition).
    pub fn asked(&self) -> Vec<Vec<EcoString>> {
        let others = self.others.then(Vec::new);
        self.texts.iter().map(|text| vec![text.clone()]).chain(others).collect()
    }

    fn add(&mut self, text: Option<EcoString>) {
        match text {
            Some(text) if self.texts.contains(&text) => {}
            Some(text) if self.texts.len() < MOST_QUESTIONS => self.texts.push(text),
            _ => self.others = true,
        }
    }
}

impl<'a> Context<'a> {
    /// The questions of a run: those of its goal, its statements, its procedures and its own runs.
    pub(super) fn questions_of_run(&self, call: &ast::Call) -> ChildQuestions {
        let found = ChildQuestions::default();
        let mut walk = QuestionWalk { context: self, names: BTreeMap::new(), found, calls: 0, runs: 0 };
        // The arguments are written in terms of the caller.
        for path in call.arguments.iter().filter_map(|argument| plain_path(&argument.value)) {
            let first = path.text.split('.').next().unwrap_or_default();
            walk.names.insert(first.into(), Some(first.into()));
        }
        walk.run(call);
        walk.found
    }

    /// Questions of a procedure as its caller would write them; those about names of the procedure's own are left out.
    pub(super) fn in_words_of_caller(
        &self,
        questions: &[EcoString],
        parameters: &[Parameter],
        call: &ast::Call,
    ) -> Vec<EcoString> {
        let argument = |name: &str| {
            let position = parameters.iter().position(|parameter| parameter.name == name)?;
            plain_path(argument_of(call, name, position)?).map(|path| path.text.as_str())
        };
        let translated = |question: &EcoString| {
            let (probe, arguments) = question.split_once('(')?;
            let arguments = arguments.strip_suffix(')')?.split(", ").map(|written| {
                let (name, rest) = written.split_once('.').map_or((written, None), |(name, rest)| (name, Some(rest)));
                let value = argument(name)?;
                Some(rest.map_or_else(|| value.to_owned(), |rest| format!("{value}.{rest}")))
            });
            let arguments = arguments.collect::<Option<Vec<_>>>()?;
            Some(eco_format!("{probe}({})", arguments.join(", ")))
        };
        questions.iter().filter_map(translated).collect()
    }

    /// Opens a condition for the statements after a child run, which go on because it ended resolved.
    pub(super) fn after_run(&self, body: &mut BodyScope<'a>, span: Span, target: usize, questions: &ChildQuestions) {
        let asked = questions.asked();
        if questions.any() {
            body.place.settled = body.place.settled.without(body, &asked);
        }
        let open = body.open_condition(span, &asked, Some(target));
        body.place.open = body.place.open.or(open);
    }

    /// Notes that the run may end resolved here.
    pub(super) fn note_resolved(body: &mut BodyScope<'a>, open: OpenConditions) {
        body.resolved.by_unknown |= body.first_open(open).is_some();
        let after = body.open_runs(open);
        body.resolved.after.extend(after);
    }

    /// Reports the effects that follow a run which can end resolved because of an unknown answer.
    pub(super) fn reject_effects_after_runs(&mut self) {
        let endings = std::mem::take(&mut self.resolved_endings);
        let mut by_unknown: Vec<bool> = endings.iter().map(|ending| ending.by_unknown).collect();
        loop {
            let before = by_unknown.clone();
            for (index, ending) in endings.iter().enumerate() {
                by_unknown[index] |= ending.after.iter().any(|run| before.get(*run) == Some(&true));
            }
            if before == by_unknown {
                break;
            }
        }
        for effect in std::mem::take(&mut self.effects_after_runs) {
            if effect.runs.iter().any(|run| by_unknown.get(*run) == Some(&true)) {
                self.report(effect.diagnostic);
            }
        }
    }
}

/// The error of an effect after a run that ended resolved because of an unknown answer.
pub(super) fn after_unclear_run(span: Span, what: &str, run: Span) -> Diagnostic {
    performed_on_unknown(span, what)
        .also(run, "this run can end resolved because an answer is `unknown`")
        .help("Ask again before you act, `require check PROBE(…) == failed`, or let the run escalate on `unknown`")
}

fn plain_path(expression: &ast::Expression) -> Option<&ast::Path> {
    if let ExpressionKind::Path(path) = &expression.ungrouped().kind { Some(path) } else { None }
}

/// The argument of a parameter, by its label or its position.
fn argument_of<'c>(call: &'c ast::Call, name: &str, position: usize) -> Option<&'c ast::Expression> {
    let labelled = |it: &&ast::Argument| it.label.as_ref().is_some_and(|label| label.text == name);
    let given = call.arguments.iter().find(labelled);
    let given = given.or_else(|| call.arguments.get(position).filter(|it| it.label.is_none()));
    given.map(|it| &it.value)
}

/// Collects the questions of a run in the words of its caller.
struct QuestionWalk<'c, 'a> {
    context: &'c Context<'a>,
    /// The parameters of the current body in the words of the caller; `None` where it cannot write them.
    names: BTreeMap<EcoString, Option<EcoString>>,
    found: ChildQuestions,
    calls: usize,
    /// How many runs are around the current statement.
    runs: usize,
}

impl<'a> QuestionWalk<'_, 'a> {
    /// A value in the words of the caller.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only names and literals mean the same in the caller")]
    fn written(&self, value: &ast::Expression) -> Option<EcoString> {
        match &value.kind {
            ExpressionKind::Group(inner) => self.written(inner),
            ExpressionKind::Path(path) => {
                let (first, rest) = path.text.split_once('.').unwrap_or((path.text.as_str(), ""));
                match self.names.get(first) {
                    Some(name) if rest.is_empty() => name.clone(),
                    Some(name) => Some(eco_format!("{}.{rest}", name.as_ref()?)),
                    // A word, or a name that only the child has.
                    None => None,
                }
            }
            ExpressionKind::Number(_)
            | ExpressionKind::Duration(_)
            | ExpressionKind::Size(_)
            | ExpressionKind::Percent(_) => Some(self.context.source_text(value.span).into()),
            ExpressionKind::Text(text) => text.literal().and(Some(self.context.source_text(value.span).into())),
            _ => None,
        }
    }

    fn question(&mut self, call: &ast::Call) {
        let arguments = call.arguments.iter().map(|argument| {
            let value = self.written(&argument.value)?;
            Some(argument.label.as_ref().map_or_else(|| value.clone(), |label| eco_format!("{}: {value}", label.text)))
        });
        let text = arguments.collect::<Option<Vec<_>>>().map(|it| eco_format!("{}({})", call.path.text, it.join(", ")));
        self.found.add(text);
    }

    /// Walks a body with its parameters bound to the arguments of a call.
    fn inside(&mut self, call: &ast::Call, parameters: &[ast::Parameter], walk: impl FnOnce(&mut Self)) {
        self.calls += 1;
        if self.calls > MOST_CALLS {
            (self.found.others, self.found.may_resolve) = (true, true);
            return;
        }
        let mut names = BTreeMap::new();
        for (position, parameter) in parameters.iter().enumerate() {
            let given = argument_of(call, &parameter.name.text, position);
            let written = given.or(parameter.default.as_ref()).and_then(|it| self.written(it));
            names.insert(parameter.name.text.clone(), written);
        }
        let outer = std::mem::replace(&mut self.names, names);
        walk(self);
        self.names = outer;
    }

    fn run(&mut self, call: &ast::Call) {
        let declared = &self.context.declared;
        let target = declared.runbook_index(&call.path.text).and_then(|target| declared.runbooks.get(target).copied());
        let Some(target) = target else { return };
        self.runs += 1;
        self.inside(call, &target.parameters, |walk| {
            if let Some(goal) = &target.goal {
                walk.goal(&goal.condition);
            }
            walk.block(&target.block);
        });
        self.runs -= 1;
    }

    fn goal(&mut self, goal: &ast::Expression) {
        if let ExpressionKind::Group(inner) | ExpressionKind::Not(inner) = &goal.kind {
            self.goal(inner);
        } else if let ExpressionKind::Binary { left, right, .. } = &goal.kind {
            self.goal(left);
            self.goal(right);
        } else if let ExpressionKind::Call(call) = &goal.kind {
            self.question(call);
        }
    }
}

impl<'v> Visitor<'v> for QuestionWalk<'_, '_> {
    fn statement(&mut self, statement: &'v ast::Statement) {
        use ast::StatementKind as S;
        if let S::Do(call)
        | S::Temporarily { what: ast::Subject::Do(call), .. }
        | S::Permanently { what: ast::Subject::Do(call), .. } = &statement.kind
        {
            let declared = &self.context.declared;
            let target = declared.procedure_index(&call.path.text).and_then(|it| declared.procedures.get(it).copied());
            if let Some(target) = target {
                self.inside(call, &target.parameters, |walk| walk.block(&target.block));
            }
        } else if let S::Run(call) = &statement.kind {
            self.run(call);
        } else if let S::Resolve { .. } | S::ResolveIfFixed { .. } = &statement.kind {
            self.found.may_resolve |= self.runs == 1;
        }
        crate::syntax::visit::walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &'v ast::Expression) {
        if let ExpressionKind::Check(call) = &expression.kind {
            self.question(call);
        } else if let ExpressionKind::Run(call) = &expression.kind {
            self.run(call);
        }
        walk_expression(self, expression);
    }
}
