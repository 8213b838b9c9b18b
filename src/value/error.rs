//! What may come of a call.

use super::{Loss, Value};
use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// Why a call gave no value. `catch e` sees it as `e.kind`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The other side understood and said no: a refused password, a command's exit code.
    Failed,
    /// It was turned down before anything was sent: a bad argument, a policy, a missing setting.
    Refused,
    /// The other side could not be reached, so nothing was done.
    Unreachable,
    /// It took too long; for an action the outcome is not known.
    TimedOut,
    /// It was sent and the answer was lost: nobody knows whether it was done.
    Unknown,
    /// The other side broke its protocol; for an action the outcome is not known.
    Protocol,
    /// The run was cancelled while it was under way.
    Interrupted,
    /// A value did not have the shape that was asked for; for an action the outcome is not known.
    Mismatch,
    /// A limit is spent.
    Limit,
}

impl ErrorKind {
    /// Every kind, for the enum that runbooks match on.
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// An error of an action or observation, typed, with what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionError {
    /// What kind.
    pub kind: ErrorKind,
    /// One sentence for people, without a full stop and without secrets.
    pub message: String,
    /// What was seen, bounded: the last lines of a command's output, an IMAP response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Value>,
    /// The call that it is about, as the runbook would write it; none where no action is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<EcoString>,
    /// Whether a part of the message was masked or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
}

impl ActionError {
    /// An error without evidence.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), evidence: None, action: None, loss: None }
    }

    /// Adds what was seen.
    pub fn with(mut self, evidence: Value) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// Marks the message if a part of it is missing.
    pub fn losing(mut self, loss: Option<Loss>) -> Self {
        self.loss = self.loss.or(loss);
        self
    }

    /// The message as a value.
    pub fn said(&self) -> Value {
        Value::text(self.message.as_str()).losing_if(self.loss)
    }

    /// The same in other words.
    pub fn saying(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// What this error says of an action that was called. An answer that nobody understands says nothing of it.
    pub fn outcome(&self) -> Outcome {
        match self.kind {
            ErrorKind::Failed => Outcome::Failed,
            ErrorKind::Refused | ErrorKind::Limit => Outcome::Refused,
            ErrorKind::Unreachable => Outcome::NotPerformed,
            ErrorKind::TimedOut
            | ErrorKind::Unknown
            | ErrorKind::Protocol
            | ErrorKind::Mismatch
            | ErrorKind::Interrupted => Outcome::Unknown,
        }
    }

    /// The same error of a call that has begun to act: that nothing was sent or reached cannot be said of it any more.
    pub fn half_way(self) -> Self {
        match self.kind {
            ErrorKind::Refused | ErrorKind::Unreachable => Self { kind: ErrorKind::Unknown, ..self },
            _ => self,
        }
    }
}

impl std::fmt::Display for ActionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ActionError {}

/// What is known of an effect after it was tried; the `result` of an `effect_done` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was tried, and the other side says that it failed.
    Failed,
    /// It was turned down, nothing was done.
    Refused,
    /// Nobody knows.
    Unknown,
    /// It was certainly not done.
    NotPerformed,
}

impl Outcome {
    /// As people read it.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unknown => "outcome unknown",
            Self::NotPerformed => "not performed",
        }
    }
}
