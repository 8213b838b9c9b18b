//! People who answer prompts.

use crate::engine::world::Prompt;
use crate::value::SignedDuration;
use ecow::EcoString;

/// A person, or a group, that answers prompts.
#[derive(Debug, Clone)]
pub struct Person {
    about: String,
    pub(super) answer: EcoString,
    by: Vec<String>,
    pub(super) takes: SignedDuration,
}

impl Person {
    /// Answers prompts that contain this text.
    pub fn answering(about: &str, answer: &str) -> Self {
        Self {
            about: about.to_owned(),
            answer: answer.into(),
            by: vec!["somebody".to_owned()],
            takes: SignedDuration::ZERO,
        }
    }

    /// Sets how long the answer takes.
    #[must_use]
    pub fn after(mut self, takes: SignedDuration) -> Self {
        self.takes = takes;
        self
    }

    /// Sets the names of the people.
    #[must_use]
    pub fn by(mut self, names: &[&str]) -> Self {
        self.by = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The names of those who answer.
    pub(super) fn names(self) -> Vec<String> {
        self.by
    }

    pub(super) fn fits(&self, prompt: &Prompt) -> bool {
        prompt.message.contains(&self.about) && prompt.choices.contains(&self.answer)
    }

    /// Whether there are enough people: one denial suffices, an approval may need several.
    pub(super) fn is_enough(&self, prompt: &Prompt) -> bool {
        self.answer != "approve" || self.by.len() >= prompt.by as usize
    }
}
