//! How runs end: resolved, escalated, cancelled, refused; and how clean-up changes the outcome.

use crate::support::program::*;
use rectify::engine::RunOutcome::{Cancelled, Escalated, Refused, Resolved};
use rectify::engine::event::{EventKind, RunOutcome};
use rectify::program::*;
use rectify::value::{ErrorKind, Value};
use rectify::world::scripted::Rule;

#[test]
fn resolves_immediately_if_already_fixed() {
    let mut builder = ProgramBuilder::new();
    let restart = builder.restart("fe1");
    builder.runbook(vec![fixed(), restart, escalate("still broken")]);
    let result = builder.run_with_goal(world().with(health(&[true])));
    assert_eq!(result.ending.outcome, Resolved);
    assert!(result.ledger().is_empty());
    assert!(result.sent_messages().is_empty());
}

#[test]
fn restarts_and_waits_until_it_is_fixed() {
    let mut builder = ProgramBuilder::new();
    let restart = builder.restart("fe1");
    builder.runbook(vec![fixed(), step("Restart", vec![restart, fixed_within("5m", "30s")]), escalate("still broken")]);
    let result = builder.run_with_goal(world().with(health(&[false, false, false, true])));
    assert_eq!(result.ending.outcome, Resolved);
    assert_eq!(result.ledger(), ["0s svc.restart(on: fe1)"]);
    assert_eq!(result.ending.duration, d("60s"));
    assert_eq!(result.ending.disruptions, ["svc.restart(on: fe1)"]);
}

#[test]
fn polls_once_more_at_the_deadline_and_escalates() {
    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![fixed_within("5m", "2m"), escalate("still broken")]);
    let result = builder.run_with_goal(world().with(health(&[false])));
    assert_eq!(result.ending.outcome, Escalated);
    assert_eq!(result.world.observed(), 4, "at 0, 2, 4 and 5 minutes");
    assert_eq!(result.sent_messages(), ["oncall: Main: still broken"]);
    assert_eq!(result.ending.duration, d("5m"));
}

#[test]
fn unknown_is_not_yet_in_a_window_and_escalates_after_it() {
    let broken = || Rule::new("svc.health").fails(ErrorKind::Unreachable, "no route");
    let mut builder = ProgramBuilder::new();
    let restart = builder.restart("fe1");
    builder.runbook(vec![fixed(), restart, escalate("unreached")]);
    let result = builder.run_with_goal(world().with(broken()));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 0), "unknown is never a reason to disrupt");
    assert_eq!(result.sent_messages(), ["oncall: Main: fe1: unknown whether the goal holds"]);

    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![fixed_within("2m", "30s"), escalate("unreached")]);
    let result = builder.run_with_goal(world().with(broken().answers(Value::Boolean(true))));
    assert_eq!(result.ending.outcome, Resolved);
}

#[test]
fn after_delays_the_poll_and_for_requires_a_hold() {
    let hold = Hold { duration: dur("10m"), every: Some(dur("5m")) };
    let good = |looks: &[bool]| {
        let hold = hold.clone();
        let mut builder = ProgramBuilder::new();
        let first = s(StatementKind::ResolveIfFixed { after: Some(dur("10m")), window: None, hold: Some(hold) });
        builder.runbook(vec![first, escalate("did not last")]);
        builder.run_with_goal(world().with(health(looks)))
    };
    let result = good(&[true]);
    assert_eq!((result.ending.outcome, result.ending.duration, result.world.observed()), (Resolved, d("20m"), 3));
    let result = good(&[true, true, false]);
    assert_eq!((result.ending.outcome, result.ending.duration), (Escalated, d("20m")));
    let result = good(&[false]);
    assert_eq!((result.ending.outcome, result.ending.duration), (Escalated, d("10m")));
}

#[test]
fn rule_3_fixed_until_clean_up_is_not_resolved() {
    let mut builder = ProgramBuilder::new();
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, fixed(), escalate("still broken")]);
    let result = builder.run_with_goal(world().with(value(1)).with(health(&[true, false])));
    assert_eq!(result.ending.outcome, Escalated);
    assert_eq!(result.ledger(), ["0s svc.set(on: fe1, value: 5)", "0s svc.set(on: fe1, value: 1)"]);
    assert!(result.ending.reason.starts_with("fixed before clean-up"), "{}", result.ending.reason);
    assert_eq!(result.sent_messages().len(), 1);
}

#[test]
fn rule_3_polls_again_only_after_an_effect() {
    let mut builder = ProgramBuilder::new();
    let restart = builder.restart("fe1");
    builder.runbook(vec![restart, fixed(), escalate("no")]);
    let result = builder.run_with_goal(world().with(health(&[true])));
    assert_eq!((result.ending.outcome, result.world.observed()), (Resolved, 1));

    let mut builder = ProgramBuilder::new();
    let restart = builder.restart("fe1");
    builder.runbook(vec![restart, resolve("said so")]);
    let result = builder.run_with_goal(world().with(health(&[false])));
    assert_eq!((result.ending.outcome, result.world.observed()), (Escalated, 1));
}

#[test]
fn an_error_that_nothing_catches_escalates_to_the_contact() {
    let mut builder = ProgramBuilder::new();
    let restart = builder.restart("fe1");
    builder.runbook(vec![restart, resolve("done")]);
    let result = builder.run(world().with(Rule::new("svc.restart").fails(ErrorKind::Failed, "exit code 1")));
    assert_eq!(result.ending.outcome, Escalated);
    assert_eq!(result.sent_messages(), ["oncall: Main: svc.restart(on: fe1): exit code 1"]);
    assert!(!result.ending.undelivered);
}

#[test]
fn undelivered_is_said() {
    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![escalate("help")]);
    let result = builder.run(world().unreachable("oncall"));
    assert_eq!(result.ending.outcome, Escalated);
    assert!(result.ending.undelivered);
    let sent = result.events().into_iter().find_map(|event| match event.kind {
        EventKind::EscalationSent { delivered, .. } => Some(delivered),
        _ => None,
    });
    assert_eq!(sent, Some(false));
}

#[test]
fn the_escalation_names_what_was_tried_what_is_left_and_how_to_undo_it() {
    let mut builder = ProgramBuilder::new();
    let (set, restart) = (builder.set(KEPT, "fe1", 5), builder.restart("fe1"));
    let tell = s(StatementKind::Escalate {
        contact: "vendor".into(),
        message: text("broken"),
        evidence: vec![Evidence { label: "goal.answer".into(), value: goal_answer() }],
    });
    builder.runbook(vec![set, restart, fixed(), tell]);
    let result = builder.run_with_goal(world().with(value(1)).with(health(&[false])));
    let told = result.world.sent_messages();
    assert_eq!(told.len(), 1);
    let notification = &told[0].notification;
    assert!(notification.escalation);
    assert_eq!(notification.contact, "vendor");
    assert_eq!(
        notification.body.lines().take(10).collect::<Vec<_>>(),
        [
            "broken",
            "",
            "Run r1 of Main(server: fe1), \"Main\".",
            "",
            "What was tried:",
            "- svc.set(on: fe1, value: 5): done",
            "- svc.restart(on: fe1): done",
            "",
            "Left in place:",
            "- svc.set(on: fe1, value: 5) (kept, because its block ended badly); to undo it: svc.set(on: fe1, value: 1)",
        ]
    );
    assert_eq!(notification.evidence.len(), 1, "the goal's answer is not told twice");
    assert_eq!(result.left(), ["svc.set(on: fe1, value: 5) | svc.set(on: fe1, value: 1)"]);
}

#[test]
fn refused_before_the_first_effect_by_a_lock_or_a_limit() {
    let locked = || {
        let mut builder = ProgramBuilder::new();
        let restart = builder.restart("fe1");
        builder.runbook(vec![restart, resolve("done")]);
        builder.program.runbooks[0].locks = vec![local(0), fact(local(0), "dag")];
        let limit = LimitPart::Rate { count: 1, window: d("24h"), key: None };
        builder.program.runbooks[0].limit = vec![limit];
        builder
    };
    let result = locked().run(world().with_lock_held("dag1"));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Refused, 0));
    assert!(result.world.held().is_empty(), "all of them or none");
    assert!(matches!(
        result.events().iter().map(|event| &event.kind).collect::<Vec<_>>().as_slice(),
        [EventKind::RunRefused { .. }, EventKind::RunEnded { outcome: RunOutcome::Refused, .. }]
    ));

    let result = locked().run(world().charged("Main", start()));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Refused, 0));
    assert!(result.world.held().is_empty(), "a refused run lets go of its locks");

    let result = locked().run(world());
    assert_eq!((result.ending.outcome, result.ledger().len()), (Resolved, 1));
    assert!(result.world.held().is_empty());
}

#[test]
fn rule_10_the_deadline_interrupts_a_wait() {
    let mut builder = ProgramBuilder::new();
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, wait("2h"), resolve("late")]);
    builder.program.runbooks[0].ends_within = Some(d("1h"));
    let result = builder.run(world().with(value(1)));
    assert_eq!(result.ending.outcome, Escalated);
    assert_eq!(result.ledger(), ["0s svc.set(on: fe1, value: 5)", "1h svc.set(on: fe1, value: 1)"]);
    assert_eq!(result.sent_messages(), ["oncall: Main: fe1: it did not end within 1h"]);
}

#[test]
fn rule_10_clean_up_has_time_of_its_own() {
    let mut builder = ProgramBuilder::new();
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, wait("2h"), resolve("late")]);
    builder.program.runbooks[0].ends_within = Some(d("1h"));
    let slow = Rule::new("svc.set").when("value", Value::number(1)).takes(d("40s"));
    let result = builder.run(world().with(value(1)).with(slow));
    assert_eq!(result.ledger()[1], "1h-1h40s svc.set(on: fe1, value: 1)");
    assert!(result.left().is_empty());
}

#[test]
fn rule_9_a_long_clean_up_does_not_hold_back_the_escalation() {
    let mut builder = ProgramBuilder::new();
    builder.change("svc.set", |action| action.timeout = d("1h"));
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, escalate("broken")]);
    let slow = Rule::new("svc.set").when("value", Value::number(1)).takes(d("30m"));
    let result = builder.run(world().with(value(1)).with(slow));
    let told = result.world.sent_messages();
    assert_eq!(told.len(), 1, "one escalation");
    assert_eq!(told[0].at, at("5m"));
    assert!(told[0].notification.body.contains("Clean-up is still running"));
    assert_eq!(result.ending.duration, d("30m"));
    assert!(result.left().is_empty());
}

#[test]
fn a_step_limit_ends_a_runaway_run() {
    let mut builder = ProgramBuilder::new();
    let set = builder.set(TEMPORARILY, "fe1", 5);
    builder.runbook(vec![set, repeat(2_000_000, "0s", vec![bind(1, num(1), None)]), resolve("never")]);
    let result = builder.run(world().with(value(1)));
    assert_eq!(result.ending.outcome, Escalated);
    assert_eq!(result.ledger().len(), 2, "what was changed is undone all the same");
}

#[test]
fn a_cancelled_run_says_so_and_tells_nobody() {
    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![wait("1h"), resolve("done")]);
    let result = builder.run(world().cancel_at(at("10m")));
    assert_eq!((result.ending.outcome, result.ending.duration), (Cancelled, d("10m")));
    assert!(result.sent_messages().is_empty());
    let last = result.events().pop().map(|event| event.kind);
    assert!(matches!(last, Some(EventKind::RunEnded { .. })));
}
