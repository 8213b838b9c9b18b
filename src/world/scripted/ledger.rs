//! The effects that were requested, recorded by the world itself.

use crate::value::{Call, EffectOutcome, Timestamp};

/// One requested effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The call.
    pub call: Call,
    /// When it began.
    pub started: Timestamp,
    /// When it ended and its outcome; nothing if the engine did not wait for it.
    pub ended: Option<(Timestamp, EffectOutcome)>,
}
