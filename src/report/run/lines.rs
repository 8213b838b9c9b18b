//! Events as lines of text, with the same wording on a terminal and in a pipe.

use super::tally::Tally;
use crate::engine::event::{Event, EventKind, RunOutcome, StepResult};
use crate::report::sanitise::sanitise_line;
use crate::value::{Class, EffectOutcome, SignedDuration, Timestamp, Value, display_duration};
use anstyle::{AnsiColor, Style as Paint};
use ecow::EcoString;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Maximum length of a line of evidence, in characters. JSON output has the whole line.
const LONGEST_EVIDENCE: usize = 160;
/// Maximum number of evidence lines.
const MOST_EVIDENCE: usize = 12;

/// The kind of a line; decides its sign and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A run or a step starts.
    Heading,
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// The outcome is unknown.
    Doubt,
    /// An effect or a wait begins.
    Begins,
    /// Additional detail.
    Aside,
}

/// The colour of a mark.
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

/// A line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Nesting depth of the run.
    pub indent: usize,
    /// The kind of line.
    pub mark: Mark,
    /// Text without control characters.
    pub text: String,
}

/// Turns events into lines, and omits repetitions.
#[derive(Debug, Default)]
pub struct Lines {
    /// Formats times.
    pub clock: Clock,
    /// The last answer of each probe in the current step.
    answers: BTreeMap<(EcoString, EcoString), (EcoString, String)>,
    /// The wait of the current step, so that it is printed once.
    waiting_for: Option<String>,
}

impl Lines {
    /// The lines for an event. Call before the tally receives the event.
    pub fn lines_for(&mut self, event: &Event, tally: &Tally) -> Vec<Line> {
        let mut page = Page { lines: Vec::new(), indent: tally.depth(&event.run) };
        match &event.kind {
            EventKind::RunStarted { runbook, title, arguments, parent, deadline, store } => {
                let depth = parent.as_ref().map_or(0, |parent| tally.depth(parent) + 1);
                page.indent = depth;
                let arguments: Vec<String> = arguments.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                page.say(Mark::Heading, &format!("{runbook}({})", arguments.join(", ")));
                let deadline = deadline
                    .map(|deadline| {
                        format!(
                            ", ends by {}{}",
                            self.clock.show_from(event.time, deadline),
                            self.clock.offset(deadline)
                        )
                    })
                    .unwrap_or_default();
                let store = store.as_ref().map(|store| format!(", store {store}")).unwrap_or_default();
                page.detail(&format!("{title} · run {}{deadline}{store}", event.run));
            }
            EventKind::RunRefused { reason } => page.say(Mark::Bad, &format!("refused: {reason}")),
            EventKind::AlertResolved { alert, .. } => {
                page.say(Mark::Aside, &format!("the alert `{alert}` is resolved: nothing to do"));
            }
            EventKind::ChangesFound { changes } => {
                for change in changes {
                    let left = change.left();
                    page.say(Mark::Bad, &format!("still in place: {} ({})", left.change, left.why));
                    if let Some(undo) = &left.undo {
                        page.detail(&format!("to undo it: {undo}"));
                    }
                }
            }
            EventKind::LockTakenOver { lock, holder, process, since } => {
                let since = self.clock.show_from(event.time, *since);
                page.say(
                    Mark::Doubt,
                    &format!(
                        "took over the lock {lock:?} of run {holder} (process {process}, since {since}), which no longer exists"
                    ),
                );
            }
            EventKind::FollowUp { contact, host, first_run, since } => {
                let since = self.clock.show_from(event.time, *since);
                let text = format!(
                    "a follow-up: a message to {contact} about {host} was delivered at {since}, by run {first_run}"
                );
                page.say(Mark::Aside, &text);
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
            EventKind::EffectDone { address, text, result, detail, evidence, confirmation: _ } => {
                page.indent += 1;
                let call = tally.under_way(&event.run, address);
                if *result == EffectOutcome::Done && call.is_some_and(|call| call.class == Class::Observe) {
                    return page.lines;
                }
                let took = call.map(|call| event.time.duration_since(call.since));
                let took = took.filter(|took| took.as_millis() >= 100).map(took_text).unwrap_or_default();
                page.outcome(text, &took, *result, detail.as_deref());
                if let Some(evidence) = evidence.as_ref().filter(|_| *result != EffectOutcome::Done) {
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
                    None => page.say(Mark::Doubt, "no answer in time"),
                }
            }
            EventKind::ChangeOpened { undo, permanent, .. } => {
                page.indent += 1;
                if let (Some(undo), false) = (undo, permanent) {
                    page.say(Mark::Aside, &format!("will be undone by {undo}"));
                }
            }
            EventKind::ChangeUndone { change, undo, result, detail, .. } => {
                page.indent += 1;
                match result {
                    EffectOutcome::Done => page.say(Mark::Good, &format!("undone: {change}, by {undo}")),
                    result => page.outcome(&format!("undo of {change} by {undo}"), "", *result, detail.as_deref()),
                }
            }
            EventKind::Notified { contact, message, delivered, detail } => {
                page.told(contact, message, *delivered, detail.as_deref());
            }
            EventKind::EscalationSent { contact, message, delivered, detail, evidence } => {
                page.told(contact, message, *delivered, detail.as_deref());
                for piece in evidence {
                    page.detail(&format!("{}:", piece.label));
                    page.evidence(&piece.value);
                }
            }
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

    fn outcome(&mut self, text: &str, took: &str, result: EffectOutcome, detail: Option<&str>) {
        let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        let mark = match result {
            EffectOutcome::Done => Mark::Good,
            EffectOutcome::Failed | EffectOutcome::Refused | EffectOutcome::NotPerformed => Mark::Bad,
            EffectOutcome::Unknown => Mark::Doubt,
        };
        self.say(mark, &format!("{text} {}{took}{detail}", result.in_words()));
    }

    fn told(&mut self, contact: &str, message: &str, delivered: bool, detail: Option<&str>) {
        let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
        match delivered {
            true => self.say(Mark::Good, &format!("told {contact}: {message}{detail}")),
            false => self.say(Mark::Bad, &format!("{contact} could not be told: {message}{detail}")),
        }
    }

    /// Prints evidence: a record field by field, text line by line, truncated at the limits above.
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

/// Rounds down to whole seconds, at least zero.
pub fn seconds(duration: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs(duration.as_secs().max(0))
}

/// Formats times of day in one time zone.
#[derive(Debug, Clone)]
pub struct Clock {
    zone: TimeZone,
    is_virtual: bool,
}

impl Default for Clock {
    /// Uses the time zone of this machine.
    fn default() -> Self {
        Self { zone: TimeZone::system(), is_virtual: false }
    }
}

impl Clock {
    /// UTC for virtual time, so that output is the same on every machine.
    pub fn of_virtual_time() -> Self {
        Self { zone: TimeZone::UTC, is_virtual: true }
    }

    /// Formats `time`, with its date if it is a day or more away from `now`.
    pub fn show_from(&self, now: Timestamp, time: Timestamp) -> String {
        let far = time.duration_since(now).abs() >= SignedDuration::from_hours(24);
        let form = if far { "%Y-%m-%d %H:%M:%S" } else { "%H:%M:%S" };
        time.to_zoned_datetime(self.zone.clone()).strftime(form).to_string()
    }

    /// The offset of this zone, by which a reader elsewhere understands the times of a run: `+02:00`. Empty for virtual
    /// time.
    pub fn offset(&self, time: Timestamp) -> String {
        match self.is_virtual {
            true => String::new(),
            false => time.to_zoned_datetime(self.zone.clone()).strftime("%:z").to_string(),
        }
    }

    /// Formats as `HH:MM:SS`.
    pub fn show(&self, time: Timestamp) -> String {
        time.to_zoned_datetime(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }
}

/// The mark for an outcome.
pub fn mark_of(outcome: RunOutcome) -> Mark {
    match outcome {
        RunOutcome::Resolved => Mark::Good,
        RunOutcome::Escalated | RunOutcome::Refused => Mark::Bad,
        RunOutcome::Cancelled => Mark::Doubt,
        RunOutcome::Rehearsed => Mark::Aside,
    }
}

/// An outcome in words.
pub fn word_of(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Resolved => "resolved",
        RunOutcome::Escalated => "escalated",
        RunOutcome::Cancelled => "cancelled",
        RunOutcome::Refused => "refused",
        RunOutcome::Rehearsed => "rehearsed",
    }
}
