//! Runbooks, procedures, probes, actions and limits.

use super::types::Type;
use super::{Block, Call, Expression, Locals, ProbeCall, Slot, Statement};
use crate::source::Span;
use crate::value::{Class, SignedDuration, Value};
use ecow::EcoString;

/// A parameter. Its argument is bound to the slot of the same position.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: EcoString,
    pub type_of: Type,
    /// The constant that replaces a missing argument.
    pub default: Option<Value>,
}

#[derive(Debug, Clone)]
pub struct Runbook {
    pub name: EcoString,
    /// The `title` header, or the name.
    pub title: EcoString,
    /// Names of the alerts that start it.
    pub alerts: Vec<EcoString>,
    /// The group that the alert must belong to.
    pub alert_group: Option<EcoString>,
    /// In slots `0..parameters.len()`.
    pub parameters: Vec<Parameter>,
    pub locals: Locals,
    /// The probes that say what "fixed" means.
    pub goal: Option<Goal>,
    /// Receives escalations that name no contact.
    pub contact: Option<EcoString>,
    /// Texts or hosts, locked from the first statement to the end.
    pub locks: Vec<Expression>,
    pub limit: Vec<LimitPart>,
    pub ends_within: Option<SignedDuration>,
    /// Control never reaches its end.
    pub block: Block,
    pub span: Span,
}

/// The condition of a `goal` header.
#[derive(Debug, Clone)]
pub enum Goal {
    Probe(ProbeCall),
    And(Box<Goal>, Box<Goal>),
    Or(Box<Goal>, Box<Goal>),
    Not(Box<Goal>),
}

#[derive(Debug, Clone)]
pub struct Procedure {
    pub name: EcoString,
    /// In slots `0..parameters.len()`.
    pub parameters: Vec<Parameter>,
    /// Includes the slots of `undo`, which can read what the block has bound.
    pub locals: Locals,
    pub block: Block,
    pub undo: Option<Block>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Probe {
    pub name: EcoString,
    /// The `title` clause, or the name.
    pub title: EcoString,
    pub group: Option<EcoString>,
    /// What it depends on, for people only.
    pub depends_on: Vec<EcoString>,
    /// In slots `0..parameters.len()`.
    pub parameters: Vec<Parameter>,
    pub locals: Locals,
    /// For one attempt, without retries.
    pub timeout: SignedDuration,
    /// How often it is repeated while it does not pass, and how far apart.
    pub retries: Option<(u32, SignedDuration)>,
    /// `let` and `temporarily` statements, which come before `ask`.
    pub statements: Vec<Statement>,
    /// The call, and the slot of its answer.
    pub ask: Option<(Call, Slot)>,
    /// The verdict is `unknown` where this holds.
    pub unknown_if: Option<Expression>,
    /// The verdict is `passed` where this holds, else `failed`.
    pub passed_if: Expression,
    pub span: Span,
}

/// The signature of an action.
#[derive(Debug, Clone)]
pub struct Action {
    pub backend: EcoString,
    pub name: EcoString,
    pub class: Class,
    /// In slots `0..parameters.len()` of the signature's frame.
    pub parameters: Vec<Parameter>,
    /// Includes the names that `saves` and the body bind.
    pub locals: Locals,
    pub returns: Type,
    /// Whether an empty list is an answer. If not, the observation raises an error.
    pub empty_is_an_answer: bool,
    pub timeout: SignedDuration,
    /// How old an answer may be to be reused.
    pub fresh: Option<SignedDuration>,
    /// Whether it may be repeated.
    pub idempotent: bool,
    /// Whether it must never be repeated before it is known whether it was done.
    pub once: bool,
    /// Finds out whether the action was done. A boolean answer says so itself; any other answer is read before the call
    /// too, and a different one afterwards means that it was done.
    pub confirm: Option<Confirm>,
    /// What is read before the call, and the slot that keeps the answer.
    pub saves: Option<(Call, Slot)>,
    /// Evaluated in the signature's frame.
    pub undo: Option<Call>,
    /// The body of an action that a team has defined through other actions.
    pub body: Option<ActionBody>,
}

impl Action {
    /// How long a call may take: what the caller gives to a parameter `timeout` of an action without a body, else what the
    /// signature says.
    pub fn timeout_of(&self, call: &crate::value::Call) -> SignedDuration {
        match call.argument(TIMEOUT) {
            Some(Value::Duration(given)) if self.body.is_none() => *given,
            _ => self.timeout,
        }
    }
}

/// The parameter by which a caller says how long a call may take.
pub const TIMEOUT: &str = "timeout";

/// How it is found out whether an action was done, after its answer was lost.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// An observation, evaluated in the signature's frame.
    pub call: Call,
    /// How long after the call its effect may become visible; the timeout of the action where it is absent.
    pub within: Option<SignedDuration>,
    /// The time between two polls.
    pub every: SignedDuration,
}

#[derive(Debug, Clone)]
pub struct ActionBody {
    pub lets: Vec<Statement>,
    pub result: BodyResult,
}

/// What the body of an action ends with.
#[derive(Debug, Clone)]
pub enum BodyResult {
    /// The answer of an observation.
    Answer(Expression),
    /// The one call that performs any other action.
    Act(Call),
}

#[derive(Debug, Clone)]
pub struct ActionLimit {
    /// Index into [`Program::actions`](super::Program::actions).
    pub action: usize,
    pub parts: Vec<LimitPart>,
}

#[derive(Debug, Clone)]
pub enum LimitPart {
    /// At most `count` uses in each window.
    Rate {
        count: u32,
        window: SignedDuration,
        /// Each value of the key is counted separately.
        key: Option<LimitKey>,
    },
    /// At least `gap` between two uses.
    Apart {
        gap: SignedDuration,
        /// Each value of the key is counted separately.
        key: Option<LimitKey>,
    },
}

/// What a limit counts separately.
#[derive(Debug, Clone)]
pub struct LimitKey {
    /// As written: `host`, `dag`, `server`.
    pub name: EcoString,
    /// Evaluated in the frame of the action's signature or of the runbook.
    pub value: Expression,
}
