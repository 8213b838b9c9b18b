//! JSON Schemas of YAML files: those of the settings types, as lenient as the reader.

use serde_json::{Map, Value, json};

/// The version of JSON Schema.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A text. It may look like a number or a boolean: the type decides what a scalar is.
pub fn text() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

/// A list of texts, or a single text.
pub fn texts() -> Value {
    json!({"anyOf": [text(), {"type": "array", "items": text()}, {"type": "null"}]})
}

/// A group with fixed names.
pub fn fields(description: &str, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let properties: Map<String, Value> = fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({
        "description": description, "type": ["object", "null"], "properties": properties, "additionalProperties": false,
    })
}

/// A group with names that the file chooses.
pub fn named(description: &str, entry: &Value) -> Value {
    json!({"description": description, "type": ["object", "null"], "additionalProperties": entry})
}

/// Adds a description to a schema.
pub fn described(description: &str, mut schema: Value) -> Value {
    schema["description"] = description.into();
    schema
}

/// Makes the scalars of a schema as lenient as the reader: a text may look like a number, a number may be quoted.
pub fn make_lenient(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            // A word of an enum, or a text with a pattern, stays text.
            let is_free = !["enum", "const", "pattern", "format"].iter().any(|key| entries.contains_key(*key));
            // `minimum` and `maximum` say all that `format: uint16` does.
            let of_number = |format: &Value| format.as_str().is_some_and(|format| format.starts_with("uint"));
            if entries.get("format").is_some_and(of_number) {
                entries.remove("format");
            }
            // The standard has no format for any IP address.
            if entries.get("format").is_some_and(|format| format == "ip") {
                entries.remove("format");
                entries.insert("pattern".to_owned(), "^[0-9A-Fa-f.:]+$".into());
            }
            let Some(kind) = entries.get("type").cloned() else {
                entries.values_mut().for_each(make_lenient);
                return;
            };
            let kinds: Vec<&str> = match &kind {
                Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
                kind => kind.as_str().into_iter().collect(),
            };
            let also: &[&str] = match () {
                () if kinds.contains(&"integer") => {
                    entries.insert("pattern".to_owned(), "^[0-9]+$".into());
                    &["string"]
                }
                () if kinds.contains(&"boolean") && !kinds.contains(&"string") => {
                    entries.insert("pattern".to_owned(), "^(true|false)$".into());
                    &["string"]
                }
                () if kinds.contains(&"string") && is_free => &["number", "boolean"],
                () => &[],
            };
            if !also.is_empty() {
                let mut all = kinds.clone();
                all.extend(also.iter().filter(|kind| !kinds.contains(kind)));
                entries.insert("type".to_owned(), json!(all));
            }
            entries.values_mut().for_each(make_lenient);
        }
        Value::Array(items) => items.iter_mut().for_each(make_lenient),
        _ => {}
    }
}

/// Whether a schema accepts a YAML text. It accepts nothing that is not YAML.
#[cfg(test)]
pub(crate) fn accepts(schema: &Value, text: &str) -> bool {
    let document = serde_yaml::from_str::<serde_yaml::Value>(text).ok();
    let document = document.and_then(|document| serde_json::to_value(document).ok());
    document.is_some_and(|document| jsonschema::is_valid(schema, &document))
}
