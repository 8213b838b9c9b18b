//! Builds programs by hand for the engine's tests, and runs them in a scripted world.

use rectify::engine::event::{Event, EventKind};
use rectify::engine::{Ending, Start, dry_run, run};
use rectify::program::types::Type;
use rectify::program::*;
use rectify::source::Span;
use rectify::value::{BackendSettings, Class, EffectOutcome, Host, SignedDuration, Timestamp, Value, display_duration};
use rectify::world::scripted::{Rule, Scripted};
use std::cell::Cell;

thread_local! {
    static NODES: Cell<u32> = const { Cell::new(0) };
}

pub fn node() -> NodeId {
    NODES.with(|nodes| {
        nodes.set(nodes.get() + 1);
        NodeId(nodes.get() - 1)
    })
}

pub fn start() -> Timestamp {
    "2026-03-01T03:00:00Z".parse().expect("a time")
}

pub fn at(offset: &str) -> Timestamp {
    start().checked_add(d(offset)).expect("a time")
}

/// Parses a duration: `90s`, `1h`.
pub fn d(text: &str) -> SignedDuration {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: i64 = number.parse().expect("a number");
    SignedDuration::from_secs(match unit {
        "s" => number,
        "m" => number * 60,
        "h" => number * 3600,
        _ => panic!("no such unit"),
    })
}

pub fn span() -> Span {
    Span::default()
}

fn e(kind: ExpressionKind) -> Expression {
    Expression { kind, span: span() }
}

pub fn constant(value: Value) -> Expression {
    e(ExpressionKind::Constant(value))
}

pub fn text(text: &str) -> Expression {
    constant(Value::text(text))
}

pub fn dur(text: &str) -> Expression {
    constant(Value::Duration(d(text)))
}

pub fn num(number: i64) -> Expression {
    constant(Value::number(number))
}

pub fn host(name: &str) -> Expression {
    constant(Value::Host(name.into()))
}

pub fn no() -> Expression {
    constant(Value::Boolean(false))
}

pub fn local(slot: Slot) -> Expression {
    e(ExpressionKind::Local(slot))
}

pub fn list(items: Vec<Expression>) -> Expression {
    e(ExpressionKind::List(items))
}

pub fn hosts() -> Expression {
    e(ExpressionKind::Hosts("node".into()))
}

pub fn not(of: Expression) -> Expression {
    e(ExpressionKind::Not(Box::new(of)))
}

pub fn and(left: Expression, right: Expression) -> Expression {
    e(ExpressionKind::And(Box::new(left), Box::new(right)))
}

pub fn equals(left: Expression, right: Expression) -> Expression {
    e(ExpressionKind::Compare(Comparison::Equal, Box::new(left), Box::new(right)))
}

pub fn arithmetic(how: Arithmetic, left: Expression, right: Expression) -> Expression {
    e(ExpressionKind::Arithmetic(how, Box::new(left), Box::new(right)))
}

pub fn method(of: Expression, method: Method) -> Expression {
    e(ExpressionKind::Method(Box::new(of), method))
}

pub fn field(of: Expression, name: &str) -> Expression {
    e(ExpressionKind::Field(Box::new(of), name.into()))
}

pub fn fact(of: Expression, name: &str) -> Expression {
    e(ExpressionKind::Fact(Box::new(of), name.into()))
}

pub fn goal_answer() -> Expression {
    e(ExpressionKind::GoalAnswer)
}

pub fn cast(value: Expression, target: Type, or_absent: bool) -> Expression {
    e(ExpressionKind::As { value: Box::new(value), target, or_absent })
}

pub fn quantifier(kind: Quantifier, slot: Slot, list: Expression, body: Expression) -> Expression {
    e(ExpressionKind::Quantifier { kind, slot, list: Box::new(list), body: Box::new(body) })
}

pub fn interpolated(parts: Vec<TextPart>) -> Expression {
    e(ExpressionKind::Text(parts))
}

pub fn s(kind: StatementKind) -> Statement {
    Statement { node: node(), span: span(), kind }
}

pub fn block(statements: Vec<Statement>) -> Block {
    Block { statements }
}

pub fn step(title: &str, statements: Vec<Statement>) -> Statement {
    s(StatementKind::Step { title: text(title), block: block(statements) })
}

pub fn resolve(message: &str) -> Statement {
    s(StatementKind::Resolve { message: text(message), without_goal: false })
}

pub fn escalate(message: &str) -> Statement {
    s(StatementKind::Escalate { contact: "oncall".into(), message: text(message), evidence: Vec::new() })
}

pub fn notify(message: &str) -> Statement {
    s(StatementKind::Notify { contact: "news".into(), message: text(message), evidence: Vec::new() })
}

pub fn fixed() -> Statement {
    s(StatementKind::ResolveIfFixed { after: None, window: None, hold: None })
}

pub fn fixed_within(within: &str, every: &str) -> Statement {
    s(StatementKind::ResolveIfFixed { after: None, window: Some(window(within, every)), hold: None })
}

pub fn window(within: &str, every: &str) -> Window {
    Window { within: dur(within), every: dur(every) }
}

pub fn require(condition: Expression, otherwise: Option<Vec<Statement>>) -> Statement {
    s(StatementKind::Require { condition, otherwise: otherwise.map(block) })
}

pub fn wait(duration: &str) -> Statement {
    s(StatementKind::Wait { duration: dur(duration) })
}

pub fn wait_until(condition: Expression, within: &str, every: &str, otherwise: Option<Vec<Statement>>) -> Statement {
    s(StatementKind::WaitUntil {
        condition,
        window: window(within, every),
        hold: None,
        otherwise: otherwise.map(block),
    })
}

pub fn bind(slot: Slot, value: Expression, otherwise: Option<LetElse>) -> Statement {
    s(StatementKind::Let { slot, name: "x".into(), value: Subject::Value(value), otherwise })
}

pub fn when(condition: Expression, then: Vec<Statement>, otherwise: Option<Vec<Statement>>) -> Statement {
    s(StatementKind::If { branches: vec![(condition, block(then))], otherwise: otherwise.map(block) })
}

pub fn each(slot: Slot, list: Expression, at_a_time: Option<i64>, statements: Vec<Statement>) -> Statement {
    s(StatementKind::For { slot, list, at_most: Some(num(9)), at_a_time: at_a_time.map(num), block: block(statements) })
}

pub fn repeat(count: i64, every: &str, statements: Vec<Statement>) -> Statement {
    s(StatementKind::Repeat {
        count: num(count),
        every: Some(dur(every)),
        until: None,
        block: block(statements),
        otherwise: None,
    })
}

pub fn retry(count: i64, every: &str, statements: Vec<Statement>) -> Statement {
    s(StatementKind::Retry { count: num(count), every: Some(dur(every)), block: block(statements) })
}

pub fn attempt(statements: Vec<Statement>, slot: Slot, catch: Vec<Statement>) -> Statement {
    s(StatementKind::Try { block: block(statements), slot, catch: block(catch) })
}

pub fn run_of(runbook: usize, arguments: Vec<Expression>) -> Statement {
    s(StatementKind::Run { runbook, arguments })
}

pub fn temporarily_block(statements: Vec<Statement>, undo: Vec<Statement>, keep_on_failure: bool) -> Statement {
    s(StatementKind::TemporarilyBlock { block: block(statements), undo: block(undo), keep_on_failure })
}

pub const TEMPORARILY: Retention = Retention::Temporarily { keep_on_failure: false };
pub const KEPT: Retention = Retention::Temporarily { keep_on_failure: true };
pub const PERMANENTLY: Retention = Retention::Permanently { undo_on_failure: false };
pub const UNDONE: Retention = Retention::Permanently { undo_on_failure: true };

/// A program with a few actions, three hosts, and the probe `Healthy`.
pub struct ProgramBuilder {
    pub program: Program,
}

impl ProgramBuilder {
    pub fn new() -> Self {
        let mut builder = Self { program: Program::default() };
        for (name, dag) in [("fe1", "dag1"), ("fe2", "dag1"), ("fe3", "dag2")] {
            builder.program.hosts.push(Host {
                name: name.into(),
                address: "192.0.2.1".to_owned(),
                aliases: vec![format!("{name}.example.net").into()],
                roles: vec!["node".into()],
                facts: vec![("dag".into(), Value::text(dag))],
                settings: BackendSettings::default(),
                same_machine_as: None,
            });
        }
        let on = || vec![("on", Type::Host(Vec::new()))];
        builder.action("svc.health", Class::Observe, on(), Type::Boolean);
        builder.action("svc.value", Class::Observe, on(), Type::Number);
        builder.action("svc.items", Class::Observe, on(), Type::List(Box::new(Type::Text)));
        builder.action("host.boot_time", Class::Observe, on(), Type::Text);
        builder.action("svc.restart", Class::Disrupt, on(), Type::Nothing);
        builder.action("svc.touch", Class::Change, on(), Type::Nothing);
        let set = vec![("on", Type::Host(Vec::new())), ("value", Type::Number)];
        builder.action("svc.set", Class::Change, set, Type::Nothing);
        builder.action("svc.resume", Class::Change, on(), Type::Nothing);
        builder.action("svc.drain", Class::Disrupt, on(), Type::Nothing);
        builder.action("host.reboot", Class::Disrupt, on(), Type::Nothing);
        builder.action("svc.leave", Class::Change, on(), Type::Nothing);

        let saves = builder.call("svc.value", vec![local(0)]);
        let undo = builder.call("svc.set", vec![local(0), local(2)]);
        builder.change("svc.set", |action| {
            action.idempotent = true;
            action.locals = locals(3);
            action.saves = Some((saves, 2));
            action.undo = Some(undo);
        });
        let undo = builder.call("svc.resume", vec![local(0)]);
        builder.change("svc.drain", |action| action.undo = Some(undo));
        builder.change("svc.touch", |action| action.idempotent = true);
        let confirm = builder.call("host.boot_time", vec![local(0)]);
        builder.change("host.reboot", |action| {
            action.once = true;
            action.confirm = Some(Confirm { call: confirm, within: None, every: d("30s") });
            action.timeout = d("20m");
        });
        let ask = builder.call("svc.health", vec![local(0)]);
        builder.program.probes.push(Probe {
            name: "Healthy".into(),
            title: "It is healthy".into(),
            group: None,
            depends_on: Vec::new(),
            parameters: parameters(vec![("on", Type::Host(Vec::new()))]),
            locals: ["on", "answer"].map(Into::into).into(),
            timeout: d("1m"),
            retries: None,
            statements: Vec::new(),
            ask: Some((ask, 1)),
            unknown_if: None,
            passed_if: local(1),
            span: span(),
        });
        builder
    }

    pub fn action(&mut self, name: &str, class: Class, with: Vec<(&str, Type)>, returns: Type) {
        let (backend, name) = name.split_once('.').expect("backend.action");
        self.program.actions.push(Action {
            backend: backend.into(),
            name: name.into(),
            class,
            locals: with.iter().map(|(name, _)| (*name).into()).collect(),
            parameters: parameters(with),
            returns,
            empty_is_an_answer: false,
            timeout: d("1m"),
            fresh: None,
            idempotent: false,
            once: false,
            confirm: None,
            saves: None,
            undo: None,
            body: None,
        });
    }

    pub fn index(&self, name: &str) -> usize {
        let found =
            self.program.actions.iter().position(|action| format!("{}.{}", action.backend, action.name) == name);
        found.unwrap_or_else(|| panic!("no action {name}"))
    }

    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut Action)) {
        let index = self.index(name);
        change(&mut self.program.actions[index]);
    }

    pub fn call(&self, name: &str, arguments: Vec<Expression>) -> Call {
        Call { node: node(), action: self.index(name), arguments, span: span() }
    }

    pub fn observe(&self, name: &str, arguments: Vec<Expression>) -> Expression {
        e(ExpressionKind::Observe(Box::new(self.call(name, arguments))))
    }

    pub fn check(&self, on: Expression) -> Expression {
        e(ExpressionKind::Check(Box::new(ProbeCall { node: node(), probe: 0, arguments: vec![on], span: span() })))
    }

    pub fn act(&self, name: &str, arguments: Vec<Expression>) -> Statement {
        self.act_as(Retention::None, name, arguments)
    }

    pub fn act_as(&self, retention: Retention, name: &str, arguments: Vec<Expression>) -> Statement {
        s(StatementKind::Act { call: self.call(name, arguments), retention })
    }

    pub fn restart(&self, on: &str) -> Statement {
        self.act("svc.restart", vec![host(on)])
    }

    pub fn set(&self, retention: Retention, on: &str, value: i64) -> Statement {
        self.act_as(retention, "svc.set", vec![host(on), num(value)])
    }

    pub fn goal(&self, on: Expression) -> Goal {
        Goal::Probe(ProbeCall { node: node(), probe: 0, arguments: vec![on], span: span() })
    }

    /// Adds a runbook `Main`, `Child1`, … with the parameter `server: host` in slot 0 and 9 more slots; returns its
    /// index.
    pub fn runbook(&mut self, statements: Vec<Statement>) -> usize {
        let count = self.program.runbooks.len();
        let name = if count == 0 { "Main".to_owned() } else { format!("Child{count}") };
        self.program.runbooks.push(Runbook {
            name: name.as_str().into(),
            title: name.as_str().into(),
            alerts: Vec::new(),
            alert_group: None,
            parameters: parameters(vec![("server", Type::Host(Vec::new()))]),
            locals: locals(10),
            goal: None,
            contact: Some("oncall".into()),
            locks: Vec::new(),
            limit: Vec::new(),
            ends_within: None,
            block: block(statements),
            span: span(),
        });
        count
    }

    pub fn procedure(&mut self, statements: Vec<Statement>, undo: Option<Vec<Statement>>) -> usize {
        self.program.procedures.push(Procedure {
            name: "Part".into(),
            parameters: parameters(vec![("server", Type::Host(Vec::new()))]),
            locals: locals(5),
            block: block(statements),
            undo: undo.map(block),
            span: span(),
        });
        self.program.procedures.len() - 1
    }

    /// The finished program.
    pub fn finish(mut self) -> Program {
        self.program.nodes = NODES.with(Cell::get);
        self.program
    }

    /// Runs the first runbook for `fe1`.
    pub fn run(self, world: Scripted) -> RunResult {
        let program = self.finish();
        let ending = world.drive(run(&program, &world, starting())).expect("the run ends");
        RunResult { ending, world }
    }

    /// Runs the first runbook for `fe1`, with the goal `Healthy(server)`.
    pub fn run_with_goal(mut self, world: Scripted) -> RunResult {
        self.program.runbooks[0].goal = Some(self.goal(local(0)));
        self.run(world)
    }

    /// Dry-runs the first runbook for `fe1`.
    pub fn dry_run(self, world: Scripted) -> RunResult {
        let program = self.finish();
        let ending = world.drive(dry_run(&program, &world, starting())).expect("the dry run ends");
        RunResult { ending, world }
    }
}

pub fn starting() -> Start {
    Start {
        runbook: 0,
        arguments: vec![Value::Host("fe1".into())],
        run: "r1".into(),
        at: start(),
        step_limit: 1_000_000,
        by_alert: false,
        store: None,
        found: Vec::new(),
    }
}

fn parameters(of: Vec<(&str, Type)>) -> Vec<Parameter> {
    of.into_iter().map(|(name, type_of)| Parameter { name: name.into(), type_of, default: None }).collect()
}

/// The result of a run.
pub struct RunResult {
    pub ending: Ending,
    pub world: Scripted,
}

/// A subject without the runbook's name and arguments.
fn without_name(subject: &str) -> &str {
    subject.split_once(")] ").map_or(subject, |(_, rest)| rest)
}

impl RunResult {
    /// Every effect: start and end, the call, its result.
    pub fn ledger(&self) -> Vec<String> {
        let since = |time: Timestamp| display_duration(time.duration_since(start()));
        let effects = self.world.effects();
        let line = effects.iter().map(|effect| match effect.ended {
            Some((ended, EffectOutcome::Done)) if ended == effect.started => {
                format!("{} {}", since(effect.started), effect.call)
            }
            Some((ended, outcome)) => {
                let outcome = if outcome == EffectOutcome::Done { String::new() } else { format!(" {outcome:?}") };
                format!("{}-{} {}{outcome}", since(effect.started), since(ended), effect.call)
            }
            None => format!("{}-? {}", since(effect.started), effect.call),
        });
        line.collect()
    }

    pub fn sent_messages(&self) -> Vec<String> {
        let told = self.world.sent_messages();
        told.iter()
            .map(|told| format!("{}: {}", told.notification.contact, without_name(&told.notification.subject)))
            .collect()
    }

    pub fn left(&self) -> Vec<String> {
        let left = self.ending.left_in_place.iter();
        left.map(|left| format!("{} | {}", left.change, left.undo.as_deref().unwrap_or("nothing"))).collect()
    }

    pub fn events(&self) -> Vec<Event> {
        self.world.events()
    }

    pub fn shown(&self) -> Vec<String> {
        let events = self.events();
        let shown = events.iter().filter_map(|event| match &event.kind {
            EventKind::Shown { depth, text, depends_on } => {
                let on = depends_on.as_ref().map(|on| format!(" <{on}>")).unwrap_or_default();
                Some(format!("{}{text}{on}", "  ".repeat(*depth as usize)))
            }
            _ => None,
        });
        shown.collect()
    }
}

pub fn world() -> Scripted {
    Scripted::new(start())
}

/// Answers of `svc.health`, one per poll; the last one repeats.
pub fn health(looks: &[bool]) -> Rule {
    looks.iter().fold(Rule::new("svc.health"), |rule, look| rule.answers(Value::Boolean(*look)))
}

/// The answer of `svc.value`.
pub fn value(number: i64) -> Rule {
    Rule::new("svc.value").answers(Value::number(number))
}

/// Names for this number of slots: `v0`, `v1`, …
fn locals(count: usize) -> rectify::program::Locals {
    (0..count).map(|slot| format!("v{slot}").into()).collect()
}
