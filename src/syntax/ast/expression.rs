//! Expressions, calls, texts and amounts.

use super::{Name, Path, TypeName};
use crate::source::Span;
use crate::value::{Decimal, SignedDuration};
use ecow::EcoString;

/// `after D`, `within D`, `for D`, `every D`, in any order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timings {
    pub after: Option<Amount>,
    pub within: Option<Amount>,
    pub hold: Option<Amount>,
    pub every: Option<Amount>,
}

/// A literal quantity, or a name that stands for one.
#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    pub kind: AmountKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AmountKind {
    Number(Decimal),
    Duration(SignedDuration),
    Size(u64),
    Percent(Decimal),
    Name(Path),
    /// A mistake that was reported.
    Invalid,
}

/// A text with its interpolations.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub parts: Vec<TextPart>,
    /// Written as `r"…"` or `r#"…"#`.
    pub raw: bool,
    pub span: Span,
}

impl Text {
    /// The text, where nothing is interpolated.
    pub fn literal(&self) -> Option<EcoString> {
        match self.parts.as_slice() {
            [] => Some(EcoString::new()),
            [TextPart::Literal(text)] => Some(text.clone()),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// With escapes replaced. Two literals are never adjacent.
    Literal(EcoString),
    /// `${path}`.
    Interpolation(Path),
}

/// `path(arguments)`, without members that follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub path: Path,
    pub arguments: Vec<Argument>,
    pub span: Span,
}

/// `[label:] value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub label: Option<Name>,
    pub value: Expression,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
}

impl Expression {
    /// The expression inside all parentheses.
    pub fn ungrouped(&self) -> &Self {
        if let ExpressionKind::Group(inner) = &self.kind { inner.ungrouped() } else { self }
    }
}

impl Expression {
    /// The text, where the expression is one without interpolations.
    pub fn literal_text(&self) -> Option<EcoString> {
        if let ExpressionKind::Text(text) = &self.kind { text.literal() } else { None }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    /// A mistake that was reported.
    Invalid,
    Text(Text),
    Number(Decimal),
    Duration(SignedDuration),
    Size(u64),
    Percent(Decimal),
    /// A name, perhaps with fields: `server.dag`, `true`, `passed`, `now`.
    Path(Path),
    /// `exchange.monitor(…)`, `Site(domain: d)`, `version("26.0")`, `hosts(rails)`; also a method of a plain name.
    Call(Call),
    /// `.field` or `.method(…)` of anything but a plain name. One node for each word.
    Member {
        of: Box<Expression>,
        name: Name,
        arguments: Option<Vec<Argument>>,
    },
    List(Vec<Expression>),
    /// `[E for x in XS where C sorted by K]`. Without `E for`, the elements are the items.
    Comprehension(Box<Comprehension>),
    /// `( … )`.
    Group(Box<Expression>),
    /// `not E`.
    Not(Box<Expression>),
    /// `-E`.
    Negate(Box<Expression>),
    Binary {
        operator: Operator,
        operator_span: Span,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// `E as T`.
    As {
        value: Box<Expression>,
        type_name: TypeName,
    },
    /// `E is ROLE`, `E is absent`, `E is present`.
    Is {
        value: Box<Expression>,
        type_name: TypeName,
    },
    /// `if c then a else b`.
    Conditional {
        condition: Box<Expression>,
        then: Box<Expression>,
        otherwise: Box<Expression>,
    },
    /// `all x in XS: C`.
    Quantifier {
        kind: Quantifier,
        variable: Name,
        list: Box<Expression>,
        body: Box<Expression>,
    },
    /// `ask "…" choices [a, b] within D default a`.
    Ask(Box<Question>),
    /// `check P(…)`.
    Check(Call),
    /// `run R(…)`.
    Run(Call),
}

/// `[E for x in XS where C sorted by K [descending]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comprehension {
    pub element: Option<Expression>,
    pub variable: Name,
    pub list: Expression,
    pub condition: Option<Expression>,
    pub key: Option<Expression>,
    pub descending: bool,
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub message: Text,
    pub choices: Vec<Name>,
    pub timings: Timings,
    pub default: Option<Name>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    All,
    Any,
    None,
}

/// A binary operator, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Contains,
    Matches,
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operator {
    /// As the language writes it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Contains => "contains",
            Self::Matches => "matches",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}
