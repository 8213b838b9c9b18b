//! A checked program: every name resolved, every type known. What the interpreter runs.
//!
//! It is a different tree from the one that the author wrote, and holds nothing that the interpreter would have to look
//! up: locals are slots of a frame, actions and declarations are indices. It cannot be made but by `check`.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod divergence;
pub mod numbering;
pub mod test_block;
pub mod types;
pub mod visit;

use self::test_block::Test;
use self::types::Type;
use crate::source::Span;
use crate::value::{Class, Host, SignedDuration, Value};
use ecow::EcoString;
use std::sync::Arc;

/// A place in a program that may do something, unique in the program. Part of an effect's address, so it depends on the
/// program's text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// A local value of a frame.
pub type Slot = usize;

/// The name of each slot of a frame, for people.
pub type Locals = Arc<[EcoString]>;

/// All that a set of files declares, checked.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Runbooks.
    pub runbooks: Vec<Runbook>,
    /// Procedures.
    pub procedures: Vec<Procedure>,
    /// Probes.
    pub probes: Vec<Probe>,
    /// Every action that the program calls or that those call.
    pub actions: Vec<Action>,
    /// `limit ACTION …` declarations.
    pub limits: Vec<ActionLimit>,
    /// The tests of the file that was checked.
    pub tests: Vec<Test>,
    /// The inventory's hosts, facts coerced to what their roles ask for.
    pub hosts: Vec<Host>,
    /// How many nodes there are.
    pub nodes: u32,
}

/// A parameter; its argument is bound to the slot of the same position.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: EcoString,
    /// Its type.
    pub type_of: Type,
    /// What it is when left out: a constant.
    pub default: Option<Value>,
}

/// A runbook.
#[derive(Debug, Clone)]
pub struct Runbook {
    /// Its name.
    pub name: EcoString,
    /// Its title, or its name.
    pub title: EcoString,
    /// Alerts that start it.
    pub alerts: Vec<EcoString>,
    /// The group that the alert must be of.
    pub alert_group: Option<EcoString>,
    /// Parameters, slots `0..parameters.len()`.
    pub parameters: Vec<Parameter>,
    /// The names of its frame's slots, in order.
    pub locals: Locals,
    /// What "fixed" means.
    pub goal: Option<Goal>,
    /// Who hears of it when nothing else is said.
    pub contact: Option<EcoString>,
    /// What it locks from start to end: texts or hosts.
    pub locks: Vec<Expression>,
    /// How often it may run.
    pub limit: Vec<LimitPart>,
    /// After how long it must have ended.
    pub ends_within: Option<SignedDuration>,
    /// What it does. Control never falls off its end.
    pub block: Block,
    /// Its declaration.
    pub span: Span,
}

/// Probes, joined.
#[derive(Debug, Clone)]
pub enum Goal {
    /// One probe.
    Probe(ProbeCall),
    /// Both.
    And(Box<Goal>, Box<Goal>),
    /// One of them.
    Or(Box<Goal>, Box<Goal>),
    /// Not.
    Not(Box<Goal>),
}

/// A procedure.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// Its name.
    pub name: EcoString,
    /// Parameters, slots `0..parameters.len()`.
    pub parameters: Vec<Parameter>,
    /// The names of its frame's slots, those of `undo` included: `undo` sees what the block bound.
    pub locals: Locals,
    /// What it does.
    pub block: Block,
    /// What takes it back.
    pub undo: Option<Block>,
    /// Its declaration.
    pub span: Span,
}

/// A probe.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Its name.
    pub name: EcoString,
    /// Its title, or its name.
    pub title: EcoString,
    /// Its group.
    pub group: Option<EcoString>,
    /// What it depends on, for people.
    pub depends_on: Vec<EcoString>,
    /// Parameters, slots `0..parameters.len()`.
    pub parameters: Vec<Parameter>,
    /// The names of its frame's slots, in order.
    pub locals: Locals,
    /// How long one asking may take, retries not included.
    pub timeout: SignedDuration,
    /// How often it is asked again when the answer is not `passed`, and how far apart.
    pub retries: Option<(u32, SignedDuration)>,
    /// `let` and `temporarily` statements, before `ask`.
    pub statements: Vec<Statement>,
    /// What is asked; the answer is bound to the slot.
    pub ask: Option<(Call, Slot)>,
    /// When the answer says nothing.
    pub unknown_if: Option<Expression>,
    /// When it passes; it fails otherwise.
    pub passed_if: Expression,
    /// Its declaration.
    pub span: Span,
}

/// What an action's signature says.
#[derive(Debug, Clone)]
pub struct Action {
    /// The backend.
    pub backend: EcoString,
    /// The action.
    pub name: EcoString,
    /// The harm it may do.
    pub class: Class,
    /// Parameters, slots `0..parameters.len()` of the signature's frame.
    pub parameters: Vec<Parameter>,
    /// The names of the signature's frame, with those of `saves` and the body.
    pub locals: Locals,
    /// What it answers.
    pub returns: Type,
    /// Whether an empty list is an answer; otherwise it is `unknown`: the observation raises.
    pub empty_is_an_answer: bool,
    /// After how long it is given up.
    pub timeout: SignedDuration,
    /// How old an answer may be and still be used.
    pub fresh: Option<SignedDuration>,
    /// Whether it may be repeated.
    pub idempotent: bool,
    /// Whether it must never be repeated blindly.
    pub once: bool,
    /// Tells whether it was done. A boolean says so itself; any other answer was read before the intent, and a changed
    /// one means that it was done.
    pub confirm: Option<Call>,
    /// What is read before the intent, and the slot that keeps it.
    pub saves: Option<(Call, Slot)>,
    /// What takes it back, in the signature's frame.
    pub undo: Option<Call>,
    /// Its body, over other actions.
    pub body: Option<ActionBody>,
}

/// The body of a team's own action.
#[derive(Debug, Clone)]
pub struct ActionBody {
    /// `let` statements.
    pub lets: Vec<Statement>,
    /// What it does or answers at the end.
    pub result: BodyResult,
}

/// What the body of an action ends with.
#[derive(Debug, Clone)]
pub enum BodyResult {
    /// An observing action answers with an expression.
    Answer(Expression),
    /// Any other performs one call of another action.
    Act(Call),
}

/// `limit ACTION …`.
#[derive(Debug, Clone)]
pub struct ActionLimit {
    /// The action.
    pub action: usize,
    /// How often.
    pub parts: Vec<LimitPart>,
}

/// A part of a limit.
#[derive(Debug, Clone)]
pub enum LimitPart {
    /// So many in a window, counted for each value of the key.
    Rate {
        /// How many.
        count: u32,
        /// In how long.
        window: SignedDuration,
        /// Counted for each value of what.
        key: Option<LimitKey>,
    },
    /// So far apart, for each value of the key.
    Apart {
        /// How far.
        gap: SignedDuration,
        /// Counted for each value of what.
        key: Option<LimitKey>,
    },
}

/// What a limit is counted by.
#[derive(Debug, Clone)]
pub struct LimitKey {
    /// As written: `host`, `dag`, `server`.
    pub name: EcoString,
    /// In the frame of the action's signature or of the runbook.
    pub value: Expression,
}

/// Statements in order. Open changes are undone when it ends.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The statements.
    pub statements: Vec<Statement>,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its node.
    pub node: NodeId,
    /// Where it stands.
    pub span: Span,
    /// What it does.
    pub kind: StatementKind,
}

/// Whether a change stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Neither was written: there is nothing to undo, or an enclosing `undo` covers it.
    None,
    /// Undone when the enclosing block ends.
    Temporarily {
        /// Kept, and listed, when it ends badly.
        keep_on_failure: bool,
    },
    /// Meant to stay.
    Permanently {
        /// Taken back when the enclosing block ends badly.
        undo_on_failure: bool,
    },
}

/// `within D every D`, both durations.
#[derive(Debug, Clone)]
pub struct Window {
    /// For how long it is tried.
    pub within: Expression,
    /// How far apart.
    pub every: Expression,
}

/// What a statement does.
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
        adverb: Retention,
    },
    Do {
        procedure: usize,
        arguments: Vec<Expression>,
        adverb: Retention,
    },
    TemporarilyBlock {
        block: Block,
        undo: Block,
        keep_on_failure: bool,
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
    /// For how long it must stay fixed.
    pub duration: Expression,
    /// How far apart it is asked; at the end only when absent.
    pub every: Option<Expression>,
}

/// A value for people, with what was written for it.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// As written: `goal.answer`.
    pub label: EcoString,
    /// The value.
    pub value: Expression,
}

/// What a `let` or a `match` looks at.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A value, with any observations that stand in it.
    Value(Expression),
    /// People's answer.
    Ask(Question),
    /// The outcome of a run of its own: one of the words `resolved`, `escalated`, `cancelled`.
    Run {
        /// Its node.
        node: NodeId,
        /// Which.
        runbook: usize,
        /// Its arguments.
        arguments: Vec<Expression>,
    },
}

/// A question to people. Its answer is one of the words.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its node.
    pub node: NodeId,
    /// What is asked.
    pub message: Expression,
    /// The words to choose from.
    pub choices: Vec<EcoString>,
    /// For how long an answer is waited for.
    pub within: Expression,
    /// What silence means.
    pub default: EcoString,
}

/// What is taken when a `let` finds nothing.
#[derive(Debug, Clone)]
pub enum LetElse {
    /// Leaves.
    Block(Block),
    /// Another value.
    Value(Expression),
}

/// A call of an action: one argument for every parameter, defaults filled in.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its node.
    pub node: NodeId,
    /// Index into [`Program::actions`].
    pub action: usize,
    /// The arguments.
    pub arguments: Vec<Expression>,
    /// Where it stands.
    pub span: Span,
}

/// A call of a probe.
#[derive(Debug, Clone)]
pub struct ProbeCall {
    /// Its node.
    pub node: NodeId,
    /// Index into [`Program::probes`].
    pub probe: usize,
    /// One argument for every parameter.
    pub arguments: Vec<Expression>,
    /// Where it stands.
    pub span: Span,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
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
    /// The left is an item of the right.
    In(Box<Expression>, Box<Expression>),
    /// The left, a text or list, contains the right.
    Contains(Box<Expression>, Box<Expression>),
    /// The regular expression was compiled by the checker, size-limited.
    Matches(Box<Expression>, regex::Regex),
    Arithmetic(Arithmetic, Box<Expression>, Box<Expression>),
    /// Decode or narrow. Where it cannot be done: absent if `or_absent`, else an error of kind `mismatch`.
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
    /// A text that will be an argument of a command: it may not begin with `-`, an error of kind `refused`.
    FromOutside(Box<Expression>),
    /// Every host of the inventory that has the role, in its order.
    Hosts(EcoString),
    Now,
    RunStarted,
    /// The record of the last answer of the run's goal.
    GoalAnswer,
}

/// A part of a text.
#[derive(Debug, Clone)]
pub enum TextPart {
    /// As it is.
    Literal(EcoString),
    /// Shown as [`Value`]'s `Display` shows it.
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

pub use crate::syntax::ast::Quantifier;

/// A comparison of two values of one type.
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

/// Number with number; duration with duration; time and duration; size with size; times a number or a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// What can be asked of a value.
#[derive(Debug, Clone)]
pub enum Method {
    /// Length of a list, as a number.
    Count,
    /// First item, absent when there is none.
    First,
    /// Last item, absent when there is none.
    Last,
    /// Greatest item, absent when there is none.
    Max,
    /// Least item, absent when there is none.
    Min,
    /// Sum of numbers, durations or sizes; 0 of the list's type when empty.
    Sum(Type),
    /// Each item once, at the place where it came first.
    Distinct,
    /// Lines of a text, ends cut, a last empty one left out.
    Lines,
    /// Number that a text is, absent when it is none.
    Number,
    /// JSON that a text is; an error of kind `mismatch` when it is none.
    Json,
    /// First group (or whole) of a match in a text, absent when there is none.
    Capture(regex::Regex),
    /// First result of a jq filter, checked before; an error of kind `mismatch` when it fails.
    Jq(EcoString),
}
