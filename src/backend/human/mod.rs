//! `human`: asks people at the terminal, one question at a time. They may not answer.

mod account;
mod console;

#[cfg(test)]
mod tests;

pub use account::account;
pub use console::Console;

use crate::secret::Redacted;
use ecow::EcoString;

/// A question to a person.
#[derive(Debug, Clone)]
pub struct Question {
    /// The text of the question.
    pub message: Redacted<String>,
    /// The possible answers. The position of an answer will do as well, except for an approval.
    pub choices: Vec<EcoString>,
    /// Who may answer, by account; everybody if empty.
    pub only: Vec<EcoString>,
}

/// The choices of an approval.
const APPROVAL: [&str; 2] = ["approve", "deny"];

/// Other words for the choices of an approval, in the same order.
const APPROVAL_IN_SHORT: [&str; 2] = ["yes", "no"];

impl Question {
    /// Whether this is an approval. One mistyped key must not answer it.
    fn is_approval(&self) -> bool {
        self.choices == APPROVAL
    }

    /// Whether an account may answer.
    fn may_answer(&self, account: &EcoString) -> bool {
        self.only.is_empty() || self.only.contains(account)
    }

    /// The choice that an input line selects.
    fn choice(&self, line: &str) -> Option<&EcoString> {
        let line = line.trim();
        let position = |words: &[&str]| words.iter().position(|word| word.eq_ignore_ascii_case(line));
        let by_word = self.choices.iter().position(|choice| choice.eq_ignore_ascii_case(line));
        let found = by_word.or_else(|| match self.is_approval() {
            true => position(&APPROVAL_IN_SHORT),
            false => line.parse::<usize>().ok()?.checked_sub(1),
        });
        self.choices.get(found?)
    }
}

/// The answer of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonAnswer {
    /// One of the choices, as the question spells it.
    pub choice: EcoString,
    /// The account at the terminal. The same account twice counts as one person.
    pub by: EcoString,
}

/// Why nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// Nobody can answer: no terminal, or `--unattended`. Returned at once, so that the caller can wait elsewhere.
    Nobody,
    /// The time is up.
    TimedOut,
}
