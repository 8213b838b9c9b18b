//! A run as JSON lines.

use super::{Mask, ShownViolation, Sink, Tally, View};
use crate::engine::event::{Event, EventKind, RunOutcome};
use crate::value::Timestamp;
use serde::Serialize;

/// Writes each event as one line of JSON.
pub struct JsonLines {
    sink: Sink,
    mask: Mask,
    tally: Tally,
}

impl JsonLines {
    /// Writes to `sink`; each line passes through `mask` first.
    pub fn new(sink: Sink, mask: Mask) -> Self {
        Self { sink, mask, tally: Tally::default() }
    }
}

impl JsonLines {
    fn write(&mut self, line: &impl Serialize) {
        if let Ok(line) = serde_json::to_string(line) {
            let line = (self.mask)(&line);
            let _ = writeln!(self.sink, "{line}").and_then(|()| self.sink.flush());
        }
    }
}

/// The last event of a simulated run, with its violations.
#[derive(Serialize)]
struct JudgedEvent<'e> {
    #[serde(flatten)]
    event: &'e Event,
    violations: &'e [ShownViolation<'e>],
}

impl View for JsonLines {
    fn event(&mut self, event: &Event) {
        self.tally.event(event);
        self.write(event);
    }

    fn violations(&mut self, ended: &Event, judged: &[ShownViolation<'_>]) {
        self.tally.event(ended);
        self.write(&JudgedEvent { event: ended, violations: judged });
    }

    fn abandoned(&mut self, why: &str, now: Timestamp) {
        let Some((run, since)) = self.tally.root() else { return };
        let ended = Event {
            schema: 1,
            time: now,
            run: run.clone(),
            kind: EventKind::RunEnded {
                outcome: RunOutcome::Cancelled,
                reason: why.to_owned(),
                left_in_place: self.tally.left_in_place(why),
                disruptions: self.tally.disruptions().to_vec(),
                duration: now.duration_since(since),
            },
        };
        self.event(&ended);
    }
}
