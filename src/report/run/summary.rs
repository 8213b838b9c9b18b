//! The summary of a run: its outcome, and what it did, undid and left in place.

use super::lines::{Line, Mark, mark_of, word_of};
use super::tally::Tally;
use crate::engine::event::{LeftInPlace, RunOutcome};
use crate::report::sanitise::sanitise_line;
use crate::value::{SignedDuration, display_duration};

/// The last lines of a run. Empty for a run that did nothing: the events have said everything.
pub fn summary(
    outcome: RunOutcome,
    reason: &str,
    left: &[LeftInPlace],
    duration: SignedDuration,
    tally: &Tally,
) -> Vec<Line> {
    let mut lines = Vec::new();
    if matches!(outcome, RunOutcome::Refused | RunOutcome::Rehearsed) {
        return lines;
    }
    let mut say = |indent, mark, text: &str| {
        lines.push(Line { indent, mark, text: sanitise_line(text).into_owned() });
    };
    // Tenths of a second below ten seconds, whole seconds above.
    let step = if duration.as_secs() < 10 { 100 } else { 1000 };
    let rounded = SignedDuration::from_millis((duration.as_millis() / step * step) as i64);
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    say(0, mark_of(outcome), &format!("{} after {}{because}", word_of(outcome), display_duration(rounded)));
    let mut list = |heading: &str, items: &[String]| match items {
        [] => say(1, Mark::Aside, &format!("{heading}: nothing")),
        items => {
            say(1, Mark::Aside, &format!("{heading}:"));
            items.iter().for_each(|item| say(2, Mark::Aside, item));
        }
    };
    list("done", tally.done());
    list("undone", tally.undone());
    if left.is_empty() {
        say(1, Mark::Aside, "left in place: nothing");
    } else {
        say(1, Mark::Bad, "left in place:");
        for left in left {
            say(2, Mark::Bad, &format!("{} ({})", left.change, left.why));
            if let Some(undo) = &left.undo {
                say(3, Mark::Aside, &format!("to undo it: {undo}"));
            }
        }
    }
    lines
}
