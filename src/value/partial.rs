//! Values with a missing part: they can be shown to people, and used for nothing else.

use super::{ActionError, ErrorKind, Record, Value};
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why a part of a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// It contained a secret.
    Masked,
    /// It exceeded the length that is kept.
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

    /// The error of using a value with a missing part as data. `what` is the subject of the message.
    pub fn error_for(self, what: impl std::fmt::Display) -> ActionError {
        let (why, remedy) = (self.words(), self.remedy());
        let message =
            format!("{what} contains a part that {why}, so it can only be shown to people, not used as data; {remedy}");
        ActionError::new(ErrorKind::Mismatch, message)
    }
}

/// A value and why a part of it is missing.
///
/// It is a separate kind of value, so that code that expects a text or a list finds none in it: every use has to be
/// explicit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Partial {
    /// Why.
    pub loss: Loss,
    /// The value without the missing part.
    pub value: Value,
}

impl Value {
    /// Marks this value as partial. A value that is marked already stays unchanged.
    pub fn with_loss(self, loss: Loss) -> Self {
        match self {
            Self::Partial(_) => self,
            value => Self::Partial(Arc::new(Partial { loss, value })),
        }
    }

    /// Marks this value as partial if there is a loss.
    pub fn with_loss_if(self, loss: Option<Loss>) -> Self {
        match loss {
            Some(loss) => self.with_loss(loss),
            None => self,
        }
    }

    /// Marks the texts, at any depth, for which `has_lost` is true.
    pub fn with_loss_where(self, loss: Loss, has_lost: &impl Fn(&str) -> bool) -> Self {
        match self {
            Self::Text(text) if has_lost(&text) => Self::Text(text).with_loss(loss),
            Self::List(values) => {
                Self::List(values.iter().map(|value| value.clone().with_loss_where(loss, has_lost)).collect())
            }
            Self::Record(record) => {
                let field =
                    |(name, value): &(_, Self)| (EcoString::clone(name), value.clone().with_loss_where(loss, has_lost));
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

    /// Checks that no part is missing. `what` is the subject of the error message.
    ///
    /// # Errors
    /// `mismatch` if a part is missing.
    pub fn whole(&self, what: impl std::fmt::Display) -> Result<(), ActionError> {
        self.loss().map_or(Ok(()), |loss| Err(loss.error_for(what)))
    }

    /// The value to show to people, without the mark.
    pub fn shown(&self) -> &Self {
        match self {
            Self::Partial(partial) => &partial.value,
            value => value,
        }
    }
}
