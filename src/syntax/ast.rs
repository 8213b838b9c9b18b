//! The tree of a runbook file as its author wrote it: nothing is resolved, comments are kept, spans are byte ranges.
//!
//! Everything after a keyword that the grammar could not read has become a diagnostic already; where a part is missing
//! the tree holds `None` or [`ExpressionKind::Invalid`], and later rooms stay silent about it.

#![allow(missing_docs, reason = "a field is what its name and the syntax above it say")]

use crate::source::Span;
use crate::value::{Class, Decimal, SignedDuration};
use ecow::EcoString;

/// A whole file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    /// What it declares, in order.
    pub declarations: Vec<Declaration>,
    /// Every comment, in order.
    pub comments: Vec<Comment>,
    /// All of it.
    pub span: Span,
}

/// A comment, from its `#` to the end of its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// From `#` on.
    pub span: Span,
    /// What follows the `#`, trailing blanks cut.
    pub text: EcoString,
    /// Whether something stands before it on its line.
    pub trailing: bool,
}

/// One word that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: EcoString,
    /// Where it stands.
    pub span: Span,
}

/// One word, or several joined by dots: `goal.answer`, `service.restart`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// All of it, dots included, none of them first, last or doubled.
    pub text: EcoString,
    /// Where it stands.
    pub span: Span,
}

impl Path {
    /// The words with their places; where the path goes on in another line, each has the place of the whole.
    pub fn segments(&self) -> impl Iterator<Item = Name> + '_ {
        let mut start = self.span.start;
        let together = (self.span.end - self.span.start) as usize == self.text.len();
        self.text.split('.').map(move |word| {
            let own = Span::new(self.span.file, start, start + word.len() as u32);
            let span = if together { own } else { self.span };
            start += word.len() as u32 + 1;
            Name { text: word.into(), span }
        })
    }
}

/// What a file may declare.
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
    /// The path as written.
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
    /// Whether words that are not listed may come from outside.
    pub open: bool,
    pub name: Name,
    pub words: Vec<Name>,
    pub span: Span,
}

/// `limit [ACTION] PART, …`, as a declaration or as a header.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The action, in a declaration.
    pub action: Option<Path>,
    pub parts: Vec<LimitPart>,
    pub span: Span,
}

/// A part of a limit.
#[derive(Debug, Clone, PartialEq)]
pub enum LimitPart {
    /// `N per D [per KEY]`.
    Rate { count: Amount, window: Amount, key: Option<Path>, span: Span },
    /// `D apart`.
    Apart { gap: Amount, span: Span },
    /// `per KEY`: for the parts that have none of their own.
    Key { key: Path, span: Span },
}

/// A type as written: `a or b` is several.
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

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: Name,
    pub type_of: Type,
    pub default: Option<Expression>,
    pub span: Span,
}

/// `probe P(…) { … }`: every clause may be missing; one given twice is a diagnostic, and the first is kept.
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
    /// `let` and `temporarily` statements (any other parses here too, and is the checker's to refuse).
    pub statements: Vec<Statement>,
    /// The clauses in the order in which they stand, for the formatter.
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

/// `runbook R(…) { headers, statements }`. A header given twice is a diagnostic, and the first is kept.
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
    /// The statements between the braces.
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

/// What one action takes, answers and undoes.
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
    pub confirm: Option<Call>,
    pub saves: Option<Saves>,
    pub undo: Option<Call>,
    /// A body over other actions: `let`s and one expression.
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

/// `test "…" for R(…) { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    pub title: Text,
    pub subject: Option<Call>,
    pub lines: Vec<TestLine>,
    pub span: Span,
}

/// A line of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum TestLine {
    /// `given …`. What it comes to stands in order, and the last one stays.
    Given { subject: GivenSubject, answers: Vec<GivenAnswer>, timings: Timings, span: Span },
    /// `expect …`.
    Expect { expectation: Expectation, timings: Timings, span: Span },
}

/// What a `given` is about.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenSubject {
    /// A call of an action or probe.
    Call(Call),
    /// A probe or action by its name alone, whatever its arguments.
    Name(Path),
    /// `given ask "…"`.
    Ask(Text),
    /// `given nobody answers`.
    Nobody,
    /// `given world "…"`.
    World(Text),
    /// `given host "…" is ROLE(FACT: VALUE), …`: at least one role; one without facts has no arguments.
    Host { name: Text, roles: Vec<Call> },
    /// `given cancelled after D`.
    Cancelled,
}

/// What one call, asking or question comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenAnswer {
    /// `answers V` or `returns V`.
    Value(Expression),
    /// `passes`, `fails` or `unknown`.
    Verdict(Name),
    /// `errors [KIND] ["…"]` or `fails "…"`.
    Error { kind: Option<Name>, message: Option<Text> },
    /// `times out`.
    TimesOut,
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// `resolved`, `cancelled`, `escalated [to C] ["…"]`.
    Outcome { word: Name, contact: Option<Path>, text: Option<Text> },
    /// `[no] CALL [once / never / N times]`.
    Call { negated: bool, call: Call, times: Option<Times> },
    /// `no disrupt`, `no change`, `no destroy`.
    NoneOfClass(Name),
    /// `within D` alone: its timings say it.
    Within,
    /// `left in place CALL, …` or `left in place nothing`.
    LeftInPlace(Vec<Call>),
}

/// How often.
#[derive(Debug, Clone, PartialEq)]
pub enum Times {
    /// `once`.
    Once,
    /// `never`.
    Never,
    /// `N times`.
    Exactly(Amount),
}

/// Statements between braces.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    pub statements: Vec<Statement>,
    /// From `{` to `}`.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
}

/// What a statement may be.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `step "title" { }`.
    Step { title: Text, block: Block },
    /// `resolve if fixed …`.
    ResolveIfFixed { timings: Timings },
    /// `resolve "…"`.
    Resolve { message: Text },
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
    /// A call of an action, of a procedure or of a runbook by mistake.
    Call(Call),
    /// `temporarily …[, keep on failure]`. `undo` stands with a block only.
    Temporarily { what: Subject, undo: Option<Block>, keep_on_failure: Option<Span> },
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
    /// `try { } catch e { }`.
    Try { block: Block, catch: Option<(Name, Block)> },
    /// `do P(…)`.
    Do(Call),
    /// `run R(…)`.
    Run(Call),
    /// `manual "…" within D [else { }]`.
    Manual { message: Text, timings: Timings, otherwise: Option<Block> },
}

/// What `temporarily` and `permanently` are about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A call.
    Call(Call),
    /// `do P(…)`.
    Do(Call),
    /// `{ … }`.
    Block(Block),
}

/// The `else` of a `let`.
#[derive(Debug, Clone, PartialEq)]
pub enum LetElse {
    /// A block that leaves.
    Block(Block),
    /// A value to take instead.
    Value(Expression),
}

/// An arm of a `match`.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// None for `else`.
    pub patterns: Vec<Pattern>,
    pub block: Block,
    pub span: Span,
}

/// What an arm is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// A word of an enum.
    Word(Path),
    /// A text.
    Text(Text),
    /// A number, duration, size or percentage.
    Amount(Amount),
}

/// `after D`, `within D`, `for D`, `every D`, in any order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timings {
    pub after: Option<Amount>,
    pub within: Option<Amount>,
    pub hold: Option<Amount>,
    pub every: Option<Amount>,
}

/// A literal quantity, or a name that holds one.
#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    pub kind: AmountKind,
    pub span: Span,
}

/// What an amount may be.
#[derive(Debug, Clone, PartialEq)]
pub enum AmountKind {
    Number(Decimal),
    Duration(SignedDuration),
    Size(u64),
    Percent(Decimal),
    Name(Path),
    /// It was reported already.
    Invalid,
}

/// A text, with what is interpolated.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub parts: Vec<TextPart>,
    /// Written as `r"…"` or `r#"…"#`.
    pub raw: bool,
    pub span: Span,
}

impl Text {
    /// The text, if nothing is interpolated.
    pub fn literal(&self) -> Option<EcoString> {
        match self.parts.as_slice() {
            [] => Some(EcoString::new()),
            [TextPart::Literal(text)] => Some(text.clone()),
            _ => None,
        }
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// As it is, escapes replaced. Two never follow each other.
    Literal(EcoString),
    /// `${path}`.
    Interpolation(Path),
}

/// `path(arguments)`, members after it included in an expression only.
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

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
}

impl Expression {
    /// The text, if the expression is one in which nothing is interpolated.
    pub fn literal_text(&self) -> Option<EcoString> {
        if let ExpressionKind::Text(text) = &self.kind { text.literal() } else { None }
    }
}

/// What an expression may be.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    /// It was reported already.
    Invalid,
    Text(Text),
    Number(Decimal),
    Duration(SignedDuration),
    Size(u64),
    Percent(Decimal),
    /// A name, with fields after it: `server.dag`, `true`, `passed`, `now`.
    Path(Path),
    /// `exchange.monitor(…)`, `Site(domain: d)`, `version("26.0")`, `hosts(rails)`, `names.distinct`-like calls too.
    Call(Call),
    /// `.field` or `.method(…)` of something that is not a plain name. One word a node.
    Member {
        of: Box<Expression>,
        name: Name,
        arguments: Option<Vec<Argument>>,
    },
    List(Vec<Expression>),
    /// `[E for x in XS where C sorted by K]`; without `E for`, each item itself.
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

/// A question to people.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub message: Text,
    pub choices: Vec<Name>,
    pub timings: Timings,
    pub default: Option<Name>,
}

/// Which quantifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    All,
    Any,
    None,
}

/// An operator between two operands, weakest first.
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
    /// How it is written.
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
