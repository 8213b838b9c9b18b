//! The errors of calls, and the outcomes of effects.

use super::{Loss, Value};
use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// The kind of an error. In runbooks it is `e.kind`, where `catch e` binds the error.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The other side reported a failure: a refused password, a command's exit code.
    Failed,
    /// Refused before anything was sent: a bad argument, a policy, a missing setting.
    Refused,
    /// The other side could not be reached, so nothing was done.
    Unreachable,
    /// It took too long; the outcome of an action is unknown.
    TimedOut,
    /// The request was sent and the answer was lost: it is not known whether it was done.
    Unknown,
    /// The other side broke its protocol; for an action the outcome is not known.
    Protocol,
    /// The run was cancelled while it was under way.
    Interrupted,
    /// A value does not have the required form; the outcome of an action is unknown.
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

/// A typed error of an action or observation, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionError {
    /// What kind.
    pub kind: ErrorKind,
    /// One sentence for people, without a full stop and without secrets.
    pub message: String,
    /// Evidence, bounded: the last lines of a command's output, an IMAP response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Value>,
    /// The call that failed, as the runbook would write it; absent where the error is not about a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<EcoString>,
    /// Why a part of the message is missing, if one is.
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
    pub fn with_loss(mut self, loss: Option<Loss>) -> Self {
        self.loss = self.loss.or(loss);
        self
    }

    /// The message as a value.
    pub fn message_value(&self) -> Value {
        Value::text(self.message.as_str()).with_loss_if(self.loss)
    }

    /// The same error with another message.
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// The outcome of an action that ended with this error. It is unknown where the answer could not be decoded.
    pub fn outcome(&self) -> EffectOutcome {
        match self.kind {
            ErrorKind::Failed => EffectOutcome::Failed,
            ErrorKind::Refused | ErrorKind::Limit => EffectOutcome::Refused,
            ErrorKind::Unreachable => EffectOutcome::NotPerformed,
            ErrorKind::TimedOut
            | ErrorKind::Unknown
            | ErrorKind::Protocol
            | ErrorKind::Mismatch
            | ErrorKind::Interrupted => EffectOutcome::Unknown,
        }
    }

    /// The same error for a call that has begun to act: `refused` and `unreachable` become `unknown`.
    pub fn after_sending(self) -> Self {
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

/// What is known of an effect after it was attempted; the `result` of an `effect_done` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectOutcome {
    /// It was done.
    Done,
    /// It was attempted, and the other side reported a failure.
    Failed,
    /// It was turned down, nothing was done.
    Refused,
    /// It is not known whether it was done.
    Unknown,
    /// It was certainly not done.
    NotPerformed,
}

impl EffectOutcome {
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
