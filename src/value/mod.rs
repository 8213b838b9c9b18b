//! The types that all modules share: values, hosts as data, calls of actions and their outcomes.

mod backend_settings;
mod call;
mod error;
mod host;
mod invisible;
pub mod jq;
mod outline;
mod partial;
pub mod plain;
mod record;
mod settings;
mod size;
mod source_text;
mod units;
mod version;

#[cfg(test)]
mod tests;

pub use backend_settings::{BackendSettings, Settings, UnconfirmedAction};
pub use call::{Call, Class};
pub use error::{ActionError, EffectOutcome, ErrorKind};
pub use host::{Host, canonical_address, find_host, hosts_in, lock_name};
pub use invisible::{is_invisible, without_invisible};
pub use partial::{Loss, Partial};
pub use record::Record;
pub use settings::{Contact, MOST_APPROVALS, MailSettings, SecretSource, Security, is_mail_address};
pub use size::Size;
pub use source_text::{Quoted, SourceText};
pub use units::{display_duration, display_size};
pub use version::Version;

use ecow::EcoString;
pub use jiff::{SignedDuration, Timestamp};
pub use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A value of the language.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// An optional value that is absent.
    Absent,
    /// Text.
    Text(EcoString),
    /// An exact decimal number.
    Number(Decimal),
    /// True or false.
    Boolean(bool),
    /// A length of time.
    Duration(SignedDuration),
    /// Bytes.
    Size(u64),
    /// A percentage: `85%` is stored as 85.
    Percent(Decimal),
    /// A point in time.
    Time(Timestamp),
    /// A version such as `26.0.1`.
    Version(Version),
    /// A host, by the name that its inventory entry has.
    Host(EcoString),
    /// A word of an enum.
    Word(EcoString),
    /// Values of one type, in order.
    List(Arc<[Value]>),
    /// Named values.
    Record(Arc<Record>),
    /// JSON that is not decoded yet.
    Json(Arc<serde_json::Value>),
    /// A reference to a secret, never the secret itself.
    Secret(EcoString),
    /// A value of which a part was masked or left out: only for people.
    Partial(Arc<Partial>),
}

impl Value {
    /// Text from anything that can be one.
    pub fn text(text: impl Into<EcoString>) -> Self {
        Self::Text(text.into())
    }

    /// A word of an enum.
    pub fn word(word: impl Into<EcoString>) -> Self {
        Self::Word(word.into())
    }

    /// A list.
    pub fn list(values: impl IntoIterator<Item = Value>) -> Self {
        Self::List(values.into_iter().collect())
    }

    /// A whole number.
    pub fn number(number: impl Into<Decimal>) -> Self {
        Self::Number(number.into())
    }

    /// A record.
    pub fn record(name: &str, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self::Record(Arc::new(Record {
            name: name.into(),
            fields: fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        }))
    }

    /// What kind of value this is, in the words of the language.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Text(_) => "text",
            Self::Number(_) => "number",
            Self::Boolean(_) => "boolean",
            Self::Duration(_) => "duration",
            Self::Size(_) => "size",
            Self::Percent(_) => "percent",
            Self::Time(_) => "time",
            Self::Version(_) => "version",
            Self::Host(_) => "host",
            Self::Word(_) => "word",
            Self::List(_) => "list",
            Self::Record(_) => "record",
            Self::Json(_) => "json",
            Self::Secret(_) => "secret",
            Self::Partial(partial) => partial.value.kind(),
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name of the host, if it is one.
    pub fn as_host(&self) -> Option<&str> {
        match self {
            Self::Host(name) => Some(name),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// Whether this is an empty list, which most observations must not return.
    pub fn is_empty_list(&self) -> bool {
        matches!(self, Self::List(values) if values.is_empty())
    }
}

/// Formats for people, as `"${…}"` inserts it into a text. A secret is shown by its reference.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Text(text) | Self::Host(text) | Self::Word(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{}", number.normalize()),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Duration(duration) => f.write_str(&display_duration(*duration)),
            Self::Size(bytes) => f.write_str(&display_size(*bytes)),
            Self::Percent(number) => write!(f, "{}%", number.normalize()),
            Self::Time(time) => write!(f, "{time}"),
            Self::Version(version) => write!(f, "{version}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (position, value) in values.iter().enumerate() {
                    if position > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{value}")?;
                }
                f.write_str("]")
            }
            Self::Record(record) => write!(f, "{record}"),
            Self::Json(json) => write!(f, "{json}"),
            Self::Secret(reference) => write!(f, "secret {reference}"),
            Self::Partial(partial) => partial.value.fmt(f),
        }
    }
}
