//! People who answer.

use crate::engine::world::Asking;
use crate::value::SignedDuration;
use ecow::EcoString;

/// Somebody who answers.
#[derive(Debug, Clone)]
pub struct Person {
    about: String,
    pub(super) answer: EcoString,
    pub(super) by: Vec<String>,
    pub(super) takes: SignedDuration,
}

impl Person {
    /// Answers questions that contain this text.
    pub fn answering(about: &str, answer: &str) -> Self {
        Self {
            about: about.to_owned(),
            answer: answer.into(),
            by: vec!["somebody".to_owned()],
            takes: SignedDuration::ZERO,
        }
    }

    /// After so long.
    #[must_use]
    pub fn after(mut self, takes: SignedDuration) -> Self {
        self.takes = takes;
        self
    }

    /// Who they are.
    #[must_use]
    pub fn by(mut self, names: &[&str]) -> Self {
        self.by = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    pub(super) fn fits(&self, asking: &Asking) -> bool {
        asking.message.contains(&self.about) && asking.choices.contains(&self.answer)
    }

    /// One denial is enough, an approval may need several people.
    pub(super) fn is_enough(&self, asking: &Asking) -> bool {
        self.answer != "approve" || self.by.len() >= asking.by as usize
    }
}
