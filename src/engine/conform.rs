//! Whether a value has the shape that it must have: answers of actions, and `x as T`.

use super::compute::mismatch;
use crate::check::program::Program;
use crate::check::types::{EnumType, RecordType, Type};
use crate::value::{ActionError, Decimal, Record, SignedDuration, Timestamp, Value, Version};
use ecow::EcoString;
use serde_json::Value as Json;
use std::sync::Arc;

/// Checks what an action answered against its signature, fills in what is left out of records, and finds the inventory's
/// name of each host.
pub(super) fn conform(value: Value, to: &Type, program: &Program) -> Result<Value, ActionError> {
    match (to, value) {
        (Type::Invalid, value) => Ok(value),
        (Type::Nothing, _) => Ok(Value::Absent),
        (Type::Optional(_), Value::Absent) => Ok(Value::Absent),
        (Type::Optional(inner), value) => conform(value, inner, program),
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
        (Type::Enum(words), Value::Word(text) | Value::Text(text)) => word(text, words),
        (Type::List(item), Value::List(values)) => {
            values.iter().map(|value| conform(value.clone(), item, program)).collect::<Result<_, _>>().map(Value::List)
        }
        (Type::Record(shape), Value::Record(record)) => {
            fields(shape, |name, to| conform(record.field(name).cloned().unwrap_or(Value::Absent), to, program))
        }
        (to, value) => Err(mismatch(format!("{to} was promised, and {} came: {}", value.kind(), brief(&value)))),
    }
}

/// `value as T`: reads JSON and text, and narrows hosts and optionals.
pub(super) fn decode(value: &Value, to: &Type, program: &Program) -> Result<Value, ActionError> {
    match (value, to) {
        (Value::Json(_), Type::Json) => Ok(value.clone()),
        (Value::Json(json), to) => from_json(json, to, program),
        (Value::Text(text), to) => from_text(text, to, program),
        _ => conform(value.clone(), to, program),
    }
}

fn from_json(json: &Json, to: &Type, program: &Program) -> Result<Value, ActionError> {
    let wrong = || mismatch(format!("{} cannot be read as {to}", brief_text(&json.to_string())));
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
    let wrong = || mismatch(format!("{:?} cannot be read as {to}", brief_text(text)));
    match to {
        Type::Text => Ok(Value::text(text)),
        Type::Optional(inner) => from_text(text, inner, program),
        Type::Host(roles) => host(text, roles, program),
        Type::Enum(words) => word(text.into(), words),
        Type::Number => decimal(text.trim()).map(Value::Number).ok_or_else(wrong),
        Type::Version => Version::parse(text.trim()).map(Value::Version).ok_or_else(wrong),
        Type::Time => text.trim().parse::<Timestamp>().map(Value::Time).map_err(|_| wrong()),
        Type::Duration => text.trim().parse::<SignedDuration>().map(Value::Duration).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// A decimal number as JSON and people write it, an exponent included.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

fn fields(
    shape: &RecordType,
    mut value_of: impl FnMut(&str, &Type) -> Result<Value, ActionError>,
) -> Result<Value, ActionError> {
    let fields = shape.fields.iter().map(|(name, to)| {
        let value =
            value_of(name, to).map_err(|error| mismatch(format!("the field {name} of {}: {error}", shape.name)))?;
        Ok((name.clone(), value))
    });
    let fields = fields.collect::<Result<_, ActionError>>()?;
    Ok(Value::Record(Arc::new(Record { name: shape.name.clone(), fields })))
}

fn host(name: &str, roles: &[EcoString], program: &Program) -> Result<Value, ActionError> {
    let host = program
        .hosts
        .iter()
        .find(|host| host.answers_to(name))
        .ok_or_else(|| mismatch(format!("{:?} is not a host that the inventory knows", brief_text(name))))?;
    if roles.is_empty() || host.roles.iter().any(|role| roles.contains(role)) {
        return Ok(Value::Host(host.name.clone()));
    }
    Err(mismatch(format!("{} is not a {}", host.name, roles.join(" or "))))
}

fn word(text: EcoString, words: &EnumType) -> Result<Value, ActionError> {
    if words.open || words.words.contains(&text) {
        return Ok(Value::Word(text));
    }
    Err(mismatch(format!("{:?} is none of {}", brief_text(&text), words.words.join(", "))))
}

fn brief(value: &Value) -> String {
    brief_text(&value.to_string())
}

/// No more than a line of it.
fn brief_text(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
