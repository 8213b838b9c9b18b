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
    /// The words that may be answered; a number by position will do as well.
    pub choices: Vec<EcoString>,
}

impl Question {
    /// The choice that a line means.
    fn choice(&self, line: &str) -> Option<&EcoString> {
        let line = line.trim();
        let by_word = self.choices.iter().find(|choice| choice.eq_ignore_ascii_case(line));
        by_word.or_else(|| {
            let number: usize = line.parse().ok()?;
            self.choices.get(number.checked_sub(1)?)
        })
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
    /// The terminal was closed.
    Closed,
    /// The time is up.
    TimedOut,
}
