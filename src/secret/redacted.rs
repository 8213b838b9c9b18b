//! Masked text and values: the only ones that sinks accept.

use super::{MASK, Secrets};
use crate::value::{Loss, Record, Value};
use ecow::EcoString;
use serde::Serialize;
use std::sync::Arc;

/// A text or value without any known secret. Only this module creates it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// The text or value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Redacted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: std::fmt::Display> std::fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Secrets {
    /// The text with every known secret masked.
    pub fn redact_text(&self, text: &str) -> Redacted<String> {
        Redacted(self.masked(text).unwrap_or_else(|| text.to_owned()))
    }

    /// The value with every known secret masked at any depth. Each text that held one is marked as partial. Other
    /// values that show a secret, such as a number, become the mask. References to secrets stay: a name is not secret.
    pub fn redact_value(&self, value: &Value) -> Redacted<Value> {
        Redacted(self.masked_value(value))
    }

    /// The masked text, if there was something to mask.
    fn masked(&self, text: &str) -> Option<String> {
        let patterns = self.patterns();
        if patterns.is_whole(text) {
            return Some(MASK.to_owned());
        }
        let found = patterns.find(text.as_bytes());
        if found.is_empty() {
            return None;
        }
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for range in found {
            masked.push_str(text.get(end..range.start).unwrap_or_default());
            masked.push_str(MASK);
            end = range.end;
        }
        masked.push_str(text.get(end..).unwrap_or_default());
        Some(masked)
    }

    fn masked_short(&self, text: &EcoString, wrap: fn(EcoString) -> Value) -> Value {
        match self.masked(text) {
            Some(masked) => wrap(masked.into()).with_loss(Loss::Masked),
            None => wrap(text.clone()),
        }
    }

    fn masked_value(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) => self.masked_short(text, Value::Text),
            Value::Word(text) => self.masked_short(text, Value::Word),
            Value::Host(text) => self.masked_short(text, Value::Host),
            Value::Partial(partial) => match self.masked_value(&partial.value) {
                masked @ Value::Partial(_) => masked,
                masked => masked.with_loss(partial.loss),
            },
            Value::List(values) => Value::List(values.iter().map(|value| self.masked_value(value)).collect()),
            Value::Record(record) => Value::Record(Arc::new(Record {
                name: record.name.clone(),
                fields: record.fields.iter().map(|(name, value)| (name.clone(), self.masked_value(value))).collect(),
            })),
            Value::Json(json) => {
                let masked = self.masked_json(json);
                let loss = (masked != **json).then_some(Loss::Masked);
                Value::Json(Arc::new(masked)).with_loss_if(loss)
            }
            Value::Absent | Value::Boolean(_) | Value::Secret(_) => value.clone(),
            Value::Number(_)
            | Value::Duration(_)
            | Value::Size(_)
            | Value::Percent(_)
            | Value::Time(_)
            | Value::Version(_) => match self.masked(&value.to_string()) {
                Some(_) => Value::text(MASK).with_loss(Loss::Masked),
                None => value.clone(),
            },
        }
    }

    fn masked_json(&self, json: &serde_json::Value) -> serde_json::Value {
        use serde_json::Value as Json;
        match json {
            Json::String(text) => self.masked(text).map_or_else(|| json.clone(), Json::String),
            Json::Number(number) if self.masked(&number.to_string()).is_some() => Json::String(MASK.to_owned()),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.masked_json(item)).collect()),
            Json::Object(fields) => Json::Object(
                fields
                    .iter()
                    .map(|(name, item)| (self.masked(name).unwrap_or_else(|| name.clone()), self.masked_json(item)))
                    .collect(),
            ),
            Json::Null | Json::Bool(_) | Json::Number(_) => json.clone(),
        }
    }
}
