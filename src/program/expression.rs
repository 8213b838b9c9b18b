//! Expressions and calls.

use super::types::Type;
use super::{NodeId, Slot};
use crate::source::Span;
use crate::value::Value;
use ecow::EcoString;

pub use crate::syntax::ast::Quantifier;

/// A call of an action with one argument for every parameter, defaults included.
#[derive(Debug, Clone)]
pub struct Call {
    pub node: NodeId,
    /// Index into [`Program::actions`](super::Program::actions).
    pub action: usize,
    pub arguments: Vec<Expression>,
    pub span: Span,
}

/// A call of a probe with one argument for every parameter, defaults included.
#[derive(Debug, Clone)]
pub struct ProbeCall {
    pub node: NodeId,
    /// Index into [`Program::probes`](super::Program::probes).
    pub probe: usize,
    pub arguments: Vec<Expression>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "as the syntax tree documents them")]
pub enum ExpressionKind {
    Constant(Value),
    Local(Slot),
    /// Text with values interpolated.
    Text(Vec<TextPart>),
    /// A field of a record.
    Field(Box<Expression>, EcoString),
    /// A fact of a host, from the inventory.
    Fact(Box<Expression>, EcoString),
    Method(Box<Expression>, Method),
    List(Vec<Expression>),
    Record {
        name: EcoString,
        fields: Vec<(EcoString, Expression)>,
    },
    Comprehension(Box<Comprehension>),
    Quantifier {
        kind: Quantifier,
        slot: Slot,
        list: Box<Expression>,
        body: Box<Expression>,
    },
    Not(Box<Expression>),
    Negate(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// Whether the left is an item of the right.
    In(Box<Expression>, Box<Expression>),
    /// Whether the left, a text or list, contains the right.
    Contains(Box<Expression>, Box<Expression>),
    /// The checker has compiled the pattern, with a limit on its size.
    Matches(Box<Expression>, regex::Regex),
    Arithmetic(Arithmetic, Box<Expression>, Box<Expression>),
    /// Decodes or narrows. Where that is impossible, the value is absent if `or_absent`, else an error of kind
    /// `mismatch`.
    As {
        value: Box<Expression>,
        target: Type,
        or_absent: bool,
    },
    IsRole(Box<Expression>, EcoString),
    IsAbsent(Box<Expression>),
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// A call of an observing action.
    Observe(Box<Call>),
    /// The verdict of a probe: one of the words `passed`, `failed`, `unknown`.
    Check(Box<ProbeCall>),
    /// A text from outside that becomes an argument of a command. An error of kind `refused` where it begins with `-`.
    FromOutside(Box<Expression>),
    /// The inventory's hosts that have the role, in its order.
    Hosts(EcoString),
    Now,
    RunStarted,
    /// The record of the last goal check.
    GoalAnswer,
}

#[derive(Debug, Clone)]
pub enum TextPart {
    Literal(EcoString),
    /// Formatted by [`Value`]'s `Display`.
    Value(Expression),
}

/// `[E for x in XS where C sorted by K]`.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "as the syntax tree documents them")]
pub struct Comprehension {
    pub slot: Slot,
    pub list: Expression,
    pub element: Option<Expression>,
    pub condition: Option<Expression>,
    pub key: Option<Expression>,
    pub descending: bool,
}

/// A comparison of two values of the same type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Operands: two numbers, durations or sizes; a time and a duration; any of these times a number or a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A method or computed member of a value.
#[derive(Debug, Clone)]
pub enum Method {
    /// Length of a list.
    Count,
    /// First item; absent in an empty list.
    First,
    /// Last item; absent in an empty list.
    Last,
    /// Greatest item; absent in an empty list.
    Max,
    /// Least item; absent in an empty list.
    Min,
    /// Sum of numbers, durations or sizes; zero of the item type in an empty list.
    Sum(Type),
    /// Without duplicates; each item keeps its first position.
    Distinct,
    /// Lines of a text without their ends; an empty last line is left out.
    Lines,
    /// The text as a number; absent where it is none.
    Number,
    /// The text as JSON; an error of kind `mismatch` where it is none.
    Json,
    /// First group of the first match, or all of it where the pattern has no group; absent without a match.
    Capture(regex::Regex),
    /// First result of a jq filter; an error of kind `mismatch` where it fails.
    Jq(EcoString),
}
