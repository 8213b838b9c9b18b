//! A run as it happens: text for people, one line per event for pipes, JSON for programs; and a summary of its end.

mod json;
mod lines;
mod plain;
mod summary;
mod tally;
mod terminal;

#[cfg(test)]
mod tests;

pub use json::JsonLines;
pub use plain::PlainLines;
pub use tally::Tally;
pub use terminal::LiveView;

use crate::engine::event::Event;
use crate::secret::Redacted;
use crate::value::Timestamp;
use std::io::Write;

/// Receives the events of a run. Drops output that it cannot write: a closed pipe is no reason to stop a run.
pub trait View {
    /// Shows the next event.
    fn event(&mut self, event: &Event);

    /// Shows the end of a simulated run with its violations.
    fn violations(&mut self, ended: &Event, _judged: &[ShownViolation<'_>]) {
        self.event(ended);
    }

    /// Called about once a second.
    fn tick(&mut self, _now: Timestamp) {}

    /// Called at the first request to cancel the run.
    fn cancelling(&mut self) {}

    /// Called when the run ends immediately, without undoing anything. Shows what is left in place.
    fn abandoned(&mut self, why: &str, now: Timestamp);
}

/// A violation in a simulated run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct ShownViolation<'j> {
    /// Name of the oracle's rule.
    pub rule: &'j str,
    /// What happened, as one sentence.
    pub text: &'j str,
}

/// The destination of lines. Callers mask secrets before they write.
pub type Sink = Box<dyn Write>;

/// Masks the secrets in a line.
pub type Mask = std::rc::Rc<dyn Fn(&str) -> Redacted<String>>;
