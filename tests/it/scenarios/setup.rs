//! Checks a runbook with an inventory, as `rectify check` does, and runs it in a scripted world.

use crate::support::files::InMemory;
use crate::support::program::{RunResult, d};
use rectify::backend::registry;
use rectify::check::Session;
use rectify::engine::event::{EventKind, RunOutcome};
use rectify::engine::{Start, dry_run, run};
use rectify::program::Program;
use rectify::source::SourceFile;
use rectify::value::{EffectOutcome, Value};
use rectify::world::scripted::{Rule, Scripted};
use std::path::Path;

/// The inventory of the scenarios.
const INVENTORY: &str = "
hosts:
  fe1: {address: 192.0.2.1, aliases: [fe1.example.net], roles: [web], facts: {dag: dag1, peer: fe2, share: 85%, pair: [fe2, fe3.example.net]}}
  fe2: {address: 192.0.2.2, roles: [web], facts: {dag: dag1, pair: []}}
  fe3: {address: 192.0.2.3, aliases: [fe3.example.net], roles: [web], facts: {dag: dag2, pair: []}}
contacts:
  oncall: oncall@example.org
  vendor: vendor@example.org
mail: {server: mail.example.org, from: rectify@example.org}
";

/// Declarations for the scenarios: a service with an action of every kind, and a probe.
const DECLARED: &str = "
role web { dag: text  peer: web?  share: percent?  pair: list<host> }

backend svc \"A service\" {
  enum State { Up, Down, Odd }
  record Seen { state: State  sessions: number  note: text? }
  observe health(on: host) -> boolean
  observe seen(on: host) -> Seen
  observe value(on: host) -> number
  observe items(on: host) -> list<text>
  observe alarms(on: host) -> list<text> or empty
  observe raw(on: host) -> json
  observe boot_id(on: host) -> text
  observe load(on: host) -> number fresh 5m
  observe queues(on: host) -> list<number> fresh 5m
  disrupt restart(on: host) idempotent
  disrupt reboot(on: host) once confirm boot_id(on) timeout 20m
  disrupt kick(on: host) once
  change touch(on: host) idempotent
  change set(on: host, value: number) saves before = value(on) undo set(on, value: before) idempotent
  disrupt drain(on: host) undo resume(on)
  disrupt resume(on: host) idempotent
  destroy wipe(on: host)
}

probe Healthy(on: host) {
  title \"It is healthy\"
  ask svc.health(on)
  passed if answer
}
";

/// The program of these files. The first one is checked; it may import the others.
pub fn program(files: &[(&str, &str)], inventory: &str) -> Program {
    let catalog = registry::catalog();
    let mut sources = catalog.sources().clone();
    let file = sources.add(SourceFile::new("rectify.yaml".to_owned(), inventory));
    let (inventory, wrong) = rectify::inventory::parse(file, inventory, &registry::sections());
    assert_eq!(wrong, [], "the inventory");
    let made_up = InMemory(files.iter().map(|(name, text)| ((*name).into(), (*text).to_owned())).collect());
    let mut session = Session::new(&made_up, catalog, Some(&inventory), sources);
    let checked = session.check(Path::new(files[0].0));
    let found: Vec<String> = checked
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let file = session.sources().file(diagnostic.span().file).expect("a file");
            format!("{}:{}: {}", file.name, file.position(diagnostic.span().start).line, diagnostic.message)
        })
        .collect();
    checked.program.unwrap_or_else(|| panic!("{found:#?}"))
}

/// The program of one text together with the shared declarations.
pub fn declared(text: &str) -> Program {
    let text = format!("{DECLARED}\n{text}");
    program(&[("main.runbook", &text)], INVENTORY)
}

/// Start parameters for a runbook with one argument, a host.
pub fn starting(program: &Program, runbook: &str, host: &str) -> Start {
    let position = program.runbooks.iter().position(|it| it.name == runbook).expect("the runbook");
    let mut arguments = vec![Value::Host(host.into())];
    let rest = program.runbooks[position].parameters.iter().skip(1);
    arguments.extend(rest.map(|parameter| parameter.default.clone().unwrap_or(Value::Absent)));
    Start { runbook: position, arguments, ..crate::support::program::starting() }
}

/// Runs a runbook of a program.
pub fn run_in(program: &Program, runbook: &str, host: &str, world: Scripted) -> RunResult {
    let ending = world.drive(run(program, &world, starting(program, runbook, host))).expect("the run ends");
    RunResult { ending, world }
}

/// Runs a runbook as if an alert had started it.
pub fn alerted(program: &Program, runbook: &str, host: &str, world: Scripted) -> RunResult {
    let start = Start { by_alert: true, ..starting(program, runbook, host) };
    let ending = world.drive(run(program, &world, start)).expect("the run ends");
    RunResult { ending, world }
}

/// Runs the runbook `Main` for `fe1`.
pub fn play(text: &str, world: Scripted) -> RunResult {
    run_in(&declared(text), "Main", "fe1", world)
}

/// Runs a runbook with a contact, the goal `Healthy(server)` and these statements.
pub fn play_body(body: &str, world: Scripted) -> RunResult {
    play(&main(body), world)
}

/// Dry-runs such a runbook; returns the lines of the preview.
pub fn dry_run_body(body: &str, world: Scripted) -> Vec<String> {
    let program = declared(&main(body));
    let ending = world.drive(dry_run(&program, &world, starting(&program, "Main", "fe1"))).expect("it ends");
    assert_eq!(ending.outcome, RunOutcome::Rehearsed);
    assert!(world.effects().is_empty() && world.prompts().is_empty() && world.sent_messages().is_empty());
    let result = RunResult { ending, world };
    let end = result.events().pop().map(|event| event.kind);
    assert!(
        matches!(end, Some(EventKind::RunEnded { outcome: RunOutcome::Rehearsed, .. })),
        "the last event is the end: {end:?}"
    );
    result.shown()
}

fn main(body: &str) -> String {
    format!("runbook Main(server: web) {{\n  contact oncall\n  goal Healthy(server)\n{body}\n}}")
}

/// Matches `svc.ACTION` on a host.
pub fn on(action: &str, host: &str) -> Rule {
    Rule::new(&format!("svc.{action}")).when("on", Value::Host(host.into()))
}

/// An answer of `svc.seen`.
pub fn seen(state: &str, sessions: i64) -> Value {
    Value::record("Seen", [("state", Value::word(state)), ("sessions", Value::number(sessions))])
}

/// Compares the outcome, the reason and the whole ledger. The actual reason must start with `reason`.
#[track_caller]
pub fn ends(result: &RunResult, outcome: RunOutcome, reason: &str, ledger: &[&str]) {
    assert_eq!(result.ledger(), ledger, "{:?}", result.ending);
    assert_eq!((result.ending.outcome, result.ending.reason.as_str()), (outcome, reason));
    let escalations = result.world.sent_messages().iter().filter(|told| told.notification.escalation).count();
    assert_eq!(escalations, usize::from(outcome == RunOutcome::Escalated), "one escalation a run, or none");
    assert!(result.world.held().is_empty(), "locks are let go");
    assert!(
        matches!(result.events().last().map(|event| &event.kind), Some(EventKind::RunEnded { .. })),
        "the last event is the end"
    );
}

/// The result of each effect.
pub fn results(result: &RunResult) -> Vec<(String, EffectOutcome)> {
    let done = result.events().into_iter().filter_map(|event| match event.kind {
        EventKind::EffectDone { text, result, .. } => Some((text, result)),
        _ => None,
    });
    done.collect()
}

/// Asserts the duration of the run.
#[track_caller]
pub fn took(result: &RunResult, duration: &str) {
    assert_eq!(result.ending.duration, d(duration));
}

/// The text of the only escalation, without its first line.
pub fn body(result: &RunResult) -> String {
    let told = result.world.sent_messages();
    let escalation = told.iter().find(|told| told.notification.escalation).expect("an escalation");
    escalation.notification.body.clone()
}
