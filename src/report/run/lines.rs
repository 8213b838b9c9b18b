//! Events as lines for people; the same words on a terminal and in a pipe.

use super::tally::Tally;
use crate::engine::event::{Event, EventKind, RunOutcome, StepResult};
use crate::report::sanitise::sanitise_line;
use crate::value::{Class, Outcome, SignedDuration, Timestamp, Value, display_duration};
use anstyle::{AnsiColor, Style as Paint};
use ecow::EcoString;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The longest line of evidence, in characters; JSON has all of it.
const LONGEST_EVIDENCE: usize = 160;
/// Evidence is cut after this many lines.
const MOST_EVIDENCE: usize = 12;

/// What a line is, which decides its sign and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A heading: a run or a step.
    Heading,
    /// Something went well.
    Good,
    /// Something went wrong.
    Bad,
    /// Nobody knows.
    Doubt,
    /// Something begins or is waited for.
    Begins,
    /// Beside the point.
    Aside,
}

/// How a line is painted where colours are wanted.
pub fn paint_of(mark: Mark) -> Paint {
    match mark {
        Mark::Heading => Paint::new().bold(),
        Mark::Good => AnsiColor::Green.on_default(),
        Mark::Bad => AnsiColor::Red.on_default(),
        Mark::Doubt => AnsiColor::Yellow.on_default(),
        Mark::Begins => Paint::new(),
        Mark::Aside => Paint::new().dimmed(),
    }
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How far in.
    pub indent: usize,
    /// What it is.
    pub mark: Mark,
    /// Its text, harmless for a terminal.
    pub text: String,
}

/// Turns events into lines, and leaves out what says nothing new.
#[derive(Debug, Default)]
pub struct Lines {
    /// How times are written.
    pub clock: Clock,
    /// The last answer of each probe in the current step.
    answers: BTreeMap<(EcoString, EcoString), (EcoString, String)>,
    /// What is waited for in the current step: a wait that goes on is told once.
    waiting_for: Option<String>,
}

impl Lines {
    /// The lines for an event that the tally has not seen yet.
    pub fn lines_for(&mut self, event: &Event, tally: &Tally) -> Vec<Line> {
        let mut page = Page { lines: Vec::new(), indent: tally.depth(&event.run) };
        match &event.kind {
            EventKind::RunStarted { runbook, title, arguments, parent, deadline } => {
                let depth = parent.as_ref().map_or(0, |parent| tally.depth(parent) + 1);
                page.indent = depth;
                let arguments: Vec<String> = arguments.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                page.say(Mark::Heading, &format!("{runbook}({})", arguments.join(", ")));
                let deadline = deadline
                    .map(|deadline| format!(", ends by {}", self.clock.show_from(event.time, deadline)))
                    .unwrap_or_default();
                page.detail(&format!("{title} · run {}{deadline}", event.run));
            }
            EventKind::RunRefused { reason } => page.say(Mark::Bad, &format!("refused: {reason}")),
            EventKind::ChangesFound { changes } => {
                for change in changes {
                    let left = change.left();
                    page.say(Mark::Bad, &format!("still in place: {} ({})", left.change, left.why));
                    if let Some(undo) = &left.undo {
                        page.detail(&format!("to take it back: {undo}"));
                    }
                }
            }
            EventKind::LockTakenOver { lock, holder, process, since } => {
                let since = self.clock.show_from(event.time, *since);
                page.say(
                    Mark::Doubt,
                    &format!(
                        "took the lock {lock:?} of run {holder} (process {process}, since {since}), which is gone"
                    ),
                );
            }
            EventKind::StepStarted { number, title } => {
                self.answers.clear();
                self.waiting_for = None;
                page.say(Mark::Heading, &format!("{number}  {title}"));
            }
            EventKind::StepEnded { number, result: StepResult::Failed, .. } => {
                page.say(Mark::Bad, &format!("step {number} failed"));
            }
            EventKind::StepEnded { .. } => {}
            EventKind::EffectIntended { call, text, .. } if call.class > Class::Observe => {
                page.indent += 1;
                page.say(Mark::Begins, text);
            }
            EventKind::EffectIntended { .. } => {}
            EventKind::EffectDone { address, text, result, detail, evidence } => {
                page.indent += 1;
                let call = tally.under_way(&event.run, address);
                if *result == Outcome::Done && call.is_some_and(|call| call.class == Class::Observe) {
                    return page.lines;
                }
                let took = call.map(|call| event.time.duration_since(call.since));
                let took = took.filter(|took| took.as_millis() >= 100).map(took_text).unwrap_or_default();
                page.outcome(text, &took, *result, detail.as_deref());
                if let Some(evidence) = evidence.as_ref().filter(|_| *result != Outcome::Done) {
                    page.evidence(evidence);
                }
            }
            EventKind::ProbeAnswered { probe, title, verdict, reason, answer, .. } => {
                let now = (verdict.clone(), reason.clone());
                let before = self.answers.insert((event.run.clone(), probe.clone()), now.clone());
                if before.as_ref() == Some(&now) {
                    return page.lines;
                }
                page.indent += 1;
                let mark = match verdict.as_str() {
                    "passed" => Mark::Good,
                    "failed" => Mark::Bad,
                    _ => Mark::Doubt,
                };
                let because = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                page.say(mark, &format!("{verdict}: {title}{because}"));
                if mark != Mark::Good {
                    page.evidence(answer);
                }
            }
            EventKind::Waiting { what, until, .. } => {
                if self.waiting_for.as_ref() != Some(what) {
                    self.waiting_for = Some(what.clone());
                    page.indent += 1;
                    let left = display_duration(seconds(until.duration_since(event.time)));
                    page.say(
                        Mark::Begins,
                        &format!("waiting: {what} (until {}, {left} left)", self.clock.show_from(event.time, *until)),
                    );
                }
            }
            EventKind::Asked { message, choices, until, .. } => {
                page.indent += 1;
                page.say(
                    Mark::Begins,
                    &format!(
                        "asked: {message} [{}] until {}",
                        choices.join(", "),
                        self.clock.show_from(event.time, *until)
                    ),
                );
            }
            EventKind::Answered { answer, by, .. } => {
                page.indent += 1;
                match answer {
                    Some(answer) => page.say(Mark::Good, &format!("answered: {answer}, by {}", by.join(", "))),
                    None => page.say(Mark::Doubt, "nobody answered in time"),
                }
            }
            EventKind::ChangeOpened { undo, permanent, .. } => {
                page.indent += 1;
                if let (Some(undo), false) = (undo, permanent) {
                    page.say(Mark::Aside, &format!("to be taken back by {undo}"));
                }
            }
            EventKind::ChangeUndone { change, undo, result, detail, .. } => {
                page.indent += 1;
                match result {
                    Outcome::Done => page.say(Mark::Good, &format!("taken back: {change}, by {undo}")),
                    result => page.outcome(&format!("taking back {change} by {undo}"), "", *result, detail.as_deref()),
                }
            }
            EventKind::Notified { contact, message, delivered, detail }
            | EventKind::EscalationSent { contact, message, delivered, detail } => {
                let detail = detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
                match delivered {
                    true => page.say(Mark::Good, &format!("told {contact}: {message}{detail}")),
                    false => page.say(Mark::Bad, &format!("{contact} could not be told: {message}{detail}")),
                }
            }
            EventKind::RunParked { reason } => page.say(Mark::Doubt, &format!("parked: {reason}")),
            EventKind::Shown { depth, text, depends_on } => {
                page.indent += *depth as usize;
                let depends = depends_on.as_deref().map(|what| format!("   (depends on {what})")).unwrap_or_default();
                page.say(Mark::Aside, &format!("would: {text}{depends}"));
            }
            EventKind::RunEnded { outcome, reason, .. } if !tally.is_root(&event.run) => {
                page.say(mark_of(*outcome), &format!("{}: {reason}", word_of(*outcome)));
            }
            EventKind::RunEnded { .. } => {}
        }
        page.lines
    }
}

/// Lines under construction.
struct Page {
    lines: Vec<Line>,
    indent: usize,
}

impl Page {
    fn say(&mut self, mark: Mark, text: &str) {
        self.lines.push(Line { indent: self.indent, mark, text: sanitise_line(text).into_owned() });
    }

    fn detail(&mut self, text: &str) {
        self.lines.push(Line { indent: self.indent + 1, mark: Mark::Aside, text: sanitise_line(text).into_owned() });
    }

    fn outcome(&mut self, text: &str, took: &str, result: Outcome, detail: Option<&str>) {
        let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        let (mark, word) = match result {
            Outcome::Done => (Mark::Good, "done"),
            Outcome::Failed => (Mark::Bad, "failed"),
            Outcome::Refused => (Mark::Bad, "refused"),
            Outcome::NotPerformed => (Mark::Bad, "not performed"),
            Outcome::Unknown => (Mark::Doubt, "outcome unknown"),
        };
        self.say(mark, &format!("{text} {word}{took}{detail}"));
    }

    /// What was seen: a record field by field, text line by line, cut where it gets long.
    fn evidence(&mut self, value: &Value) {
        let outline = value.outline();
        let shown: Vec<String> =
            outline.iter().flat_map(|text| text.lines()).map(|line| sanitise_line(line).into_owned()).collect();
        for line in shown.iter().take(MOST_EVIDENCE) {
            match line.char_indices().nth(LONGEST_EVIDENCE) {
                Some((end, _)) => self.detail(&format!("{}…", &line[..end])),
                None => self.detail(line),
            }
        }
        if let Some(more) = shown.len().checked_sub(MOST_EVIDENCE).filter(|more| *more > 0) {
            self.detail(&format!("… and {more} more"));
        }
    }
}

fn took_text(took: SignedDuration) -> String {
    match took.as_secs() {
        ..60 => format!(" ({:.1}s)", took.as_secs_f64()),
        _ => format!(" ({})", display_duration(seconds(took))),
    }
}

/// Whole seconds: nobody reads milliseconds of a wait.
pub fn seconds(duration: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs(duration.as_secs().max(0))
}

/// How the time of day is written.
#[derive(Debug, Clone)]
pub struct Clock(TimeZone);

impl Default for Clock {
    /// As it is where the reader is.
    fn default() -> Self {
        Self(TimeZone::system())
    }
}

impl Clock {
    /// For virtual time, which is the same for every reader.
    pub fn of_virtual_time() -> Self {
        Self(TimeZone::UTC)
    }

    /// A time that is said at another: with its date where that is more than a day away.
    pub fn show_from(&self, now: Timestamp, time: Timestamp) -> String {
        let far = time.duration_since(now).abs() >= SignedDuration::from_hours(24);
        let form = if far { "%Y-%m-%d %H:%M:%S" } else { "%H:%M:%S" };
        time.to_zoned_datetime(self.0.clone()).strftime(form).to_string()
    }

    /// Hours, minutes and seconds.
    pub fn show(&self, time: Timestamp) -> String {
        time.to_zoned_datetime(self.0.clone()).strftime("%H:%M:%S").to_string()
    }
}

/// The mark of an outcome.
pub fn mark_of(outcome: RunOutcome) -> Mark {
    match outcome {
        RunOutcome::Resolved => Mark::Good,
        RunOutcome::Escalated | RunOutcome::Refused => Mark::Bad,
        RunOutcome::Cancelled => Mark::Doubt,
        RunOutcome::Rehearsed => Mark::Aside,
    }
}

/// The word for an outcome.
pub fn word_of(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Resolved => "resolved",
        RunOutcome::Escalated => "escalated",
        RunOutcome::Cancelled => "cancelled",
        RunOutcome::Refused => "refused",
        RunOutcome::Rehearsed => "rehearsed",
    }
}
