//! A checked `test` block: what it runs, what it gives, what it expects.

use super::Expression;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::value::{Class, ErrorKind, SignedDuration, Timestamp};
use ecow::EcoString;

/// When every test begins, but those in a simulated world: 2026-01-01, three in the morning, UTC.
pub fn start_of_tests() -> Timestamp {
    Timestamp::from_second(1_767_236_400).unwrap_or_default()
}

/// A test. Its values are worked out when it is run; nothing in them observes.
#[derive(Debug, Clone)]
pub struct Test {
    /// What it shows.
    pub title: EcoString,
    /// Where that stands.
    pub title_span: Span,
    /// Index into [`Program::runbooks`](super::Program).
    pub runbook: usize,
    /// One for every parameter of the runbook.
    pub arguments: Vec<Expression>,
    /// How many locals its expressions bind.
    pub locals: usize,
    /// Hosts of its own. One that the inventory has as well is this one here.
    pub hosts: Vec<GivenHost>,
    /// What calls, probes and questions come to. Of several that fit the last one holds.
    pub givens: Vec<GivenRule>,
    /// Questions that nothing is given for are met with silence.
    pub nobody_answers: bool,
    /// When somebody cancels, counted from the start.
    pub cancelled_after: Option<SignedDuration>,
    /// The simulated world that it is run in: the path as written, and its place.
    pub world: Option<(EcoString, Span)>,
    /// At least one.
    pub expectations: Vec<Expectation>,
    /// Hosts that it names and that could not be looked up, because there is no inventory: it cannot be run.
    pub missing: Vec<Diagnostic>,
    /// All of it.
    pub span: Span,
}

/// `given host "…" is ROLE(FACT: VALUE), …`.
#[derive(Debug, Clone)]
pub struct GivenHost {
    /// Its name.
    pub name: EcoString,
    /// Its roles.
    pub roles: Vec<EcoString>,
    /// Its facts.
    pub facts: Vec<(EcoString, Expression)>,
}

/// Arguments that a call must have to be meant; whatever is not among them may be anything.
pub type Pattern = Vec<(EcoString, Expression)>;

/// What calls, askings or questions come to.
#[derive(Debug, Clone)]
pub struct GivenRule {
    /// Which.
    pub subject: Subject,
    /// What they come to, in order; the last one stays.
    pub answers: Vec<Answer>,
    /// After how long.
    pub after: SignedDuration,
    /// Where it stands.
    pub span: Span,
}

/// What a `given` is about.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Calls of an action: its index, and arguments.
    Action(usize, Pattern),
    /// Askings of a probe: its index, and arguments.
    Probe(usize, Pattern),
    /// Questions that hold this text.
    Ask(EcoString),
}

/// What one of them comes to.
#[derive(Debug, Clone)]
pub enum Answer {
    /// An observation answers.
    Value(Expression),
    /// A call is done, a probe passes.
    Passes,
    /// A probe fails.
    Fails,
    /// A probe is unknown.
    Unknown,
    /// A call fails.
    Error(ErrorKind, Option<EcoString>),
    /// A call never answers.
    TimesOut,
    /// People say this word.
    Word(EcoString),
}

/// Something that a test expects.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// What.
    pub kind: ExpectationKind,
    /// Within how long of the start.
    pub within: Option<SignedDuration>,
    /// Where it stands.
    pub span: Span,
}

/// How a run may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Resolved,
    Escalated,
    Cancelled,
}

impl Outcome {
    /// The word of the language for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Escalated => "escalated",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a test may expect.
#[derive(Debug, Clone)]
pub enum ExpectationKind {
    /// How the run ends.
    Outcome {
        /// How.
        outcome: Outcome,
        /// Whom it tells.
        contact: Option<EcoString>,
        /// What its reason holds.
        text: Option<EcoString>,
    },
    /// How often an action is done: its index, arguments, and how often; any number of times from one on when `None`.
    Call(usize, Pattern, Option<u32>),
    /// Nothing of this class, and nothing worse.
    NoneOf(Class),
    /// When it has ended.
    Within,
    /// What is left in place: exactly this.
    LeftInPlace(Vec<(usize, Pattern)>),
}
