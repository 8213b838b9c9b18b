//! How runs end: rules 1, 2, 3, 8, 9 and 10.

use super::setup::{alerted, body, declared, ends, on, play, run_in, took};
use crate::support::program::{at, d, health, value, world};
use rectify::engine::RunOutcome::{Cancelled, Escalated, Refused, Resolved};
use rectify::value::{ErrorKind, Value};
use rectify::world::scripted::Rule;

#[test]
fn a_procedure_is_its_callers_text() {
    let text = "
      procedure Part(server: web) {
        svc.restart(server)
        resolve if fixed within 1m every 30s
      }
      runbook Main(server: web) {
        contact oncall
        goal Healthy(server)
        step \"First\" { do Part(server) }
        escalate to oncall \"still broken\"
      }";
    let result = play(text, world().with(health(&[false, true])));
    ends(&result, Resolved, "fixed", &["0s svc.restart(on: fe1)"]);
    took(&result, "30s");
}

const CHILD: &str = "
  runbook Child(server: web) {
    contact vendor
    goal Healthy(server)
    resolve if fixed
    svc.restart(server)
    resolve if fixed
    escalate to vendor \"${server} is beyond help\" with goal.answer
  }";

#[test]
fn a_child_that_is_not_matched_ends_its_caller_too() {
    let text = format!(
        "{CHILD}\nrunbook Main(server: web) {{ contact oncall\n temporarily svc.set(server, value: 5)\n run Child(server)\n resolve \"all\" }}"
    );
    let program = declared(&text);
    let broken = world().with(value(1)).with(health(&[false]));
    let result = run_in(&program, "Main", "fe1", broken);
    let ledger = ["0s svc.set(on: fe1, value: 5)", "0s svc.restart(on: fe1)", "0s svc.set(on: fe1, value: 1)"];
    ends(&result, Escalated, "fe1 is beyond help", &ledger);
    assert_eq!(result.sent_messages(), ["vendor: Main: fe1 is beyond help"], "one page, to the child's contact");
    let result = run_in(&program, "Main", "fe1", world().with(value(1)).with(health(&[false, true])));
    ends(&result, Resolved, "all", &ledger);
}

#[test]
fn a_child_that_is_matched_pages_nobody() {
    let text = format!(
        "{CHILD}\nrunbook Main(server: web) {{ contact oncall
          match run Child(server) {{
            resolved {{ resolve \"the child did it\" }}
            escalated, cancelled {{ notify oncall \"the child did not\" }}
          }}
          require check Healthy(server) == failed
          let again = run Child(server)
          if again == resolved {{ resolve \"at last\" }} else {{ escalate to oncall \"twice in vain\" }}
        }}"
    );
    let program = declared(&text);
    let result = run_in(&program, "Main", "fe1", world().with(health(&[false])));
    ends(&result, Escalated, "twice in vain", &["0s svc.restart(on: fe1)", "0s svc.restart(on: fe1)"]);
    assert_eq!(result.sent_messages(), ["oncall: Main: the child did not", "oncall: Main: twice in vain"]);
    let result = run_in(&program, "Main", "fe1", world().with(health(&[true])));
    ends(&result, Resolved, "the child did it", &[]);
}

#[test]
fn the_same_child_twice_at_once_is_joined() {
    let text = format!(
        "{CHILD}\nrunbook Main(server: web) {{ contact oncall
          for each in [server, server], 2 at a time {{ run Child(each) }}
          resolve \"both\"
        }}"
    );
    let slow = on("restart", "fe1").takes(d("10s"));
    let result = play(&text, world().with(slow).with(health(&[false, true])));
    ends(&result, Resolved, "both", &["0s-10s svc.restart(on: fe1)"]);
}

#[test]
fn ends_within_is_kept_and_cleans_up() {
    let text = "
      runbook Main(server: web) {
        contact oncall
        ends within 10m
        temporarily svc.set(server, value: 5)
        svc.kick(server)
        wait 1h
        resolve \"never\"
      }";
    let result = play(text, world().with(value(1)).with(on("kick", "fe1").takes(d("30s"))));
    let ledger = ["0s svc.set(on: fe1, value: 5)", "0s-30s svc.kick(on: fe1)", "10m svc.set(on: fe1, value: 1)"];
    ends(&result, Escalated, "it did not end within 10m", &ledger);
    let late = text.replace(
        "wait 1h",
        "let x = svc.value(server)\n require x > 99 else { wait 11m\n escalate to oncall \"late\" }",
    );
    let result = play(&late, world().with(value(1)));
    assert_eq!(result.ending.reason, "it did not end within 10m");
}

#[test]
fn a_lock_or_a_limit_refuses_before_anything_is_touched() {
    let text = "
      runbook Main(server: web) {
        contact oncall
        lock server, \"pool ${server.dag}\"
        limit 1 per 24h per server
        svc.restart(server)
        resolve \"done\"
      }";
    let result = play(text, world().with_lock_held("pool dag1"));
    ends(&result, Refused, "another run holds the lock of pool dag1", &[]);
    let result = play(text, world().charged("Main per server=fe1", at("0s")));
    assert_eq!((result.ending.outcome, result.ledger().len()), (Refused, 0));
    ends(&play(text, world()), Resolved, "done", &["0s svc.restart(on: fe1)"]);
}

#[test]
fn a_long_clean_up_is_escalated_once_after_five_minutes() {
    let text = "
      runbook Main(server: web) {
        contact oncall
        temporarily svc.drain(server)
        permanently svc.set(server, value: 9)
        escalate to vendor \"it is late\"
      }";
    let never = on("resume", "fe1").takes(d("20m"));
    let text = text.replace("svc.drain(server)", "svc.slow(server)");
    let backend =
        "backend slow { disrupt off(on: host) undo back(on)\n disrupt back(on: host) idempotent timeout 30m }";
    let text = format!("{backend}\n{}", text.replace("svc.slow", "slow.off"));
    let slow = Rule::new("slow.back").takes(d("20m"));
    let result = play(&text, world().with(value(1)).with(never).with(slow));
    let ledger = ["0s slow.off(on: fe1)", "0s svc.set(on: fe1, value: 9)", "0s-20m slow.back(on: fe1)"];
    ends(&result, Escalated, "it is late", &ledger);
    assert_eq!(result.world.sent_messages()[0].at, at("5m"));
    assert!(body(&result).contains("Clean-up is still running"), "{}", body(&result));
    assert_eq!(result.left(), ["svc.set(on: fe1, value: 9) | svc.set(on: fe1, value: 1)"]);
}

#[test]
fn an_undelivered_escalation_is_reported() {
    let text = "runbook Main(server: web) { contact oncall\n escalate to oncall \"down\" }";
    let result = play(text, world().unreachable("oncall"));
    assert!(result.ending.undelivered);
    assert_eq!(result.ending.outcome, Escalated);
}

#[test]
fn a_cancelled_child_cancels_its_caller() {
    let text = format!("{CHILD}\nrunbook Main(server: web) {{ contact oncall\n run Child(server)\n resolve \"all\" }}");
    let slow = on("restart", "fe1").takes(d("30s"));
    let result = play(&text, world().with(slow).with(health(&[false])).cancel_at(at("5s")));
    assert_eq!(result.ending.outcome, Cancelled);
    assert_eq!(result.ledger(), ["0s-? svc.restart(on: fe1)"], "an idempotent call is broken off");
}

#[test]
fn an_error_that_nothing_catches_escalates_with_its_evidence() {
    let text = "runbook Main(server: web) { contact oncall\n let x = svc.value(server)\n resolve \"${x}\" }";
    let error = rectify::value::ActionError::new(ErrorKind::Failed, "exit code 3").with(Value::text("disk full"));
    let rule = on("value", "fe1").answer(rectify::world::scripted::ScriptedAnswer::Fails(d("1s"), error));
    let result = play(text, world().with(rule));
    ends(&result, Escalated, "exit code 3", &[]);
    assert!(body(&result).contains("disk full"), "{}", body(&result));
}

const QUEUED: &str = "
  runbook Main(server: web) {
    contact oncall
    lock server
    limit 1 per 1h
    ends within 30m
    svc.restart(server)
    resolve \"done\"
  }";

#[test]
fn a_run_started_by_an_alert_waits_for_its_lock() {
    let program = declared(QUEUED);
    let busy = || world().with_lock_held_until("fe1", at("95s"));
    let result = alerted(&program, "Main", "fe1", busy());
    ends(&result, Resolved, "done", &["1m35s svc.restart(on: fe1)"]);
    let result = run_in(&program, "Main", "fe1", busy());
    ends(&result, Refused, "another run holds the lock of fe1", &[]);
}

#[test]
fn a_refused_run_started_by_an_alert_is_escalated() {
    let program = declared(QUEUED);
    let result = alerted(&program, "Main", "fe1", world().with_lock_held("fe1"));
    ends(&result, Escalated, "not started: another run holds the lock of fe1", &[]);
    assert_eq!(result.sent_messages().len(), 1);
    took(&result, "30m");
    let result = alerted(&program, "Main", "fe1", world().charged("Main", at("0s")));
    assert_eq!((result.ending.outcome, result.sent_messages().len()), (Escalated, 1));
    let reason = &result.ending.reason;
    assert!(reason.contains("svc.restart(on: fe1) was not done: the limit Main 1 per 1h is used up"), "{reason}");
}

#[test]
fn a_run_whose_limit_is_spent_looks_whether_there_is_anything_to_do() {
    let text = "
      runbook Main(server: web) {
        goal Healthy(server)
        contact oncall
        limit 1 per 1h
        ends within 30m
        resolve if fixed
        svc.restart(server)
        resolve if fixed
        escalate to oncall \"It is still broken\"
      }";
    let program = declared(text);
    let spent = |well: bool| world().with(health(&[well])).charged("Main", at("0s"));
    // Another run has repaired it: nobody is told of a limit.
    ends(&alerted(&program, "Main", "fe1", spent(true)), Resolved, "fixed", &[]);
    ends(
        &alerted(&program, "Main", "fe1", spent(false)),
        Escalated,
        "svc.restart(on: fe1) was not done: the limit Main 1 per 1h is used up",
        &[],
    );
    // A person hears at once that it may not act.
    ends(&run_in(&program, "Main", "fe1", spent(true)), Refused, "the limit Main 1 per 1h is used up", &[]);
}
