//! Further rules of "What happens, exactly": procedures, child runs, parallel loops, values bound once.

use crate::support::program::*;
use rectify::engine::RunOutcome::{Cancelled, Escalated, Resolved};
use rectify::engine::event::{EventKind, RunOutcome};
use rectify::program::*;
use rectify::value::{ErrorKind, Value};
use rectify::world::scripted::Rule;

fn part(procedure: usize, retention: Retention) -> Statement {
    s(StatementKind::Do { procedure, arguments: vec![host("fe2")], retention })
}

#[test]
fn rule_1_a_procedure_is_the_callers_text() {
    let mut builder = ProgramBuilder::new();
    let inside =
        vec![builder.act_as(TEMPORARILY, "svc.drain", vec![local(0)]), builder.act("svc.restart", vec![local(0)])];
    let procedure = builder.procedure(inside, None);
    let after = builder.restart("fe1");
    builder.runbook(vec![part(procedure, Retention::None), after, resolve("well")]);
    let result = builder.run(world());
    assert_eq!(
        result.ledger(),
        ["0s svc.drain(on: fe2)", "0s svc.restart(on: fe2)", "0s svc.resume(on: fe2)", "0s svc.restart(on: fe1)"],
        "what it did temporarily ends with it"
    );

    let mut builder = ProgramBuilder::new();
    let procedure = builder.procedure(vec![fixed()], None);
    let never = builder.restart("fe1");
    builder.runbook(vec![part(procedure, Retention::None), never, escalate("no")]);
    let result = builder.run_with_goal(world().with(health(&[true])));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Resolved, 0), "its `resolve` ends the caller's run");
}

#[test]
fn rule_1_the_undo_of_a_procedure_runs_at_the_end_of_the_callers_block() {
    let mut builder = ProgramBuilder::new();
    let bound = bind(3, builder.observe("svc.value", vec![local(0)]), None);
    let body = vec![bound, builder.act("svc.restart", vec![local(0)])];
    let undo = vec![builder.act("svc.set", vec![local(0), local(3)])];
    let procedure = builder.procedure(body, Some(undo));
    let inner = step("Out", vec![part(procedure, TEMPORARILY), builder.restart("fe1")]);
    let last = builder.restart("fe3");
    builder.runbook(vec![inner, last, resolve("well")]);
    let result = builder.run(world().with(value(7)));
    assert_eq!(
        result.ledger(),
        [
            "0s svc.restart(on: fe2)",
            "0s svc.restart(on: fe1)",
            "0s svc.set(on: fe2, value: 7)",
            "0s svc.restart(on: fe3)"
        ]
    );
}

#[test]
fn a_procedure_that_stops_half_way_is_undone_whatever_its_retention() {
    for retention in [Retention::None, TEMPORARILY, KEPT, PERMANENTLY, UNDONE] {
        let mut builder = ProgramBuilder::new();
        let body = vec![builder.restart("fe1"), escalate("half way")];
        let undo = vec![builder.restart("fe3")];
        let procedure = builder.procedure(body, Some(undo));
        builder.runbook(vec![part(procedure, retention), resolve("well")]);
        let result = builder.run(world());
        assert_eq!(result.ledger(), ["0s svc.restart(on: fe1)", "0s svc.restart(on: fe3)"], "{retention:?}");
        assert!(result.left().is_empty());
    }
}

#[test]
fn rule_2_a_child_sends_no_page_and_its_escalation_travels_outward() {
    let mut builder = ProgramBuilder::new();
    let child = run_of(1, vec![host("fe2")]);
    let never = builder.restart("fe3");
    builder.runbook(vec![fixed(), child, never, resolve("well")]);
    let restart = builder.restart("fe2");
    builder.runbook(vec![restart, fixed(), escalate("the child is broken")]);
    builder.program.runbooks[0].goal = Some(builder.goal(local(0)));
    builder.program.runbooks[1].goal = Some(builder.goal(local(0)));
    builder.program.runbooks[0].contact = Some("mother".into());
    let result = builder.run(world().with(health(&[false])));
    assert_eq!(result.ending.outcome, Escalated);
    assert_eq!(result.ledger(), ["0s svc.restart(on: fe2)"]);
    let told = result.world.sent_messages();
    assert_eq!(told.len(), 1, "one page");
    assert_eq!(told[0].notification.contact, "oncall", "to the child's contact");
    let labels: Vec<_> = told[0].notification.evidence.iter().map(|piece| piece.label.to_string()).collect();
    assert_eq!(labels, ["goal.answer of Child1", "goal.answer of Main"], "with both evidences");
    let ends: Vec<_> = result
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
    let mut builder = ProgramBuilder::new();
    let subject = Subject::Run { node: node(), runbook: 1, arguments: vec![host("fe2")] };
    let arms = vec![
        (vec![Value::word("resolved")], block(vec![resolve("child did it")])),
        (
            vec![Value::word("escalated"), Value::word("cancelled")],
            block(vec![builder.restart("fe1"), resolve("anyhow")]),
        ),
    ];
    builder.runbook(vec![s(StatementKind::Match { subject, arms, otherwise: None })]);
    builder.runbook(vec![escalate("the child is broken")]);
    let result = builder.run(world());
    assert_eq!((result.ending.outcome, result.ledger().len(), result.sent_messages().len()), (Resolved, 1, 0));
    assert_eq!(result.ending.reason, "anyhow");
}

#[test]
fn rule_2_the_same_run_is_joined() {
    let mut builder = ProgramBuilder::new();
    let targets = list(vec![host("fe2"), host("fe2"), host("fe3")]);
    let all = each(1, targets, Some(3), vec![run_of(1, vec![local(1)])]);
    builder.runbook(vec![all, resolve("well")]);
    let restart = builder.act("svc.restart", vec![local(0)]);
    builder.runbook(vec![restart, resolve("well")]);
    let result = builder.run(world().with(Rule::new("svc.restart").takes(d("10s"))));
    assert_eq!(result.ledger(), ["0s-10s svc.restart(on: fe2)", "0s-10s svc.restart(on: fe3)"]);
    assert_eq!(result.ending.outcome, Resolved);
}

#[test]
fn rule_2_what_a_child_left_is_left_by_its_caller_too() {
    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![run_of(1, vec![host("fe2")]), resolve("well")]);
    let set = builder.set(KEPT, "fe2", 5);
    builder.runbook(vec![set, escalate("child")]);
    let result = builder.run(world().with(value(1)));
    assert_eq!(result.left(), ["svc.set(on: fe2, value: 5) | svc.set(on: fe2, value: 1)"]);
}

#[test]
fn rule_5_the_first_escalation_starts_nothing_and_the_rest_stop_and_clean_up() {
    let mut builder = ProgramBuilder::new();
    let drain = builder.act_as(TEMPORARILY, "svc.drain", vec![local(1)]);
    let bad = when(equals(local(1), host("fe1")), vec![escalate("fe1 is broken")], None);
    let restart = builder.act("svc.restart", vec![local(1)]);
    let touch = builder.act("svc.touch", vec![local(1)]);
    let all = each(1, hosts(), Some(2), vec![drain, restart, bad, touch]);
    builder.runbook(vec![all, resolve("well")]);
    let times = Rule::new("svc.restart").takes(d("20s"));
    let quick = Rule::new("svc.restart").when("on", Value::Host("fe1".into())).takes(d("10s"));
    let result = builder.run(world().with(times).with(quick));
    assert_eq!(
        result.ledger(),
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
    assert_eq!((result.ending.outcome, result.sent_messages().len(), result.ending.duration), (Escalated, 1, d("20s")));
}

#[test]
fn rule_5_never_more_than_so_many_at_a_time() {
    let mut builder = ProgramBuilder::new();
    let targets = list((0..7).map(|_| host("fe1")).collect());
    builder.action(
        "svc.slow",
        rectify::value::Class::Change,
        vec![("n", rectify::program::types::Type::Host(vec![]))],
        rectify::program::types::Type::Nothing,
    );
    let all = each(1, targets, Some(3), vec![wait("10s"), notify("one")]);
    builder.runbook(vec![all, resolve("well")]);
    let result = builder.run(world());
    assert_eq!((result.ending.duration, result.sent_messages().len()), (d("30s"), 7));
}

#[test]
fn rule_6_cancel_interrupts_waits_and_observations() {
    let mut builder = ProgramBuilder::new();
    let look = bind(2, builder.observe("svc.value", vec![host("fe1")]), None);
    builder.runbook(vec![look, resolve("well")]);
    let result = builder.run(world().with(Rule::new("svc.value").takes(d("50s"))).cancel_at(at("5s")));
    assert_eq!((result.ending.outcome, result.ending.duration), (Cancelled, d("5s")));
}

#[test]
fn rule_6_cancel_counts_as_a_bad_end() {
    let mut builder = ProgramBuilder::new();
    let (kept, undone) = (builder.set(KEPT, "fe1", 5), builder.set(UNDONE, "fe2", 6));
    builder.runbook(vec![kept, undone, wait("1h"), resolve("well")]);
    let result = builder.run(world().with(value(1)).cancel_at(at("5m")));
    assert_eq!(result.ending.outcome, Cancelled);
    assert_eq!(result.ledger()[2..], ["5m svc.set(on: fe2, value: 1)"]);
    assert_eq!(result.left(), ["svc.set(on: fe1, value: 5) | svc.set(on: fe1, value: 1)"]);
}

#[test]
fn rule_11_raising_is_not_yet_and_at_the_deadline_it_escalates_in_spite_of_an_else() {
    let run_with = |rule: Rule| {
        let mut builder = ProgramBuilder::new();
        let condition = equals(builder.observe("svc.value", vec![host("fe1")]), num(5));
        let otherwise = vec![builder.restart("fe1"), resolve("else")];
        builder.runbook(vec![wait_until(condition, "2m", "1m", Some(otherwise)), resolve("in time")]);
        builder.run(world().with(rule))
    };
    let raises = || Rule::new("svc.value").fails(ErrorKind::Unreachable, "no route");
    assert_eq!(run_with(raises().answers(Value::number(5))).ending.reason, "in time");
    let late = run_with(Rule::new("svc.value").answers(Value::number(1)));
    assert_eq!((late.ending.reason.as_str(), late.ending.duration), ("else", d("2m")));
    let raised = run_with(raises());
    assert_eq!((raised.ending.outcome, raised.ledger().len()), (Escalated, 0));
}

#[test]
fn rule_11_an_empty_list_is_no_answer_unless_the_signature_says_so() {
    for empty_is_an_answer in [false, true] {
        let mut builder = ProgramBuilder::new();
        builder.change("svc.items", |action| action.empty_is_an_answer = empty_is_an_answer);
        let look = bind(2, builder.observe("svc.items", vec![host("fe1")]), None);
        builder.runbook(vec![look, resolve("well")]);
        let result = builder.run(world().with(Rule::new("svc.items").answers(Value::list([]))));
        assert_eq!(result.ending.outcome, if empty_is_an_answer { Resolved } else { Escalated });
    }
}

#[test]
fn rule_12_goal_arguments_are_bound_once_and_observations_never() {
    let mut builder = ProgramBuilder::new();
    let first = bind(0, host("fe3"), None);
    builder.runbook(vec![first, fixed(), escalate("no")]);
    let healthy = health(&[true]).when("on", Value::Host("fe1".into()));
    let result = builder.run_with_goal(world().with(healthy));
    assert_eq!(result.ending.outcome, Resolved, "the goal is about the server of the start");

    let mut builder = ProgramBuilder::new();
    let twice = vec![
        bind(2, builder.observe("svc.value", vec![host("fe1")]), None),
        bind(3, builder.observe("svc.value", vec![host("fe1")]), None),
    ];
    let mut statements = twice;
    statements.push(require(not(equals(local(2), local(3))), None));
    statements.push(resolve("well"));
    builder.runbook(statements);
    let rule = Rule::new("svc.value").answers(Value::number(1)).answers(Value::number(2));
    assert_eq!(builder.run(world().with(rule)).ending.outcome, Resolved);
}

#[test]
fn rule_13_a_secret_shows_its_reference_only() {
    let mut builder = ProgramBuilder::new();
    builder.action(
        "svc.login",
        rectify::value::Class::Change,
        vec![("password", rectify::program::types::Type::Secret)],
        rectify::program::types::Type::Nothing,
    );
    let login = builder.act("svc.login", vec![constant(Value::Secret("imap/probe".into()))]);
    builder.runbook(vec![login, resolve("well")]);
    let result = builder.run(world());
    assert_eq!(result.ledger(), ["0s svc.login(password: secret imap/probe)"]);
}

#[test]
fn a_goal_of_two_probes_follows_three_valued_logic() {
    let unreached =
        |on: &str| Rule::new("svc.health").when("on", Value::Host(on.into())).fails(ErrorKind::Unreachable, "no");
    let is =
        |on: &str, well: bool| Rule::new("svc.health").when("on", Value::Host(on.into())).answers(Value::Boolean(well));
    let ends = |or: bool, first: Rule, second: Rule| {
        let mut builder = ProgramBuilder::new();
        let (left, right) = (Box::new(builder.goal(host("fe1"))), Box::new(builder.goal(host("fe2"))));
        builder.runbook(vec![fixed(), escalate("failed")]);
        builder.program.runbooks[0].goal = Some(if or { Goal::Or(left, right) } else { Goal::And(left, right) });
        builder.run(world().with(first).with(second)).ending.reason
    };
    let cannot = "unknown whether the goal holds";
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
