//! The JSON Schema of `rectify.yaml`: its own sections, and those of backends from their types.

use super::SECTIONS;
use super::hosts::ENTRIES;
use super::sections::{SectionType, Sections};
use crate::diagnostic::{CODES, Level};
use crate::yaml::schema::{DIALECT, described, fields, make_lenient, named, text, texts};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// A name without spaces that no program takes for an option.
const USABLE_NAME: &str = r"^[^-\s]\S*$";

/// The schema of `rectify.yaml` with the sections that backends add.
pub fn schema(sections: &Sections) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut properties: Vec<(&str, Value)> =
        SECTIONS.map(|name| (name, section(name, sections, &mut generator))).into_iter().collect();
    properties.extend(of_backends(&sections.inventory, &mut generator));
    let mut schema = fields("The inventory of a team: its hosts, contacts and secrets", properties);
    let mut definitions = Value::Object(generator.take_definitions(true));
    make_lenient(&mut definitions);
    schema["$schema"] = DIALECT.into();
    schema["title"] = "rectify.yaml".into();
    schema["$defs"] = definitions;
    schema
}

fn of_backends(sections: &[SectionType], generator: &mut SchemaGenerator) -> Vec<(&'static str, Value)> {
    sections.iter().map(|section| (section.key, (section.schema)(generator))).collect()
}

fn section(name: &str, sections: &Sections, generator: &mut SchemaGenerator) -> Value {
    match name {
        "hosts" => {
            let mut entries: Vec<(&str, Value)> = ENTRIES.map(|name| (name, entry(name))).into_iter().collect();
            entries.extend(of_backends(&sections.host, generator));
            let mut hosts = named("The hosts, by name", &fields("A host", entries));
            hosts["propertyNames"] = json!({"pattern": USABLE_NAME});
            hosts
        }
        "contacts" => named("The contacts, by the names that runbooks use", &contact()),
        "default_contact" => described("The contact that is told of an alert that no runbook handles", text()),
        "secrets" => named("Where each secret is stored, by name; the secret itself does not belong here", &secret()),
        "policy" => fields(
            "Which actions need an approval, and from whom",
            [
                (
                    "destroy",
                    json!({
                        "description": "Whether actions of class `destroy` need an approval", "enum": ["approval", "allow"],
                    }),
                ),
                ("approvers", described("Who may approve; anybody if empty", texts())),
                ("disruptions", described("How many disruptions all runbooks together may make: 6 per 1h", text())),
            ],
        ),
        "lints" => lints(),
        "alerts" => described("Alerts that must have a runbook", texts()),
        _ => named("The monitors of the systems, by group", &texts()),
    }
}

fn entry(name: &str) -> Value {
    match name {
        "address" => json!({
            "description": "An IP address or a DNS name; the name of the host if left out",
            "type": ["string", "number", "boolean"], "pattern": USABLE_NAME,
        }),
        "same_machine_as" => described("The host that this entry is a part of: they share locks and limits", text()),
        "aliases" => described("Other names of the host, in alerts and in the answers of servers", texts()),
        "roles" => described("Roles that runbooks declare", texts()),
        _ => {
            let single = json!({"type": ["string", "number", "boolean", "null"]});
            named("Facts that the roles of the host require", &json!({"anyOf": [single, {"type": "array"}]}))
        }
    }
}

fn contact() -> Value {
    let address = json!({"type": "string", "pattern": "^[^@\\s]+@[^@\\s]+$"});
    let addresses = json!({"anyOf": [address, {"type": "array", "items": address}]});
    let group = json!({
        "type": "object",
        "properties": {
            "mail": described("Addresses, all of which receive every message", addresses.clone()),
            "terminal": described(
                "Whether to write to the terminal that started the run",
                json!({"type": ["boolean", "string"], "pattern": "^(true|false)$"}),
            ),
            "also": described("Contacts that receive every message of this one as well", texts()),
            "links": named(
                "Pages that each escalation ends with, by what they are",
                &json!({"type": "string", "pattern": "^https?://[^\\s]+$"}),
            ),
        },
        "additionalProperties": false,
        "minProperties": 1,
    });
    json!({"description": "An address, a list of addresses, or the ways to reach the contact", "anyOf": [addresses, group]})
}

fn secret() -> Value {
    json!({
        "type": "object",
        "properties": {
            "environment": described("The name of an environment variable", text()),
            "file": described("The path of a file that only its owner may read", text()),
        },
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    })
}

fn lints() -> Value {
    let levels = [Level::Off, Level::Warning, Level::Error].map(Level::as_str);
    let rules = CODES.iter().filter_map(|page| {
        let schema = json!({"description": format!("{}: {}", page.code, page.title), "enum": levels});
        Some((page.rule?.to_owned(), schema))
    });
    let baseline = described("The file of known findings, relative to this file", text());
    let properties: Map<String, Value> = rules.chain([("baseline".to_owned(), baseline)]).collect();
    json!({
        "description": "The severity of each rule",
        "type": ["object", "null"], "properties": properties, "additionalProperties": false,
    })
}
