//! A checked `test` block: what it runs, what it stipulates, what it expects.

use super::Expression;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::value::{Class, ErrorKind, SignedDuration, Timestamp};
use ecow::EcoString;

/// The time at which tests begin outside of simulated worlds: 2026-01-01 03:00 UTC.
pub fn start_of_tests() -> Timestamp {
    Timestamp::from_second(1_767_236_400).unwrap_or_default()
}

/// A test. Its expressions are evaluated when it runs and contain no observations.
#[derive(Debug, Clone)]
pub struct Test {
    pub title: EcoString,
    pub title_span: Span,
    /// Index into [`Program::runbooks`](super::Program).
    pub runbook: usize,
    /// One for every parameter of the runbook.
    pub arguments: Vec<Expression>,
    /// How many slots its expressions need.
    pub locals: usize,
    /// Hosts of the test. They replace hosts of the inventory that have the same name.
    pub hosts: Vec<GivenHost>,
    /// Rules for calls, probes and questions. The last one that matches applies.
    pub givens: Vec<GivenRule>,
    /// Whether questions without a rule get no answer.
    pub nobody_answers: bool,
    /// When the run is cancelled, measured from the start.
    pub cancelled_after: Option<SignedDuration>,
    /// Path of the world file, as written, and where.
    pub world: Option<(EcoString, Span)>,
    /// At least one.
    pub expectations: Vec<Expectation>,
    /// One diagnostic for every host that could not be looked up for lack of an inventory. Such a test cannot run.
    pub missing: Vec<Diagnostic>,
    pub span: Span,
}

/// `given host "…" is ROLE(FACT: VALUE), …`.
#[derive(Debug, Clone)]
pub struct GivenHost {
    pub name: EcoString,
    pub roles: Vec<EcoString>,
    pub facts: Vec<(EcoString, Expression)>,
}

/// Arguments that a call must have to match. Others may have any value.
pub type Pattern = Vec<(EcoString, Expression)>;

/// A rule that answers calls, probes or questions.
#[derive(Debug, Clone)]
pub struct GivenRule {
    pub subject: Subject,
    /// Used in order; the last one is repeated.
    pub answers: Vec<Answer>,
    pub after: SignedDuration,
    pub span: Span,
}

/// What a rule answers.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Calls of an action, by index, with these arguments.
    Action(usize, Pattern),
    /// Checks of a probe, by index, with these arguments.
    Probe(usize, Pattern),
    /// Questions that contain this text.
    Ask(EcoString),
}

#[derive(Debug, Clone)]
pub enum Answer {
    /// The value of an observation.
    Value(Expression),
    /// The call succeeds, or the probe passes.
    Passes,
    Fails,
    Unknown,
    /// The call fails, with this kind and message.
    Error(ErrorKind, Option<EcoString>),
    /// The call never answers.
    TimesOut,
    /// A person chooses this word.
    Word(EcoString),
}

#[derive(Debug, Clone)]
pub struct Expectation {
    pub kind: ExpectationKind,
    /// Measured from the start of the run.
    pub within: Option<SignedDuration>,
    pub span: Span,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum ExpectedOutcome {
    Resolved,
    Escalated,
    Cancelled,
}

impl ExpectedOutcome {
    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a test expects.
#[derive(Debug, Clone)]
pub enum ExpectationKind {
    Outcome {
        outcome: ExpectedOutcome,
        /// The contact that the escalation reaches.
        contact: Option<EcoString>,
        /// Part of the run's reason.
        text: Option<EcoString>,
    },
    /// Calls of an action, by index, with these arguments: exactly this many, or at least one where `None`.
    Call(usize, Pattern, Option<u32>),
    /// No call of this class or a higher one.
    NoneOf(Class),
    /// The run ends within the expectation's time.
    Within,
    /// Exactly these changes are left in place.
    LeftInPlace(Vec<(usize, Pattern)>),
}
