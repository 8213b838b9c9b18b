//! How a statement may leave its block otherwise than by going on to the next one.

use super::tree::Run;
use crate::engine::effect::call_text::of_call;
use crate::engine::event::ShownEvidence;
use crate::value::{ActionError, Call, Value};
use ecow::EcoString;
use std::rc::Rc;

/// What somebody is told, or would be.
#[derive(Debug, Clone)]
pub(crate) struct Escalation {
    /// Whom; nobody where neither the runbook nor its callers name a contact.
    pub contact: Option<EcoString>,
    /// Why, in one sentence.
    pub message: String,
    /// What was seen.
    pub evidence: Vec<ShownEvidence>,
    /// The run that says so: the one that people look at, or one that it has started.
    pub run: Rc<Run>,
    /// Whether the runbook says it in its own words.
    pub written: bool,
    /// The call that went wrong, where one did.
    pub call: Option<EcoString>,
}

impl Escalation {
    /// Why, for somebody who sees nothing else: a sentence that the runbook did not write names the call and the hosts.
    pub fn sentence(&self) -> String {
        match self.written {
            true => self.message.clone(),
            false => self.run.naming_hosts(of_call(self.call.as_deref(), &self.message)),
        }
    }
}

/// Why a run is to end resolved.
#[derive(Debug, Clone)]
pub(crate) enum Resolution {
    /// The goal was seen to hold, before clean-up.
    Fixed,
    /// The runbook says so, in these words.
    Said(String),
}

impl std::fmt::Display for Resolution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fixed => "fixed",
            Self::Said(said) => said,
        })
    }
}

/// An exit unwinds through blocks, each of which cleans up after itself.
#[derive(Debug, Clone)]
pub(crate) enum Exit {
    /// The run ends, and says why.
    Resolved(Resolution),
    /// The run ends, and somebody is told.
    Escalated(Box<Escalation>),
    /// Somebody wants the run to stop.
    Cancelled,
    /// An error of an action or observation. The only exit that a runbook can catch.
    Failed(ActionError),
    /// The run should have ended by now.
    TimedOut,
    /// Another branch of a parallel loop left badly, so this one stops.
    Stopped,
    /// A dry run came to its first effect. The rest is only previewed.
    DryRun {
        /// Whether control can fall through what was previewed, so that the statements after it are previewed as well.
        falls_through: bool,
    },
}

impl Exit {
    /// The first effect itself: control falls through it.
    pub const DRY_RUN: Self = Self::DryRun { falls_through: true };

    /// Whether what is "kept on failure" or "undone on failure" is so now.
    pub fn is_bad(&self) -> bool {
        !matches!(self, Self::Resolved(_) | Self::DryRun { .. })
    }

    /// The same of this call: what a runbook catches names the call that the runbook made, whatever went wrong on the way.
    pub fn for_call(self, call: &Call) -> Self {
        match self {
            Self::Failed(error) => Self::Failed(ActionError { action: Some(call.to_string().into()), ..error }),
            exit => exit,
        }
    }
}

impl From<ActionError> for Exit {
    fn from(error: ActionError) -> Self {
        Self::Failed(error)
    }
}

/// Goes on, or leaves.
pub(crate) type Flow = Result<(), Exit>;

/// In words, for the list of what a failed clean-up left behind.
impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Resolved(why) => write!(f, "{why}"),
            Self::Escalated(escalation) => f.write_str(&escalation.message),
            Self::Cancelled => f.write_str("it was cancelled"),
            Self::Failed(error) => write!(f, "{error}"),
            Self::TimedOut => f.write_str("the run's time was up"),
            Self::Stopped => f.write_str("another branch of the loop left"),
            Self::DryRun { .. } => f.write_str("it was only shown"),
        }
    }
}

/// What `catch e` binds.
pub(crate) fn caught(error: &ActionError) -> Value {
    Value::record(
        "Error",
        [
            ("kind", Value::word(error.kind.as_str())),
            ("message", error.said()),
            ("action", Value::text(error.action.clone().unwrap_or_default())),
        ],
    )
}
