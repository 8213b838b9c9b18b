//! The frame of a body: which local names it binds, what is known of them here, and what may stand here.

use super::commands::{Origin, holds_text};
use super::context::Context;
use super::declarations::known_verdict_type;
use super::expressions::{Typed, UnknownTaint};
use super::unknown_taint::is_verdict;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{Expression, ExpressionKind, Locals, Parameter, Slot};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Class, Value};
use ecow::EcoString;
use std::collections::{BTreeMap, HashMap};

/// Names that mean something wherever an expression stands.
const RESERVED: [&str; 5] = ["true", "false", "now", "goal", "run"];

/// What body is being lowered.
#[derive(Debug, Clone)]
pub(super) enum BodyKind {
    /// A runbook; the type of `goal.answer` if it has a goal.
    Runbook(Option<Type>),
    /// A procedure: its goal is whoever does it.
    Procedure,
    /// A probe.
    Probe,
    /// An action's signature or its body.
    Signature,
}

/// What holds at the place that is being lowered.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FlowState {
    /// An `undo` takes back what is done here, so changes need no adverb.
    pub covered: bool,
    /// Inside `undo`.
    pub undo: bool,
    /// Inside a `for … K at a time`.
    pub parallel: bool,
    /// Inside `retry`.
    pub retrying: bool,
    /// Nothing was asked since the loop around this began another turn.
    pub turn_begins: bool,
    /// Somebody has approved what follows.
    pub approved: bool,
    /// The goal was asked, and its answer was not unknown: `resolve if fixed` ends the run otherwise.
    pub goal_known: bool,
    /// What comes next is reached because of an answer that may be `unknown`: the condition that let it through.
    pub unknown_let_through: Option<Span>,
}

impl FlowState {
    /// Something was asked, and what follows is decided by an answer that is known.
    pub fn note_observation(&mut self) {
        self.unknown_let_through = None;
        self.turn_begins = false;
    }
}

/// What a body does, for whoever does it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary {
    /// Where it resolves.
    pub resolves: Option<Span>,
    /// Where it ends a run in any way.
    pub ends: Option<Span>,
    /// Where it asks people.
    pub people: Option<Span>,
    /// Where it starts a run.
    pub runs: Option<Span>,
    /// Where it asks the goal.
    pub goal: Option<Span>,
    /// Where an unknown answer lets control through to its end.
    pub lets_unknown_through: Option<Span>,
    /// The greatest harm it may do.
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
    /// Takes over what another body does, as done here.
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
    slot: Slot,
    type_of: Type,
    unknown_taint: UnknownTaint,
    absent_if_unknown: bool,
    outside: Origin,
    is_literal: bool,
    /// It holds what was observed, or something worked out of that.
    observed: bool,
    span: Span,
}

/// A frame while it is being lowered.
pub(super) struct BodyScope<'a> {
    pub kind: BodyKind,
    /// The backend in whose file this stands.
    pub inside: Option<&'a ast::Backend>,
    /// The name of each slot.
    slots: Vec<EcoString>,
    pub place: FlowState,
    pub summary: Summary,
    /// The runbooks that it runs.
    pub runs: BTreeMap<usize, Span>,
    /// The action whose signature this is.
    pub action: Option<usize>,
    /// Whether the expression that is being lowered holds something that an unknown answer decided.
    pub touched_by_unknown: bool,
    /// Where the text comes from that the expression that is being lowered holds.
    pub touched_outside: Origin,
    /// Where text from outside stands in the statement that is being lowered.
    pub outside: Vec<(Span, Origin)>,
    /// How many observations, and names of what was observed, were met so far.
    pub observations: usize,
    /// The first disruption since the `repeat` around it began.
    pub disruption: Option<(Span, String)>,
    /// The first effect that the next turn of the loop around it would begin with.
    pub first_of_turn: Option<(Span, String)>,
    bindings: Vec<Binding>,
    /// The innermost binding of each name.
    by_name: HashMap<EcoString, usize>,
    /// Paths of which more is known here than their declaration says, in the order in which that was learnt.
    narrowed: Vec<EcoString>,
    /// What is known of each, the last that was learnt at the end.
    known: HashMap<EcoString, Vec<Type>>,
}

/// How much was known at some point.
pub(super) struct ScopeMark {
    bindings: usize,
    narrowed: usize,
}

/// What a condition tells of a path when it holds, and when it does not.
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
            touched_outside: Origin::Written,
            outside: Vec::new(),
            observations: 0,
            disruption: None,
            first_of_turn: None,
            bindings: Vec::new(),
            by_name: HashMap::new(),
            narrowed: Vec::new(),
            known: HashMap::new(),
        }
    }

    pub fn enter(&self) -> ScopeMark {
        ScopeMark { bindings: self.bindings.len(), narrowed: self.narrowed.len() }
    }

    /// Forgets what was bound and learnt since.
    pub fn leave(&mut self, mark: ScopeMark) {
        for (position, binding) in self.bindings.drain(mark.bindings.min(self.bindings.len())..).enumerate() {
            if self.by_name.get(&binding.name) == Some(&(mark.bindings + position)) {
                self.by_name.remove(&binding.name);
            }
        }
        for path in self.narrowed.drain(mark.narrowed.min(self.narrowed.len())..) {
            self.known.get_mut(&path).map(Vec::pop);
        }
    }

    /// The names of all slots, for the program.
    pub fn locals(&self) -> Locals {
        self.slots.as_slice().into()
    }

    /// Narrows the types of paths for the statements that follow. Skips the answer of the goal, which changes each time
    /// that the goal is asked.
    pub fn learn(&mut self, known: &[(EcoString, Type)]) {
        for (path, type_of) in known.iter().filter(|(path, _)| !path.starts_with("goal.")) {
            self.learn_one(path, type_of);
        }
    }

    /// Narrows the types of paths for the rest of the same expression.
    pub fn learn_in_expression(&mut self, known: &[(EcoString, Type)]) {
        for (path, type_of) in known {
            self.learn_one(path, type_of);
        }
    }

    fn learn_one(&mut self, path: &EcoString, type_of: &Type) {
        self.narrowed.push(path.clone());
        self.known.entry(path.clone()).or_default().push(type_of.clone());
    }

    /// Slot and type of a local name, as narrow as it is known here.
    pub fn find(&self, name: &str) -> Option<(Slot, Type)> {
        let binding = self.binding(name)?;
        Some((binding.slot, self.known(name).unwrap_or_else(|| binding.type_of.clone())))
    }

    fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(*self.by_name.get(name)?)
    }

    /// Remembers that the local `name` was looked at.
    pub fn note_use(&mut self, name: &str) {
        self.observations += usize::from(self.binding(name).is_some_and(|binding| binding.observed));
    }

    /// What was learnt of a path.
    pub fn known(&self, path: &str) -> Option<Type> {
        self.known.get(path)?.last().cloned()
    }

    /// Where the text comes from that stands at a place of the statement that is being lowered.
    pub fn origin(&self, span: Span) -> Origin {
        self.outside.iter().filter(|(at, _)| *at == span).map(|(_, origin)| *origin).max().unwrap_or_default()
    }

    /// Every local name.
    pub fn names(&self) -> Vec<EcoString> {
        self.bindings.iter().map(|binding| binding.name.clone()).collect()
    }
}

impl<'a> Context<'a> {
    /// Binds a name to a slot of its own, for a value that comes from outside. Names bind once: a second binding where the first is seen is an error.
    pub fn bind(&mut self, body: &mut BodyScope<'a>, name: &ast::Name, type_of: Type) -> Slot {
        let outside = if holds_text(&type_of) { Origin::Outside } else { Origin::Written };
        self.bind_value(body, name, &Typed { type_of, outside, ..Typed::invalid(name.span) })
    }

    /// The same, keeping what is known of the value.
    pub fn bind_value(&mut self, body: &mut BodyScope<'a>, name: &ast::Name, value: &Typed) -> Slot {
        if let Some(first) = body.binding(&name.text) {
            let message = format!("{} is bound already", name.text);
            self.report(
                Diagnostic::error(code::DUPLICATE_NAME, name.span, message)
                    .also(first.span, "first here")
                    .help("A name is bound once and keeps its value: choose another"),
            );
        } else if RESERVED.contains(&name.text.as_str()) {
            let message = format!("{} is a word of the language, and cannot name something else", name.text);
            self.report(Diagnostic::error(code::DUPLICATE_NAME, name.span, message).help("Choose another name"));
        }
        let slot = body.slots.len();
        body.slots.push(name.text.clone());
        body.by_name.entry(name.text.clone()).or_insert(body.bindings.len());
        body.bindings.push(Binding {
            name: name.text.clone(),
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

    /// Binds the items of a list, one after the other. Where an unknown answer lets one into the list, what is worked
    /// out of it is decided by that answer.
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

    /// Binds parameters to slots from 0 on. Defaults are constants.
    pub fn parameters(&mut self, body: &mut BodyScope<'a>, parameters: &'a [ast::Parameter]) -> Vec<Parameter> {
        let mut lower = |context: &mut Self, parameter: &'a ast::Parameter| {
            let type_of = context.type_of(&parameter.type_of, body.inside);
            let default = parameter.default.as_ref().map(|default| context.constant(body, default, &type_of));
            context.bind(body, &parameter.name, type_of.clone());
            let default = match (&default, &type_of) {
                (None, Type::Optional(_)) => Some(Value::Absent),
                _ => default.map(|found| found.unwrap_or(Value::Absent)),
            };
            Parameter { name: parameter.name.text.clone(), type_of, default }
        };
        parameters.iter().map(|parameter| lower(self, parameter)).collect()
    }

    /// What a name without a call means: a local, a word of the language, or a word of an enum.
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
            if let Some(narrowed) = body.known(&known) {
                value.narrow(narrowed);
            }
        }
        value.expression.span = path.span;
        if body.place.goal_known {
            match path.text.as_str() {
                "goal.answer.reason" => value.unknown_taint = UnknownTaint::default(),
                "goal.answer.verdict" if is_verdict(&value.type_of) => value.type_of = Type::Enum(known_verdict_type()),
                _ => {}
            }
        }
        body.note_use(&first.text);
        body.touched_by_unknown |= value.unknown_taint.any();
        if !holds_text(&value.type_of) {
            value.outside = Origin::Written;
        }
        if value.outside > Origin::Written {
            body.touched_outside = body.touched_outside.max(value.outside);
            body.outside.push((path.span, value.outside));
        }
        value
    }

    /// A local by its first name, as much as is known of it here.
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
        if let Some(narrowed) = body.known(&name.text) {
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
            // Said once, of the whole runbook, when its body is lowered.
            BodyKind::Runbook(None) => Type::Invalid,
            BodyKind::Probe | BodyKind::Signature => {
                let message = "Only a runbook or procedure has a goal whose answer can be looked at";
                self.error(code::NO_GOAL, span, message);
                Type::Invalid
            }
        }
    }

    /// A word of an enum: of the one that is expected, of one named before it, or of the only one that has it.
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
            // What would have said which enum is meant was refused already.
            return Typed::invalid(path.span);
        }
        if let Some(Type::Enum(words)) = expected
            && !text.contains('.')
        {
            if words.words.iter().any(|word| word == text) {
                return found(text, Type::Enum(words.clone()));
            }
            let message = match words.name.as_str() {
                "" => format!("{text} is not among the choices"),
                name => format!("{name} has no word {text}"),
            };
            let locals = body.names();
            let known = words.words.iter().chain(&locals).map(EcoString::as_str);
            let diagnostic = self.unknown(code::UNKNOWN_WORD, path.span, message, text, known);
            self.report(diagnostic);
            return Typed::invalid(path.span);
        }
        let words = self.words();
        if let Some((name, word)) = text.split_once('.')
            && let Some(named) = words.enums.get(name)
        {
            let Type::Enum(named) = named else { return Typed::invalid(path.span) };
            if named.words.iter().any(|known| known == word) {
                return found(word, Type::Enum(named.clone()));
            }
            let known = named.words.iter().map(EcoString::as_str);
            let message = format!("{name} has no word {word}");
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
            let message = format!("{text} is a word of several enums: {}", names.join(", "));
            Diagnostic::error(code::UNKNOWN_NAME, span, message).help(format!("Write {one}.{text}"))
        } else if self.declared.probe_index(&written).is_some() {
            Diagnostic::error(code::UNKNOWN_NAME, span, format!("{written} is a probe, and a probe is asked"))
                .help(format!("Write check {written}(…)"))
        } else {
            let locals = body.names();
            let known = locals.iter().map(EcoString::as_str).chain(words.having.keys().map(EcoString::as_str));
            let message = format!("Nothing here is named {written}");
            self.unknown(code::UNKNOWN_NAME, span, message, &written, known.chain(["now", "true", "false"]))
        };
        self.report(diagnostic);
        Typed::invalid(path.span)
    }
}
