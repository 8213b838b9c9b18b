//! The sizes of values.

use super::Value;
use serde_json::Value as Json;

/// The size of a value without its text, in bytes.
const ONE: usize = 32;

/// How much a value holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Bytes, approximately. A shared value counts once for each use.
    pub bytes: usize,
    /// Values inside it, itself included.
    pub parts: u64,
}

impl Value {
    /// How much this holds; counting stops beyond `most` bytes.
    pub fn size(&self, most: usize) -> Size {
        let mut size = Size::default();
        size.add(self, most);
        size
    }
}

impl Size {
    /// Counts one value with a text of this length. Returns whether the size is still at most `most` bytes.
    fn one(&mut self, text: usize, most: usize) -> bool {
        self.parts += 1;
        self.bytes = self.bytes.saturating_add(ONE + text);
        self.bytes <= most
    }

    fn add(&mut self, value: &Value, most: usize) -> bool {
        match value {
            Value::Text(text) | Value::Host(text) | Value::Word(text) | Value::Secret(text) => {
                self.one(text.len(), most)
            }
            Value::List(values) => self.one(0, most) && values.iter().all(|value| self.add(value, most)),
            Value::Record(record) => self.one(0, most) && record.fields.iter().all(|(_, value)| self.add(value, most)),
            Value::Json(json) => self.json(json, most),
            Value::Partial(partial) => self.add(&partial.value, most),
            _ => self.one(0, most),
        }
    }

    fn json(&mut self, json: &Json, most: usize) -> bool {
        match json {
            Json::String(text) => self.one(text.len(), most),
            Json::Array(items) => self.one(0, most) && items.iter().all(|item| self.json(item, most)),
            Json::Object(fields) => {
                self.one(0, most)
                    && fields.iter().all(|(name, item)| self.one(name.len(), most) && self.json(item, most))
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => self.one(0, most),
        }
    }
}
