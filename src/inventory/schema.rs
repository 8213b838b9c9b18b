//! The JSON Schema of `rectify.yaml`: the sections as they are read here, and settings from the types that they have.

use super::SECTIONS;
use super::hosts::ENTRIES;
use crate::diagnostic::{CODES, Level};
use crate::value::{ImapSettings, MailSettings, PowerShellSettings, RebootSettings, ServiceSettings};
use crate::yaml::schema::{DIALECT, described, fields, forbear, named, text, texts};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// No blanks, and nothing that a program could take for an option.
const USABLE_NAME: &str = r"^[^-\s]\S*$";

/// What may stand in `rectify.yaml`.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let sections = SECTIONS.map(|name| (name, section(name, &mut generator)));
    let mut schema = fields("What a team keeps about its systems", sections);
    let mut definitions = Value::Object(generator.take_definitions(true));
    forbear(&mut definitions);
    // One without the other is a mistake that types do not show.
    definitions["MailSettings"]["dependentRequired"] = json!({"user": ["password"], "password": ["user"]});
    schema["$schema"] = DIALECT.into();
    schema["title"] = "rectify.yaml".into();
    schema["$defs"] = definitions;
    schema
}

fn section(name: &str, generator: &mut SchemaGenerator) -> Value {
    match name {
        "hosts" => {
            let entries = ENTRIES.map(|name| (name, entry(name, generator)));
            let mut hosts = named("The hosts, by name", &fields("A host", entries));
            hosts["propertyNames"] = json!({"pattern": USABLE_NAME});
            hosts
        }
        "contacts" => named("Who can be told, by the names that runbooks use", &contact()),
        "default_contact" => described("The contact that is told of an alert that nothing fits", text()),
        "mail" => described("How mail leaves", generator.subschema_for::<MailSettings>().to_value()),
        "secrets" => named("Where secrets are kept, by name; a secret itself has no place here", &secret()),
        "powershell" => {
            described("How PowerShell is called", generator.subschema_for::<PowerShellSettings>().to_value())
        }
        "policy" => fields(
            "What needs whose consent",
            [
                (
                    "destroy",
                    json!({
                        "description": "Whether what cannot be undone needs an approval", "enum": ["approval", "allow"],
                    }),
                ),
                ("approvers", described("Who may approve; anybody when empty", texts())),
            ],
        ),
        "lints" => lints(),
        "alerts" => described("Alerts that must have a runbook", texts()),
        _ => named("What watches the systems, by group", &texts()),
    }
}

fn entry(name: &str, generator: &mut SchemaGenerator) -> Value {
    match name {
        "address" => json!({
            "description": "An IP address or a DNS name; the host's own name when left out",
            "type": ["string", "number", "boolean"], "pattern": USABLE_NAME,
        }),
        "aliases" => described("Other names in alerts and in answers of servers", texts()),
        "roles" => described("Roles that runbooks declare", texts()),
        "facts" => {
            let single = json!({"type": ["string", "number", "boolean", "null"]});
            named("What its roles ask for", &json!({"anyOf": [single, {"type": "array"}]}))
        }
        "imap" => described("For the imap backend", generator.subschema_for::<ImapSettings>().to_value()),
        "service" => described("What manages its services", generator.subschema_for::<ServiceSettings>().to_value()),
        "reboot" => described("How it is rebooted", generator.subschema_for::<RebootSettings>().to_value()),
        _ => json!({
            "description": "The TCP port that says whether it is reachable",
            "type": ["integer", "string", "null"], "minimum": 1, "maximum": 65535, "pattern": "^[0-9]+$",
        }),
    }
}

fn contact() -> Value {
    let address = json!({"type": "string", "pattern": "^[^@\\s]+@[^@\\s]+$"});
    let addresses = json!({"anyOf": [address, {"type": "array", "items": address}]});
    let group = json!({
        "type": "object",
        "properties": {
            "mail": described("Addresses, all of which get every message", addresses.clone()),
            "terminal": described(
                "Whether the terminal that started the run is told",
                json!({"type": ["boolean", "string"], "pattern": "^(true|false)$"}),
            ),
            "also": described("Contacts that hear of everything that this one hears of", texts()),
        },
        "additionalProperties": false,
        "minProperties": 1,
    });
    json!({"description": "An address, a list of them, or how the contact is told", "anyOf": [addresses, group]})
}

fn secret() -> Value {
    json!({
        "type": "object",
        "properties": {
            "environment": described("An environment variable", text()),
            "file": described("A file that only its owner may read", text()),
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
    let baseline = described("The file of known findings, relative to this one", text());
    let properties: Map<String, Value> = rules.chain([("baseline".to_owned(), baseline)]).collect();
    json!({
        "description": "How bad what a rule finds is",
        "type": ["object", "null"], "properties": properties, "additionalProperties": false,
    })
}
