//! Declarations.

use super::{Amount, Block, Call, Expression, Name, Path, Statement, Test, Text, Timings};
use crate::source::Span;
use crate::value::Class;

#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is documented at its type")]
pub enum Declaration {
    Import(Import),
    Role(Shape),
    Record(Shape),
    Enumeration(Enumeration),
    Limit(Limit),
    Probe(Probe),
    Procedure(Procedure),
    Runbook(Runbook),
    Backend(Backend),
    Test(Test),
}

impl Declaration {
    /// From its keyword to its end.
    pub fn span(&self) -> Span {
        match self {
            Self::Import(it) => it.span,
            Self::Role(it) | Self::Record(it) => it.span,
            Self::Enumeration(it) => it.span,
            Self::Limit(it) => it.span,
            Self::Probe(it) => it.span,
            Self::Procedure(it) => it.span,
            Self::Runbook(it) => it.span,
            Self::Backend(it) => it.span,
            Self::Test(it) => it.span,
        }
    }
}

/// `import "file"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    pub path: Text,
    pub span: Span,
}

/// `role R { … }` or `record R { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub name: Name,
    pub fields: Vec<Field>,
    pub span: Span,
}

/// `name: type`.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: Name,
    pub type_of: Type,
    pub span: Span,
}

/// `[open] enum E { a, b }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Enumeration {
    /// Whether a value may be a word that is not listed.
    pub open: bool,
    pub name: Name,
    pub words: Vec<Name>,
    pub span: Span,
}

/// `limit [ACTION] PART, …`, as a declaration or as a header.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Only in a declaration.
    pub action: Option<Path>,
    pub parts: Vec<LimitPart>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum LimitPart {
    /// `N per D [per KEY]`.
    Rate { count: Amount, window: Amount, key: Option<Path>, span: Span },
    /// `D apart`.
    Apart { gap: Amount, span: Span },
    /// Applies to the parts without a key of their own.
    Key { key: Path, span: Span },
}

/// A type; `a or b` has several alternatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// At least one. `list<T> or empty` has `empty` as its second.
    pub alternatives: Vec<TypeName>,
    pub span: Span,
}

/// `path`, `list<T>`, `T?`.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeName {
    pub path: Path,
    pub inner: Option<Box<Type>>,
    pub optional: bool,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: Name,
    pub type_of: Type,
    pub default: Option<Expression>,
    pub span: Span,
}

/// `probe P(…) { … }`. Every clause may be missing. Of duplicates, which are reported, the first is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub title: Option<Text>,
    pub group: Option<Text>,
    pub depends_on: Vec<Text>,
    pub timeout: Option<Amount>,
    pub retries: Option<Retries>,
    pub ask: Option<Call>,
    pub unknown_if: Option<Expression>,
    pub passed_if: Option<Expression>,
    /// `let` and `temporarily` statements. Any other statement is kept here for the checker to reject.
    pub statements: Vec<Statement>,
    /// The spans of the clauses in the order of the text, for the formatter.
    pub order: Vec<Span>,
    /// From `{` to `}`.
    pub body: Span,
    pub span: Span,
}

/// `retries N every D`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retries {
    pub count: Amount,
    pub timings: Timings,
    pub span: Span,
}

/// `procedure P(…) { … } [undo { … }]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub block: Block,
    pub undo: Option<Block>,
    pub span: Span,
}

/// `runbook R(…) { headers, statements }`. Of duplicate headers, which are reported, the first is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Runbook {
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub title: Option<Text>,
    pub alert: Option<Alert>,
    pub goal: Option<Goal>,
    pub contact: Option<Path>,
    pub lock: Option<Lock>,
    pub limit: Option<Limit>,
    /// `ends within D`.
    pub ends: Option<Ends>,
    pub block: Block,
    pub span: Span,
}

/// `alert "a", "b" [in "GROUP"]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub names: Vec<Text>,
    pub group: Option<Text>,
    pub span: Span,
}

/// `goal P(server) and Q(server)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    pub condition: Expression,
    pub span: Span,
}

/// `lock a, b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    pub names: Vec<Expression>,
    pub span: Span,
}

/// `ends within D`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ends {
    pub timings: Timings,
    pub span: Span,
}

/// `backend b "…" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Backend {
    pub name: Name,
    pub title: Option<Text>,
    pub records: Vec<Shape>,
    pub enumerations: Vec<Enumeration>,
    pub signatures: Vec<Signature>,
    pub span: Span,
}

/// `confirm CALL within D every D`.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    pub call: Call,
    pub timings: Timings,
    pub span: Span,
}

/// The signature of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    pub class: Class,
    pub class_span: Span,
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub returns: Option<Type>,
    pub timeout: Option<Amount>,
    pub fresh: Option<Amount>,
    pub idempotent: Option<Span>,
    pub once: Option<Span>,
    pub confirm: Option<Confirm>,
    pub saves: Option<Saves>,
    pub undo: Option<Call>,
    /// The body of a team's own action: `let` statements and one expression.
    pub body: Option<ActionBody>,
    pub span: Span,
}

/// `saves name = CALL`.
#[derive(Debug, Clone, PartialEq)]
pub struct Saves {
    pub name: Name,
    pub call: Call,
    pub span: Span,
}

/// `{ let …  EXPRESSION }`.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionBody {
    pub lets: Vec<Statement>,
    pub result: Option<Expression>,
    pub span: Span,
}
