//! A run on a terminal: steps and evidence scroll; a status line shows the current call or wait and its duration.

use super::lines::{Line, Lines, Mark, paint_of, seconds};
use super::summary::summary;
use super::{Mask, Sink, Tally, View};
use crate::engine::event::{Event, EventKind, RunOutcome};
use crate::report::Style;
use crate::report::sanitise::sanitise_line;
use crate::value::{Class, Timestamp, display_duration};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Moves to the start of the line and clears it.
const CLEAR_LINE: &str = "\r\u{1b}[2K";

/// The content of the status line.
#[derive(Debug)]
enum Status {
    Nothing,
    /// A call is under way; carries its start.
    Acting(String, Timestamp),
    /// A wait is under way; carries its end.
    Waiting(String, Timestamp),
    /// A prompt waits for an answer: draw nothing.
    Asking,
}

/// Draws a run on a terminal.
pub struct LiveView {
    sink: Sink,
    mask: Mask,
    style: Style,
    tally: Tally,
    lines: Lines,
    status: Status,
    drawn: bool,
    cancelling: bool,
}

impl LiveView {
    /// Draws on `sink`; each line passes through `mask` first.
    pub fn new(sink: Sink, mask: Mask, style: Style) -> Self {
        Self {
            sink,
            mask,
            style,
            tally: Tally::default(),
            lines: Lines::default(),
            status: Status::Nothing,
            drawn: false,
            cancelling: false,
        }
    }

    fn write(&mut self, text: &str) {
        let _ = self.sink.write_all(text.as_bytes()).and_then(|()| self.sink.flush());
    }

    fn erase(&mut self) {
        if std::mem::take(&mut self.drawn) {
            self.write(CLEAR_LINE);
        }
    }

    fn print(&mut self, lines: &[Line]) {
        if lines.is_empty() {
            return;
        }
        self.erase();
        let mut page = String::new();
        for line in lines {
            let sign = match line.mark {
                Mark::Heading => "",
                Mark::Good => "✔ ",
                Mark::Bad => "✘ ",
                Mark::Doubt => "? ",
                Mark::Begins => "· ",
                Mark::Aside => "  ",
            };
            let paint = paint_of(line.mark);
            let text = (self.mask)(&format!("{sign}{}", line.text));
            page.extend(std::iter::repeat_n("  ", line.indent));
            if self.style.colour {
                page.push_str(&format!("{paint}{text}{paint:#}\n"));
            } else {
                page.push_str(&text);
                page.push('\n');
            }
        }
        self.write(&page);
    }

    fn draw(&mut self, now: Timestamp) {
        let text = match &self.status {
            Status::Nothing | Status::Asking => return self.erase(),
            Status::Acting(what, since) => {
                format!("{what}, for {}", display_duration(seconds(now.duration_since(*since))))
            }
            Status::Waiting(what, until) => {
                format!("waiting: {what}, {} left", display_duration(seconds(until.duration_since(now))))
            }
        };
        let stop = if self.cancelling { " (stopping)" } else { "" };
        let text = (self.mask)(&format!("… {}{stop}", sanitise_line(&text)));
        let text = cut(&text, self.style.width.saturating_sub(1));
        self.write(&format!("{CLEAR_LINE}{text}"));
        self.drawn = true;
    }
}

impl View for LiveView {
    fn event(&mut self, event: &Event) {
        let mut lines = self.lines.lines_for(event, &self.tally);
        self.tally.event(event);
        match &event.kind {
            EventKind::EffectIntended { call, text, .. } => {
                // The status line shows the call until its outcome is known.
                lines.clear();
                let verb = if call.class == Class::Observe { "asking" } else { "doing" };
                self.status = Status::Acting(format!("{verb} {text}"), event.time);
            }
            EventKind::Waiting { what, until, .. } => {
                lines.clear();
                self.status = Status::Waiting(what.clone(), *until);
            }
            EventKind::Asked { .. } => self.status = Status::Asking,
            // A probe that a wait polls leaves the wait's status in place.
            EventKind::ProbeAnswered { .. } if matches!(self.status, Status::Waiting(..)) => {}
            _ => self.status = Status::Nothing,
        }
        self.print(&lines);
        if let EventKind::RunEnded { outcome, reason, left_in_place, duration, .. } = &event.kind
            && self.tally.is_root(&event.run)
        {
            // The outcome of a cancelled run says it all.
            let reason = if *outcome == RunOutcome::Cancelled { "" } else { reason };
            let lines = summary(*outcome, reason, left_in_place, *duration, &self.tally);
            self.print(&lines);
        }
        self.draw(event.time);
    }

    fn tick(&mut self, now: Timestamp) {
        self.draw(now);
    }

    fn cancelling(&mut self) {
        self.cancelling = true;
        let text = "stopping: undoing open changes first; a second signal ends the run at once".to_owned();
        self.print(&[Line { indent: 0, mark: Mark::Doubt, text }]);
    }

    fn abandoned(&mut self, why: &str, now: Timestamp) {
        self.status = Status::Nothing;
        self.erase();
        let Some((_, since)) = self.tally.root() else { return };
        let left = self.tally.left_in_place("the run ended before its clean-up");
        let lines = summary(RunOutcome::Cancelled, why, &left, now.duration_since(since), &self.tally);
        self.print(&lines);
    }
}

/// Truncates text to a number of columns.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut columns = 0;
    let fits = |character: &char| {
        columns += character.width().unwrap_or(0);
        columns < width
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push('…');
    cut
}
