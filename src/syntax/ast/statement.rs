//! Statements and their parts.

use super::{Amount, Call, Expression, Name, Path, Text, Timings};
use crate::source::Span;

/// Statements in braces.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    pub statements: Vec<Statement>,
    /// From `{` to `}`.
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `step "title" { }`.
    Step { title: Text, block: Block },
    /// `resolve if fixed …`.
    ResolveIfFixed { timings: Timings },
    /// `resolve "…" [without goal]`.
    Resolve { message: Text, without_goal: Option<Span> },
    /// `escalate to C "…" with …`.
    Escalate { contact: Path, message: Text, evidence: Vec<Expression> },
    /// `notify C "…" with …`.
    Notify { contact: Path, message: Text, evidence: Vec<Expression> },
    /// `require COND [else { }]`.
    Require { condition: Expression, otherwise: Option<Block> },
    /// `require approval "…" by N within D [else { }]`.
    RequireApproval { message: Text, by: Amount, timings: Timings, otherwise: Option<Block> },
    /// `wait D`.
    Wait { duration: Amount },
    /// `wait until COND within D every D [for D] [else { }]`.
    WaitUntil { condition: Expression, timings: Timings, otherwise: Option<Block> },
    /// A call of an action, or by mistake of a procedure or runbook.
    Call(Call),
    /// `temporarily …[ if COND][, keep on failure]`. Only a block has an `undo`; a block has no condition.
    Temporarily { what: Subject, undo: Option<Block>, condition: Option<Expression>, keep_on_failure: Option<Span> },
    /// `permanently …[, undo on failure]`.
    Permanently { what: Subject, undo_on_failure: Option<Span> },
    /// `let x = E [else { … } / VALUE]`.
    Let { name: Name, value: Expression, otherwise: Option<LetElse> },
    /// `if … { } else if … { } else { }`: at least one branch.
    If { branches: Vec<(Expression, Block)>, otherwise: Option<Block> },
    /// `match E { … }`.
    Match { value: Expression, arms: Vec<Arm> },
    /// `for x in XS, at most N[, K at a time] { }`.
    For { variable: Name, list: Expression, at_most: Option<Amount>, at_a_time: Option<Amount>, block: Block },
    /// `repeat N times every D [until C] { } [else { }]`.
    Repeat { count: Amount, timings: Timings, until: Option<Expression>, block: Block, otherwise: Option<Block> },
    /// `retry N times every D { }`.
    Retry { count: Amount, timings: Timings, block: Block },
    /// `lock NAME, … within D { … }`.
    Lock { names: Vec<Expression>, timings: Timings, block: Block },
    /// `try { } catch e { }`.
    Try { block: Block, catch: Option<(Name, Block)> },
    /// `do P(…)`.
    Do(Call),
    /// `run R(…)`.
    Run(Call),
    /// `manual "…" within D [else { }]`.
    Manual { message: Text, timings: Timings, otherwise: Option<Block> },
}

/// What `temporarily` or `permanently` applies to.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// The call of an action.
    Call(Call),
    /// `do P(…)`.
    Do(Call),
    /// `{ … }`.
    Block(Block),
}

/// The `else` of a `let`.
#[derive(Debug, Clone, PartialEq)]
pub enum LetElse {
    /// A block that must diverge.
    Block(Block),
    /// The value in place of an absent one.
    Value(Expression),
}

/// An arm of a `match`.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Empty for `else`.
    pub patterns: Vec<Pattern>,
    pub block: Block,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// A word of an enum.
    Word(Path),
    /// A text.
    Text(Text),
    /// A number, duration, size or percentage.
    Amount(Amount),
}
