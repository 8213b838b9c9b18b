//! A value line by line, for people: what is inside a record stands under the record's own name.

use super::{Record, Value};

impl Value {
    /// One line for everything inside: `value.latency.login: 17ms`. What holds nothing is left out. A text keeps its own
    /// lines, so a line of the outline may be several of them.
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
