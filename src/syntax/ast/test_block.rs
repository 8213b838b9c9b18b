//! `test` blocks.

use super::{Amount, Call, Expression, Name, Path, Text, Timings};
use crate::source::Span;

/// `test "…" for R(…) { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    pub title: Text,
    pub subject: Option<Call>,
    pub lines: Vec<TestLine>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TestLine {
    /// `given …`. The answers are used in order; the last one is repeated.
    Given { subject: GivenSubject, answers: Vec<GivenAnswer>, timings: Timings, span: Span },
    /// `expect …`.
    Expect { expectation: Expectation, timings: Timings, span: Span },
}

/// What a `given` stipulates.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenSubject {
    /// A call of an action or probe.
    Call(Call),
    /// A probe or action with any arguments.
    Name(Path),
    /// `given ask "…"`.
    Ask(Text),
    /// `given nobody answers`.
    Nobody,
    /// `given world "…"`.
    World(Text),
    /// `given host "…" is ROLE(FACT: VALUE), …`: at least one role. A role without facts is a call without arguments.
    Host { name: Text, roles: Vec<Call> },
    /// `given cancelled after D`.
    Cancelled,
}

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

#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// `resolved`, `cancelled`, `escalated [to C] ["…"]`.
    Outcome { word: Name, contact: Option<Path>, text: Option<Text> },
    /// `[no] CALL [once / never / N times]`.
    Call { negated: bool, call: Call, times: Option<Times> },
    /// `no disrupt`, `no change`, `no destroy`.
    NoneOfClass(Name),
    /// `within D` alone. The duration is in the timings.
    Within,
    /// `left in place CALL, …` or `left in place nothing`.
    LeftInPlace(Vec<Call>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Times {
    /// `once`.
    Once,
    /// `never`.
    Never,
    /// `N times`.
    Exactly(Amount),
}
