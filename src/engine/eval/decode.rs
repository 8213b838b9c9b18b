//! Decoding: gives values the type that they must have. Applies to answers of actions and to `x as T`.

use super::arithmetic::mismatch;
use crate::program::Program;
use crate::program::types::{EnumType, RecordType, Type};
use crate::value::{ActionError, Decimal, Loss, Record, SignedDuration, Timestamp, Value, Version};
use ecow::EcoString;
use serde_json::Value as Json;
use std::sync::Arc;

/// Checks an answer against the type of the signature. Omitted fields of records become absent, and hosts get the name
/// of the inventory.
pub(crate) fn decode_answer(value: Value, to: &Type, program: &Program) -> Result<Value, ActionError> {
    if let Value::Partial(partial) = &value {
        // A mask is always a text. So if the type does not fit, that is because of the missing part.
        let fits = decode_answer(partial.value.clone(), to, program);
        let fits = fits.ok().filter(|value| *value != Value::Absent || *to == Type::Nothing);
        return fits
            .map(|value| value.with_loss(partial.loss))
            .ok_or_else(|| partial.loss.error_for(format_args!("what was to be {to}")));
    }
    match (to, value) {
        (Type::Invalid, value) => Ok(value),
        (Type::Nothing, _) => Ok(Value::Absent),
        (Type::Optional(_), Value::Absent) => Ok(Value::Absent),
        (Type::Optional(inner), value) => decode_answer(value, inner, program),
        (Type::Text, value @ Value::Text(_))
        | (Type::Number, value @ Value::Number(_))
        | (Type::Boolean, value @ Value::Boolean(_))
        | (Type::Duration, value @ Value::Duration(_))
        | (Type::Size, value @ Value::Size(_))
        | (Type::Percent, value @ Value::Percent(_))
        | (Type::Time, value @ Value::Time(_))
        | (Type::Version, value @ Value::Version(_))
        | (Type::Json, value @ Value::Json(_))
        | (Type::Secret, value @ Value::Secret(_)) => Ok(value),
        (Type::Host(roles), Value::Host(name) | Value::Text(name)) => host(&name, roles, program),
        (Type::Enum(words), Value::Word(text) | Value::Text(text)) => decode_word(text, words),
        (Type::List(item), Value::List(values)) => values
            .iter()
            .map(|value| decode_answer(value.clone(), item, program))
            .collect::<Result<_, _>>()
            .map(Value::List),
        (Type::Record(shape), Value::Record(record)) => {
            fields(shape, |name, to| decode_answer(record.field(name).cloned().unwrap_or(Value::Absent), to, program))
        }
        (to, value) => {
            let brief = Abbreviated::abbreviate(&value.to_string());
            Err(brief.mismatch(|brief| format!("expected {to}, got {}: {brief}", value.kind())))
        }
    }
}

/// `value as T`: decodes JSON and text, and narrows hosts and optional values.
pub(crate) fn decode(value: &Value, to: &Type, program: &Program) -> Result<Value, ActionError> {
    match (value, to) {
        (Value::Partial(partial), to) => match decode(&partial.value, to, program) {
            Ok(decoded) if decoded != Value::Absent => Ok(decoded.with_loss(partial.loss)),
            _ => Err(partial.loss.error_for(format_args!("what was to be read as {to}"))),
        },
        (Value::Json(_), Type::Json) => Ok(value.clone()),
        (Value::Json(json), to) => from_json(json, to, program),
        (Value::Text(text), to) => from_text(text, to, program),
        _ => decode_answer(value.clone(), to, program),
    }
}

fn from_json(json: &Json, to: &Type, program: &Program) -> Result<Value, ActionError> {
    let wrong =
        || Abbreviated::abbreviate(&json.to_string()).mismatch(|brief| format!("{brief} cannot be read as {to}"));
    match (to, json) {
        (Type::Json, json) => Ok(Value::Json(Arc::new(json.clone()))),
        (Type::Optional(_), Json::Null) => Ok(Value::Absent),
        (Type::Optional(inner), json) => from_json(json, inner, program),
        (Type::Boolean, Json::Bool(value)) => Ok(Value::Boolean(*value)),
        (Type::Number, Json::Number(number)) => decimal(&number.to_string()).map(Value::Number).ok_or_else(wrong),
        (Type::Percent, Json::Number(number)) => decimal(&number.to_string()).map(Value::Percent).ok_or_else(wrong),
        (Type::Size, Json::Number(number)) => number.as_u64().map(Value::Size).ok_or_else(wrong),
        (Type::List(item), Json::Array(values)) => {
            values.iter().map(|value| from_json(value, item, program)).collect::<Result<_, _>>().map(Value::List)
        }
        (Type::Record(shape), Json::Object(object)) => {
            fields(shape, |name, to| from_json(object.get(name).unwrap_or(&Json::Null), to, program))
        }
        (to, Json::String(text)) => from_text(text, to, program),
        _ => Err(wrong()),
    }
}

fn from_text(text: &str, to: &Type, program: &Program) -> Result<Value, ActionError> {
    let wrong = || Abbreviated::abbreviate(text).mismatch(|brief| format!("{brief:?} cannot be read as {to}"));
    match to {
        Type::Text => Ok(Value::text(text)),
        Type::Optional(inner) => from_text(text, inner, program),
        Type::Host(roles) => host(text, roles, program),
        Type::Enum(words) => decode_word(text.into(), words),
        Type::Number => decimal(text.trim()).map(Value::Number).ok_or_else(wrong),
        Type::Version => Version::parse(text.trim()).map(Value::Version).ok_or_else(wrong),
        Type::Time => text.trim().parse::<Timestamp>().map(Value::Time).map_err(|_| wrong()),
        Type::Duration => text.trim().parse::<SignedDuration>().map(Value::Duration).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// Parses a decimal number, with or without an exponent.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

fn fields(
    shape: &RecordType,
    mut value_of: impl FnMut(&str, &Type) -> Result<Value, ActionError>,
) -> Result<Value, ActionError> {
    let fields = shape.fields.iter().map(|(name, to)| {
        let value = value_of(name, to).map_err(|error| {
            let message = format!("the field {name} of {}: {error}", shape.name);
            error.with_message(message)
        })?;
        Ok((name.clone(), value))
    });
    let fields = fields.collect::<Result<_, ActionError>>()?;
    Ok(Value::Record(Arc::new(Record { name: shape.name.clone(), fields })))
}

fn host(name: &str, roles: &[EcoString], program: &Program) -> Result<Value, ActionError> {
    let host = program
        .hosts
        .iter()
        .find(|host| host.has_name(name))
        .ok_or_else(|| Abbreviated::abbreviate(name).mismatch(|brief| format!("unknown host {brief:?}")))?;
    if roles.is_empty() || host.roles.iter().any(|role| roles.contains(role)) {
        return Ok(Value::Host(host.name.clone()));
    }
    Err(mismatch(format!("{} is not a {}", host.name, roles.join(" or "))))
}

fn decode_word(text: EcoString, words: &EnumType) -> Result<Value, ActionError> {
    if words.open || words.words.contains(&text) {
        return Ok(Value::Word(text));
    }
    Err(Abbreviated::abbreviate(&text).mismatch(|brief| format!("{brief:?} is none of {}", words.words.join(", "))))
}

/// The beginning of a text, for a message.
struct Abbreviated {
    text: String,
    loss: Option<Loss>,
}

impl Abbreviated {
    fn abbreviate(text: &str) -> Self {
        const MOST: usize = 80;
        match text.char_indices().nth(MOST) {
            Some((end, _)) => {
                Self { text: format!("{}…", text.get(..end).unwrap_or_default()), loss: Some(Loss::LeftOut) }
            }
            None => Self { text: text.to_owned(), loss: None },
        }
    }

    fn mismatch(self, message: impl FnOnce(&str) -> String) -> ActionError {
        mismatch(message(&self.text)).with_loss(self.loss)
    }
}
