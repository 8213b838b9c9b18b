//! The runbooks of `runbooks/dovecot`, with replies like the lab's.

use super::setup::{body, program, results, run_in, took};
use crate::support::program::{RunResult, at, d, world};
use rectify::engine::RunOutcome;
use rectify::engine::RunOutcome::{Cancelled, Escalated, Resolved};
use rectify::value::{ErrorKind, SignedDuration, Value};
use rectify::world::scripted::{Person, Rule, Scripted};

const FILES: [(&str, &str); 4] = [
    ("front-end.runbook", include_str!("../../../runbooks/dovecot/front-end.runbook")),
    ("back-end.runbook", include_str!("../../../runbooks/dovecot/back-end.runbook")),
    ("maintenance.runbook", include_str!("../../../runbooks/dovecot/maintenance.runbook")),
    ("probes.runbook", include_str!("../../../runbooks/dovecot/probes.runbook")),
];
const INVENTORY: &str = include_str!("../../../runbooks/dovecot/rectify.yaml");

fn front(world: Scripted) -> RunResult {
    run_in(&program(&FILES, INVENTORY), "ImapFrontEndFails", "fe1", world)
}

fn back(world: Scripted) -> RunResult {
    run_in(&program(&FILES, INVENTORY), "ImapBackEndFails", "be1", world)
}

fn maintenance(world: Scripted) -> RunResult {
    let files = [FILES[2], FILES[3]];
    run_in(&program(&files, INVENTORY), "BackEndMaintenance", "be1", world)
}

/// The effects, without the messages that probes store and remove.
fn ledger(result: &RunResult) -> Vec<String> {
    result.ledger().into_iter().filter(|effect| !effect.contains("imap.round_trip")).collect()
}

#[track_caller]
fn ends(result: &RunResult, outcome: RunOutcome, reason: &str, effects: &[&str]) {
    assert_eq!(ledger(result), effects, "{:?}", result.ending);
    assert_eq!((result.ending.outcome, result.ending.reason.as_str()), (outcome, reason));
    let sent = result.world.sent_messages().iter().filter(|sent| sent.notification.escalation).count();
    assert_eq!(sent, usize::from(outcome == Escalated), "one escalation a run, or none");
    assert!(result.world.held().is_empty(), "locks are released");
}

/// The results of consecutive logins; the last one repeats.
fn logins(host: &str, results: &[&str]) -> Rule {
    let rule = Rule::new("imap.mailbox").when("on", Value::Host(host.into()));
    results.iter().fold(rule, |rule, result| rule.answers(session(result)))
}

fn session(result: &str) -> Value {
    let latency = Value::record("ImapLatency", [("total", Value::Duration(SignedDuration::from_millis(80)))]);
    let fields = [
        ("result", Value::word(result)),
        ("phase", Value::word("select")),
        ("text", Value::text(format!("it said {result}"))),
        ("capabilities", Value::list([])),
        ("latency", latency),
    ];
    Value::record("ImapSession", fields)
}

#[test]
fn a_dead_back_end_is_restarted_and_the_front_end_is_not() {
    let world = world()
        .with(logins("fe1", &["unavailable", "unavailable", "accepted"]))
        .with(logins("be1", &["connection_refused", "connection_refused", "closed", "accepted"]));
    let result = front(world);
    ends(&result, Resolved, "fixed", &["0s service.restart(name: \"back\", on: be1)"]);
    assert_eq!(
        result.sent_messages(),
        [
            "mail_oncall: IMAP logins fail at a front end: fe1 does not serve its customers: it said unavailable",
            "mail_oncall: IMAP logins fail at a back end: be1 does not serve its customers: it said connection_refused"
        ]
    );
    took(&result, "45s");
}

#[test]
fn a_refused_password_needs_no_restart() {
    let result = front(world().with(logins("fe1", &["authentication_failed"])));
    let reason = "fe1 turns the probe's account away: nothing here needs a restart";
    ends(&result, Escalated, reason, &[]);
    assert!(body(&result).contains("Nothing was changed."), "{}", body(&result));
    assert!(body(&result).contains("it said authentication_failed"), "the evidence");
}

#[test]
fn a_certificate_that_is_not_trusted_needs_no_restart() {
    let result = front(world().with(logins("fe1", &["tls_untrusted"])));
    ends(&result, Escalated, "The certificate of fe1 is not trusted: a restart would not change that", &[]);
    let result = back(world().with(logins("be1", &["tls_untrusted"])));
    ends(&result, Escalated, "The certificate of be1 is not trusted: a restart would not change that", &[]);
}

#[test]
fn an_unknown_answer_leads_to_no_effect() {
    let fails = Rule::new("imap.mailbox").fails(ErrorKind::Unknown, "the name fe1 cannot be resolved");
    let result = front(world().with(fails));
    ends(&result, Escalated, "Cannot tell whether customers can log in through fe1", &[]);
    let silent = logins("fe1", &["unavailable"]);
    let result =
        front(world().with(silent).with(Rule::new("imap.mailbox").when("on", Value::Host("be1".into())).times_out()));
    ends(&result, Escalated, "Cannot tell whether be1 is well", &[]);
}

#[test]
fn a_back_end_whose_certificate_is_not_trusted_is_escalated_by_whoever_ran_it() {
    let world = world().with(logins("fe1", &["unavailable"])).with(logins("be1", &["tls_untrusted"]));
    let result = front(world);
    ends(&result, Escalated, "The certificate of be1 is not trusted: a restart would not change that", &[]);
    assert!(result.sent_messages()[0].ends_with("fe1 does not serve its customers: it said unavailable"));
    assert!(body(&result).contains("it said tls_untrusted"), "{}", body(&result));
}

#[test]
fn a_front_end_that_is_down_is_restarted_and_looked_at_until_time_is_up() {
    let world = world().with(logins("fe1", &["connection_refused"]));
    let result = front(world);
    let reason = "Logins at fe1 still fail after a restart";
    ends(&result, Escalated, reason, &["0s service.restart(name: \"front\", on: fe1)"]);
    took(&result, "2m");
    assert_eq!(result.ending.disruptions, ["service.restart(name: \"front\", on: fe1)"]);
}

#[test]
fn healthy_back_ends_lead_to_an_escalation() {
    let world = world().with(logins("fe1", &["unavailable"])).with(logins("be1", &["accepted"]));
    let result = front(world);
    ends(&result, Escalated, "Every back end is well, and fe1 still cannot use one", &[]);
    took(&result, "2m");
}

#[test]
fn a_fourth_restart_in_an_hour_is_refused_and_reported() {
    let mut world = world().with(logins("be1", &["closed"]));
    for minutes in ["0s", "0s", "0s"] {
        world = world.charged("service.restart per on=be1", at(minutes));
    }
    let result = back(world);
    assert_eq!((result.ending.outcome, ledger(&result).len()), (Escalated, 0));
    assert!(result.ending.reason.starts_with("service.restart(name: \"back\", on: be1) was not done: "));
    assert_eq!(
        results(&result),
        [("service.restart(name: \"back\", on: be1)".to_owned(), rectify::value::EffectOutcome::Refused)]
    );
    assert!(
        body(&result).contains("What was tried:\n- service.restart(name: \"back\", on: be1): refused, "),
        "{}",
        body(&result)
    );
}

#[test]
fn maintenance_starts_the_service_again_whatever_happens() {
    let expected = |ended: &str| {
        [
            "0s service.stopped(name: \"back\", on: be1, stopped: true)".to_owned(),
            format!("{ended} service.stopped(name: \"back\", on: be1, stopped: false)"),
        ]
    };
    let stopped = || Rule::new("service.is_stopped").answers(Value::Boolean(false));
    let well = || world().with(stopped()).with(logins("be1", &["accepted"]));
    let person = |answer| Person::answering("Do the maintenance", answer).after(d("1h"));

    let result = maintenance(well().person(person("done")));
    ends(&result, Resolved, "fixed", &expected("1h").each_ref().map(String::as_str));
    let result = maintenance(well().person(person("failed")));
    assert_eq!((result.ending.outcome, ledger(&result)), (Escalated, expected("1h").to_vec()));
    let result = maintenance(well());
    assert_eq!((result.ending.outcome, ledger(&result)), (Escalated, expected("6h").to_vec()));
    let result = maintenance(well().cancel_at(at("30m")));
    assert_eq!((result.ending.outcome, ledger(&result)), (Cancelled, expected("30m").to_vec()));
}
