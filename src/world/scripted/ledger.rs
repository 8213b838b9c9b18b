//! What was really asked of the world, written down by the world itself.

use crate::engine::world::Telling;
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

/// What somebody was told.
#[derive(Debug, Clone)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub telling: Telling,
    /// Whether it arrived.
    pub delivered: bool,
}
