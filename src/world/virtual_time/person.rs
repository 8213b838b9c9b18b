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
    as_many_as_required: bool,
    pub(super) takes: SignedDuration,
}

impl Person {
    /// Answers prompts that contain this text.
    pub fn answering(about: &str, answer: &str) -> Self {
        Self {
            about: about.to_owned(),
            answer: answer.into(),
            by: vec!["somebody".to_owned()],
            as_many_as_required: false,
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

    /// Adds as many people as a prompt requires.
    #[must_use]
    pub fn as_many_as_required(mut self) -> Self {
        self.as_many_as_required = true;
        self
    }

    /// The names of those who answer a prompt.
    pub(super) fn names(self, prompt: &Prompt) -> Vec<String> {
        match self.as_many_as_required {
            true if prompt.by > 1 => (1..=prompt.by).map(|person| format!("person {person}")).collect(),
            _ => self.by,
        }
    }

    pub(super) fn fits(&self, prompt: &Prompt) -> bool {
        prompt.message.contains(&self.about) && prompt.choices.contains(&self.answer)
    }

    /// Whether there are enough people: one denial suffices, an approval may need several.
    pub(super) fn is_enough(&self, prompt: &Prompt) -> bool {
        self.as_many_as_required || self.answer != "approve" || self.by.len() >= prompt.by as usize
    }
}
