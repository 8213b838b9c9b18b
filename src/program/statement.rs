//! Statements and their parts.

use super::{Call, Expression, NodeId, Slot};
use crate::source::Span;
use crate::value::Value;
use ecow::EcoString;

/// Statements in braces. Its open changes are undone at its end.
#[derive(Debug, Clone, Default)]
pub struct Block {
    pub statements: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub struct Statement {
    pub node: NodeId,
    pub span: Span,
    pub kind: StatementKind,
}

/// Whether a change is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Not written: there is nothing to undo, or an enclosing `undo` covers it.
    None,
    /// Undone at the end of the enclosing block.
    Temporarily {
        /// Left in place and reported where the block ends badly.
        keep_on_failure: bool,
    },
    Permanently {
        /// Undone where the enclosing block ends badly.
        undo_on_failure: bool,
    },
}

/// `within D every D`; both expressions are durations.
#[derive(Debug, Clone)]
pub struct Window {
    pub within: Expression,
    pub every: Expression,
}

#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "as the syntax tree documents them; durations and texts are expressions of that type")]
pub enum StatementKind {
    Step {
        title: Expression,
        block: Block,
    },
    ResolveIfFixed {
        after: Option<Expression>,
        window: Option<Window>,
        hold: Option<Hold>,
    },
    Resolve {
        message: Expression,
        /// The run ends resolved whether its goal holds or not.
        without_goal: bool,
    },
    Escalate {
        contact: EcoString,
        message: Expression,
        evidence: Vec<Evidence>,
    },
    Notify {
        contact: EcoString,
        message: Expression,
        evidence: Vec<Evidence>,
    },
    Require {
        condition: Expression,
        otherwise: Option<Block>,
    },
    RequireApproval {
        message: Expression,
        by: Expression,
        within: Expression,
        otherwise: Option<Block>,
    },
    Wait {
        duration: Expression,
    },
    WaitUntil {
        condition: Expression,
        window: Window,
        hold: Option<Expression>,
        otherwise: Option<Block>,
    },
    Act {
        call: Call,
        retention: Retention,
    },
    Do {
        procedure: usize,
        arguments: Vec<Expression>,
        retention: Retention,
    },
    TemporarilyBlock {
        block: Block,
        undo: Block,
        keep_on_failure: bool,
    },
    /// `temporarily … if CONDITION`. `change` is one `Act` or `Do`, and no block of its own: what it changes is undone at
    /// the end of the block around this statement.
    TemporarilyIf {
        condition: Expression,
        change: Block,
    },
    Let {
        slot: Slot,
        name: EcoString,
        value: Subject,
        otherwise: Option<LetElse>,
    },
    If {
        branches: Vec<(Expression, Block)>,
        otherwise: Option<Block>,
    },
    Match {
        subject: Subject,
        arms: Vec<(Vec<Value>, Block)>,
        otherwise: Option<Block>,
    },
    For {
        slot: Slot,
        list: Expression,
        at_most: Option<Expression>,
        at_a_time: Option<Expression>,
        block: Block,
    },
    Repeat {
        count: Expression,
        every: Option<Expression>,
        until: Option<Expression>,
        block: Block,
        otherwise: Option<Block>,
    },
    /// Holds locks while its block runs.
    Lock {
        names: Vec<Expression>,
        /// How long other runs are waited for.
        within: Expression,
        block: Block,
    },
    Retry {
        count: Expression,
        every: Option<Expression>,
        block: Block,
    },
    Try {
        block: Block,
        slot: Slot,
        catch: Block,
    },
    Run {
        runbook: usize,
        arguments: Vec<Expression>,
    },
    Manual {
        message: Expression,
        within: Expression,
        otherwise: Option<Block>,
    },
}

/// `for D [every D]` of `resolve if fixed`.
#[derive(Debug, Clone)]
pub struct Hold {
    /// How long the goal must keep passing.
    pub duration: Expression,
    /// How often it is checked meanwhile; only at the end where absent.
    pub every: Option<Expression>,
}

/// A value attached to a message.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// As written: `goal.answer`.
    pub label: EcoString,
    pub value: Expression,
}

/// The value of a `let` or `match`.
#[derive(Debug, Clone)]
pub enum Subject {
    Value(Expression),
    /// A question to a person. The value is one of the choices.
    Ask(Question),
    /// A child run. The value is its outcome: `resolved`, `escalated` or `cancelled`.
    Run {
        node: NodeId,
        /// Index into [`Program::runbooks`](super::Program::runbooks).
        runbook: usize,
        arguments: Vec<Expression>,
    },
}

#[derive(Debug, Clone)]
pub struct Question {
    pub node: NodeId,
    pub message: Expression,
    pub choices: Vec<EcoString>,
    pub within: Expression,
    /// The answer where nobody replies in time.
    pub default: EcoString,
}

/// The `else` of a `let`, evaluated where the value is absent.
#[derive(Debug, Clone)]
pub enum LetElse {
    /// A block that diverges.
    Block(Block),
    Value(Expression),
}
