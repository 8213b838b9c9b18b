//! Exits: how control leaves a block other than by falling through.

use super::tree::Run;
use crate::engine::effect::call_text::of_call;
use crate::engine::event::ShownEvidence;
use crate::value::{ActionError, Call, Value};
use ecow::EcoString;
use std::rc::Rc;

/// An escalation, before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Escalation {
    /// The contact; none if neither the runbook nor its callers name one.
    pub contact: Option<EcoString>,
    /// The reason, in one sentence.
    pub message: String,
    /// The evidence.
    pub evidence: Vec<ShownEvidence>,
    /// The run that escalates: the outermost one or a child.
    pub run: Rc<Run>,
    /// Whether the message is the runbook's own.
    pub from_runbook: bool,
    /// The call that failed, if one did.
    pub call: Option<EcoString>,
}

impl Escalation {
    /// The reason for a reader who sees nothing else. If the message is not the runbook's own, it names the call and
    /// the hosts.
    pub fn sentence(&self) -> String {
        match self.from_runbook {
            true => self.message.clone(),
            false => self.run.naming_hosts(of_call(self.call.as_deref(), &self.message)),
        }
    }
}

/// Why a run ends resolved.
#[derive(Debug, Clone)]
pub(crate) enum Resolution {
    /// The goal held, before clean-up.
    Fixed,
    /// The runbook says so, with this message. The goal must hold as well.
    Said(String),
    /// The runbook says so, with this message, whether the goal holds or not.
    WithoutGoal(String),
}

impl std::fmt::Display for Resolution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed => f.write_str("fixed"),
            Self::Said(said) => f.write_str(said),
            Self::WithoutGoal(said) => write!(f, "{said} (without its goal)"),
        }
    }
}

/// An exit unwinds through blocks, and each of them undoes its changes.
#[derive(Debug, Clone)]
pub(crate) enum Exit {
    /// `resolve`: the run ends resolved.
    Resolved(Resolution),
    /// `escalate`, or a rule of the engine: the run ends escalated.
    Escalated(Box<Escalation>),
    /// The run was cancelled.
    Cancelled,
    /// The run was refused before its first effect.
    Refused(String),
    /// An error of an action or observation. It is the only exit that `try` and `retry` catch.
    Failed(ActionError),
    /// The deadline of the run has passed.
    TimedOut,
    /// Another branch of a parallel loop left it with an exit.
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

    /// Whether it counts as a failure for `keep on failure` and `undo on failure`.
    pub fn is_bad(&self) -> bool {
        !matches!(self, Self::Resolved(_) | Self::DryRun { .. })
    }

    /// The exit with the call that the runbook made: an error that a runbook catches names that call, whichever inner
    /// call failed.
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

/// Control falls through, or leaves with an exit.
pub(crate) type Flow = Result<(), Exit>;

/// The exit in words, as a reason.
impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Resolved(why) => write!(f, "{why}"),
            Self::Escalated(escalation) => f.write_str(&escalation.message),
            Self::Cancelled => f.write_str("it was cancelled"),
            Self::Refused(reason) => f.write_str(reason),
            Self::Failed(error) => write!(f, "{error}"),
            Self::TimedOut => f.write_str("the time limit of the run was reached"),
            Self::Stopped => f.write_str("another branch of the loop ended the run"),
            Self::DryRun { .. } => f.write_str("it was only previewed"),
        }
    }
}

/// What `catch e` binds.
pub(crate) fn caught(error: &ActionError) -> Value {
    Value::record(
        "Error",
        [
            ("kind", Value::word(error.kind.as_str())),
            ("message", error.message_value()),
            ("action", Value::text(error.action.clone().unwrap_or_default())),
        ],
    )
}
