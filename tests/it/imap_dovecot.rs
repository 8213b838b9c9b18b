//! The `imap` backend against real servers: all results that a probe must distinguish.

use crate::lab::{Caller, Lab, PASSWORD, USER, field, host, word};
use rectify::value::{ErrorKind, Security, Value};
use std::time::{Duration, Instant};

const INBOX: &[(&str, &str)] = &[("mailbox", "INBOX")];

fn caller(lab: &Lab, password: &str) -> Caller {
    let hosts = vec![
        host("front", lab.settings(&lab.front, Security::Tls)),
        host("back", lab.settings(&lab.back, Security::Tls)),
        host("front_starttls", lab.settings(&lab.front, Security::Starttls)),
    ];
    Caller::new(lab.folder(), password, hosts)
}

#[test]
fn a_healthy_service_is_accepted_on_every_path() {
    let lab = Lab::start();
    let caller = caller(&lab, PASSWORD);
    for on in ["front", "back", "front_starttls"] {
        let answer = caller.call("login", on, USER, &[]).expect("an answer");
        assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("accepted".into(), "login".into()), "{answer}");
        assert!(matches!(field(&answer, "certificate_expires"), Value::Time(_)));
        let Value::List(capabilities) = field(&answer, "capabilities") else { panic!("{answer}") };
        assert!(capabilities.contains(&Value::text("IMAP4REV1")), "{answer}");
        for phase in ["connect", "tls", "greeting", "login", "total"] {
            assert!(matches!(field(&answer, &format!("latency.{phase}")), Value::Duration(_)), "{phase}: {answer}");
        }
        assert_eq!(matches!(field(&answer, "latency.starttls"), Value::Duration(_)), on == "front_starttls");
    }
    let answer = caller.call("greeting", "front", USER, &[]).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("accepted".into(), "greeting".into()));
}

#[test]
fn a_mailbox_is_opened_or_named_as_missing() {
    let lab = Lab::start();
    let caller = caller(&lab, PASSWORD);
    let answer = caller.call("mailbox", "front", USER, INBOX).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "messages")), ("accepted".into(), "0".into()), "{answer}");
    let answer = caller.call("mailbox", "front", USER, &[("mailbox", "没有 \"&\\")]).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("no_mailbox".into(), "select".into()), "{answer}");
}

#[test]
fn a_wrong_password_is_told_from_an_ill_service() {
    let lab = Lab::start();
    let answer = caller(&lab, "not it").call("login", "front", USER, &[]).expect("an answer");
    assert_eq!(word(&answer, "result"), "authentication_failed", "{answer}");
    assert_eq!(word(&answer, "code"), "AUTHENTICATIONFAILED");
}

#[test]
fn a_stopped_back_end_is_unavailable_in_front_and_refused_behind() {
    let mut lab = Lab::start();
    lab.back.stop();
    let caller = caller(&lab, PASSWORD);
    let answer = caller.call("login", "front", USER, &[]).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "code")), ("unavailable".into(), "UNAVAILABLE".into()));
    let started = Instant::now();
    let answer = caller.call("login", "back", USER, &[]).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("connection_refused".into(), "connect".into()));
    assert!(started.elapsed() < Duration::from_secs(2));
    // The greeting still succeeds: it does not prove that customers can log in.
    let answer = caller.call("greeting", "front", USER, &[]).expect("an answer");
    assert_eq!(word(&answer, "result"), "accepted");
    // A probe that stores a message raises an error that says that nothing was done.
    let error = caller.call("round_trip", "back", USER, INBOX).expect_err("nobody listens");
    assert_eq!(error.kind, ErrorKind::Unreachable);
    lab.back.start();
    let answer = caller.call("login", "front", USER, &[]).expect("an answer");
    assert_eq!(word(&answer, "result"), "accepted", "{answer}");
}

#[test]
fn a_hung_back_end_is_unavailable_in_front_and_silent_behind() {
    let lab = Lab::start();
    lab.back.freeze();
    let mut caller = caller(&lab, PASSWORD);
    let answer = caller.call("login", "front", USER, &[]).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "code")), ("unavailable".into(), "UNAVAILABLE".into()));
    caller.time_left = Duration::from_millis(600);
    let started = Instant::now();
    let answer = caller.call("login", "back", USER, &[]).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("timed_out".into(), "tls".into()), "{answer}");
    assert!(started.elapsed() < Duration::from_millis(600), "before the world would end it");
    assert!(word(&answer, "text").contains("TLS handshake"), "{answer}");
    lab.back.thaw();
}

#[test]
fn an_untrusted_back_end_is_unavailable_in_front_and_untrusted_behind() {
    let mut lab = Lab::start();
    lab.back.stop();
    lab.distrust_back();
    lab.back.start();
    let caller = caller(&lab, PASSWORD);
    let answer = caller.call("login", "front", USER, &[]).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "code")), ("unavailable".into(), "UNAVAILABLE".into()));
    let answer = caller.call("login", "back", USER, &[]).expect("an answer");
    assert_eq!((word(&answer, "result"), word(&answer, "phase")), ("tls_untrusted".into(), "tls".into()), "{answer}");
    let certificate = caller.call("certificate", "back", USER, &[]).expect("a certificate");
    assert_eq!(word(&certificate, "trusted"), "false");
    assert!(word(&certificate, "problem").contains("self-signed"), "{certificate}");
    assert_eq!(word(&certificate, "names"), "[127.0.0.1]");
}

#[test]
fn a_message_goes_there_and_back_and_is_gone() {
    let lab = Lab::start();
    let caller = caller(&lab, PASSWORD);
    let count = || word(&caller.call("mailbox", "back", USER, INBOX).expect("an answer"), "messages");
    for on in ["front", "front_starttls", "back"] {
        let trip = caller.call("round_trip", on, USER, INBOX).expect("a round trip");
        assert!(word(&trip, "token").starts_with("on-"), "{trip}");
        assert_eq!(count(), "0");
    }
    // Removes a probe's leftover message, and keeps a person's message, even one marked as deleted.
    let cur = lab.folder().join("back/mail/alice/cur");
    let mine = |name: &str, header: &str| {
        std::fs::write(cur.join(name), format!("Subject: hello\n{header}\nhello\n")).expect("a message");
    };
    mine("1.left:2,S", "X-Rectify-Probe: on-66726f6e74.0123\n"); // front
    mine("2.other:2,S", "X-Rectify-Probe: on-6261636b.0123\n"); // back
    mine("3.person:2,ST", "");
    assert_eq!(count(), "3");
    assert_eq!(caller.call("round_trip_removed", "front", USER, INBOX), Ok(Value::Absent));
    assert_eq!(count(), "2");
    caller.call("round_trip", "front", USER, INBOX).expect("a round trip");
    assert_eq!(count(), "2", "only the own message was expunged");
}
