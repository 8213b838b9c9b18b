//! `human`: people at the terminal, who are asked one thing at a time and may say nothing.

mod console;

#[cfg(test)]
mod tests;

pub use console::Console;

use crate::secret::Redacted;
use ecow::EcoString;

/// Something that a person is to decide or to do.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked, for people.
    pub message: Redacted<String>,
    /// The words that may be answered; a number by position will do as well, except for an approval.
    pub choices: Vec<EcoString>,
}

/// What may be answered where something is to be approved.
const APPROVAL: [&str; 2] = ["approve", "deny"];

/// The same in the words that come first to mind.
const APPROVAL_IN_SHORT: [&str; 2] = ["yes", "no"];

impl Question {
    /// Whether something is to be approved: then a slip of one key must not be an answer.
    fn is_approval(&self) -> bool {
        self.choices == APPROVAL
    }

    /// The choice that a line means.
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

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// One of the choices, as the question spells it.
    pub choice: EcoString,
    /// Who said it: the name under which the terminal's user is known. The same person twice is one person.
    pub by: EcoString,
}

/// Why nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nobody is there: no terminal, or `--unattended`. Known at once; whoever asks may wait elsewhere.
    Nobody,
    /// The time is up.
    TimedOut,
}
