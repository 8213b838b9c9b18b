//! A run as it happens: steps and evidence for people, lines for pipes, JSON for programs; and how it ended.

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

/// Somebody who is told of a run while it goes on. Output that cannot be written is dropped: that nobody reads any more
/// is no reason to stop a run.
pub trait View {
    /// Takes the next event.
    fn event(&mut self, event: &Event);

    /// The end of a simulated run, and what it has done wrong.
    fn judged(&mut self, ended: &Event, _judged: &[Judgement<'_>]) {
        self.event(ended);
    }

    /// Time has passed; called about once a second.
    fn tick(&mut self, _now: Timestamp) {}

    /// Somebody asked for the run to stop, for the first time.
    fn cancelling(&mut self) {}

    /// The run ends here and now, without its clean-ups: says what is left in place.
    fn abandoned(&mut self, why: &str, now: Timestamp);
}

/// A rule that a simulated run has broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Judgement<'j> {
    /// Which.
    pub rule: &'j str,
    /// A sentence for people.
    pub text: &'j str,
}

/// Where lines go; whatever stands between makes sure that no secret gets through.
pub type Sink = Box<dyn Write>;

/// Hides the secrets in a line.
pub type Mask = std::rc::Rc<dyn Fn(&str) -> Redacted<String>>;
