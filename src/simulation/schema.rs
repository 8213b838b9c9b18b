//! The JSON Schema of world files, derived from their types.

use super::exchange::{ModelDuration, Range};
use super::world_file::{Unreachable, WorldFile};
use crate::yaml::schema::{DIALECT, make_lenient, text};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The schema of a world file.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<WorldFile>().to_value();
    layered(&mut schema);
    make_lenient(&mut schema);
    for (name, description) in [
        ("extends", "Another world file that this one extends; relative to this file"),
        ("inventory", "The rectify.yaml with the hosts and contacts; relative to this file"),
    ] {
        let mut property = text();
        property["description"] = description.into();
        schema["properties"][name] = property;
    }
    // The requesters are keys, which derived schemas do not describe.
    schema["$defs"]["ServerSettings"]["properties"]["components"]["additionalProperties"]["propertyNames"] =
        json!({"$ref": "#/$defs/Requester"});
    schema["$schema"] = DIALECT.into();
    schema["title"] = "A world of rectify simulate".into();
    schema
}

/// A file that extends another may omit what the other has. Only items of lists are complete, because a list replaces
/// the other.
fn layered(schema: &mut Value) {
    for (name, definition) in schema["$defs"].as_object_mut().into_iter().flatten() {
        if !matches!(name.as_str(), "Fault" | "PersonSettings") {
            definition.as_object_mut().map(|definition| definition.remove("required"));
        }
    }
}

impl JsonSchema for ModelDuration {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration: 250ms, 90s, 1h30m, 2d",
            "type": "string",
            "pattern": "^([0-9]+(ms|s|m|h|d))+$",
        })
    }
}

impl JsonSchema for Range {
    fn schema_name() -> Cow<'static, str> {
        "Range".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let length = generator.subschema_for::<ModelDuration>();
        json_schema!({
            "description": "A duration, or the shortest and the longest one",
            "anyOf": [length, {"type": "array", "items": length, "minItems": 2, "maxItems": 2}],
        })
    }
}

impl JsonSchema for Unreachable {
    fn schema_name() -> Cow<'static, str> {
        "Unreachable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let name = json!({"type": "string"});
        json_schema!({
            "description": "`all`, or a list of contacts",
            "anyOf": [name, {"type": "array", "items": name}],
        })
    }
}
