//! Effects: saved values, undo, retention, confirmation, limits and locks.

use crate::support::program::*;
use rectify::engine::RunOutcome::{Cancelled, Escalated, Resolved};
use rectify::engine::event::EventKind;
use rectify::program::*;
use rectify::value::{EffectOutcome, ErrorKind, Value};
use rectify::world::scripted::{Person, Rule, Scripted};

fn ends(retention: Retention, last: Statement, world: Scripted) -> RunResult {
    let mut builder = ProgramBuilder::new();
    let set = builder.set(retention, "fe1", 5);
    builder.runbook(vec![set, last]);
    builder.run(world.with(value(1)))
}

#[test]
fn retention_decides_what_is_left_after_each_ending() {
    let (made, undone) = ("0s svc.set(on: fe1, value: 5)", "0s svc.set(on: fe1, value: 1)");
    let table = [
        (TEMPORARILY, true, vec![made, undone], 0),
        (TEMPORARILY, false, vec![made, undone], 0),
        (KEPT, true, vec![made, undone], 0),
        (KEPT, false, vec![made], 1),
        (PERMANENTLY, true, vec![made], 0),
        (PERMANENTLY, false, vec![made], 1),
        (UNDONE, true, vec![made], 0),
        (UNDONE, false, vec![made, undone], 0),
    ];
    for (retention, good, ledger, left) in table {
        let last = if good { resolve("well") } else { escalate("badly") };
        let result = ends(retention, last, world());
        assert_eq!(result.ledger(), ledger, "{retention:?}, good: {good}");
        assert_eq!(result.left().len(), left, "{retention:?}, good: {good}");
    }
}

#[test]
fn nothing_is_undone_where_nothing_had_to_change() {
    let mut builder = ProgramBuilder::new();
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, resolve("well")]);
    let result = builder.run(world().with(value(5)));
    assert_eq!(result.ledger(), ["0s svc.set(on: fe1, value: 5)"]);
    assert!(!result.events().iter().any(|event| matches!(event.kind, EventKind::ChangeOpened { .. })));
}

#[test]
fn a_change_needs_its_saved_value() {
    let mut builder = ProgramBuilder::new();
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, resolve("well")]);
    let result = builder.run(world());
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 0));
}

#[test]
fn a_change_is_open_unless_it_was_certainly_not_made() {
    for (kind, undone) in [
        (ErrorKind::Failed, true),
        (ErrorKind::Unknown, true),
        (ErrorKind::TimedOut, true),
        (ErrorKind::Refused, false),
        (ErrorKind::Unreachable, false),
    ] {
        let fails = Rule::new("svc.set").when("value", Value::number(5)).fails(kind, "no");
        let result = ends(TEMPORARILY, resolve("well"), world().with(fails));
        assert_eq!(result.ending.outcome, Escalated);
        let ledger = result.ledger();
        assert_eq!(ledger.len(), if undone { 2 } else { 1 }, "{kind:?}: {ledger:?}");
    }
}

#[test]
fn rule_4_innermost_first_last_in_first_out_and_every_one() {
    let mut builder = ProgramBuilder::new();
    let sets: Vec<Statement> = [("fe1", 5), ("fe2", 6)].map(|(on, value)| builder.set(TEMPORARILY, on, value)).into();
    let inner = vec![builder.set(TEMPORARILY, "fe3", 7), escalate("broken")];
    let mut statements = sets;
    statements.push(step("inner", inner));
    builder.runbook(statements);
    let fails = Rule::new("svc.set").when("value", Value::number(1)).when("on", Value::Host("fe2".into()));
    let result = builder.run(world().with(value(1)).with(fails.fails(ErrorKind::Failed, "read only")));
    assert_eq!(
        result.ledger()[3..],
        ["0s svc.set(on: fe3, value: 1)", "0s-0s svc.set(on: fe2, value: 1) Failed", "0s svc.set(on: fe1, value: 1)"]
    );
    assert_eq!(result.left(), ["svc.set(on: fe2, value: 6) | svc.set(on: fe2, value: 1)"]);
    assert!(result.ending.left_in_place[0].why.contains("read only"));
    assert_eq!(result.sent_messages(), ["oncall: Main: broken"], "the first reason stays the reason");
}

#[test]
fn rule_4_a_failed_undo_makes_the_end_escalated() {
    for cancelled in [false, true] {
        let fails = Rule::new("svc.set").when("value", Value::number(1)).fails(ErrorKind::Failed, "read only");
        let mut world = world().with(fails);
        if cancelled {
            world = world.cancel_at_effect(1);
        }
        let result = ends(TEMPORARILY, resolve("well"), world);
        assert_eq!(result.ending.outcome, Escalated);
        assert_eq!(result.left(), ["svc.set(on: fe1, value: 5) | svc.set(on: fe1, value: 1)"]);
        assert_eq!(result.sent_messages().len(), 1);
    }
}

#[test]
fn rule_4_an_undo_has_its_own_deadline() {
    let never = Rule::new("svc.set").when("value", Value::number(1)).times_out();
    let result = ends(TEMPORARILY, resolve("well"), world().with(never));
    assert_eq!(result.ledger()[1], "0s-1m svc.set(on: fe1, value: 1) Unknown");
    assert_eq!((result.ending.outcome, result.left().len()), (Escalated, 1));
}

#[test]
fn rule_4_half_way_is_always_undone_whatever_the_suffix() {
    let mut builder = ProgramBuilder::new();
    let touch = |on| builder.act("svc.touch", vec![host(on)]);
    let inner = vec![touch("fe1"), builder.restart("fe1"), touch("fe2")];
    let undo = vec![touch("fe2"), touch("fe1")];
    let temporarily = temporarily_block(inner, undo, true);
    builder.runbook(vec![temporarily, resolve("well")]);
    let result = builder.run(world().with(Rule::new("svc.restart").fails(ErrorKind::Failed, "no")));
    assert_eq!(
        result.ledger(),
        [
            "0s svc.touch(on: fe1)",
            "0s-0s svc.restart(on: fe1) Failed",
            "0s svc.touch(on: fe2)",
            "0s svc.touch(on: fe1)"
        ]
    );
    assert_eq!((result.ending.outcome, result.left().len()), (Escalated, 0));
}

#[test]
fn a_block_in_which_nothing_was_done_has_nothing_to_undo() {
    let mut builder = ProgramBuilder::new();
    let block = temporarily_block(vec![escalate("at once")], vec![builder.restart("fe1")], false);
    builder.runbook(vec![block, resolve("well")]);
    assert!(builder.run(world()).ledger().is_empty());
}

#[test]
fn a_whole_block_is_kept_on_failure_or_undone() {
    for (keep, ledger) in [(true, 1), (false, 2)] {
        let mut builder = ProgramBuilder::new();
        let block = temporarily_block(vec![builder.restart("fe1")], vec![builder.restart("fe2")], keep);
        builder.runbook(vec![block, escalate("later")]);
        let result = builder.run(world());
        assert_eq!(result.ledger().len(), ledger);
        let left: &[&str] = if keep { &["svc.restart(on: fe1) | svc.restart(on: fe2)"] } else { &[] };
        assert_eq!(result.left(), left);
    }
}

#[test]
fn an_undo_block_runs_every_line_and_sees_what_the_block_bound() {
    let mut builder = ProgramBuilder::new();
    let bound = bind(3, builder.observe("svc.value", vec![host("fe1")]), None);
    let body = vec![bound, builder.restart("fe1")];
    let undo = vec![builder.restart("fe2"), builder.act("svc.set", vec![host("fe1"), local(3)])];
    let block = temporarily_block(body, undo, false);
    builder.runbook(vec![block, resolve("well")]);
    let fails = Rule::new("svc.restart").when("on", Value::Host("fe2".into())).fails(ErrorKind::Failed, "no");
    let result = builder.run(world().with(value(42)).with(fails));
    assert_eq!(result.ledger()[2], "0s svc.set(on: fe1, value: 42)");
    assert_eq!(result.ending.outcome, Escalated, "one line of the undo failed");
}

#[test]
fn rule_6_an_undo_is_never_interrupted() {
    let slow = Rule::new("svc.set").when("value", Value::number(1)).takes(d("30s"));
    let mut builder = ProgramBuilder::new();
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, resolve("well")]);
    let result = builder.run(world().with(value(1)).with(slow).cancel_at(at("10s")));
    assert_eq!(result.ledger()[1], "0s-30s svc.set(on: fe1, value: 1)");
    assert!(result.left().is_empty());
    assert_eq!(result.ending.outcome, Resolved, "it had ended when somebody cancelled");
}

#[test]
fn rule_6_cancel_interrupts_an_idempotent_call_and_undoes_it() {
    let slow = Rule::new("svc.set").when("value", Value::number(5)).takes(d("50s"));
    let result = ends(TEMPORARILY, resolve("well"), world().with(slow).cancel_at(at("10s")));
    assert_eq!(result.ending.outcome, Cancelled);
    assert_eq!(result.ledger(), ["0s-? svc.set(on: fe1, value: 5)", "10s svc.set(on: fe1, value: 1)"]);
}

#[test]
fn rule_6_any_other_call_is_waited_for() {
    let mut builder = ProgramBuilder::new();
    let (first, second) = (builder.restart("fe1"), builder.restart("fe2"));
    builder.runbook(vec![first, second, resolve("well")]);
    let result = builder.run(world().with(Rule::new("svc.restart").takes(d("30s"))).cancel_at(at("10s")));
    assert_eq!(result.ending.outcome, Cancelled);
    assert_eq!(result.ledger(), ["0s-30s svc.restart(on: fe1)"]);
}

fn reboot(world: Scripted) -> RunResult {
    let mut builder = ProgramBuilder::new();
    let reboot = builder.act("host.reboot", vec![host("fe1")]);
    builder.runbook(vec![reboot, resolve("well")]);
    builder.run(world)
}

#[test]
fn rule_7_a_once_call_whose_answer_is_lost_is_confirmed_never_repeated() {
    let boot = |after: &str| Rule::new("host.boot_time").answers(Value::text("monday")).answers(Value::text(after));
    let lost = || Rule::new("host.reboot").times_out();
    let result = reboot(world().with(lost()).with(boot("tuesday")));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Resolved, 1));
    let done = result.events().into_iter().find_map(|event| match event.kind {
        EventKind::EffectDone { result, .. } => Some(result),
        _ => None,
    });
    assert_eq!(done, Some(EffectOutcome::Done));

    let result = reboot(world().with(lost()).with(boot("monday")));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 1));
    assert_eq!(result.ending.disruptions, ["host.reboot(on: fe1)"], "it was ordered, although it was not done");
}

#[test]
fn rule_7_a_person_is_asked_where_nothing_confirms() {
    let silent = || world().with(Rule::new("host.reboot").fails(ErrorKind::Unknown, "the line broke"));
    let result = reboot(silent().person(Person::answering("Was host.reboot", "done")));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Resolved, 1));
    let result = reboot(silent().person(Person::answering("Was host.reboot", "not_done")));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 1));
    let result = reboot(silent());
    assert_eq!((result.ending.outcome, result.ledger().len(), result.world.prompts().len()), (Escalated, 1, 1));
    assert!(result.ending.reason.contains("it is unknown whether"), "{}", result.ending.reason);
    assert_eq!(result.ending.disruptions.len(), 1, "it may have been done");
}

#[test]
fn an_unknown_once_call_cannot_be_caught_and_repeated() {
    let mut builder = ProgramBuilder::new();
    let again = retry(3, "10s", vec![builder.act("host.reboot", vec![host("fe1")])]);
    builder.runbook(vec![again, resolve("well")]);
    let result = builder.run(world().with(Rule::new("host.reboot").times_out()));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 1));
}

#[test]
fn a_spent_limit_escalates_and_is_not_caught() {
    let mut builder = ProgramBuilder::new();
    let key = || Some(LimitKey { name: "dag".into(), value: fact(local(0), "dag") });
    let action = builder.index("svc.restart");
    let parts = vec![LimitPart::Rate { count: 1, window: d("24h"), key: key() }];
    builder.program.limits.push(ActionLimit { action, parts });
    let (other, first) = (builder.restart("fe3"), builder.restart("fe1"));
    let caught = attempt(vec![builder.restart("fe2")], 5, vec![]);
    builder.runbook(vec![other, first, caught, resolve("well")]);
    let result = builder.run(world());
    assert_eq!(result.ledger(), ["0s svc.restart(on: fe3)", "0s svc.restart(on: fe1)"]);
    assert_eq!(result.ending.outcome, Escalated);
    assert!(result.ending.reason.contains("svc.restart 1 per 1d per dag=dag1"), "{}", result.ending.reason);
}

/// A runbook limited to one run a day, which restarts a healthy service.
fn limited(builder: &mut ProgramBuilder) -> usize {
    let restart = builder.act("svc.restart", vec![local(0)]);
    let healthy = builder.observe("svc.health", vec![local(0)]);
    let child = builder.runbook(vec![when(healthy, vec![restart], None), resolve("child")]);
    let limit = LimitPart::Rate { count: 1, window: d("24h"), key: None };
    builder.program.runbooks[child].limit = vec![limit];
    child
}

#[test]
fn a_runs_own_limit_is_charged_at_its_first_effect() {
    let sick = || health(&[false]).when("on", Value::Host("fe1".into()));
    let mut builder = ProgramBuilder::new();
    let runs = ["fe1", "fe1", "fe2"].map(|on| run_of(1, vec![host(on)]));
    builder.runbook([runs.to_vec(), vec![resolve("well")]].concat());
    limited(&mut builder);
    let result = builder.run(world().with(health(&[true])).with(sick()));
    assert_eq!((result.ending.outcome, result.ledger()), (Resolved, vec!["0s svc.restart(on: fe2)".to_owned()]));

    let mut builder = ProgramBuilder::new();
    let runs = ["fe2", "fe1"].map(|on| run_of(1, vec![host(on)]));
    builder.runbook([runs.to_vec(), vec![resolve("well")]].concat());
    limited(&mut builder);
    let result = builder.run(world().with(health(&[true])).with(sick()));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Resolved, 1), "the second has nothing to do");
}

#[test]
fn of_two_parallel_runs_the_second_is_refused_at_its_first_effect() {
    let mut builder = ProgramBuilder::new();
    let both = each(1, list(vec![host("fe1"), host("fe2")]), Some(2), vec![run_of(1, vec![local(1)])]);
    builder.runbook(vec![both, resolve("well")]);
    limited(&mut builder);
    let result = builder.run(world().with(health(&[true])));
    assert_eq!((result.ending.outcome, result.ledger()), (Escalated, vec!["0s svc.restart(on: fe1)".to_owned()]));
    assert!(result.ending.reason.contains("the limit Child1 1 per 1d is used up"), "{}", result.ending.reason);
}

#[test]
fn two_branches_of_one_run_charge_its_limit_once() {
    let mut builder = ProgramBuilder::new();
    let restart = builder.act("svc.restart", vec![local(1)]);
    builder.runbook(vec![each(1, hosts(), Some(3), vec![restart]), resolve("well")]);
    builder.program.runbooks[0].limit = vec![LimitPart::Rate { count: 1, window: d("24h"), key: None }];
    let result = builder.run(world());
    assert_eq!((result.ending.outcome, result.ledger().len()), (Resolved, 3));
}

#[test]
fn rule_8_a_call_takes_its_targets_lock_for_as_long_as_it_lasts() {
    let mut builder = ProgramBuilder::new();
    let restart = builder.restart("fe1");
    builder.runbook(vec![restart, resolve("well")]);
    let result = builder.run(world().with_lock_held("fe1"));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 0));

    let mut builder = ProgramBuilder::new();
    let both = each(1, list(vec![host("fe1"), host("fe1")]), Some(2), vec![builder.act("svc.restart", vec![local(1)])]);
    builder.runbook(vec![both, resolve("well")]);
    builder.program.runbooks[0].locks = vec![local(0)];
    let result = builder.run(world().with(Rule::new("svc.restart").takes(d("10s"))));
    assert_eq!(
        result.ledger(),
        ["0s-10s svc.restart(on: fe1)", "10s-20s svc.restart(on: fe1)"],
        "two calls on one target never overlap"
    );
    assert!(result.world.held().is_empty());
}

#[test]
fn a_teams_own_action_does_what_its_body_says() {
    let mut builder = ProgramBuilder::new();
    builder.action(
        "team.cure",
        rectify::value::Class::Disrupt,
        vec![("on", rectify::program::types::Type::Host(vec![]))],
        rectify::program::types::Type::Nothing,
    );
    let inner = builder.call("svc.restart", vec![local(0)]);
    builder
        .change("team.cure", |action| action.body = Some(ActionBody { lets: vec![], result: BodyResult::Act(inner) }));
    let cure = builder.act("team.cure", vec![host("fe2")]);
    builder.runbook(vec![cure, resolve("well")]);
    let result = builder.run(world());
    assert_eq!(result.ledger(), ["0s svc.restart(on: fe2)"]);
    assert_eq!(result.ending.disruptions, ["team.cure(on: fe2)"]);
}

#[test]
fn a_temporary_change_needs_its_note() {
    let mut builder = ProgramBuilder::new();
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, resolve("done")]);
    let result = builder.run(world().with(value(1)).without_notes());
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 0), "{:?}", result.ending);

    let mut builder = ProgramBuilder::new();
    let (restart, undo) = (builder.restart("fe1"), builder.restart("fe1"));
    builder.runbook(vec![temporarily_block(vec![restart], vec![undo], false), resolve("done")]);
    let result = builder.run(world().without_notes());
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 0), "{:?}", result.ending);
}
