//! A checked program: every name resolved, every type known. This is what the interpreter runs.
//!
//! It contains nothing that must be looked up: locals are slots of a frame, actions and declarations are indices. Only
//! `check` builds one.

#![warn(clippy::wildcard_enum_match_arm)]
#![allow(missing_docs, reason = "a field or variant is documented where its name does not say what it is")]

mod declaration;
pub mod divergence;
mod expression;
pub mod numbering;
mod statement;
pub mod test_block;
pub mod types;
pub mod visit;

pub use declaration::{
    Action, ActionBody, ActionLimit, BodyResult, Confirm, Goal, LimitKey, LimitPart, Parameter, Probe, Procedure,
    Runbook, TIMEOUT,
};
pub use expression::{
    Arithmetic, Call, Comparison, Comprehension, Expression, ExpressionKind, Method, ProbeCall, Quantifier, TextPart,
};
pub use statement::{Block, Evidence, Hold, LetElse, Question, Retention, Statement, StatementKind, Subject, Window};

use self::test_block::Test;
use crate::value::{Host, SignedDuration};
use ecow::EcoString;
use std::sync::Arc;

/// Identifies a statement or call of a program. Part of an effect's address, so it depends on nothing but the program's
/// text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// Position of a local value in its frame.
pub type Slot = usize;

/// The name of each slot of a frame, for messages.
pub type Locals = Arc<[EcoString]>;

/// The declarations of a file and its imports.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub runbooks: Vec<Runbook>,
    pub procedures: Vec<Procedure>,
    pub probes: Vec<Probe>,
    /// The actions that the program calls, and those that their bodies, `confirm`, `saves` and `undo` call.
    pub actions: Vec<Action>,
    /// The `limit ACTION …` declarations.
    pub limits: Vec<ActionLimit>,
    /// The tests of the checked file, not those of its imports.
    pub tests: Vec<Test>,
    /// The inventory's hosts, with their facts as the types that their roles declare.
    pub hosts: Vec<Host>,
    /// How many disruptions the team allows all runbooks together, and in which window.
    pub most_disruptions: Option<(u32, SignedDuration)>,
    /// Number of nodes; identifiers begin at 1.
    pub nodes: u32,
}
