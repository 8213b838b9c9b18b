//! Replay: the recorded replies of a run give the same run again. Also invariants of every run.

use crate::support::program::*;
use proptest::prelude::*;
use rectify::engine::event::EventKind;
use rectify::engine::{Ending, RunOutcome, run};
use rectify::program::*;
use rectify::value::{ActionError, Call, Class, EffectOutcome, ErrorKind, SignedDuration, Value};
use rectify::world::recording::{Entry, Log, RecordedReply, Recording};
use rectify::world::replaying::{Mismatch, Replaying};
use rectify::world::scripted::{Person, Rule, Scripted, ScriptedAnswer};
use std::collections::BTreeSet;

/// A statement before it gets its nodes.
#[derive(Debug, Clone)]
enum Plan {
    Act(&'static str, u8),
    Set(u8, u8, i64),
    Drain(u8, u8),
    DrainIf(bool, u8),
    Look(u8),
    Wait(i64),
    Fixed,
    FixedWithin,
    Require(u8),
    WaitUntil(u8),
    Manual,
    Notify,
    Escalate,
    Child(u8),
    Step(Vec<Plan>),
    If(u8, Vec<Plan>, Vec<Plan>),
    For(i64, Vec<Plan>),
    Repeat(i64, Vec<Plan>),
    Retry(i64, Vec<Plan>),
    Try(Vec<Plan>, Vec<Plan>),
    Temporarily(Vec<Plan>, Vec<u8>, bool),
    Part(u8, Vec<Plan>, Vec<u8>),
}

/// A target: the loop's item, or a host.
fn target(which: u8) -> Expression {
    match which % 4 {
        0 => local(1),
        n => host(["fe1", "fe2", "fe3"][usize::from(n) - 1]),
    }
}

fn retention(which: u8) -> Retention {
    [Retention::None, TEMPORARILY, KEPT, PERMANENTLY, UNDONE][usize::from(which) % 5]
}

fn statements(builder: &mut ProgramBuilder, plans: &[Plan]) -> Vec<Statement> {
    plans.iter().map(|plan| statement(builder, plan)).collect()
}

fn statement(builder: &mut ProgramBuilder, plan: &Plan) -> Statement {
    match plan {
        Plan::Act(name, on) => builder.act(name, vec![target(*on)]),
        Plan::Set(how, on, value) => builder.act_as(retention(*how), "svc.set", vec![target(*on), num(*value)]),
        Plan::Drain(how, on) => builder.act_as(retention(*how), "svc.drain", vec![target(*on)]),
        Plan::DrainIf(keep, on) => {
            let condition = builder.observe("svc.health", vec![target(*on)]);
            let retention = if *keep { KEPT } else { TEMPORARILY };
            let change = block(vec![builder.act_as(retention, "svc.drain", vec![target(*on)])]);
            s(StatementKind::TemporarilyIf { condition, change })
        }
        Plan::Look(on) => bind(2, builder.observe("svc.value", vec![target(*on)]), None),
        Plan::Wait(seconds) => s(StatementKind::Wait { duration: dur(&format!("{seconds}s")) }),
        Plan::Fixed => fixed(),
        Plan::FixedWithin => fixed_within("2m", "30s"),
        Plan::Require(on) => require(builder.observe("svc.health", vec![target(*on)]), None),
        Plan::WaitUntil(on) => wait_until(builder.observe("svc.health", vec![target(*on)]), "90s", "20s", None),
        Plan::Manual => {
            s(StatementKind::Manual { message: text("Plug it in"), within: dur("5m"), otherwise: Some(block(vec![])) })
        }
        Plan::Notify => notify("news"),
        Plan::Escalate => escalate("enough"),
        Plan::Child(on) => run_of(1, vec![target(*on)]),
        Plan::Step(inner) => step("step", statements(builder, inner)),
        Plan::If(on, then, otherwise) => {
            let condition = builder.observe("svc.health", vec![target(*on)]);
            when(condition, statements(builder, then), Some(statements(builder, otherwise)))
        }
        Plan::For(at_a_time, inner) => each(1, hosts(), Some(*at_a_time), statements(builder, inner)),
        Plan::Repeat(count, inner) => repeat(*count, "10s", statements(builder, inner)),
        Plan::Retry(count, inner) => retry(*count, "10s", statements(builder, inner)),
        Plan::Try(inner, catch) => attempt(statements(builder, inner), 3, statements(builder, catch)),
        Plan::Temporarily(inner, undo, keep) => {
            let undo = undo.iter().map(|on| builder.act("svc.touch", vec![target(*on)])).collect();
            temporarily_block(statements(builder, inner), undo, *keep)
        }
        Plan::Part(how, inner, undo) => {
            let mut body = vec![bind(1, local(0), None)];
            body.extend(statements(builder, inner));
            let undo = undo.iter().map(|on| builder.act("svc.touch", vec![target(*on)])).collect();
            let procedure = builder.procedure(body, Some(undo));
            s(StatementKind::Do { procedure, arguments: vec![local(0)], retention: retention(*how) })
        }
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![
        4 => (prop_oneof![Just("svc.restart"), Just("svc.touch"), Just("host.reboot")], 0u8..4)
            .prop_map(|(name, on)| Plan::Act(name, on)),
        4 => (0u8..5, 0u8..4, 0i64..4).prop_map(|(how, on, value)| Plan::Set(how, on, value)),
        3 => (0u8..5, 0u8..4).prop_map(|(how, on)| Plan::Drain(how, on)),
        2 => (any::<bool>(), 0u8..4).prop_map(|(keep, on)| Plan::DrainIf(keep, on)),
        2 => (0u8..4).prop_map(Plan::Look),
        2 => (1i64..120).prop_map(Plan::Wait),
        1 => Just(Plan::Fixed),
        1 => Just(Plan::FixedWithin),
        1 => (0u8..4).prop_map(Plan::Require),
        1 => (0u8..4).prop_map(Plan::WaitUntil),
        1 => Just(Plan::Manual),
        1 => Just(Plan::Notify),
        1 => Just(Plan::Escalate),
        2 => (0u8..4).prop_map(Plan::Child),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let some = || prop::collection::vec(inner.clone(), 0..4);
        let undo = || prop::collection::vec(0u8..4, 0..3);
        prop_oneof![
            1 => some().prop_map(Plan::Step),
            1 => (0u8..4, some(), some()).prop_map(|(on, then, otherwise)| Plan::If(on, then, otherwise)),
            3 => (1i64..4, some()).prop_map(|(at_a_time, inner)| Plan::For(at_a_time, inner)),
            1 => (1i64..4, some()).prop_map(|(count, inner)| Plan::Repeat(count, inner)),
            2 => (1i64..4, some()).prop_map(|(count, inner)| Plan::Retry(count, inner)),
            2 => (some(), some()).prop_map(|(inner, catch)| Plan::Try(inner, catch)),
            2 => (some(), undo(), any::<bool>()).prop_map(|(inner, undo, keep)| Plan::Temporarily(inner, undo, keep)),
            1 => (0u8..5, some(), undo()).prop_map(|(how, inner, undo)| Plan::Part(how, inner, undo)),
        ]
    })
}

/// Results of an action's calls: seconds, and the kind of result.
type Behaviour = Vec<(i64, u8)>;

#[derive(Debug, Clone)]
struct Case {
    plans: Vec<Plan>,
    child: Vec<Plan>,
    actions: Vec<Behaviour>,
    cancel: Option<(bool, i64)>,
    ends_within: Option<i64>,
    limited: bool,
    answers: bool,
    reachable: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let behaviour = || prop::collection::vec((0i64..100, 0u8..10), 1..6);
    let cancel = prop::option::weighted(0.4, (any::<bool>(), 0i64..300));
    let plans = prop::collection::vec(plan(), 1..6);
    // A runbook cannot run itself.
    let child = prop::collection::vec(plan(), 0..3).prop_map(|plans| plans.into_iter().filter(childless).collect());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let ends_within = prop::option::weighted(0.3, 10i64..900);
    let actions = prop::collection::vec(behaviour(), ACTIONS.len());
    (plans, child, actions, cancel, ends_within, flags).prop_map(
        |(plans, child, actions, cancel, ends_within, (limited, answers, reachable))| Case {
            plans,
            child,
            actions,
            cancel,
            ends_within,
            limited,
            answers,
            reachable,
        },
    )
}

fn childless(plan: &Plan) -> bool {
    let all = |plans: &[Plan]| plans.iter().all(childless);
    match plan {
        Plan::Child(_) => false,
        Plan::Step(inner)
        | Plan::For(_, inner)
        | Plan::Repeat(_, inner)
        | Plan::Retry(_, inner)
        | Plan::Temporarily(inner, ..)
        | Plan::Part(_, inner, _) => all(inner),
        Plan::If(_, one, other) | Plan::Try(one, other) => all(one) && all(other),
        _ => true,
    }
}

const ACTIONS: [&str; 9] = [
    "svc.health",
    "svc.value",
    "host.boot_time",
    "svc.restart",
    "svc.touch",
    "svc.set",
    "svc.resume",
    "svc.drain",
    "host.reboot",
];

fn rule(name: &str, behaviour: &Behaviour) -> Rule {
    behaviour.iter().fold(Rule::new(name), |rule, (seconds, how)| {
        let takes = SignedDuration::from_secs(*seconds);
        let fails = |kind| ScriptedAnswer::Fails(takes, ActionError::new(kind, "the script says so"));
        rule.answer(match how {
            0 => fails(ErrorKind::Failed),
            1 => fails(ErrorKind::Unknown),
            2 => fails(ErrorKind::Refused),
            3 => ScriptedAnswer::Nothing,
            _ => ScriptedAnswer::Answers(
                takes,
                match name {
                    "svc.health" => Value::Boolean(how % 2 == 0),
                    "svc.value" => Value::number(i64::from(*how) % 4),
                    "host.boot_time" => Value::text(format!("boot {}", how % 3)),
                    _ => Value::Absent,
                },
            ),
        })
    })
}

impl Case {
    fn program(&self) -> Program {
        let mut builder = ProgramBuilder::new();
        let mut main = vec![bind(1, local(0), None)];
        main.extend(statements(&mut builder, &self.plans));
        main.push(fixed());
        main.push(escalate("not fixed"));
        builder.runbook(main);
        let mut child = vec![bind(1, local(0), None)];
        child.extend(statements(&mut builder, &self.child));
        child.push(resolve("child"));
        builder.runbook(child);
        let goal = builder.goal(local(0));
        builder.program.runbooks[0].goal = Some(goal);
        builder.program.runbooks[0].locks = vec![fact(local(0), "dag")];
        builder.program.runbooks[0].ends_within = self.ends_within.map(SignedDuration::from_secs);
        if self.limited {
            let key = Some(LimitKey { name: "host".into(), value: local(0) });
            let parts = vec![LimitPart::Rate { count: 2, window: d("1h"), key }];
            let action = builder.index("svc.restart");
            builder.program.limits.push(ActionLimit { action, parts });
        }
        builder.finish()
    }

    fn world(&self) -> Scripted {
        let named = ACTIONS.iter().zip(&self.actions);
        let mut world = named.fold(world(), |world, (name, behaviour)| world.with(rule(name, behaviour)));
        world = match self.cancel {
            Some((true, seconds)) => world.cancel_at(at(&format!("{seconds}s"))),
            Some((false, nth)) => world.cancel_at_effect(usize::try_from(nth % 8).unwrap_or(0)),
            None => world,
        };
        if self.answers {
            world = world
                .person(Person::answering("Was", "done").after(d("10s")))
                .person(Person::answering("Plug", "done"));
        }
        if self.reachable { world } else { world.unreachable("oncall") }
    }
}

fn check(case: &Case) -> Result<(), TestCaseError> {
    let program = case.program();
    let recording = Recording::new(case.world());
    let ending = recording.world().drive(run(&program, &recording, starting()));
    let ending = ending.map_err(|stuck| TestCaseError::fail(stuck.to_string()))?;

    let written = serde_json::to_string(&recording.log()).expect("a log can be written");
    let log: Log = serde_json::from_str(&written).expect("and read");
    prop_assert_eq!(&log, &recording.log());
    let replaying = Replaying::new(log);
    let again = replaying.drive(run(&program, &replaying, starting()));
    let again = again.map_err(|mismatch| TestCaseError::fail(mismatch.to_string()))?;
    prop_assert_eq!(&ending, &again);
    prop_assert_eq!(recording.world().events(), replaying.events());
    let effects: Vec<Call> = recording.world().effects().into_iter().map(|effect| effect.call).collect();
    prop_assert_eq!(effects, replaying.effects());

    always(&ending, recording.world())
}

/// Checks the invariants of a run.
fn always(ending: &Ending, world: &Scripted) -> Result<(), TestCaseError> {
    let events = world.events();
    let left = |change: &String| ending.left_in_place.iter().any(|left| left.change == *change);
    for (position, event) in events.iter().enumerate() {
        if let EventKind::ChangeOpened { address, change, permanent, undo } = &event.kind {
            let undone = events.iter().skip(position).find_map(|event| match &event.kind {
                EventKind::ChangeUndone { address: of, result, .. } if of == address => Some(*result),
                _ => None,
            });
            match undone {
                Some(EffectOutcome::Done) => {}
                Some(_) => prop_assert!(left(change), "{} was not undone and is not listed", change),
                None if *permanent => {
                    let bad = ending.outcome != RunOutcome::Resolved;
                    // A temporary change of the same kind may have ended after it.
                    let undone = events.iter().skip(position).any(|event| match &event.kind {
                        EventKind::ChangeUndone { change: of, result, .. } => {
                            of == change && *result == EffectOutcome::Done
                        }
                        _ => false,
                    });
                    prop_assert!(!bad || left(change) || undone, "{} stays and is not listed", change);
                }
                None => {
                    // Where it was made permanently as well, it stays.
                    let is_meant_to_stay = events.iter().any(|event| match &event.kind {
                        EventKind::ChangeOpened { change: of, permanent, .. } => of == change && *permanent,
                        _ => false,
                    });
                    let listed = undo.is_none() || left(change) || is_meant_to_stay;
                    prop_assert!(listed, "{} was never undone and is not listed", change);
                }
            }
        }
    }
    let sent = events.iter().filter(|event| matches!(event.kind, EventKind::EscalationSent { .. })).count();
    prop_assert_eq!(sent, usize::from(ending.outcome == RunOutcome::Escalated), "one escalation, where it escalated");
    let last = events.last().map(|event| &event.kind);
    prop_assert!(matches!(last, Some(EventKind::RunEnded { .. })), "the last event is the end");
    prop_assert!(world.held().is_empty(), "no lock is kept");
    for note in world.notes() {
        prop_assert!(left(&note.change), "{} is noted and is not left in place", note.change);
    }

    let effects = world.effects();
    let intended = events.iter().filter(|event| matches!(event.kind, EventKind::EffectIntended { .. })).count();
    // A call that a lock or a limit refuses has an outcome without an intent.
    let (mut intents, mut turned_down) = (BTreeSet::new(), 0);
    for event in &events {
        match &event.kind {
            EventKind::EffectIntended { address, .. } => drop(intents.insert(address)),
            EventKind::EffectDone { address, result: EffectOutcome::Refused, .. } if !intents.contains(address) => {
                turned_down += 1;
            }
            _ => {}
        }
    }
    let done = events.iter().filter(|event| matches!(event.kind, EventKind::EffectDone { .. })).count() - turned_down;
    prop_assert_eq!((intended, done), (effects.len(), effects.len()), "every effect has its intent and its outcome");
    for (position, one) in effects.iter().enumerate() {
        let Some((ended, _)) = one.ended else { continue };
        for other in effects.iter().skip(position + 1).filter(|other| other.call.target() == one.call.target()) {
            prop_assert!(other.started >= ended, "{} began before {} had ended", other.call, one.call);
        }
    }
    let unknown = events.iter().any(|event| match &event.kind {
        EventKind::EffectDone { text, result, .. } => {
            text.starts_with("host.reboot") && *result == EffectOutcome::Unknown
        }
        _ => false,
    });
    prop_assert!(!unknown || ending.outcome == RunOutcome::Escalated, "nobody knows, and nobody was told");
    Ok(())
}

/// `PROPTEST_CASES`, or enough cases to find every bug that this test has found so far.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(600)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_replayed_is_the_same_run(case in case()) {
        check(&case)?;
    }
}

fn small() -> (Program, Log) {
    let mut builder = ProgramBuilder::new();
    let (look, restart) = (bind(2, builder.observe("svc.value", vec![host("fe1")]), None), builder.restart("fe1"));
    builder.runbook(vec![look, restart, wait("1m"), resolve("well")]);
    let program = builder.finish();
    let recording = Recording::new(world().with(value(1)));
    recording.world().drive(run(&program, &recording, starting())).expect("the run ends");
    let log = recording.log();
    (program, log)
}

#[test]
fn a_log_that_does_not_belong_to_the_run_is_an_error() {
    let (program, log) = small();
    let replay = |log: Log| {
        let replaying = Replaying::new(log);
        replaying.drive(run(&program, &replaying, starting()))
    };
    assert!(replay(log.clone()).is_ok());

    let mut shorter = log.clone();
    shorter.entries.pop();
    assert_eq!(replay(shorter), Err(Mismatch::Ended));

    let mut longer = log.clone();
    longer.entries.push(Entry::Cancelled { at: start() });
    assert_eq!(replay(longer), Err(Mismatch::LeftOver { entries: 1 }));

    let mut swapped = log.clone();
    swapped.entries.swap(0, 1);
    assert!(matches!(replay(swapped), Err(Mismatch::Unrequested { position: 0, .. })));

    let mut other = ProgramBuilder::new();
    let (look, restart) = (bind(2, other.observe("svc.value", vec![host("fe2")]), None), other.restart("fe1"));
    other.runbook(vec![look, restart, resolve("well")]);
    let mut other = other.finish();
    // The same program with another host: the requests at the same addresses differ.
    other.runbooks = program.runbooks.clone();
    if let StatementKind::Let { value: Subject::Value(expression), .. } =
        &mut other.runbooks[0].block.statements[0].kind
        && let ExpressionKind::Observe(call) = &mut expression.kind
    {
        call.arguments = vec![host("fe2")];
    }
    let replaying = Replaying::new(log);
    let replayed = replaying.drive(run(&other, &replaying, starting()));
    assert!(matches!(replayed, Err(Mismatch::Different { .. })), "{replayed:?}");
    assert!(replaying.effects().is_empty(), "nothing is guessed");
}

#[test]
fn replay_depends_on_the_recording_alone() {
    let (program, mut log) = small();
    for entry in &mut log.entries {
        if let Entry::Replied { reply: RecordedReply::Value(reply), asked, .. } = entry
            && format!("{asked:?}").contains("Act")
        {
            reply.result = Err(ActionError::new(ErrorKind::Failed, "another past"));
        }
    }
    let replaying = Replaying::new(log);
    let replayed = replaying.drive(run(&program, &replaying, starting()));
    assert!(matches!(replayed, Err(Mismatch::Unrequested { .. })), "it does not wait any more, it escalates");
    assert_eq!(replaying.effects().len(), 1);
    assert_eq!(replaying.effects()[0].class, Class::Disrupt);
}
