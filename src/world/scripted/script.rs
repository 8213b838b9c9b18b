//! The rules of a script.

use crate::value::{ActionError, Call, Class, ErrorKind, SignedDuration, Value};
use std::collections::VecDeque;

/// The scripted result of a call.
#[derive(Debug, Clone)]
pub enum ScriptedAnswer {
    /// It answers after this time.
    Answers(SignedDuration, Value),
    /// It fails after this time.
    Fails(SignedDuration, ActionError),
    /// It never answers, so the call times out.
    Nothing,
}

impl ScriptedAnswer {
    /// How long it takes, and its result.
    pub(super) fn delay_and_result(self) -> (SignedDuration, Result<Value, ActionError>) {
        match self {
            Self::Answers(takes, value) => (takes, Ok(value)),
            Self::Fails(takes, error) => (takes, Err(error)),
            Self::Nothing => (SignedDuration::MAX, Err(ActionError::new(ErrorKind::TimedOut, "it never answered"))),
        }
    }
}

/// The results of calls of one action, in order. The last one repeats.
#[derive(Debug, Clone)]
pub struct Rule {
    action: String,
    arguments: Vec<(String, Value)>,
    answers: VecDeque<ScriptedAnswer>,
}

impl Rule {
    /// A rule for `backend.action` with any arguments.
    pub fn new(action: &str) -> Self {
        Self { action: action.to_owned(), arguments: Vec::new(), answers: VecDeque::new() }
    }

    /// Restricts the rule to calls with this argument.
    #[must_use]
    pub fn when(mut self, parameter: &str, value: Value) -> Self {
        self.arguments.push((parameter.to_owned(), value));
        self
    }

    /// The result of the next call.
    #[must_use]
    pub fn answer(mut self, answer: ScriptedAnswer) -> Self {
        self.answers.push_back(answer);
        self
    }

    /// The next call answers at once.
    #[must_use]
    pub fn answers(self, value: Value) -> Self {
        self.answer(ScriptedAnswer::Answers(SignedDuration::ZERO, value))
    }

    /// The next call is done after this time.
    #[must_use]
    pub fn takes(self, takes: SignedDuration) -> Self {
        self.answer(ScriptedAnswer::Answers(takes, Value::Absent))
    }

    /// The next call fails at once.
    #[must_use]
    pub fn fails(self, kind: ErrorKind, message: &str) -> Self {
        self.answer(ScriptedAnswer::Fails(SignedDuration::ZERO, ActionError::new(kind, message)))
    }

    /// The next call never answers.
    #[must_use]
    pub fn times_out(self) -> Self {
        self.answer(ScriptedAnswer::Nothing)
    }

    pub(super) fn fits(&self, call: &Call) -> bool {
        let named = self
            .action
            .split_once('.')
            .is_some_and(|(backend, action)| backend == call.backend.as_str() && action == call.action.as_str());
        named && self.arguments.iter().all(|(parameter, value)| call.argument(parameter) == Some(value))
    }

    pub(super) fn next(&mut self) -> ScriptedAnswer {
        let next = if self.answers.len() > 1 { self.answers.pop_front() } else { self.answers.front().cloned() };
        next.unwrap_or(ScriptedAnswer::Answers(SignedDuration::ZERO, Value::Absent))
    }
}

/// The result of a call without a rule: effects are done, observations fail.
pub(super) fn unscripted(call: &Call) -> ScriptedAnswer {
    if call.class == Class::Observe {
        let message = format!("the script says nothing of {call}");
        return ScriptedAnswer::Fails(SignedDuration::ZERO, ActionError::new(ErrorKind::Unreachable, message));
    }
    ScriptedAnswer::Answers(SignedDuration::ZERO, Value::Absent)
}
