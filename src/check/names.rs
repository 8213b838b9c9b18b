//! The frame of a body: which local names it binds, what is known of them here, and what may stand here.

use super::context::{Context, unknown};
use super::expressions::{ByUnknown, Typed};
use super::program::{Expression, ExpressionKind, Parameter, Slot};
use super::types::Type;
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Class, Value};
use ecow::EcoString;

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
pub(super) struct Place {
    /// An `undo` takes back what is done here, so changes need no adverb.
    pub covered: bool,
    /// Inside `undo`.
    pub undo: bool,
    /// Inside a `for … K at a time`.
    pub parallel: bool,
    /// Inside `retry`.
    pub retrying: bool,
    /// Somebody has approved what follows.
    pub approved: bool,
    /// Inside the body of a team's own action.
    pub action_body: bool,
    /// What comes next is reached because of an answer that may be `unknown`: the condition that let it through.
    pub unknown_let_through: Option<Span>,
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
    /// The greatest harm it may do.
    pub class: Class,
}

impl Default for Summary {
    fn default() -> Self {
        Self { resolves: None, ends: None, people: None, runs: None, goal: None, class: Class::Observe }
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
    by_unknown: ByUnknown,
    written_out: bool,
    span: Span,
}

/// A frame while it is being lowered.
pub(super) struct Body<'a> {
    pub kind: BodyKind,
    /// The backend in whose file this stands.
    pub inside: Option<&'a ast::Backend>,
    pub slots: usize,
    pub place: Place,
    pub summary: Summary,
    /// The runbooks that it runs.
    pub runs: Vec<usize>,
    bindings: Vec<Binding>,
    /// Paths of which more is known here than their declaration says.
    narrowed: Vec<(EcoString, Type)>,
}

/// How much was known at some point.
pub(super) struct Mark {
    bindings: usize,
    narrowed: usize,
}

/// What a condition tells of a path when it holds, and when it does not.
#[derive(Debug, Clone, Default)]
pub(super) struct Narrowing {
    pub when_true: Vec<(EcoString, Type)>,
    pub when_false: Vec<(EcoString, Type)>,
}

impl<'a> Body<'a> {
    pub fn new(kind: BodyKind, inside: Option<&'a ast::Backend>) -> Self {
        Self {
            kind,
            inside,
            slots: 0,
            place: Place::default(),
            summary: Summary::default(),
            runs: Vec::new(),
            bindings: Vec::new(),
            narrowed: Vec::new(),
        }
    }

    pub fn enter(&self) -> Mark {
        Mark { bindings: self.bindings.len(), narrowed: self.narrowed.len() }
    }

    /// Forgets what was bound and learnt since.
    pub fn leave(&mut self, mark: Mark) {
        self.bindings.truncate(mark.bindings);
        self.narrowed.truncate(mark.narrowed);
    }

    pub fn learn(&mut self, known: &[(EcoString, Type)]) {
        self.narrowed.extend(known.iter().cloned());
    }

    /// Slot and type of a local name, as narrow as it is known here.
    pub fn find(&self, name: &str) -> Option<(Slot, Type)> {
        let binding = self.bindings.iter().rev().find(|binding| binding.name == name)?;
        Some((binding.slot, self.known(name).unwrap_or_else(|| binding.type_of.clone())))
    }

    /// What is known of a local beside its type: whether an unknown answer made it, whether its items stand in the text.
    fn provenance(&self, name: &str) -> (ByUnknown, bool) {
        let binding = self.bindings.iter().rev().find(|binding| binding.name == name);
        binding.map(|binding| (binding.by_unknown, binding.written_out)).unwrap_or_default()
    }

    /// What was learnt of a path.
    pub fn known(&self, path: &str) -> Option<Type> {
        self.narrowed.iter().rev().find(|(known, _)| known == path).map(|(_, type_of)| type_of.clone())
    }

    /// Every local name.
    pub fn names(&self) -> Vec<EcoString> {
        self.bindings.iter().map(|binding| binding.name.clone()).collect()
    }
}

impl<'a> Context<'a> {
    /// Binds a name to a slot of its own. Names bind once: a second binding where the first is seen is an error.
    pub fn bind(&mut self, body: &mut Body<'a>, name: &ast::Name, type_of: Type) -> Slot {
        self.bind_value(body, name, &Typed { type_of, ..Typed::invalid(name.span) })
    }

    /// The same, keeping what is known of the value.
    pub fn bind_value(&mut self, body: &mut Body<'a>, name: &ast::Name, value: &Typed) -> Slot {
        if let Some(first) = body.bindings.iter().find(|binding| binding.name == name.text) {
            let message = format!("{} is bound already", name.text);
            self.report(
                Diagnostic::error(code::DUPLICATE_NAME, name.span, message)
                    .also(first.span, "first here")
                    .help("a name is bound once and keeps its value: choose another"),
            );
        }
        let slot = body.slots;
        body.slots += 1;
        body.bindings.push(Binding {
            name: name.text.clone(),
            slot,
            type_of: value.type_of.clone(),
            by_unknown: value.by_unknown,
            written_out: value.written_out,
            span: name.span,
        });
        slot
    }

    /// Binds parameters to slots from 0 on. Defaults are constants.
    pub fn parameters(&mut self, body: &mut Body<'a>, parameters: &'a [ast::Parameter]) -> Vec<Parameter> {
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
    pub fn name(&mut self, body: &mut Body<'a>, path: &'a ast::Path, expected: Option<&Type>) -> Typed {
        let mut segments = path.segments();
        let Some(first) = segments.next() else { return Typed::invalid(path.span) };
        let mut known = first.text.clone();
        let plain = |kind, type_of| Typed::plain(Expression { kind, span: first.span }, type_of);
        let (mut value, rest) = if let Some((slot, type_of)) = body.find(&first.text) {
            (plain(ExpressionKind::Local(slot), type_of), segments.collect::<Vec<_>>())
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
                (plain(ExpressionKind::GoalAnswer, type_of), segments.skip(1).collect())
            } else {
                return self.word(body, path, expected);
            }
        };
        for name in rest {
            known.push('.');
            known.push_str(&name.text);
            value = self.member(value, &name);
            if let Some(narrowed) = body.known(&known) {
                value.type_of = narrowed;
            }
        }
        value.expression.span = path.span;
        (value.by_unknown, value.written_out) = body.provenance(&path.text);
        value
    }

    pub(super) fn goal_answer(&mut self, body: &mut Body<'a>, span: Span) -> Type {
        body.summary.goal.get_or_insert(span);
        match &body.kind {
            BodyKind::Runbook(Some(answer)) => answer.clone(),
            BodyKind::Procedure => super::declarations::answer_type(None),
            // Said once, of the whole runbook, when its body is lowered.
            BodyKind::Runbook(None) => Type::Invalid,
            BodyKind::Probe | BodyKind::Signature => {
                let message = "only a runbook or procedure has a goal whose answer can be looked at";
                self.error(code::NO_GOAL, span, message);
                Type::Invalid
            }
        }
    }

    /// A word of an enum: of the one that is expected, of one named before it, or of the only one that has it.
    fn word(&mut self, body: &Body<'a>, path: &'a ast::Path, expected: Option<&Type>) -> Typed {
        let found = |word: &str, type_of: Type| {
            let kind = ExpressionKind::Constant(Value::word(word));
            Typed::plain(Expression { kind, span: path.span }, type_of)
        };
        let expected = match expected {
            Some(Type::Optional(inner)) => Some(inner.as_ref()),
            other => other,
        };
        let text = path.text.as_str();
        if let Some(Type::Enum(words)) = expected
            && !text.contains('.')
        {
            if words.words.iter().any(|word| word == text) {
                return found(text, Type::Enum(words.clone()));
            }
            let name = if words.name.is_empty() { "the choices do" } else { &words.name };
            let verb = if words.name.is_empty() { " not have" } else { " has no" };
            let message = format!("{name}{verb} the word {text}").replace("has no the word", "has no word");
            let locals = body.names();
            let known = words.words.iter().chain(&locals).map(EcoString::as_str);
            let diagnostic = unknown(code::UNKNOWN_WORD, path.span, message, text, known);
            self.report(diagnostic);
            return Typed::invalid(path.span);
        }
        let enums = self.enums();
        if let Some((name, word)) = text.split_once('.')
            && let Some(words) = enums.iter().find(|words| words.name == name)
        {
            if words.words.iter().any(|known| known == word) {
                return found(word, Type::Enum(words.clone()));
            }
            let known = words.words.iter().map(EcoString::as_str);
            let diagnostic = unknown(code::UNKNOWN_WORD, path.span, format!("{name} has no word {word}"), word, known);
            self.report(diagnostic);
            return Typed::invalid(path.span);
        }
        let having: Vec<_> = enums.iter().filter(|words| words.words.iter().any(|word| word == text)).collect();
        if let [words] = having.as_slice() {
            return found(text, Type::Enum((*words).clone()));
        }
        let first = path.segments().next();
        let (written, span) = first.map_or((text.into(), path.span), |first| (first.text, first.span));
        let diagnostic = if having.len() > 1 {
            let names: Vec<&str> = having.iter().map(|words| words.name.as_str()).collect();
            let message = format!("{text} is a word of several enums: {}", names.join(", "));
            Diagnostic::error(code::UNKNOWN_NAME, span, message).help(format!("write {}.{text}", names[0]))
        } else if self.declared.probes.iter().any(|probe| probe.name.text == written) {
            Diagnostic::error(code::UNKNOWN_NAME, span, format!("{written} is a probe, and a probe is asked"))
                .help(format!("write check {written}(…)"))
        } else {
            let mut known = body.names();
            known.extend(enums.iter().flat_map(|words| words.words.iter().cloned()));
            known.extend(["now".into(), "true".into(), "false".into()]);
            let message = format!("nothing here is named {written}");
            unknown(code::UNKNOWN_NAME, span, message, &written, known.iter().map(EcoString::as_str))
        };
        self.report(diagnostic);
        Typed::invalid(path.span)
    }
}
