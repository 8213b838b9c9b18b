//! Views of runs, checked as text.

use super::*;
use crate::engine::address::Address;
use crate::engine::event::{EventKind, LeftInPlace, RunOutcome};
use crate::report::Style;
use crate::secret::Secrets;
use crate::value::{Call, Class, EffectOutcome, SignedDuration, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// A sink whose content can be read back.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

const PLAIN: Style = Style { colour: false, width: 80 };

/// A sink whose reader is gone.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}

fn mask() -> Mask {
    let secrets = Secrets::default();
    secrets.register("hunter2");
    Rc::new(move |line: &str| secrets.redact_text(line))
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn at(second: i64, kind: EventKind) -> Event {
    Event { schema: 1, time: time(second), run: "r1".into(), kind }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn call(class: Class, action: &str) -> Call {
    Call { backend: "service".into(), action: action.into(), class, arguments: vec![] }
}

fn intended(second: i64, place: &str, class: Class, action: &str) -> Event {
    let call = call(class, action);
    let text = call.to_string();
    at(second, EventKind::EffectIntended { address: address(place), call, text })
}

fn done(second: i64, place: &str, action: &str, result: EffectOutcome) -> Event {
    let text = format!("service.{action}()");
    at(
        second,
        EventKind::EffectDone {
            address: address(place),
            text,
            result,
            detail: None,
            evidence: None,
            confirmation: None,
        },
    )
}

fn started() -> Event {
    at(
        0,
        EventKind::RunStarted {
            runbook: "BackEndDown".into(),
            title: "后端不正常".into(),
            arguments: vec![("server".into(), Value::Host("be1".into()))],
            parent: None,
            deadline: None,
            store: None,
        },
    )
}

fn probe(second: i64, verdict: &str, reason: &str) -> Event {
    at(
        second,
        EventKind::ProbeAnswered {
            address: address("3"),
            probe: "Imap".into(),
            title: "IMAP answers".into(),
            verdict: verdict.into(),
            reason: reason.into(),
            answer: Value::record("ImapSession", [("text", Value::text("NO [UNAVAILABLE]\u{1b}[2J hunter2"))]),
        },
    )
}

fn story() -> Vec<Event> {
    vec![
        started(),
        probe(1, "failed", "result == accepted is not so"),
        probe(2, "failed", "result == accepted is not so"),
        at(2, EventKind::StepStarted { number: "1".into(), title: "Restart".into() }),
        intended(3, "4", Class::Disrupt, "restart"),
        done(5, "4", "restart", EffectOutcome::Done),
        intended(5, "5", Class::Change, "stopped"),
        done(6, "5", "stopped", EffectOutcome::Done),
        at(
            6,
            EventKind::ChangeOpened {
                address: address("5"),
                change: "service.stopped()".into(),
                undo: Some("service.started()".into()),
                permanent: false,
            },
        ),
        at(7, EventKind::Waiting { address: address("6"), what: "IMAP answers".into(), until: time(67) }),
        probe(9, "passed", ""),
    ]
}

fn ended(left: Vec<LeftInPlace>) -> Event {
    at(
        75,
        EventKind::RunEnded {
            outcome: RunOutcome::Escalated,
            reason: "it still fails".into(),
            left_in_place: left,
            disruptions: vec![],
            duration: SignedDuration::from_secs(75),
        },
    )
}

fn left() -> LeftInPlace {
    LeftInPlace {
        change: "service.stopped()".into(),
        undo: Some("service.started()".into()),
        why: "kept on failure".into(),
    }
}

#[test]
fn plain_lines_are_not_repeated() {
    let page = Page::default();
    let mut view = PlainLines::new(Box::new(page.clone()), mask(), PLAIN);
    story().iter().chain([&ended(vec![left()])]).for_each(|event| view.event(event));
    let text = page.text();
    let bare: Vec<&str> = text.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(
        bare.join("\n"),
        "\
BackEndDown(server: be1)
  后端不正常 · run r1
  !! failed: IMAP answers (result == accepted is not so)
    text: NO [UNAVAILABLE]\\u{1b}[2J ***
1  Restart
  .. service.restart()
  ok service.restart() done (2.0s)
  .. service.stopped()
  ok service.stopped() done (1.0s)
  will be undone by service.started()
  .. waiting: IMAP answers (until CLOCK, 1m left)
  ok passed: IMAP answers
!! escalated after 1m15s: it still fails
  done:
    service.restart()
    service.stopped()
  undone: nothing
  !! left in place:
    !! service.stopped() (kept on failure)
      to undo it: service.started()"
            .replace("CLOCK", &super::lines::Clock::default().show(Timestamp::from_second(1_800_000_067).unwrap()))
    );
}

#[test]
fn a_terminal_shows_the_current_wait() {
    let page = Page::default();
    let style = Style { colour: false, width: 60 };
    let mut view = LiveView::new(Box::new(page.clone()), mask(), style);
    story().iter().for_each(|event| view.event(event));
    view.event(&at(
        10,
        EventKind::Waiting {
            address: address("6"),
            what: "后端 ".repeat(40),
            until: Timestamp::from_second(1_800_000_130).unwrap(),
        },
    ));
    view.tick(Timestamp::from_second(1_800_000_020).unwrap());
    let text = page.text();
    let last = text.rsplit('\r').next().unwrap().trim_start_matches("\u{1b}[2K");
    assert!(last.starts_with("… waiting: 后端") && last.ends_with('…'), "{last}");
    assert!(unicode_width::UnicodeWidthStr::width(last) < 60, "the line must not wrap: {last}");
    assert!(text.contains("… waiting: IMAP answers, 1m left"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn every_line_of_json_stands_alone_and_is_masked() {
    let page = Page::default();
    let mut view = JsonLines::new(Box::new(page.clone()), mask());
    story().iter().for_each(|event| view.event(event));
    let text = page.text();
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            value["schema"] == 1 && value["event"].is_string() && value["time"].is_string() && value["run"] == "r1"
        );
    }
    assert_eq!(text.lines().count(), story().len());
    assert!(!text.contains("hunter2"));
}

#[test]
fn an_abandoned_run_shows_what_is_left_in_place() {
    let (plain, json) = (Page::default(), Page::default());
    let views: [Box<dyn View>; 2] = [
        Box::new(PlainLines::new(Box::new(plain.clone()), mask(), PLAIN)),
        Box::new(JsonLines::new(Box::new(json.clone()), mask())),
    ];
    for mut view in views {
        story().iter().for_each(|event| view.event(event));
        view.event(&intended(11, "9", Class::Disrupt, "reboot"));
        view.abandoned("ended by a second signal", time(12));
    }
    assert!(plain.text().contains("service.stopped() (the run ended before its clean-up)"), "{}", plain.text());
    assert!(plain.text().contains("service.reboot() (it was in progress"), "{}", plain.text());
    let last: serde_json::Value = serde_json::from_str(json.text().lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "run_ended");
    assert_eq!(last["outcome"], "cancelled");
    assert_eq!(last["left_in_place"].as_array().unwrap().len(), 2);
}

#[test]
fn an_undone_change_is_not_left() {
    let mut tally = Tally::default();
    story().iter().for_each(|event| tally.event(event));
    assert_eq!(tally.left_in_place("x").len(), 1);
    tally.event(&at(
        20,
        EventKind::ChangeUndone {
            address: address("5"),
            change: "service.stopped()".into(),
            undo: "service.started()".into(),
            result: EffectOutcome::Done,
            detail: None,
        },
    ));
    assert_eq!(tally.left_in_place("x"), []);
    assert_eq!(tally.undone(), ["service.stopped()"]);
}

#[test]
fn a_closed_pipe_does_not_stop_a_run() {
    let style = Style { colour: true, width: 80 };
    let views: [Box<dyn View>; 3] = [
        Box::new(PlainLines::new(Box::new(Closed), mask(), PLAIN)),
        Box::new(JsonLines::new(Box::new(Closed), mask())),
        Box::new(LiveView::new(Box::new(Closed), mask(), style)),
    ];
    for mut view in views {
        story().iter().chain([&ended(vec![])]).for_each(|event| view.event(event));
        view.tick(Timestamp::from_second(1_800_000_020).unwrap());
    }
}
