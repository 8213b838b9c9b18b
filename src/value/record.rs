//! Named values.

use super::Value;
use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// A value of a record type, its fields in the order in which the type names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    /// The type's name.
    pub name: EcoString,
    /// Every field; an optional field without a value is [`Value::Absent`].
    pub fields: Vec<(EcoString, Value)>,
}

impl Record {
    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

/// Formats for people as `NAME(field: value)`, without fields that have no value.
impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", self.name)?;
        let there = self.fields.iter().filter(|(_, value)| *value != Value::Absent);
        for (position, (name, value)) in there.enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{name}: {value}")?;
        }
        f.write_str(")")
    }
}
