//! Values in the syntax of runbooks, so that people can type them again.

use super::Value;
use std::fmt::{Display, Formatter, Result, Write};

/// Shows a value as a literal of the language: texts in quotes, also those inside lists and records.
#[derive(Debug, Clone, Copy)]
pub struct SourceText<'v>(pub &'v Value);

impl Display for SourceText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0.shown() {
            Value::Text(text) => Quoted(text).fmt(f),
            Value::List(values) => {
                f.write_str("[")?;
                for (position, value) in values.iter().enumerate() {
                    let comma = if position > 0 { ", " } else { "" };
                    write!(f, "{comma}{}", Self(value))?;
                }
                f.write_str("]")
            }
            Value::Record(record) => {
                write!(f, "{}(", record.name)?;
                let there = record.fields.iter().filter(|(_, value)| *value != Value::Absent);
                for (position, (name, value)) in there.enumerate() {
                    let comma = if position > 0 { ", " } else { "" };
                    write!(f, "{comma}{name}: {}", Self(value))?;
                }
                f.write_str(")")
            }
            value => value.fmt(f),
        }
    }
}

/// Shows a text in quotes, with the escapes of the language and no others.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'t>(pub &'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('"')?;
        let mut characters = self.0.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\'' => f.write_char('\'')?,
                '$' if characters.peek() == Some(&'{') => f.write_str("\\$")?,
                control if control.is_control() => write!(f, "{}", control.escape_unicode())?,
                // Invisible characters are written as `\u{…}`.
                other => write!(f, "{}", other.escape_debug())?,
            }
        }
        f.write_char('"')
    }
}
