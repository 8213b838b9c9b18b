//! Reads properties of an object. PowerShell is not strict about types, so each value is accepted in every form that
//! remoting is known to give it. Anything else is a mismatch that names the property.

use super::failure::sentence;
use crate::transport::process::sanitised;
use crate::value::{ActionError, Decimal, ErrorKind, Timestamp, Value};
use ecow::EcoString;
use serde_json::{Map, Value as Json};

/// The longest text, in characters.
const MOST: usize = 4096;

/// The numbers of an enum and their words.
pub type Numbers = &'static [(i64, &'static str)];

/// An object in the output of a cmdlet.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    cmdlet: &'a str,
    properties: &'a Map<String, Json>,
}

impl<'a> Object<'a> {
    /// Wraps the properties of an object of `cmdlet`.
    pub fn new(cmdlet: &'a str, properties: &'a Map<String, Json>) -> Self {
        Self { cmdlet, properties }
    }

    /// A text without control characters; `None` when it is empty. Numbers and booleans are converted to text.
    pub fn optional_text(&self, property: &str) -> Result<Option<EcoString>, ActionError> {
        match self.property(property) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(shown(text)).filter(|text| !text.is_empty())),
            Some(Json::Number(number)) => Ok(Some(number.to_string().into())),
            Some(Json::Bool(truth)) => Ok(Some(truth.to_string().into())),
            Some(_) => Err(self.mismatch(property, "is not a text")),
        }
    }

    /// A text that is not empty.
    pub fn text(&self, property: &str) -> Result<EcoString, ActionError> {
        self.required(property, self.optional_text(property)?)
    }

    /// A boolean, as JSON or as PowerShell prints it.
    pub fn boolean(&self, property: &str) -> Result<bool, ActionError> {
        match self.required(property, self.property(property))? {
            Json::Bool(truth) => Ok(*truth),
            Json::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Json::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.mismatch(property, "is neither true nor false")),
        }
    }

    /// A number, as JSON or as text.
    pub fn optional_number(&self, property: &str) -> Result<Option<Decimal>, ActionError> {
        let text = match self.property(property) {
            None => return Ok(None),
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::String(text)) if text.is_empty() => return Ok(None),
            Some(Json::String(text)) => text.trim().to_owned(),
            Some(_) => String::new(),
        };
        let number = text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok());
        number.map(Some).ok_or_else(|| self.mismatch(property, "is not a number"))
    }

    /// A number that is present.
    pub fn number(&self, property: &str) -> Result<Decimal, ActionError> {
        self.required(property, self.optional_number(property)?)
    }

    /// A time in RFC 3339; `None` for the year 1, which stands for "never".
    pub fn optional_time(&self, property: &str) -> Result<Option<Timestamp>, ActionError> {
        match self.property(property) {
            None => Ok(None),
            Some(Json::String(text)) => time(text).map_err(|_| self.mismatch(property, "is not a time")),
            Some(_) => Err(self.mismatch(property, "is not a time")),
        }
    }

    /// A time that is present.
    pub fn time(&self, property: &str) -> Result<Timestamp, ActionError> {
        self.required(property, self.optional_time(property)?)
    }

    /// A word of an enum, given as its text or as its number. A number that is not in the table is a mismatch: its
    /// meaning is unknown.
    pub fn enum_word(&self, property: &str, numbers: Numbers) -> Result<EcoString, ActionError> {
        let text = self.text(property)?;
        let is_truth = matches!(self.property(property), Some(Json::Bool(_)));
        enum_name(&text, numbers)
            .filter(|_| !is_truth)
            .ok_or_else(|| self.mismatch(property, &format!("has an unexpected value: {text}")))
    }

    /// A list of texts. A single text is a list of one, null an empty list.
    pub fn list(&self, property: &str) -> Result<Vec<EcoString>, ActionError> {
        match self.property(property) {
            Some(Json::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Json::String(text) => Ok(shown(text)),
                    Json::Number(_) | Json::Bool(_) => Ok(item.to_string().into()),
                    _ => Err(self.mismatch(property, "is not a list of texts")),
                })
                .collect(),
            _ => Ok(self.optional_text(property)?.into_iter().collect()),
        }
    }

    /// A property that is not null.
    fn property(&self, property: &str) -> Option<&'a Json> {
        self.properties.get(property).filter(|value| !value.is_null())
    }

    fn required<T>(&self, property: &str, value: Option<T>) -> Result<T, ActionError> {
        value.ok_or_else(|| self.mismatch(property, "is missing"))
    }

    /// The error for a value of the wrong type.
    pub fn mismatch(&self, property: &str, what: &str) -> ActionError {
        let error =
            ActionError::new(ErrorKind::Mismatch, format!("{} of {} {}", property, self.cmdlet, sentence(what)));
        match self.property(property) {
            Some(value) => error.with(Value::text(shown(&value.to_string()))),
            None => error,
        }
    }
}

/// A word of an enum by its text, in any case, or by its number. Words that are not in the table are returned as they
/// are.
pub fn enum_name(text: &str, numbers: Numbers) -> Option<EcoString> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return numbers.iter().find(|(own, _)| *own == number).map(|(_, word)| EcoString::from(*word));
    }
    if let Some((_, own)) = numbers.iter().find(|(_, word)| word.eq_ignore_ascii_case(text)) {
        return Some(EcoString::from(*own));
    }
    let is_word = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    (is_word && text.len() <= 64).then(|| text.into())
}

/// Parses a time in RFC 3339; `None` for "never".
pub fn time(text: &str) -> Result<Option<Timestamp>, jiff::Error> {
    if text.is_empty() || text.starts_with("0001-01-0") {
        return Ok(None);
    }
    text.trim().parse::<Timestamp>().map(Some)
}

/// A server's text, sanitised and bounded.
fn shown(text: &str) -> EcoString {
    let clean = sanitised(text.as_bytes());
    let Some((end, _)) = clean.char_indices().nth(MOST) else { return clean.into() };
    let mut kept = EcoString::from(clean.get(..end).unwrap_or_default());
    kept.push('…');
    kept
}

/// Whether a text was truncated: only those are one character longer than the limit.
pub fn is_cut(text: &str) -> bool {
    text.ends_with('…') && text.chars().count() > MOST
}
