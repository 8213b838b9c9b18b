//! What was really asked of the world, written down by the world itself.

use crate::value::{Call, Outcome, Timestamp};

/// One effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The call.
    pub call: Call,
    /// When it began.
    pub started: Timestamp,
    /// When it was over and what was said of it; nothing where nobody waited for the end.
    pub ended: Option<(Timestamp, Outcome)>,
}
