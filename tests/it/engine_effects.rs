//! Effects: what is saved, undone, kept, confirmed, limited and locked.

use super::engine_support::*;
use rectify::engine::RunOutcome::{Cancelled, Escalated, Resolved};
use rectify::engine::event::EventKind;
use rectify::program::*;
use rectify::value::{ErrorKind, Outcome, Value};
use rectify::world::scripted::{Person, Rule, Scripted};

fn ends(adverb: Retention, last: Statement, world: Scripted) -> Scene {
    let mut maker = Maker::new();
    let set = maker.set(adverb, "fe1", 5);
    maker.runbook(vec![set, last]);
    maker.scene(world.with(value(1)))
}

#[test]
fn adverbs_say_what_is_left_at_a_good_and_at_a_bad_end() {
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
    for (adverb, good, ledger, left) in table {
        let last = if good { resolve("well") } else { escalate("badly") };
        let scene = ends(adverb, last, world());
        assert_eq!(scene.ledger(), ledger, "{adverb:?}, good: {good}");
        assert_eq!(scene.left().len(), left, "{adverb:?}, good: {good}");
    }
}

#[test]
fn nothing_is_undone_where_nothing_had_to_change() {
    let mut maker = Maker::new();
    let set = maker.set(TEMPORARILY, "fe1", 5);
    maker.runbook(vec![set, resolve("well")]);
    let scene = maker.scene(world().with(value(5)));
    assert_eq!(scene.ledger(), ["0s svc.set(on: fe1, value: 5)"]);
    assert!(!scene.events().iter().any(|event| matches!(event.kind, EventKind::ChangeOpened { .. })));
}

#[test]
fn what_cannot_be_read_before_is_not_changed() {
    let mut maker = Maker::new();
    let set = maker.set(TEMPORARILY, "fe1", 5);
    maker.runbook(vec![set, resolve("well")]);
    let scene = maker.scene(world());
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Escalated, 0));
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
        let scene = ends(TEMPORARILY, resolve("well"), world().with(fails));
        assert_eq!(scene.ending.outcome, Escalated);
        let ledger = scene.ledger();
        assert_eq!(ledger.len(), if undone { 2 } else { 1 }, "{kind:?}: {ledger:?}");
    }
}

#[test]
fn rule_4_innermost_first_last_in_first_out_and_every_one() {
    let mut maker = Maker::new();
    let sets: Vec<Statement> = [("fe1", 5), ("fe2", 6)].map(|(on, value)| maker.set(TEMPORARILY, on, value)).into();
    let inner = vec![maker.set(TEMPORARILY, "fe3", 7), escalate("broken")];
    let mut statements = sets;
    statements.push(step("inner", inner));
    maker.runbook(statements);
    let fails = Rule::new("svc.set").when("value", Value::number(1)).when("on", Value::Host("fe2".into()));
    let scene = maker.scene(world().with(value(1)).with(fails.fails(ErrorKind::Failed, "read only")));
    assert_eq!(
        scene.ledger()[3..],
        ["0s svc.set(on: fe3, value: 1)", "0s-0s svc.set(on: fe2, value: 1) Failed", "0s svc.set(on: fe1, value: 1)"]
    );
    assert_eq!(scene.left(), ["svc.set(on: fe2, value: 6) | svc.set(on: fe2, value: 1)"]);
    assert!(scene.ending.left_in_place[0].why.contains("read only"));
    assert_eq!(scene.told(), ["oncall: Main: broken"], "the first reason stays the reason");
}

#[test]
fn rule_4_a_failed_undo_makes_the_end_escalated() {
    for cancelled in [false, true] {
        let fails = Rule::new("svc.set").when("value", Value::number(1)).fails(ErrorKind::Failed, "read only");
        let mut world = world().with(fails);
        if cancelled {
            world = world.cancel_at_effect(1);
        }
        let scene = ends(TEMPORARILY, resolve("well"), world);
        assert_eq!(scene.ending.outcome, Escalated);
        assert_eq!(scene.left(), ["svc.set(on: fe1, value: 5) | svc.set(on: fe1, value: 1)"]);
        assert_eq!(scene.told().len(), 1);
    }
}

#[test]
fn rule_4_an_undo_has_its_own_deadline() {
    let never = Rule::new("svc.set").when("value", Value::number(1)).times_out();
    let scene = ends(TEMPORARILY, resolve("well"), world().with(never));
    assert_eq!(scene.ledger()[1], "0s-1m svc.set(on: fe1, value: 1) Unknown");
    assert_eq!((scene.ending.outcome, scene.left().len()), (Escalated, 1));
}

#[test]
fn rule_4_half_way_is_always_undone_whatever_the_suffix() {
    let mut maker = Maker::new();
    let touch = |on| maker.act("svc.touch", vec![host(on)]);
    let inner = vec![touch("fe1"), maker.restart("fe1"), touch("fe2")];
    let undo = vec![touch("fe2"), touch("fe1")];
    let temporarily = temporarily_block(inner, undo, true);
    maker.runbook(vec![temporarily, resolve("well")]);
    let scene = maker.scene(world().with(Rule::new("svc.restart").fails(ErrorKind::Failed, "no")));
    assert_eq!(
        scene.ledger(),
        [
            "0s svc.touch(on: fe1)",
            "0s-0s svc.restart(on: fe1) Failed",
            "0s svc.touch(on: fe2)",
            "0s svc.touch(on: fe1)"
        ]
    );
    assert_eq!((scene.ending.outcome, scene.left().len()), (Escalated, 0));
}

#[test]
fn a_block_in_which_nothing_was_done_has_nothing_to_undo() {
    let mut maker = Maker::new();
    let block = temporarily_block(vec![escalate("at once")], vec![maker.restart("fe1")], false);
    maker.runbook(vec![block, resolve("well")]);
    assert!(maker.scene(world()).ledger().is_empty());
}

#[test]
fn a_whole_block_is_kept_on_failure_or_undone() {
    for (keep, ledger) in [(true, 1), (false, 2)] {
        let mut maker = Maker::new();
        let block = temporarily_block(vec![maker.restart("fe1")], vec![maker.restart("fe2")], keep);
        maker.runbook(vec![block, escalate("later")]);
        let scene = maker.scene(world());
        assert_eq!(scene.ledger().len(), ledger);
        let left: &[&str] = if keep { &["svc.restart(on: fe1) | svc.restart(on: fe2)"] } else { &[] };
        assert_eq!(scene.left(), left);
    }
}

#[test]
fn an_undo_block_runs_every_line_and_sees_what_the_block_bound() {
    let mut maker = Maker::new();
    let bound = bind(3, maker.observe("svc.value", vec![host("fe1")]), None);
    let body = vec![bound, maker.restart("fe1")];
    let undo = vec![maker.restart("fe2"), maker.act("svc.set", vec![host("fe1"), local(3)])];
    let block = temporarily_block(body, undo, false);
    maker.runbook(vec![block, resolve("well")]);
    let fails = Rule::new("svc.restart").when("on", Value::Host("fe2".into())).fails(ErrorKind::Failed, "no");
    let scene = maker.scene(world().with(value(42)).with(fails));
    assert_eq!(scene.ledger()[2], "0s svc.set(on: fe1, value: 42)");
    assert_eq!(scene.ending.outcome, Escalated, "one line of the undo failed");
}

#[test]
fn rule_6_an_undo_is_never_interrupted() {
    let slow = Rule::new("svc.set").when("value", Value::number(1)).takes(d("30s"));
    let mut maker = Maker::new();
    let set = maker.set(TEMPORARILY, "fe1", 5);
    maker.runbook(vec![set, resolve("well")]);
    let scene = maker.scene(world().with(value(1)).with(slow).cancel_at(at("10s")));
    assert_eq!(scene.ledger()[1], "0s-30s svc.set(on: fe1, value: 1)");
    assert!(scene.left().is_empty());
    assert_eq!(scene.ending.outcome, Resolved, "it had ended when somebody cancelled");
}

#[test]
fn rule_6_cancel_interrupts_an_idempotent_call_and_undoes_it() {
    let slow = Rule::new("svc.set").when("value", Value::number(5)).takes(d("50s"));
    let scene = ends(TEMPORARILY, resolve("well"), world().with(slow).cancel_at(at("10s")));
    assert_eq!(scene.ending.outcome, Cancelled);
    assert_eq!(scene.ledger(), ["0s-? svc.set(on: fe1, value: 5)", "10s svc.set(on: fe1, value: 1)"]);
}

#[test]
fn rule_6_any_other_call_is_waited_for() {
    let mut maker = Maker::new();
    let (first, second) = (maker.restart("fe1"), maker.restart("fe2"));
    maker.runbook(vec![first, second, resolve("well")]);
    let scene = maker.scene(world().with(Rule::new("svc.restart").takes(d("30s"))).cancel_at(at("10s")));
    assert_eq!(scene.ending.outcome, Cancelled);
    assert_eq!(scene.ledger(), ["0s-30s svc.restart(on: fe1)"]);
}

fn reboot(world: Scripted) -> Scene {
    let mut maker = Maker::new();
    let reboot = maker.act("host.reboot", vec![host("fe1")]);
    maker.runbook(vec![reboot, resolve("well")]);
    maker.scene(world)
}

#[test]
fn rule_7_a_once_call_whose_answer_is_lost_is_confirmed_never_repeated() {
    let boot = |after: &str| Rule::new("host.boot_time").answers(Value::text("monday")).answers(Value::text(after));
    let lost = || Rule::new("host.reboot").times_out();
    let scene = reboot(world().with(lost()).with(boot("tuesday")));
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Resolved, 1));
    let done = scene.events().into_iter().find_map(|event| match event.kind {
        EventKind::EffectDone { result, .. } => Some(result),
        _ => None,
    });
    assert_eq!(done, Some(Outcome::Done));

    let scene = reboot(world().with(lost()).with(boot("monday")));
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Escalated, 1));
    assert!(scene.ending.disruptions.is_empty(), "it was not done");
}

#[test]
fn rule_7_a_person_is_asked_where_nothing_confirms() {
    let silent = || world().with(Rule::new("host.reboot").fails(ErrorKind::Unknown, "the line broke"));
    let scene = reboot(silent().person(Person::answering("Was host.reboot", "done")));
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Resolved, 1));
    let scene = reboot(silent().person(Person::answering("Was host.reboot", "not_done")));
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Escalated, 1));
    let scene = reboot(silent());
    assert_eq!((scene.ending.outcome, scene.ledger().len(), scene.world.asked().len()), (Escalated, 1, 1));
    assert!(scene.ending.reason.contains("nobody knows"), "{}", scene.ending.reason);
    assert_eq!(scene.ending.disruptions.len(), 1, "it may have been done");
}

#[test]
fn an_unknown_once_call_cannot_be_caught_and_repeated() {
    let mut maker = Maker::new();
    let again = retry(3, "10s", vec![maker.act("host.reboot", vec![host("fe1")])]);
    maker.runbook(vec![again, resolve("well")]);
    let scene = maker.scene(world().with(Rule::new("host.reboot").times_out()));
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Escalated, 1));
}

#[test]
fn a_spent_limit_escalates_and_is_not_caught() {
    let mut maker = Maker::new();
    let key = || Some(LimitKey { name: "dag".into(), value: fact(local(0), "dag") });
    let action = maker.index("svc.restart");
    let parts = vec![LimitPart::Rate { count: 1, window: d("24h"), key: key() }];
    maker.program.limits.push(ActionLimit { action, parts });
    let (other, first) = (maker.restart("fe3"), maker.restart("fe1"));
    let caught = attempt(vec![maker.restart("fe2")], 5, vec![]);
    maker.runbook(vec![other, first, caught, resolve("well")]);
    let scene = maker.scene(world());
    assert_eq!(scene.ledger(), ["0s svc.restart(on: fe3)", "0s svc.restart(on: fe1)"]);
    assert_eq!(scene.ending.outcome, Escalated);
    assert!(scene.ending.reason.contains("svc.restart 1 per 1d per dag=dag1"), "{}", scene.ending.reason);
}

/// A runbook with a limit of one run a day, which restarts what is healthy.
fn limited(maker: &mut Maker) -> usize {
    let restart = maker.act("svc.restart", vec![local(0)]);
    let healthy = maker.observe("svc.health", vec![local(0)]);
    let child = maker.runbook(vec![when(healthy, vec![restart], None), resolve("child")]);
    let limit = LimitPart::Rate { count: 1, window: d("24h"), key: None };
    maker.program.runbooks[child].limit = vec![limit];
    child
}

#[test]
fn a_runs_own_limit_is_charged_at_its_first_effect() {
    let sick = || health(&[false]).when("on", Value::Host("fe1".into()));
    let mut maker = Maker::new();
    let runs = ["fe1", "fe1", "fe2"].map(|on| run_of(1, vec![host(on)]));
    maker.runbook([runs.to_vec(), vec![resolve("well")]].concat());
    limited(&mut maker);
    let scene = maker.scene(world().with(health(&[true])).with(sick()));
    assert_eq!((scene.ending.outcome, scene.ledger()), (Resolved, vec!["0s svc.restart(on: fe2)".to_owned()]));

    let mut maker = Maker::new();
    let runs = ["fe2", "fe1"].map(|on| run_of(1, vec![host(on)]));
    maker.runbook([runs.to_vec(), vec![resolve("well")]].concat());
    limited(&mut maker);
    let scene = maker.scene(world().with(health(&[true])).with(sick()));
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Escalated, 1), "spent at the start: refused");
}

#[test]
fn of_two_runs_at_once_the_second_is_turned_down_at_its_first_effect() {
    let mut maker = Maker::new();
    let both = each(1, list(vec![host("fe1"), host("fe2")]), Some(2), vec![run_of(1, vec![local(1)])]);
    maker.runbook(vec![both, resolve("well")]);
    limited(&mut maker);
    let scene = maker.scene(world().with(health(&[true])));
    assert_eq!((scene.ending.outcome, scene.ledger()), (Escalated, vec!["0s svc.restart(on: fe1)".to_owned()]));
    assert!(scene.ending.reason.contains("the limit Child1 1 per 1d is spent"), "{}", scene.ending.reason);
}

#[test]
fn two_branches_of_one_run_charge_its_limit_once() {
    let mut maker = Maker::new();
    let restart = maker.act("svc.restart", vec![local(1)]);
    maker.runbook(vec![each(1, hosts(), Some(3), vec![restart]), resolve("well")]);
    maker.program.runbooks[0].limit = vec![LimitPart::Rate { count: 1, window: d("24h"), key: None }];
    let scene = maker.scene(world());
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Resolved, 3));
}

#[test]
fn rule_8_a_call_takes_its_targets_lock_for_as_long_as_it_lasts() {
    let mut maker = Maker::new();
    let restart = maker.restart("fe1");
    maker.runbook(vec![restart, resolve("well")]);
    let scene = maker.scene(world().taken("fe1"));
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Escalated, 0));

    let mut maker = Maker::new();
    let both = each(1, list(vec![host("fe1"), host("fe1")]), Some(2), vec![maker.act("svc.restart", vec![local(1)])]);
    maker.runbook(vec![both, resolve("well")]);
    maker.program.runbooks[0].locks = vec![local(0)];
    let scene = maker.scene(world().with(Rule::new("svc.restart").takes(d("10s"))));
    assert_eq!(
        scene.ledger(),
        ["0s-10s svc.restart(on: fe1)", "10s-20s svc.restart(on: fe1)"],
        "two calls on one target never overlap"
    );
    assert!(scene.world.held().is_empty());
}

#[test]
fn a_teams_own_action_does_what_its_body_says() {
    let mut maker = Maker::new();
    maker.action(
        "team.cure",
        rectify::value::Class::Disrupt,
        vec![("on", rectify::program::types::Type::Host(vec![]))],
        rectify::program::types::Type::Nothing,
    );
    let inner = maker.call("svc.restart", vec![local(0)]);
    maker.change("team.cure", |action| action.body = Some(ActionBody { lets: vec![], result: BodyResult::Act(inner) }));
    let cure = maker.act("team.cure", vec![host("fe2")]);
    maker.runbook(vec![cure, resolve("well")]);
    let scene = maker.scene(world());
    assert_eq!(scene.ledger(), ["0s svc.restart(on: fe2)"]);
    assert_eq!(scene.ending.disruptions, ["team.cure(on: fe2)"]);
}

#[test]
fn nothing_that_is_to_be_taken_back_is_done_without_a_note() {
    let mut maker = Maker::new();
    let set = maker.set(TEMPORARILY, "fe1", 5);
    maker.runbook(vec![set, resolve("done")]);
    let scene = maker.scene(world().with(value(1)).without_notes());
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Escalated, 0), "{:?}", scene.ending);

    let mut maker = Maker::new();
    let (restart, undo) = (maker.restart("fe1"), maker.restart("fe1"));
    maker.runbook(vec![temporarily_block(vec![restart], vec![undo], false), resolve("done")]);
    let scene = maker.scene(world().without_notes());
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Escalated, 0), "{:?}", scene.ending);
}
