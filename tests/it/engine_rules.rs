//! The rest of the rules of "What happens, exactly": procedures, child runs, parallel loops, what is bound once.

use super::engine_support::*;
use rectify::engine::RunOutcome::{Cancelled, Escalated, Resolved};
use rectify::engine::event::{EventKind, RunOutcome};
use rectify::program::*;
use rectify::value::{ErrorKind, Value};
use rectify::world::scripted::Rule;

fn part(procedure: usize, adverb: Retention) -> Statement {
    s(StatementKind::Do { procedure, arguments: vec![host("fe2")], adverb })
}

#[test]
fn rule_1_a_procedure_is_the_callers_text() {
    let mut maker = Maker::new();
    let inside = vec![maker.act_as(TEMPORARILY, "svc.drain", vec![local(0)]), maker.act("svc.restart", vec![local(0)])];
    let procedure = maker.procedure(inside, None);
    let after = maker.restart("fe1");
    maker.runbook(vec![part(procedure, Retention::None), after, resolve("well")]);
    let scene = maker.scene(world());
    assert_eq!(
        scene.ledger(),
        ["0s svc.drain(on: fe2)", "0s svc.restart(on: fe2)", "0s svc.resume(on: fe2)", "0s svc.restart(on: fe1)"],
        "what it did temporarily ends with it"
    );

    let mut maker = Maker::new();
    let procedure = maker.procedure(vec![fixed()], None);
    let never = maker.restart("fe1");
    maker.runbook(vec![part(procedure, Retention::None), never, escalate("no")]);
    let scene = maker.scene_with_goal(world().with(health(&[true])));
    assert_eq!((scene.ending.outcome, scene.ledger().len()), (Resolved, 0), "its `resolve` ends the caller's run");
}

#[test]
fn rule_1_the_undo_of_a_procedure_runs_at_the_end_of_the_callers_block() {
    let mut maker = Maker::new();
    let bound = bind(3, maker.observe("svc.value", vec![local(0)]), None);
    let body = vec![bound, maker.act("svc.restart", vec![local(0)])];
    let undo = vec![maker.act("svc.set", vec![local(0), local(3)])];
    let procedure = maker.procedure(body, Some(undo));
    let inner = step("Out", vec![part(procedure, TEMPORARILY), maker.restart("fe1")]);
    let last = maker.restart("fe3");
    maker.runbook(vec![inner, last, resolve("well")]);
    let scene = maker.scene(world().with(value(7)));
    assert_eq!(
        scene.ledger(),
        [
            "0s svc.restart(on: fe2)",
            "0s svc.restart(on: fe1)",
            "0s svc.set(on: fe2, value: 7)",
            "0s svc.restart(on: fe3)"
        ]
    );
}

#[test]
fn a_procedure_that_stops_half_way_is_undone_even_without_an_adverb() {
    for adverb in [Retention::None, TEMPORARILY, KEPT, PERMANENTLY, UNDONE] {
        let mut maker = Maker::new();
        let body = vec![maker.restart("fe1"), escalate("half way")];
        let undo = vec![maker.restart("fe3")];
        let procedure = maker.procedure(body, Some(undo));
        maker.runbook(vec![part(procedure, adverb), resolve("well")]);
        let scene = maker.scene(world());
        assert_eq!(scene.ledger(), ["0s svc.restart(on: fe1)", "0s svc.restart(on: fe3)"], "{adverb:?}");
        assert!(scene.left().is_empty());
    }
}

#[test]
fn rule_2_a_child_sends_no_page_and_its_escalation_travels_outward() {
    let mut maker = Maker::new();
    let child = run_of(1, vec![host("fe2")]);
    let never = maker.restart("fe3");
    maker.runbook(vec![fixed(), child, never, resolve("well")]);
    let restart = maker.restart("fe2");
    maker.runbook(vec![restart, fixed(), escalate("the child is broken")]);
    maker.program.runbooks[0].goal = Some(maker.goal(local(0)));
    maker.program.runbooks[1].goal = Some(maker.goal(local(0)));
    maker.program.runbooks[0].contact = Some("mother".into());
    let scene = maker.scene(world().with(health(&[false])));
    assert_eq!(scene.ending.outcome, Escalated);
    assert_eq!(scene.ledger(), ["0s svc.restart(on: fe2)"]);
    let told = scene.world.told();
    assert_eq!(told.len(), 1, "one page");
    assert_eq!(told[0].telling.contact, "oncall", "to the child's contact");
    let labels: Vec<_> = told[0].telling.evidence.iter().map(|piece| piece.label.to_string()).collect();
    assert_eq!(labels, ["goal.answer of Child1", "goal.answer of Main"], "with both evidences");
    let ends: Vec<_> = scene
        .events()
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::RunEnded { outcome, .. } => Some((event.run.to_string(), outcome)),
            _ => None,
        })
        .collect();
    let escalated = RunOutcome::Escalated;
    assert_eq!(ends, [("r1.1".to_owned(), escalated), ("r1".to_owned(), escalated)]);
}

#[test]
fn rule_2_an_outcome_that_is_matched_pages_nobody() {
    let mut maker = Maker::new();
    let subject = Subject::Run { node: node(), runbook: 1, arguments: vec![host("fe2")] };
    let arms = vec![
        (vec![Value::word("resolved")], block(vec![resolve("child did it")])),
        (
            vec![Value::word("escalated"), Value::word("cancelled")],
            block(vec![maker.restart("fe1"), resolve("anyhow")]),
        ),
    ];
    maker.runbook(vec![s(StatementKind::Match { subject, arms, otherwise: None })]);
    maker.runbook(vec![escalate("the child is broken")]);
    let scene = maker.scene(world());
    assert_eq!((scene.ending.outcome, scene.ledger().len(), scene.told().len()), (Resolved, 1, 0));
    assert_eq!(scene.ending.reason, "anyhow");
}

#[test]
fn rule_2_the_same_run_is_joined() {
    let mut maker = Maker::new();
    let targets = list(vec![host("fe2"), host("fe2"), host("fe3")]);
    let all = each(1, targets, Some(3), vec![run_of(1, vec![local(1)])]);
    maker.runbook(vec![all, resolve("well")]);
    let restart = maker.act("svc.restart", vec![local(0)]);
    maker.runbook(vec![restart, resolve("well")]);
    let scene = maker.scene(world().with(Rule::new("svc.restart").takes(d("10s"))));
    assert_eq!(scene.ledger(), ["0s-10s svc.restart(on: fe2)", "0s-10s svc.restart(on: fe3)"]);
    assert_eq!(scene.ending.outcome, Resolved);
}

#[test]
fn rule_2_what_a_child_left_is_left_by_its_caller_too() {
    let mut maker = Maker::new();
    maker.runbook(vec![run_of(1, vec![host("fe2")]), resolve("well")]);
    let set = maker.set(KEPT, "fe2", 5);
    maker.runbook(vec![set, escalate("child")]);
    let scene = maker.scene(world().with(value(1)));
    assert_eq!(scene.left(), ["svc.set(on: fe2, value: 5) | svc.set(on: fe2, value: 1)"]);
}

#[test]
fn rule_5_the_first_escalation_starts_nothing_and_the_rest_stop_and_clean_up() {
    let mut maker = Maker::new();
    let drain = maker.act_as(TEMPORARILY, "svc.drain", vec![local(1)]);
    let bad = when(equals(local(1), host("fe1")), vec![escalate("fe1 is broken")], None);
    let restart = maker.act("svc.restart", vec![local(1)]);
    let touch = maker.act("svc.touch", vec![local(1)]);
    let all = each(1, hosts(), Some(2), vec![drain, restart, bad, touch]);
    maker.runbook(vec![all, resolve("well")]);
    let times = Rule::new("svc.restart").takes(d("20s"));
    let quick = Rule::new("svc.restart").when("on", Value::Host("fe1".into())).takes(d("10s"));
    let scene = maker.scene(world().with(times).with(quick));
    assert_eq!(
        scene.ledger(),
        [
            "0s svc.drain(on: fe1)",
            "0s-10s svc.restart(on: fe1)",
            "0s svc.drain(on: fe2)",
            "0s-20s svc.restart(on: fe2)",
            "10s svc.resume(on: fe1)",
            "20s svc.resume(on: fe2)",
        ],
        "fe3 was never begun, fe2 stopped at its next statement"
    );
    assert_eq!((scene.ending.outcome, scene.told().len(), scene.ending.duration), (Escalated, 1, d("20s")));
}

#[test]
fn rule_5_never_more_than_so_many_at_a_time() {
    let mut maker = Maker::new();
    let targets = list((0..7).map(|_| host("fe1")).collect());
    maker.action(
        "svc.slow",
        rectify::value::Class::Change,
        vec![("n", rectify::program::types::Type::Host(vec![]))],
        rectify::program::types::Type::Nothing,
    );
    let all = each(1, targets, Some(3), vec![wait("10s"), notify("one")]);
    maker.runbook(vec![all, resolve("well")]);
    let scene = maker.scene(world());
    assert_eq!((scene.ending.duration, scene.told().len()), (d("30s"), 7));
}

#[test]
fn rule_6_cancel_interrupts_waits_and_observations() {
    let mut maker = Maker::new();
    let look = bind(2, maker.observe("svc.value", vec![host("fe1")]), None);
    maker.runbook(vec![look, resolve("well")]);
    let scene = maker.scene(world().with(Rule::new("svc.value").takes(d("50s"))).cancel_at(at("5s")));
    assert_eq!((scene.ending.outcome, scene.ending.duration), (Cancelled, d("5s")));
}

#[test]
fn rule_6_cancel_counts_as_a_bad_end() {
    let mut maker = Maker::new();
    let (kept, undone) = (maker.set(KEPT, "fe1", 5), maker.set(UNDONE, "fe2", 6));
    maker.runbook(vec![kept, undone, wait("1h"), resolve("well")]);
    let scene = maker.scene(world().with(value(1)).cancel_at(at("5m")));
    assert_eq!(scene.ending.outcome, Cancelled);
    assert_eq!(scene.ledger()[2..], ["5m svc.set(on: fe2, value: 1)"]);
    assert_eq!(scene.left(), ["svc.set(on: fe1, value: 5) | svc.set(on: fe1, value: 1)"]);
}

#[test]
fn rule_11_raising_is_not_yet_and_at_the_deadline_it_escalates_in_spite_of_an_else() {
    let scene = |rule: Rule| {
        let mut maker = Maker::new();
        let condition = equals(maker.observe("svc.value", vec![host("fe1")]), num(5));
        let otherwise = vec![maker.restart("fe1"), resolve("else")];
        maker.runbook(vec![wait_until(condition, "2m", "1m", Some(otherwise)), resolve("in time")]);
        maker.scene(world().with(rule))
    };
    let raises = || Rule::new("svc.value").fails(ErrorKind::Unreachable, "no route");
    assert_eq!(scene(raises().answers(Value::number(5))).ending.reason, "in time");
    let late = scene(Rule::new("svc.value").answers(Value::number(1)));
    assert_eq!((late.ending.reason.as_str(), late.ending.duration), ("else", d("2m")));
    let raised = scene(raises());
    assert_eq!((raised.ending.outcome, raised.ledger().len()), (Escalated, 0));
}

#[test]
fn rule_11_an_empty_list_is_no_answer_unless_the_signature_says_so() {
    for empty_is_an_answer in [false, true] {
        let mut maker = Maker::new();
        maker.change("svc.items", |action| action.empty_is_an_answer = empty_is_an_answer);
        let look = bind(2, maker.observe("svc.items", vec![host("fe1")]), None);
        maker.runbook(vec![look, resolve("well")]);
        let scene = maker.scene(world().with(Rule::new("svc.items").answers(Value::list([]))));
        assert_eq!(scene.ending.outcome, if empty_is_an_answer { Resolved } else { Escalated });
    }
}

#[test]
fn rule_12_goal_arguments_are_bound_once_and_observations_never() {
    let mut maker = Maker::new();
    let first = bind(0, host("fe3"), None);
    maker.runbook(vec![first, fixed(), escalate("no")]);
    let healthy = health(&[true]).when("on", Value::Host("fe1".into()));
    let scene = maker.scene_with_goal(world().with(healthy));
    assert_eq!(scene.ending.outcome, Resolved, "the goal is about the server of the start");

    let mut maker = Maker::new();
    let twice = vec![
        bind(2, maker.observe("svc.value", vec![host("fe1")]), None),
        bind(3, maker.observe("svc.value", vec![host("fe1")]), None),
    ];
    let mut statements = twice;
    statements.push(require(not(equals(local(2), local(3))), None));
    statements.push(resolve("well"));
    maker.runbook(statements);
    let rule = Rule::new("svc.value").answers(Value::number(1)).answers(Value::number(2));
    assert_eq!(maker.scene(world().with(rule)).ending.outcome, Resolved);
}

#[test]
fn rule_13_a_secret_shows_its_reference_only() {
    let mut maker = Maker::new();
    maker.action(
        "svc.login",
        rectify::value::Class::Change,
        vec![("password", rectify::program::types::Type::Secret)],
        rectify::program::types::Type::Nothing,
    );
    let login = maker.act("svc.login", vec![constant(Value::Secret("imap/probe".into()))]);
    maker.runbook(vec![login, resolve("well")]);
    let scene = maker.scene(world());
    assert_eq!(scene.ledger(), ["0s svc.login(password: secret imap/probe)"]);
}

#[test]
fn a_goal_of_two_probes_follows_three_valued_logic() {
    let unreached =
        |on: &str| Rule::new("svc.health").when("on", Value::Host(on.into())).fails(ErrorKind::Unreachable, "no");
    let is =
        |on: &str, well: bool| Rule::new("svc.health").when("on", Value::Host(on.into())).answers(Value::Boolean(well));
    let ends = |or: bool, first: Rule, second: Rule| {
        let mut maker = Maker::new();
        let (left, right) = (Box::new(maker.goal(host("fe1"))), Box::new(maker.goal(host("fe2"))));
        maker.runbook(vec![fixed(), resolve("failed")]);
        maker.program.runbooks[0].goal = Some(if or { Goal::Or(left, right) } else { Goal::And(left, right) });
        maker.scene(world().with(first).with(second)).ending.reason
    };
    let cannot = "cannot tell whether it is fixed";
    let table = [
        (false, is("fe1", true), is("fe2", true), "fixed"),
        (false, is("fe1", true), is("fe2", false), "failed"),
        (false, unreached("fe1"), is("fe2", false), "failed"),
        (false, unreached("fe1"), is("fe2", true), cannot),
        (false, is("fe1", true), unreached("fe2"), cannot),
        (true, unreached("fe1"), is("fe2", true), "fixed"),
        (true, unreached("fe1"), is("fe2", false), cannot),
        (true, is("fe1", false), is("fe2", false), "failed"),
    ];
    for (or, first, second, reason) in table {
        let shown = format!("or: {or}, {first:?}, {second:?}");
        assert_eq!(ends(or, first, second), reason, "{shown}");
    }
}
