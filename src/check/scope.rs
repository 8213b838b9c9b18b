//! The scope of a body while it is lowered: its local names, what is known about them, and what is allowed here.

use super::approvals::Approvals;
use super::child_runs::ResolvedEndings;
use super::commands::{Origin, holds_text};
use super::context::Context;
use super::expressions::{Typed, UnknownTaint};
use super::unknown_taint::{OpenCondition, OpenConditions, SettledQuestions, TurnEffect, is_verdict, known_type};
use super::verdict_paths::VerdictPath;
use crate::diagnostic::{Diagnostic, code, name_list};
use crate::program::types::Type;
use crate::program::{Expression, ExpressionKind, Locals, Parameter, Slot};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Class, Value};
use ecow::EcoString;
use std::collections::{BTreeMap, HashMap};

/// Names that have a meaning in every expression.
const RESERVED: [&str; 5] = ["true", "false", "now", "goal", "run"];

/// The kind of body that is being lowered.
#[derive(Debug, Clone)]
pub(super) enum BodyKind {
    /// A runbook, with the type of `goal.answer` if it has a goal.
    Runbook(Option<Type>),
    /// A procedure, which uses the goal of its caller.
    Procedure,
    Probe,
    /// The signature of an action, or its body.
    Signature,
}

/// What holds at the current statement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FlowState {
    /// An enclosing `undo` undoes what is done here, so changes need no retention.
    pub covered: bool,
    pub undo: bool,
    /// Inside a `for … K at a time`.
    pub parallel: bool,
    pub retrying: bool,
    /// What was settled on every path since the current turn of the enclosing loop began.
    pub settled: SettledQuestions,
    /// Every path that leads here has an approval.
    pub approved: bool,
    /// The goal was checked and its verdict was not unknown, which ends the run at `resolve if fixed`.
    pub goal_known: bool,
    /// Where the goal failed, and how many statements had changed the situation by then.
    pub goal_failed: Option<(Span, usize)>,
    /// The conditions because of which an unknown verdict may have led here.
    pub open: OpenConditions,
    /// Whether only an unknown verdict leads here, as in its own arm of a `match`.
    pub only_unknown: bool,
}

/// What a body does, for its callers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary {
    /// Where it resolves.
    pub resolves: Option<Span>,
    /// Where it ends the run in any way.
    pub ends: Option<Span>,
    /// Where it asks a person.
    pub people: Option<Span>,
    /// Where it starts a child run.
    pub runs: Option<Span>,
    /// Where it checks the goal.
    pub goal: Option<Span>,
    /// Where an unknown verdict can lead to its end.
    pub lets_unknown_through: Option<Span>,
    /// The highest class of its actions.
    pub class: Class,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            resolves: None,
            ends: None,
            people: None,
            runs: None,
            goal: None,
            lets_unknown_through: None,
            class: Class::Observe,
        }
    }
}

impl Summary {
    /// Adds what another body does where it is called.
    pub fn include(&mut self, other: Summary, here: Span) {
        let at = |own: Option<Span>, theirs: Option<Span>| own.or(theirs.map(|_| here));
        self.resolves = at(self.resolves, other.resolves);
        self.ends = at(self.ends, other.ends);
        self.people = at(self.people, other.people);
        self.runs = at(self.runs, other.runs);
        self.goal = at(self.goal, other.goal);
        self.class = self.class.max(other.class);
    }
}

struct Binding {
    name: EcoString,
    /// How an unknown answer has come here.
    verdict_path: VerdictPath,
    /// The questions that it is the answer to, each in the ways in which it may be written.
    questions: Vec<Vec<EcoString>>,
    slot: Slot,
    type_of: Type,
    unknown_taint: UnknownTaint,
    absent_if_unknown: bool,
    outside: Origin,
    is_literal: bool,
    /// Whether it holds an observation, or a value computed from one.
    observed: bool,
    span: Span,
}

pub(super) struct BodyScope<'a> {
    pub kind: BodyKind,
    /// The backend whose file contains the body.
    pub inside: Option<&'a ast::Backend>,
    /// The name of each slot.
    slots: Vec<EcoString>,
    pub place: FlowState,
    pub summary: Summary,
    /// The runbooks that it runs.
    pub runs: BTreeMap<usize, Span>,
    /// The action whose signature this is.
    pub action: Option<usize>,
    /// Whether the current expression contains something that an unknown verdict decided.
    pub touched_by_unknown: bool,
    /// How the first unknown answer has come to the current statement.
    pub unknown_path: VerdictPath,
    /// Whether the run may end in the statements so far for another reason than an unknown verdict.
    pub may_end: bool,
    /// The conditions through which an unknown verdict can lead further, so far.
    conditions: Vec<OpenCondition>,
    /// How it may end resolved.
    pub resolved: ResolvedEndings,
    pub approvals: Approvals,
    /// How many statements so far may have changed whether the goal holds: effects, waits, prompts and calls.
    pub changes: usize,
    /// How many temporary changes are open, which are undone before the goal is asked at the end.
    pub open_changes: usize,
    /// The probe calls of the goal, as written.
    pub goal_probes: Vec<EcoString>,
    /// The one that is the whole goal.
    pub whole_goal: Option<&'a str>,
    /// The probes whose verdicts are known where the goal failed, as written. In a procedure they are not known.
    pub settled_by_goal: Vec<&'a str>,
    /// The origin of the text in the current expression.
    pub touched_outside: Origin,
    /// Where the current statement contains text from outside.
    pub outside: Vec<(Span, Origin)>,
    /// The number of observations, and of uses of observed names, so far.
    pub observations: usize,
    /// The first disruption since the enclosing `repeat` began.
    pub disruption: Option<(Span, String)>,
    /// The effects of the enclosing loop's turn; `None` outside of loops.
    pub turn_effects: Option<Vec<TurnEffect>>,
    /// The questions that were settled anywhere, as written.
    pub settled_questions: Vec<EcoString>,
    bindings: Vec<Binding>,
    /// The innermost binding of each name.
    by_name: HashMap<EcoString, usize>,
    /// Paths with narrowed types, in the order of narrowing.
    narrowed: Vec<EcoString>,
    /// The narrowed types of each path, the latest last.
    known: HashMap<EcoString, Vec<Type>>,
}

/// The number of bindings and narrowed types at some point.
pub(super) struct ScopeMark {
    bindings: usize,
    narrowed: usize,
}

/// How a condition narrows types where it holds, and where it does not.
#[derive(Debug, Clone, Default)]
pub(super) struct Narrowing {
    pub when_true: Vec<(EcoString, Type)>,
    pub when_false: Vec<(EcoString, Type)>,
}

impl<'a> BodyScope<'a> {
    pub fn new(kind: BodyKind, inside: Option<&'a ast::Backend>) -> Self {
        Self {
            kind,
            inside,
            slots: Vec::new(),
            place: FlowState::default(),
            summary: Summary::default(),
            runs: BTreeMap::new(),
            action: None,
            touched_by_unknown: false,
            unknown_path: VerdictPath::default(),
            may_end: false,
            conditions: Vec::new(),
            resolved: ResolvedEndings::default(),
            approvals: Approvals::default(),
            changes: 0,
            open_changes: 0,
            goal_probes: Vec::new(),
            whole_goal: None,
            settled_by_goal: Vec::new(),
            touched_outside: Origin::Written,
            outside: Vec::new(),
            observations: 0,
            disruption: None,
            turn_effects: None,
            settled_questions: Vec::new(),
            bindings: Vec::new(),
            by_name: HashMap::new(),
            narrowed: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// Forgets what the expressions so far contained, before the next statement.
    pub fn forget_expression(&mut self) {
        self.touched_by_unknown = false;
        self.unknown_path = VerdictPath::default();
        self.touched_outside = Origin::Written;
        self.outside.clear();
    }

    pub fn enter(&self) -> ScopeMark {
        ScopeMark { bindings: self.bindings.len(), narrowed: self.narrowed.len() }
    }

    /// Drops the bindings and narrowed types since a mark.
    pub fn leave(&mut self, mark: ScopeMark) {
        for (position, binding) in self.bindings.drain(mark.bindings.min(self.bindings.len())..).enumerate() {
            if self.by_name.get(&binding.name) == Some(&(mark.bindings + position)) {
                self.by_name.remove(&binding.name);
            }
            // The name may be bound again, to something else that the same words then ask about.
            for condition in &mut self.conditions {
                let names = |text: &EcoString| text.contains(binding.name.as_str());
                condition.is_final |= condition.asked.iter().flatten().any(names);
            }
        }
        for path in self.narrowed.drain(mark.narrowed.min(self.narrowed.len())..) {
            self.known.get_mut(&path).map(Vec::pop);
        }
    }

    /// Notes that the run may end here.
    pub fn note_ending(&mut self, span: Span) {
        self.summary.ends.get_or_insert(span);
        self.may_end |= !self.place.only_unknown;
    }

    /// Notes an approval: a person has decided, so nothing is open any more.
    pub fn note_approval(&mut self, span: Span) {
        self.approvals.note(span);
        self.place.approved = true;
        self.place.open = OpenConditions::default();
        self.place.settled = SettledQuestions::EVERYTHING;
    }

    /// A condition through which an unknown verdict leads further. `asked` is what it asks, each as it may be written.
    pub fn open_condition(&mut self, span: Span, asked: &[Vec<EcoString>], run: Option<usize>) -> OpenConditions {
        let known = self.conditions.iter().position(|it| it.span == span && it.run == run && !it.is_final);
        let position = known.unwrap_or(self.conditions.len());
        // Positions that share the last bit are never settled, so that only the first of them is kept.
        if position == self.conditions.len() && position <= OpenConditions::LAST {
            self.conditions.push(OpenCondition { span, asked: asked.to_vec(), run, is_final: false });
        }
        OpenConditions::single(position)
    }

    /// Adds conditions that were opened on the way here. What they ask is no longer settled.
    pub fn reopen(&mut self, open: OpenConditions) {
        for position in open.without(self.place.open).positions() {
            if let Some(condition) = self.conditions.get(position) {
                self.place.settled = self.place.settled.without(self, &condition.asked);
            }
        }
        self.place.open = self.place.open.or(open);
    }

    /// The first of some open conditions through which an unknown verdict leads for certain.
    pub fn first_open(&self, open: OpenConditions) -> Option<Span> {
        self.open_in(open).find(|condition| condition.run.is_none()).map(|condition| condition.span)
    }

    /// The first child run among some open conditions.
    pub fn first_run(&self, open: OpenConditions) -> Option<Span> {
        self.open_in(open).find(|condition| condition.run.is_some()).map(|condition| condition.span)
    }

    /// The runbooks whose runs are among some open conditions.
    pub fn open_runs(&self, open: OpenConditions) -> Vec<usize> {
        self.open_in(open).filter_map(|condition| condition.run).collect()
    }

    fn open_in(&self, open: OpenConditions) -> impl Iterator<Item = &OpenCondition> {
        open.positions().filter_map(|position| self.conditions.get(position))
    }

    /// The conditions that stay open where the answers to some questions are known.
    pub fn unsettled(&self, open: OpenConditions, is_settled: impl Fn(&str) -> bool) -> OpenConditions {
        let is_open = |position: usize| match self.conditions.get(position) {
            Some(condition) => {
                let settled = |question: &Vec<EcoString>| question.iter().any(|text| is_settled(text));
                condition.is_final || condition.asked.is_empty() || !condition.asked.iter().all(settled)
            }
            None => true,
        };
        open.filter(is_open)
    }

    /// Notes an effect of a loop's turn, unless an earlier one has less settled before it.
    pub fn note_turn_effect(&mut self, effect: TurnEffect) {
        if let Some(effects) = &mut self.turn_effects
            && !effects.iter().any(|earlier| effect.settled.includes(earlier.settled))
        {
            effects.push(effect);
        }
    }

    /// How an unknown answer has come to a local.
    pub fn verdict_path(&self, name: &str) -> VerdictPath {
        self.binding(name).map(|binding| binding.verdict_path.clone()).unwrap_or_default()
    }

    /// Notes how an unknown answer comes to the newest binding of `name`.
    pub fn note_verdict_path(&mut self, name: &ast::Name, value: VerdictPath) {
        let position = self.by_name.get(&name.text).copied();
        if let Some(binding) = position.and_then(|position| self.bindings.get_mut(position)) {
            binding.verdict_path = value.bound_to(name.span);
        }
    }

    /// What a local asked, if its value is the verdict of a probe or the outcome of a run.
    pub fn questions_of(&self, name: &str) -> &[Vec<EcoString>] {
        self.binding(name).map_or(&[], |binding| &binding.questions)
    }

    /// Notes the questions that the newest binding of `name` is the answer to.
    pub fn note_questions(&mut self, name: &str, questions: Vec<Vec<EcoString>>) {
        let position = self.by_name.get(name).copied();
        if let Some(binding) = position.and_then(|position| self.bindings.get_mut(position)) {
            binding.questions = questions;
        }
    }

    pub fn locals(&self) -> Locals {
        self.slots.as_slice().into()
    }

    /// Narrows the types of paths for the statements that follow. Skips the answer of the goal, which changes each time
    /// that the goal is asked.
    pub fn narrow_types(&mut self, known: &[(EcoString, Type)]) {
        for (path, type_of) in known.iter().filter(|(path, _)| !path.starts_with("goal.")) {
            self.narrow_type(path, type_of);
        }
    }

    /// Narrows the types of paths for the rest of the same expression.
    pub fn narrow_in_expression(&mut self, known: &[(EcoString, Type)]) {
        for (path, type_of) in known {
            self.narrow_type(path, type_of);
        }
    }

    fn narrow_type(&mut self, path: &EcoString, type_of: &Type) {
        self.narrowed.push(path.clone());
        self.known.entry(path.clone()).or_default().push(type_of.clone());
    }

    /// Slot and narrowed type of a local name.
    pub fn find(&self, name: &str) -> Option<(Slot, Type)> {
        let binding = self.binding(name)?;
        Some((binding.slot, self.narrowed_type(name).unwrap_or_else(|| binding.type_of.clone())))
    }

    fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(*self.by_name.get(name)?)
    }

    /// Notes a use of the local `name`.
    pub fn note_use(&mut self, name: &str) {
        self.observations += usize::from(self.binding(name).is_some_and(|binding| binding.observed));
    }

    /// The narrowed type of a path.
    pub fn narrowed_type(&self, path: &str) -> Option<Type> {
        self.known.get(path)?.last().cloned()
    }

    /// The origin of the text at a place in the current statement.
    pub fn origin(&self, span: Span) -> Origin {
        self.outside.iter().filter(|(at, _)| *at == span).map(|(_, origin)| *origin).max().unwrap_or_default()
    }

    pub fn names(&self) -> Vec<EcoString> {
        self.bindings.iter().map(|binding| binding.name.clone()).collect()
    }
}

impl<'a> Context<'a> {
    /// Binds a name to a new slot, for a value from outside. Binding a visible name again is an error.
    pub fn bind(&mut self, body: &mut BodyScope<'a>, name: &ast::Name, type_of: Type) -> Slot {
        let outside = if holds_text(&type_of) { Origin::Outside } else { Origin::Written };
        self.bind_value(body, name, &Typed { type_of, outside, ..Typed::invalid(name.span) })
    }

    /// Binds a name to a new slot, with what is known of its value.
    pub fn bind_value(&mut self, body: &mut BodyScope<'a>, name: &ast::Name, value: &Typed) -> Slot {
        if let Some(first) = body.binding(&name.text) {
            let message = format!("`{}` is already defined", name.text);
            self.report(
                Diagnostic::error(code::DUPLICATE_NAME, name.span, message)
                    .also(first.span, "first defined here")
                    .help("Choose another name: a name is bound once and keeps its value"),
            );
        } else if RESERVED.contains(&name.text.as_str()) {
            let message = format!("`{}` is a reserved word", name.text);
            self.report(Diagnostic::error(code::DUPLICATE_NAME, name.span, message).help("Choose another name"));
        }
        let slot = body.slots.len();
        body.slots.push(name.text.clone());
        body.by_name.entry(name.text.clone()).or_insert(body.bindings.len());
        body.bindings.push(Binding {
            name: name.text.clone(),
            questions: Vec::new(),
            verdict_path: VerdictPath::default(),
            slot,
            type_of: value.type_of.clone(),
            unknown_taint: value.unknown_taint,
            absent_if_unknown: value.absent_if_unknown,
            outside: value.outside,
            is_literal: value.is_literal,
            observed: value.observed,
            span: name.span,
        });
        slot
    }

    /// Binds the items of a list. Where an unknown verdict can add an item, it decides everything computed from the
    /// items.
    pub fn bind_item(
        &mut self,
        body: &mut BodyScope<'a>,
        name: &ast::Name,
        type_of: Type,
        list: &Typed,
        observed: bool,
    ) -> Slot {
        let by_unknown = if list.unknown_taint.when_true { UnknownTaint::BOTH } else { UnknownTaint::default() };
        let outside = list.outside;
        self.bind_value(
            body,
            name,
            &Typed { type_of, unknown_taint: by_unknown, observed, outside, ..Typed::invalid(name.span) },
        )
    }

    /// Binds parameters to the slots from 0 on. Defaults are constants.
    pub fn parameters(&mut self, body: &mut BodyScope<'a>, parameters: &'a [ast::Parameter]) -> Vec<Parameter> {
        let mut lower = |context: &mut Self, parameter: &'a ast::Parameter| {
            let type_of = context.type_of(&parameter.type_of, body.inside);
            let default = parameter.default.as_ref().map(|default| context.constant(body, default, &type_of));
            context.bind(body, &parameter.name, type_of.clone());
            if type_of.holds(is_verdict) {
                body.note_verdict_path(&parameter.name, VerdictPath::of_parameter(parameter.name.span));
            }
            let default = match (&default, &type_of) {
                (None, Type::Optional(_)) => Some(Value::Absent),
                _ => default.map(|found| found.unwrap_or(Value::Absent)),
            };
            Parameter { name: parameter.name.text.clone(), type_of, default }
        };
        parameters.iter().map(|parameter| lower(self, parameter)).collect()
    }

    /// The meaning of a name that is not called: a local, a name of the language, or a word of an enum.
    pub fn name(&mut self, body: &mut BodyScope<'a>, path: &'a ast::Path, expected: Option<&Type>) -> Typed {
        let mut segments = path.segments();
        let Some(first) = segments.next() else { return Typed::invalid(path.span) };
        let mut known = first.text.clone();
        let plain = |kind, type_of| Typed::plain(Expression { kind, span: first.span }, type_of);
        let (mut value, rest) = if body.find(&first.text).is_some() {
            (self.local(body, &first), segments.collect::<Vec<_>>())
        } else {
            let whole = path.text.as_str();
            let special = match first.text.as_str() {
                "true" | "false" if whole == first.text => {
                    Some(plain(ExpressionKind::Constant(Value::Boolean(whole == "true")), Type::Boolean))
                }
                "now" => Some(plain(ExpressionKind::Now, Type::Time)),
                _ => None,
            };
            if let Some(special) = special {
                (special, segments.collect())
            } else if whole == "run.started" || whole.starts_with("run.started.") {
                (plain(ExpressionKind::RunStarted, Type::Time), segments.skip(1).collect())
            } else if whole == "goal.answer" || whole.starts_with("goal.answer.") {
                let type_of = self.goal_answer(body, path.span);
                let answer = plain(ExpressionKind::GoalAnswer, type_of);
                known = "goal.answer".into();
                (Typed { outside: Origin::Outside, ..answer }, segments.skip(1).collect())
            } else {
                return self.enum_word(body, path, expected);
            }
        };
        for name in rest {
            known.push('.');
            known.push_str(&name.text);
            value = self.member(value, &name);
            if let Some(narrowed) = body.narrowed_type(&known) {
                value.narrow(narrowed);
            }
        }
        value.expression.span = path.span;
        if body.place.goal_known {
            match path.text.as_str() {
                "goal.answer.reason" => value.unknown_taint = UnknownTaint::default(),
                "goal.answer.verdict" if is_verdict(&value.type_of) => value.type_of = known_type(&value.type_of),
                _ => {}
            }
        }
        body.note_use(&first.text);
        body.touched_by_unknown |= value.unknown_taint.any();
        if body.unknown_path.is_empty() && (value.unknown_taint.any() || value.type_of.holds(is_verdict)) {
            body.unknown_path = body.verdict_path(&first.text);
        }
        if !holds_text(&value.type_of) {
            value.outside = Origin::Written;
        }
        if value.outside > Origin::Written {
            body.touched_outside = body.touched_outside.max(value.outside);
            body.outside.push((path.span, value.outside));
        }
        value
    }

    /// A local by its first name, with what is known of it here.
    pub(super) fn local(&mut self, body: &BodyScope<'a>, name: &ast::Name) -> Typed {
        let Some(binding) = body.binding(&name.text) else { return Typed::invalid(name.span) };
        let expression = Expression { kind: ExpressionKind::Local(binding.slot), span: name.span };
        let mut value = Typed {
            unknown_taint: binding.unknown_taint,
            absent_if_unknown: binding.absent_if_unknown,
            outside: binding.outside,
            is_literal: binding.is_literal,
            ..Typed::plain(expression, binding.type_of.clone())
        };
        if let Some(narrowed) = body.narrowed_type(&name.text) {
            value.narrow(narrowed);
        }
        value
    }

    pub(super) fn goal_answer(&mut self, body: &mut BodyScope<'a>, span: Span) -> Type {
        body.summary.goal.get_or_insert(span);
        body.observations += 1;
        match &body.kind {
            BodyKind::Runbook(Some(answer)) => answer.clone(),
            BodyKind::Procedure => super::declarations::answer_type(None),
            // Reported once for the whole runbook, when its body is lowered.
            BodyKind::Runbook(None) => Type::Invalid,
            BodyKind::Probe | BodyKind::Signature => {
                let message = "`goal` is only available in a runbook or procedure";
                self.error(code::NO_GOAL, span, message).help("Pass the value as an argument");
                Type::Invalid
            }
        }
    }

    /// A word of the expected enum, of the enum named before it, or of the only enum that has it.
    fn enum_word(&mut self, body: &BodyScope<'a>, path: &'a ast::Path, expected: Option<&Type>) -> Typed {
        let found = |word: &str, type_of: Type| {
            let kind = ExpressionKind::Constant(Value::word(word));
            Typed::plain(Expression { kind, span: path.span }, type_of)
        };
        let expected = match expected {
            Some(Type::Optional(inner)) => Some(inner.as_ref()),
            other => other,
        };
        let text = path.text.as_str();
        if expected == Some(&Type::Invalid) && !text.contains('.') {
            // What would have determined the enum was rejected already.
            return Typed::invalid(path.span);
        }
        if let Some(Type::Enum(words)) = expected
            && !text.contains('.')
        {
            if words.words.iter().any(|word| word == text) {
                return found(text, Type::Enum(words.clone()));
            }
            let message = match words.name.as_str() {
                "" => format!("`{text}` is not one of the choices"),
                name => format!("`{name}` has no word `{text}`"),
            };
            let locals = body.names();
            let known = words.words.iter().chain(&locals).map(EcoString::as_str);
            let diagnostic = self.unknown(code::UNKNOWN_WORD, path.span, message, text, known);
            self.report(diagnostic);
            return Typed::invalid(path.span);
        }
        let words = self.enum_words();
        if let Some((name, word)) = text.split_once('.')
            && let Some(named) = words.enums.get(name)
        {
            let Type::Enum(named) = named else { return Typed::invalid(path.span) };
            if named.words.iter().any(|known| known == word) {
                return found(word, Type::Enum(named.clone()));
            }
            let known = named.words.iter().map(EcoString::as_str);
            let message = format!("`{name}` has no word `{word}`");
            let diagnostic = self.unknown(code::UNKNOWN_WORD, path.span, message, word, known);
            self.report(diagnostic);
            return Typed::invalid(path.span);
        }
        let having = words.having.get(text).map_or(&[][..], Vec::as_slice);
        if let [only] = having {
            return found(text, only.clone());
        }
        let first = path.segments().next();
        let (written, span) = first.map_or((text.into(), path.span), |first| (first.text, first.span));
        let diagnostic = if let [one, ..] = having {
            let names: Vec<String> = having.iter().map(Type::to_string).collect();
            let message = format!("`{text}` is a word of several enums: {}", name_list(names));
            Diagnostic::error(code::UNKNOWN_NAME, span, message).help(format!("Write `{one}.{text}`"))
        } else if self.declared.probe_index(&written).is_some() {
            Diagnostic::error(code::UNKNOWN_NAME, span, format!("`{written}` is a probe, not a value"))
                .help(format!("Write `check {written}(…)`"))
        } else {
            let locals = body.names();
            let known = locals.iter().map(EcoString::as_str).chain(words.having.keys().map(EcoString::as_str));
            let message = format!("`{written}` is not defined here");
            self.unknown(code::UNKNOWN_NAME, span, message, &written, known.chain(["now", "true", "false"]))
        };
        self.report(diagnostic);
        Typed::invalid(path.span)
    }
}
