//! The preview of a dry run: from its first effect on, every statement that can follow, all arms, and what they depend on.

#![warn(clippy::wildcard_enum_match_arm)]

use super::eval::frame::Frame;
use super::eval::{Evaluator, explain};
use super::event::EventKind;
use super::expression_text::{LocalText, call_text, is_pure, render, signature};
use super::run::budget::{MOST_STEPS, Work};
use super::run::context::StatementContext;
use super::run::exit::{Exit, Flow};
use super::run::scope::Scope;
use crate::program::divergence::Divergence;
use crate::program::{Block, Expression, LetElse, Procedure, Retention, Slot, Statement, StatementKind, Subject};
use crate::value::{Quoted, SourceText, Value};

/// A preview has at most this many lines. Procedures are written out at every `do`, so a short file can stand for
/// millions.
const MOST_LINES: u32 = 1000;

/// The effects of a loop are written out, item by item, for a list of at most this length.
const MOST_ITEMS: usize = 50;

/// Previews the first effect instead of making it.
pub(super) fn first_effect(scope: &Scope<'_>, text: &str) -> Exit {
    line(scope, text);
    Exit::DRY_RUN
}

/// Emits one line.
pub(super) fn line(scope: &Scope<'_>, text: &str) {
    scope.emit(EventKind::Shown { depth: 0, text: text.to_owned(), depends_on: None });
}

/// The word that a statement begins with, and its space.
pub(super) fn retention(retention: Retention) -> &'static str {
    match retention {
        Retention::None => "",
        Retention::Temporarily { .. } => "temporarily ",
        Retention::Permanently { .. } => "permanently ",
    }
}

/// A condition for people, with the values of hosts and texts.
pub(super) fn condition_text(context: &StatementContext<'_, '_>, condition: &Expression) -> String {
    explain::condition_text(context, condition)
}

/// The effects of a block in one line, with the values that are known. An effect in a branch is written with its branch,
/// and that of a loop with each item or with its loop. Where the block has `ended`, the locals that it bound are known.
pub(super) fn effects_text(context: &StatementContext<'_, '_>, block: &Block, ended: bool) -> String {
    let mut frame = Frame::clone(context.frame);
    let binds = if ended { Binding::Done } else { Binding::ToCome };
    Preview { scope: context.scope, frame: &mut frame, known: Vec::new(), depth: 0, binds }.effects(block)
}

/// Whether the locals that a block binds have their values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Binding {
    ToCome,
    Done,
}

/// `if A { … } else { … }`, in one line.
fn braced(header: &str, effects: &str) -> String {
    if effects.is_empty() { format!("{header} {{ }}") } else { format!("{header} {{ {effects} }}") }
}

/// One line about further turns of a loop, if there are any; `{}` stands for their number.
pub(super) fn further_turns(scope: &Scope<'_>, times: usize, text: &str) {
    if times > 0 {
        line(scope, &text.replace("{}", &times.to_string()));
    }
}

/// Previews what follows in a block after the statement that has the first effect in it.
pub(super) fn following(
    context: &mut StatementContext<'_, '_>,
    statement: &Statement,
    statements: &[Statement],
) -> Exit {
    let known = if let StatementKind::Let { slot, .. } = &statement.kind { vec![(*slot, false)] } else { Vec::new() };
    Preview { known, ..Preview::new(context) }.statements(statements, None);
    let mut divergence = Divergence::new(context.scope.tree.program);
    Exit::DryRun { falls_through: !statements.iter().any(|statement| divergence.diverges(statement)) }
}

/// Previews the arms of a statement that can be taken after the first effect.
pub(super) fn arms(context: &mut StatementContext<'_, '_>, kind: &StatementKind) -> Exit {
    Exit::DryRun { falls_through: arms_fall_through(context, kind) }
}

/// Previews the arms of a statement that can be taken after the first effect; whether control can fall through one.
pub(super) fn arms_fall_through(context: &mut StatementContext<'_, '_>, kind: &StatementKind) -> bool {
    Preview::new(context).arms(kind, None);
    let mut divergence = Divergence::new(context.scope.tree.program);
    let mut falls_through = |block: &Block| !divergence.block(block);
    match kind {
        StatementKind::Match { arms, otherwise, .. } => {
            arms.iter().map(|(_, block)| block).chain(otherwise).any(falls_through)
        }
        StatementKind::Try { catch, .. } => falls_through(catch),
        StatementKind::Repeat { otherwise: Some(otherwise), until: None, .. } => falls_through(otherwise),
        StatementKind::Step { .. }
        | StatementKind::ResolveIfFixed { .. }
        | StatementKind::Resolve { .. }
        | StatementKind::Escalate { .. }
        | StatementKind::Notify { .. }
        | StatementKind::Require { .. }
        | StatementKind::RequireApproval { .. }
        | StatementKind::Wait { .. }
        | StatementKind::WaitUntil { .. }
        | StatementKind::Act { .. }
        | StatementKind::Do { .. }
        | StatementKind::TemporarilyBlock { .. }
        | StatementKind::TemporarilyIf { .. }
        | StatementKind::Let { .. }
        | StatementKind::If { .. }
        | StatementKind::For { .. }
        | StatementKind::Repeat { .. }
        | StatementKind::Retry { .. }
        | StatementKind::Lock { .. }
        | StatementKind::Run { .. }
        | StatementKind::Manual { .. } => true,
    }
}

/// Previews a whole statement whose condition has the first effect in it: any of its arms can be taken.
pub(super) fn whole_statement(context: &mut StatementContext<'_, '_>, statement: &Statement) -> Exit {
    Preview::new(context).statement(&statement.kind, None);
    Exit::DryRun { falls_through: !Divergence::new(context.scope.tree.program).diverges(statement) }
}

/// Previews the arms of a statement that asks people: the question is an effect.
pub(super) fn arms_of_prompt(context: &mut StatementContext<'_, '_>, flow: Flow, kind: &StatementKind) -> Flow {
    match flow {
        Err(Exit::DryRun { .. }) => Err(arms(context, kind)),
        flow => flow,
    }
}

/// Previews the undo of a block that has the first effect in it.
pub(super) fn undo_of_block(context: &mut StatementContext<'_, '_>, flow: Flow, undo: Option<&Block>) -> Flow {
    if let (Err(Exit::DryRun { .. }), Some(undo)) = (&flow, undo) {
        Preview::new(context).undo(undo, None);
    }
    flow
}

struct Preview<'s, 't> {
    scope: &'s Scope<'t>,
    frame: &'s mut Frame,
    /// Locals that were bound after the first effect, and whether their values are known.
    known: Vec<(Slot, bool)>,
    depth: u32,
    binds: Binding,
}

impl<'s, 't> Preview<'s, 't> {
    fn new(context: &'s mut StatementContext<'_, 't>) -> Self {
        Self { scope: context.scope, frame: context.frame, known: Vec::new(), depth: 0, binds: Binding::ToCome }
    }
}

impl Preview<'_, '_> {
    /// The effects of a block in one line.
    fn effects(&mut self, block: &Block) -> String {
        let effects: Vec<String> =
            block.statements.iter().map(|statement| self.effect(&statement.kind)).filter(|it| !it.is_empty()).collect();
        effects.join("; ")
    }

    /// The effects of a block that runs several times: its locals have other values in each turn.
    fn effects_of_turn(&mut self, block: &Block) -> String {
        let binds = std::mem::replace(&mut self.binds, Binding::ToCome);
        let effects = self.effects(block);
        self.binds = binds;
        effects
    }

    /// The text of an expression with the names of its locals, and with the values of hosts and texts that are known.
    fn call_of(&self, expression: &Expression) -> String {
        render(self.scope.tree.program, expression, &|slot| match self.frame.get(slot).filter(|_| self.knows(slot)) {
            Some(value @ (Value::Host(_) | Value::Text(_))) => Some(LocalText::Value(value.clone())),
            _ => self.frame.name(slot).cloned().map(LocalText::Name),
        })
    }

    /// Whether the value of a local is known. One that was bound before the first effect is.
    fn knows(&self, slot: Slot) -> bool {
        self.known.iter().rev().find(|it| it.0 == slot).is_none_or(|it| it.1)
    }

    /// An argument of an effect: its value, or its text with the values that are known.
    fn argument_text(&mut self, expression: &Expression) -> String {
        match self.value(expression) {
            Some(value) => SourceText(&value).to_string(),
            None => render(self.scope.tree.program, expression, &|slot| match self
                .frame
                .get(slot)
                .filter(|value| self.knows(slot) && *value.shown() != Value::Absent)
            {
                Some(value) => Some(LocalText::Value(value.clone())),
                None => self.frame.name(slot).cloned().map(LocalText::Name),
            }),
        }
    }

    /// A statement with the effects of its block and of its `else`.
    fn with_else(&mut self, header: &str, effects: &str, otherwise: Option<&Block>) -> String {
        let otherwise = otherwise.map(|block| self.effects(block)).unwrap_or_default();
        match (effects.is_empty(), otherwise.is_empty()) {
            (true, true) => String::new(),
            (_, true) => braced(header, effects),
            (_, false) => format!("{} {}", braced(header, effects), braced("else", &otherwise)),
        }
    }

    /// A statement of which only the `else` has effects.
    fn only_else(&mut self, header: impl FnOnce(&Self) -> String, otherwise: Option<&Block>) -> String {
        let otherwise = otherwise.map(|block| self.effects(block)).unwrap_or_default();
        if otherwise.is_empty() { String::new() } else { braced(&format!("{} else", header(self)), &otherwise) }
    }

    fn effect(&mut self, kind: &StatementKind) -> String {
        let program = self.scope.tree.program;
        match kind {
            StatementKind::Act { call, .. } => {
                let arguments: Vec<String> = call.arguments.iter().map(|it| self.argument_text(it)).collect();
                call_text(program, call, &arguments)
            }
            StatementKind::Do { procedure, arguments, .. } => {
                let name = program.procedures.get(*procedure).map_or("…", |procedure| procedure.name.as_str());
                let arguments: Vec<String> = arguments.iter().map(|it| self.argument_text(it)).collect();
                format!("do {name}({})", arguments.join(", "))
            }
            StatementKind::Run { runbook, arguments } => {
                let arguments: Vec<String> = arguments.iter().map(|it| self.argument_text(it)).collect();
                signature(program, *runbook, &arguments)
            }
            StatementKind::Let { slot, name, value, otherwise } => {
                let run = match value {
                    Subject::Run { .. } => self.subject(value),
                    Subject::Value(_) | Subject::Ask(_) => String::new(),
                };
                if self.binds == Binding::ToCome {
                    self.bind(*slot, None);
                }
                let otherwise = match otherwise {
                    Some(LetElse::Block(otherwise)) => Some(otherwise),
                    _ => None,
                };
                let instead = self.only_else(|_| format!("let {name}"), otherwise);
                [run, instead].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("; ")
            }
            StatementKind::Step { block, .. } => self.effects(block),
            StatementKind::If { branches, otherwise } => {
                let mut arms: Vec<(String, String)> = Vec::new();
                let mut last = otherwise.as_ref();
                for (condition, block) in branches {
                    match self.value(condition) {
                        Some(Value::Boolean(false)) => {}
                        Some(Value::Boolean(true)) => {
                            last = Some(block);
                            break;
                        }
                        _ => arms.push((self.call_of(condition), self.effects(block))),
                    }
                }
                let last = last.map(|block| self.effects(block)).unwrap_or_default();
                if arms.is_empty() {
                    return last;
                }
                if last.is_empty() && arms.iter().all(|(_, effects)| effects.is_empty()) {
                    return String::new();
                }
                let arms = arms.iter().map(|(condition, effects)| braced(&format!("if {condition}"), effects));
                let last = (!last.is_empty()).then(|| braced("", &last).trim_start().to_owned());
                arms.chain(last).collect::<Vec<_>>().join(" else ")
            }
            StatementKind::Match { subject, arms, otherwise } => {
                let run = matches!(subject, Subject::Run { .. });
                let subject = match subject {
                    Subject::Value(expression) => self.call_of(expression),
                    Subject::Ask(_) | Subject::Run { .. } => self.subject(subject),
                };
                let arms = arms.iter().map(|(values, block)| {
                    let values: Vec<String> = values.iter().map(|value| SourceText(value).to_string()).collect();
                    (values.join(", "), self.effects(block))
                });
                let mut arms: Vec<(String, String)> = arms.collect();
                arms.extend(otherwise.as_ref().map(|block| ("else".to_owned(), self.effects(block))));
                if arms.iter().all(|(_, effects)| effects.is_empty()) {
                    return if run { subject } else { String::new() };
                }
                let arms: Vec<String> = arms.iter().map(|(values, effects)| braced(values, effects)).collect();
                braced(&format!("match {subject}"), &arms.join(" "))
            }
            StatementKind::For { slot, list, block, .. } => {
                if let Some(Value::List(items)) = self.value(list)
                    && items.len() <= MOST_ITEMS
                {
                    let turns = items.iter().map(|item| {
                        self.bind(*slot, Some(item.clone()));
                        self.effects_of_turn(block)
                    });
                    return turns.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("; ");
                }
                let list = self.argument_text(list);
                self.bind(*slot, None);
                let effects = self.effects_of_turn(block);
                let name = self.frame.name(*slot).map_or("…", |name| name.as_str()).to_owned();
                self.with_else(&format!("for {name} in {list}"), &effects, None)
            }
            StatementKind::Repeat { count, block, otherwise, .. } => {
                let (count, effects) = (self.call_of(count), self.effects_of_turn(block));
                self.with_else(&format!("repeat {count} times"), &effects, otherwise.as_ref())
            }
            StatementKind::Retry { count, block, .. } => {
                let (count, effects) = (self.call_of(count), self.effects_of_turn(block));
                self.with_else(&format!("retry {count} times"), &effects, None)
            }
            StatementKind::Lock { block, .. } => self.effects(block),
            StatementKind::Try { block, slot, catch } => {
                let effects = self.effects(block);
                self.bind(*slot, None);
                match self.effects(catch) {
                    caught if caught.is_empty() => effects,
                    caught => format!("{} {}", braced("try", &effects), braced("catch", &caught)),
                }
            }
            StatementKind::TemporarilyBlock { block, undo, .. } => {
                let (effects, undo) = (self.effects(block), self.effects(undo));
                if effects.is_empty() && undo.is_empty() {
                    return String::new();
                }
                format!("{} {}", braced("temporarily", &effects), braced("undo", &undo))
            }
            StatementKind::TemporarilyIf { condition, change } => {
                if let Some(Value::Boolean(holds)) = self.value(condition) {
                    return if holds { self.effects(change) } else { String::new() };
                }
                let (condition, effects) = (self.call_of(condition), self.effects(change));
                self.with_else(&format!("if {condition}"), &effects, None)
            }
            StatementKind::Require { condition, otherwise } => {
                self.only_else(|it| format!("require {}", it.call_of(condition)), otherwise.as_ref())
            }
            StatementKind::RequireApproval { otherwise, .. } => {
                self.only_else(|_| "require approval".to_owned(), otherwise.as_ref())
            }
            StatementKind::WaitUntil { condition, otherwise, .. } => {
                self.only_else(|it| format!("wait until {}", it.call_of(condition)), otherwise.as_ref())
            }
            StatementKind::Manual { otherwise, .. } => self.only_else(|_| "manual".to_owned(), otherwise.as_ref()),
            StatementKind::ResolveIfFixed { .. }
            | StatementKind::Resolve { .. }
            | StatementKind::Escalate { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Wait { .. } => String::new(),
        }
    }

    /// Whether the preview has all the lines that it may have.
    fn is_full(&self) -> bool {
        self.scope.tree.preview_lines.get() > MOST_LINES
    }

    fn line(&self, text: impl Into<String>, depends_on: Option<&str>) {
        let lines = &self.scope.tree.preview_lines;
        if self.is_full() {
            return;
        }
        lines.set(lines.get() + 1);
        if self.is_full() {
            return line(self.scope, "and more, not shown");
        }
        self.scope.emit(EventKind::Shown {
            depth: self.depth,
            text: text.into(),
            depends_on: depends_on.map(str::to_owned),
        });
    }

    fn nested_block(&mut self, block: &Block, depends_on: Option<&str>) {
        self.depth += 1;
        self.statements(&block.statements, depends_on);
        self.depth -= 1;
    }

    fn arm(&mut self, header: &str, block: Option<&Block>, depends_on: &str) {
        if let Some(block) = block {
            self.line(header, Some(depends_on));
            self.nested_block(block, Some(depends_on));
        }
    }

    fn statements(&mut self, statements: &[Statement], depends_on: Option<&str>) {
        for statement in statements {
            if self.is_full() {
                return;
            }
            self.statement(&statement.kind, depends_on);
        }
    }

    /// The value of an expression, if it is known without an observation.
    fn value(&mut self, expression: &Expression) -> Option<Value> {
        if self.scope.tree.work.get() > MOST_STEPS || !self.is_known(expression) {
            return None;
        }
        let goal_answer = Value::Absent;
        let (values, ages) = self.frame.parts();
        let mut evaluator = Evaluator {
            program: self.scope.tree.program,
            frame: values,
            ages,
            any_age: true,
            age: None,
            answers: &[],
            answers_used: 0,
            now: self.scope.now(),
            run_started: self.scope.run.started,
            goal_answer: &goal_answer,
            work: Work::default(),
        };
        let value = evaluator.value(expression).ok();
        self.scope.count_work(evaluator.work.done());
        value
    }

    fn is_known(&self, expression: &Expression) -> bool {
        is_pure(expression, &|slot| self.knows(slot))
    }

    fn text(&mut self, expression: &Expression) -> String {
        match self.value(expression) {
            Some(value) => value.to_string(),
            None => render(self.scope.tree.program, expression, &|slot| {
                self.frame.get(slot).filter(|_| self.knows(slot)).cloned().map(LocalText::Value)
            }),
        }
    }

    fn quoted(&mut self, expression: &Expression) -> String {
        match self.value(expression) {
            Some(value) => Quoted(&value.to_string()).to_string(),
            None => self.text(expression),
        }
    }

    fn bind(&mut self, slot: Slot, value: Option<Value>) {
        self.known.push((slot, value.is_some()));
        if let (Some(place), Some(value)) = (self.frame.get_mut(slot), value) {
            *place = value;
        }
    }

    fn statement(&mut self, kind: &StatementKind, depends_on: Option<&str>) {
        let program = self.scope.tree.program;
        match kind {
            StatementKind::Step { title, block } => {
                let title = self.quoted(title);
                self.line(format!("step {title}"), depends_on);
                self.nested_block(block, depends_on);
            }
            StatementKind::ResolveIfFixed { .. } => self.line("resolve if fixed", depends_on),
            StatementKind::Resolve { message, without_goal } => {
                let message = self.quoted(message);
                let without_goal = if *without_goal { " without goal" } else { "" };
                self.line(format!("resolve {message}{without_goal}"), depends_on);
            }
            StatementKind::Escalate { contact, message, .. } => {
                let message = self.quoted(message);
                self.line(format!("escalate to {contact} {message}"), depends_on);
            }
            StatementKind::Notify { contact, message, .. } => {
                let message = self.quoted(message);
                self.line(format!("notify {contact} {message}"), depends_on);
            }
            StatementKind::Require { condition, otherwise } => {
                let condition = self.text(condition);
                self.line(format!("require {condition}"), depends_on);
                self.arm("else", otherwise.as_ref(), &format!("not: {condition}"));
            }
            StatementKind::RequireApproval { message, by, .. } => {
                let (message, by) = (self.quoted(message), self.text(by));
                self.line(format!("require approval {message} by {by}"), depends_on);
                self.arms(kind, depends_on);
            }
            StatementKind::Wait { duration } => {
                let duration = self.text(duration);
                self.line(format!("wait {duration}"), depends_on);
            }
            StatementKind::WaitUntil { condition, window, otherwise, .. } => {
                let (condition, within) = (self.text(condition), self.text(&window.within));
                self.line(format!("wait until {condition} within {within}"), depends_on);
                self.arm("else", otherwise.as_ref(), &format!("not in time: {condition}"));
            }
            StatementKind::Act { call, retention: how } => {
                let arguments: Vec<String> = call.arguments.iter().map(|argument| self.source_text(argument)).collect();
                self.line(format!("{}{}", retention(*how), call_text(program, call, &arguments)), depends_on);
            }
            StatementKind::Do { procedure, arguments, retention: how } => {
                let Some(procedure) = program.procedures.get(*procedure) else { return };
                let values: Vec<Option<Value>> = arguments.iter().map(|argument| self.value(argument)).collect();
                let texts: Vec<String> = arguments.iter().map(|argument| self.source_text(argument)).collect();
                self.line(format!("{}do {}({})", retention(*how), procedure.name, texts.join(", ")), depends_on);
                let known = values.iter().enumerate().map(|(slot, value)| (slot, value.is_some())).collect();
                let values = values.into_iter().map(|value| value.unwrap_or(Value::Absent)).collect();
                let mut frame = Frame::new(values, &procedure.locals);
                Preview { scope: self.scope, frame: &mut frame, known, depth: self.depth, binds: Binding::ToCome }
                    .procedure(procedure, depends_on);
            }
            StatementKind::TemporarilyBlock { block, undo, .. } => {
                self.line("temporarily", depends_on);
                self.nested_block(block, depends_on);
                self.undo(undo, depends_on);
            }
            StatementKind::TemporarilyIf { condition, change } => {
                let condition = self.text(condition);
                self.arm(&format!("if {condition}"), Some(change), &condition);
            }
            StatementKind::Let { slot, name, value, .. } => {
                let (text, known) = match value {
                    Subject::Value(expression) => (self.text(expression), self.value(expression)),
                    Subject::Ask(_) | Subject::Run { .. } => (self.subject(value), None),
                };
                self.line(format!("let {name} = {text}"), depends_on);
                self.arms(kind, depends_on);
                self.bind(*slot, known);
            }
            StatementKind::If { branches, otherwise } => {
                let mut conditions = Vec::new();
                for (condition, block) in branches {
                    let condition = self.text(condition);
                    self.arm(&format!("if {condition}"), Some(block), &condition);
                    conditions.push(condition);
                }
                self.arm("else", otherwise.as_ref(), &format!("not: {}", conditions.join(" or ")));
            }
            StatementKind::Match { .. } => self.arms(kind, depends_on),
            StatementKind::For { slot, list, block, .. } => {
                let text = self.text(list);
                self.line(format!("for each of {text}"), depends_on);
                self.bind(*slot, None);
                self.nested_block(block, depends_on);
            }
            StatementKind::Repeat { count, block, .. } => {
                let count = self.text(count);
                self.line(format!("repeat {count} times"), depends_on);
                self.nested_block(block, depends_on);
                self.arms(kind, depends_on);
            }
            StatementKind::Retry { count, block, .. } => {
                let count = self.text(count);
                self.line(format!("retry {count} times"), depends_on);
                self.nested_block(block, depends_on);
            }
            StatementKind::Lock { names, block, .. } => {
                let names: Vec<String> = names.iter().map(|name| self.text(name)).collect();
                self.line(format!("lock {}", names.join(", ")), depends_on);
                self.nested_block(block, depends_on);
            }
            StatementKind::Try { block, .. } => {
                self.line("try", depends_on);
                self.nested_block(block, depends_on);
                self.arms(kind, depends_on);
            }
            StatementKind::Run { runbook, arguments } => {
                let arguments: Vec<String> = arguments.iter().map(|argument| self.source_text(argument)).collect();
                self.line(signature(program, *runbook, &arguments), depends_on);
            }
            StatementKind::Manual { message, .. } => {
                let message = self.quoted(message);
                self.line(format!("manual {message}"), depends_on);
                self.arms(kind, depends_on);
            }
        }
    }

    /// The arms that depend on what the statement itself asks or does.
    fn arms(&mut self, kind: &StatementKind, depends_on: Option<&str>) {
        match kind {
            StatementKind::RequireApproval { otherwise, .. } => self.arm("else", otherwise.as_ref(), "no approval"),
            StatementKind::Let { name, otherwise: Some(LetElse::Block(otherwise)), .. } => {
                self.arm("else", Some(otherwise), &format!("{name} is absent"));
            }
            StatementKind::Match { subject, arms, otherwise } => {
                let subject = self.subject(subject);
                for (values, block) in arms {
                    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                    let depends_on = format!("{subject} is {}", values.join(" or "));
                    self.arm(&format!("match: {}", values.join(", ")), Some(block), &depends_on);
                }
                self.arm("match: else", otherwise.as_ref(), &format!("{subject} is something else"));
            }
            StatementKind::Repeat { until, otherwise, .. } => {
                let until = until.as_ref().map(|until| self.text(until));
                if let Some(until) = &until {
                    self.line(format!("until {until}"), depends_on);
                }
                let never = until.map_or_else(|| "after the last turn".to_owned(), |until| format!("never: {until}"));
                self.arm("else", otherwise.as_ref(), &never);
            }
            StatementKind::Try { slot, catch, .. } => {
                self.bind(*slot, None);
                self.arm("catch", Some(catch), "an error in the lines above");
            }
            StatementKind::Manual { otherwise, .. } => self.arm("else", otherwise.as_ref(), "not done in time"),
            StatementKind::Step { .. }
            | StatementKind::ResolveIfFixed { .. }
            | StatementKind::Resolve { .. }
            | StatementKind::Escalate { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Require { .. }
            | StatementKind::Wait { .. }
            | StatementKind::WaitUntil { .. }
            | StatementKind::Act { .. }
            | StatementKind::Do { .. }
            | StatementKind::TemporarilyBlock { .. }
            | StatementKind::TemporarilyIf { .. }
            | StatementKind::Let { .. }
            | StatementKind::If { .. }
            | StatementKind::For { .. }
            | StatementKind::Retry { .. }
            | StatementKind::Lock { .. }
            | StatementKind::Run { .. } => {}
        }
    }

    fn procedure(&mut self, procedure: &Procedure, depends_on: Option<&str>) {
        self.nested_block(&procedure.block, depends_on);
        if let Some(undo) = &procedure.undo {
            self.undo(undo, depends_on);
        }
    }

    fn undo(&mut self, undo: &Block, depends_on: Option<&str>) {
        self.line("undo, when the block around it ends", depends_on);
        self.nested_block(undo, depends_on);
    }

    fn subject(&mut self, subject: &Subject) -> String {
        match subject {
            Subject::Value(expression) => self.text(expression),
            Subject::Ask(question) => format!("ask {}", self.quoted(&question.message)),
            Subject::Run { runbook, arguments, .. } => {
                let arguments: Vec<String> = arguments.iter().map(|argument| self.source_text(argument)).collect();
                signature(self.scope.tree.program, *runbook, &arguments)
            }
        }
    }

    /// The source text of a value, as an argument of a call.
    fn source_text(&mut self, expression: &Expression) -> String {
        match self.value(expression) {
            Some(value) => SourceText(&value).to_string(),
            None => self.text(expression),
        }
    }
}
