//! Values of which a part is missing: fit to be shown to people, and nothing else.

use super::{ActionError, ErrorKind, Record, Value};
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why a part of a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// A secret stood there.
    Masked,
    /// It was longer than what is kept.
    LeftOut,
}

impl Loss {
    const fn words(self) -> &'static str {
        match self {
            Self::Masked => "was masked because it contained a secret",
            Self::LeftOut => "was left out because it was too long",
        }
    }

    const fn remedy(self) -> &'static str {
        match self {
            Self::Masked => "let the command answer without the secret",
            Self::LeftOut => "let the command answer with less",
        }
    }

    /// The error of using what has lost a part: `what` is what it was to be used as.
    pub fn refusal(self, what: impl std::fmt::Display) -> ActionError {
        let (why, remedy) = (self.words(), self.remedy());
        let message =
            format!("{what} contains a part that {why}, so it can only be shown to people, not used as data; {remedy}");
        ActionError::new(ErrorKind::Mismatch, message)
    }
}

/// A value and why a part of it is missing.
///
/// It is a kind of value of its own, so that whatever looks for a text or a list finds none here: what may be done with
/// one has to be said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Partial {
    /// Why.
    pub loss: Loss,
    /// What is there.
    pub value: Value,
}

impl Value {
    /// The same, of which a part is missing. What is marked already stays as it is.
    pub fn losing(self, loss: Loss) -> Self {
        match self {
            Self::Partial(_) => self,
            value => Self::Partial(Arc::new(Partial { loss, value })),
        }
    }

    /// The same, marked if there is a loss.
    pub fn losing_if(self, loss: Option<Loss>) -> Self {
        match loss {
            Some(loss) => self.losing(loss),
            None => self,
        }
    }

    /// The same with those texts marked that have lost a part, however deep they lie.
    pub fn losing_where(self, loss: Loss, has_lost: &impl Fn(&str) -> bool) -> Self {
        match self {
            Self::Text(text) if has_lost(&text) => Self::Text(text).losing(loss),
            Self::List(values) => {
                Self::List(values.iter().map(|value| value.clone().losing_where(loss, has_lost)).collect())
            }
            Self::Record(record) => {
                let field =
                    |(name, value): &(_, Self)| (EcoString::clone(name), value.clone().losing_where(loss, has_lost));
                let fields = record.fields.iter().map(field).collect();
                Self::Record(Arc::new(Record { name: record.name.clone(), fields }))
            }
            value => value,
        }
    }

    /// Why a part is missing, in it or in anything inside it.
    pub fn loss(&self) -> Option<Loss> {
        match self {
            Self::Partial(partial) => Some(partial.loss),
            Self::List(values) => values.iter().find_map(Self::loss),
            Self::Record(record) => record.fields.iter().find_map(|(_, value)| value.loss()),
            _ => None,
        }
    }

    /// Checks that nothing is missing, where it is to be used as `what`.
    ///
    /// # Errors
    /// Of kind `mismatch`, where something is.
    pub fn whole(&self, what: impl std::fmt::Display) -> Result<(), ActionError> {
        self.loss().map_or(Ok(()), |loss| Err(loss.refusal(what)))
    }

    /// What is there, for people.
    pub fn shown(&self) -> &Self {
        match self {
            Self::Partial(partial) => &partial.value,
            value => value,
        }
    }
}
