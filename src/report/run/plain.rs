//! A run as plain lines with timestamps: for pipes, files and logs.

use super::lines::{Clock, Line, Lines, Mark, paint_of};
use super::summary::summary;
use super::{Mask, ShownViolation, Sink, Tally, View};
use crate::engine::event::{Event, EventKind, RunOutcome};
use crate::report::Style;
use crate::report::sanitise::sanitise_line;
use crate::value::Timestamp;
use anstyle::Style as Paint;

/// Writes lines and never rewrites one.
pub struct PlainLines {
    sink: Sink,
    mask: Mask,
    style: Style,
    tally: Tally,
    lines: Lines,
    /// What each line begins with, after the time.
    label: String,
}

impl PlainLines {
    /// Writes to `sink`; each line passes through `mask` first.
    pub fn new(sink: Sink, mask: Mask, style: Style) -> Self {
        Self { sink, mask, style, tally: Tally::default(), lines: Lines::default(), label: String::new() }
    }

    /// Shows virtual time, in UTC.
    #[must_use]
    pub fn on_virtual_time(mut self) -> Self {
        self.lines.clock = Clock::of_virtual_time();
        self
    }

    /// Begins each line with a label: that of one of several runs.
    #[must_use]
    pub fn with_label(mut self, label: String) -> Self {
        self.label = format!("{label} ");
        self
    }

    fn write(&mut self, time: Timestamp, lines: &[Line]) {
        let mut page = String::new();
        for line in lines {
            let sign = match line.mark {
                Mark::Heading | Mark::Aside => "",
                Mark::Good => "ok ",
                Mark::Bad => "!! ",
                Mark::Doubt => "?? ",
                Mark::Begins => ".. ",
            };
            let (time, label, indent) = (self.lines.clock.show(time), &self.label, line.indent * 2);
            let text = format!("{time}  {label}{:indent$}{sign}{}", "", line.text);
            let text = (self.mask)(&text);
            let paint = if self.style.colour { paint_of(line.mark) } else { Paint::new() };
            page.push_str(&format!("{paint}{}{paint:#}\n", text.trim_end()));
        }
        let _ = self.sink.write_all(page.as_bytes()).and_then(|()| self.sink.flush());
    }
}

impl View for PlainLines {
    fn event(&mut self, event: &Event) {
        let lines = self.lines.lines_for(event, &self.tally);
        self.tally.event(event);
        self.write(event.time, &lines);
        if let EventKind::RunEnded { outcome, reason, left_in_place, duration, .. } = &event.kind
            && self.tally.is_root(&event.run)
        {
            // The outcome of a cancelled run says it all.
            let reason = if *outcome == RunOutcome::Cancelled { "" } else { reason };
            let lines = summary(*outcome, reason, left_in_place, *duration, &self.tally);
            self.write(event.time, &lines);
        }
    }

    fn violations(&mut self, ended: &Event, judged: &[ShownViolation<'_>]) {
        self.event(ended);
        let line = |mark, text: &str| Line { indent: 1, mark, text: sanitise_line(text).into_owned() };
        let lines: Vec<Line> = match judged {
            [] => vec![line(Mark::Aside, "violations: none")],
            some => some.iter().map(|it| line(Mark::Bad, &format!("violation of {}: {}", it.rule, it.text))).collect(),
        };
        self.write(ended.time, &lines);
    }

    fn abandoned(&mut self, why: &str, now: Timestamp) {
        let Some((_, since)) = self.tally.root() else { return };
        let left = self.tally.left_in_place("the run ended before its clean-up");
        let lines = summary(RunOutcome::Cancelled, why, &left, now.duration_since(since), &self.tally);
        self.write(now, &lines);
    }
}
