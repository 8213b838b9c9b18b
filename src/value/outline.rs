//! A value as lines for people: fields of nested records are prefixed with the name of the outer field.

use super::{Record, Value};

impl Value {
    /// One line for each field: `value.latency.login: 17ms`. Absent values and empty lists are left out. A text with
    /// line ends stays one entry.
    pub fn outline(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match self.shown() {
            Self::Absent => {}
            Self::Record(record) => fields("", record, &mut lines),
            Self::List(items) => lines.extend(items.iter().map(ToString::to_string)),
            value => lines.push(value.to_string()),
        }
        lines
    }
}

fn fields(path: &str, record: &Record, lines: &mut Vec<String>) {
    for (name, value) in &record.fields {
        match value.shown() {
            Value::Absent => {}
            Value::List(items) if items.is_empty() => {}
            Value::Record(inner) => fields(&format!("{path}{name}."), inner, lines),
            value => lines.push(format!("{path}{name}: {value}")),
        }
    }
}
