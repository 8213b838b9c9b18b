//! Errors that keep a command from its work.

use super::Exit;
use super::output::report;
use crate::project::ProjectError;
use crate::project::selection::SelectionError;

/// Bad arguments, or files that cannot be used. Leads to [`Exit::Usage`].
#[derive(Debug, Default)]
pub struct UsageError {
    sentences: Vec<String>,
}

impl UsageError {
    /// Creates an error from one sentence per mistake.
    pub fn several(sentences: Vec<String>) -> Self {
        Self { sentences }
    }

    /// One sentence per mistake.
    pub fn sentences(self) -> Vec<String> {
        self.sentences
    }

    /// Prints the sentences to standard error.
    pub fn report(self) -> Exit {
        self.sentences.iter().for_each(|sentence| report(sentence));
        Exit::Usage
    }
}

impl From<String> for UsageError {
    fn from(sentence: String) -> Self {
        Self { sentences: vec![sentence] }
    }
}

impl From<&str> for UsageError {
    fn from(sentence: &str) -> Self {
        sentence.to_owned().into()
    }
}

impl From<ProjectError> for UsageError {
    fn from(error: ProjectError) -> Self {
        error.to_string().into()
    }
}

impl From<SelectionError> for UsageError {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::Arguments(errors) => Self::several(errors.iter().map(ToString::to_string).collect()),
            error => error.to_string().into(),
        }
    }
}
