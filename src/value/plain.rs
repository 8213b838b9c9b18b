//! Values as plain JSON, for programs that read events. They cannot be read back, because the types are left out.

use super::{Decimal, Value};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

/// Serialises a value as JSON has it: records as objects, numbers as numbers, durations in seconds, sizes in bytes,
/// times in RFC 3339, hosts and words by their names, what is absent as null; a secret by its reference.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'v>(pub &'v Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Absent => serializer.serialize_none(),
            Value::Text(text) | Value::Host(text) | Value::Word(text) => serializer.serialize_str(text),
            Value::Number(number) | Value::Percent(number) => decimal(*number, serializer),
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Duration(duration) => serializer.serialize_f64(duration.as_millis() as f64 / 1000.0),
            Value::Size(bytes) => serializer.serialize_u64(*bytes),
            Value::Time(time) => serializer.collect_str(time),
            Value::Version(version) => serializer.collect_str(version),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(&Plain(item)))?;
                list.end()
            }
            Value::Record(record) => object(&record.fields, serializer),
            Value::Json(json) => json.serialize(serializer),
            Value::Secret(reference) => serializer.collect_str(&format_args!("secret {reference}")),
            Value::Partial(partial) => Plain(&partial.value).serialize(serializer),
        }
    }
}

fn decimal<S: Serializer>(number: Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    match i64::try_from(number) {
        Ok(whole) if number.is_integer() => serializer.serialize_i64(whole),
        // The nearest number that every JSON reader can represent.
        _ => serializer.serialize_f64(number.to_string().parse().unwrap_or(f64::NAN)),
    }
}

/// For `#[serde(serialize_with)]`: a value.
pub fn value<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    Plain(value).serialize(serializer)
}

/// For `#[serde(serialize_with)]`: a value that may be missing.
pub fn optional<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Plain).serialize(serializer)
}

/// For `#[serde(serialize_with)]`: named values, as an object.
pub fn object<S: Serializer, N: AsRef<str>>(fields: &[(N, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    fields.iter().try_for_each(|(name, value)| map.serialize_entry(name.as_ref(), &Plain(value)))?;
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::SignedDuration;

    #[test]
    fn programs_get_what_json_has() {
        let value = Value::record(
            "Seen",
            [
                ("result", Value::word("accepted")),
                ("took", Value::Duration(SignedDuration::from_millis(1500))),
                ("count", Value::number(3)),
                ("share", Value::Number(Decimal::new(25, 1))),
                ("code", Value::Absent),
                ("names", Value::list([Value::text("a")])),
                ("password", Value::Secret("probe".into())),
            ],
        );
        let json = serde_json::to_string(&Plain(&value)).expect("JSON");
        assert_eq!(
            json,
            r#"{"result":"accepted","took":1.5,"count":3,"share":2.5,"code":null,"names":["a"],"password":"secret probe"}"#
        );
    }
}
