//! The section `hosts:`.

use super::sections::{SecretSources, SectionType};
use super::{Entry, FactPlace};
use crate::diagnostic::{did_you_mean, nearest};
use crate::source::Span;
use crate::value::{BackendSettings, Decimal, Host, Value, find_host};
use crate::yaml::{Field, Kind, Node, Reader};
use ecow::EcoString;
use std::collections::HashMap;

/// What the entry of every host can have; backends add their sections.
pub(super) const ENTRIES: [&str; 5] = ["address", "aliases", "roles", "facts", "same_machine_as"];

pub(super) fn read(reader: &mut Reader, node: &Node, sections: &[SectionType], secrets: &SecretSources) -> Vec<Entry> {
    let mut taken = HashMap::new();
    let fields = reader.named(node, "`hosts:`");
    // Names first: an alias that equals the name of another host is the mistake.
    for field in &fields {
        if let Some((_, first)) = taken.insert(folded(field.name), (field.name.to_owned(), field.key)) {
            reader
                .error(field.key, format!("Duplicate host `{}` (names are compared without case)", field.name))
                .also(first, "first defined here");
        }
    }
    let mut entries: Vec<Entry> =
        fields.iter().map(|field| read_host(reader, field, sections, secrets, &mut taken)).collect();
    find_machines(reader, &mut entries);
    entries
}

/// Replaces what `same_machine_as:` names by the entry of that name, which must not be a part of another machine.
fn find_machines(reader: &mut Reader, entries: &mut [Entry]) {
    let hosts: Vec<Host> = entries.iter().map(|entry| entry.host.clone()).collect();
    for Entry { host, machine_span, .. } in entries {
        let (Some(written), Some(span)) = (host.same_machine_as.take(), *machine_span) else { continue };
        match find_host(&hosts, &written) {
            Some(other) if other.name == host.name => {
                reader.error(span, format!("`{}` cannot be a part of itself", host.name)).help("Name another host");
            }
            Some(other) if other.same_machine_as.is_some() => {
                let machine = other.same_machine_as.as_deref().unwrap_or_default();
                let message = format!("`{}` is itself the same machine as `{machine}`", other.name);
                reader.error(span, message).help(format!("Write `same_machine_as: {machine}`"));
            }
            Some(other) => host.same_machine_as = Some(other.name.clone()),
            None => {
                let known = hosts.iter().map(|host| host.name.as_str());
                let help = match nearest(&written, known) {
                    Some(near) => did_you_mean(near),
                    None => "Name a host of this file".to_owned(),
                };
                reader.error(span, format!("`{written}` is not a host of this file")).help(help);
            }
        }
    }
}

/// Host names are compared without case and without a final dot.
fn folded(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn read_host(
    reader: &mut Reader,
    entry: &Field<'_>,
    sections: &[SectionType],
    secrets: &SecretSources,
    taken: &mut HashMap<String, (String, Span)>,
) -> Entry {
    let name = entry.name;
    if let Err(fault) = usable_name(name) {
        reader.error(entry.key, format!("`{name}` is not a valid host name: {fault}"));
    }
    let mut host = Host {
        name: name.into(),
        address: name.to_owned(),
        aliases: Vec::new(),
        roles: Vec::new(),
        facts: Vec::new(),
        settings: BackendSettings::default(),
        same_machine_as: None,
    };
    let mut roles_spans = Vec::new();
    let mut facts_spans = Vec::new();
    let mut machine_span = None;
    let known: Vec<&str> = ENTRIES.into_iter().chain(sections.iter().map(|section| section.key)).collect();
    for field in reader.fields(entry.value, &format!("The host `{name}`"), &known) {
        let value = field.value;
        match field.name {
            "address" => {
                if let Some(address) = reader.text(value, "address") {
                    match usable_name(address) {
                        Ok(()) => host.address = address.to_owned(),
                        Err(fault) => {
                            reader.error(value.span, format!("`{address}` is not a valid address: {fault}"));
                        }
                    }
                }
            }
            "aliases" => {
                for (alias, span) in reader.texts(value, "aliases") {
                    match taken.get(&folded(&alias)) {
                        Some((owner, first)) if owner != name => {
                            let message = format!("The alias `{alias}` of `{name}` already belongs to `{owner}`");
                            reader.error(span, message).also(*first, "first defined here");
                        }
                        _ => {
                            taken.insert(folded(&alias), (name.to_owned(), span));
                            host.aliases.push(alias);
                        }
                    }
                }
            }
            "roles" => (host.roles, roles_spans) = reader.texts(value, "roles").into_iter().unzip(),
            "facts" => (host.facts, facts_spans) = read_facts(reader, value),
            "same_machine_as" => {
                host.same_machine_as = reader.text(value, "same_machine_as").map(Into::into);
                machine_span = Some(value.span);
            }
            key => {
                if let Some(section) = sections.iter().find(|section| section.key == key) {
                    (section.read)(reader, &field, secrets, &mut host.settings);
                }
            }
        }
    }
    Entry { host, name_span: entry.key, roles_spans, facts_spans, machine_span }
}

/// Whether a name has no spaces and cannot be taken for an option.
fn usable_name(name: &str) -> Result<(), &'static str> {
    match name {
        "" => Err("it is empty"),
        _ if name.starts_with('-') => Err("it starts with a hyphen, like an option"),
        _ if name.len() > 253 => Err("it is longer than 253 bytes"),
        _ if !name.chars().all(|letter| letter.is_alphanumeric() || "-_.:%".contains(letter)) => {
            Err("it contains characters other than letters, digits and `-_.:%`")
        }
        _ => Ok(()),
    }
}

fn read_facts(reader: &mut Reader, node: &Node) -> (Vec<(EcoString, Value)>, Vec<FactPlace>) {
    let mut facts = Vec::new();
    let mut places = Vec::new();
    for field in reader.named(node, "`facts:`") {
        if let Some(value) = read_fact(reader, field.value) {
            facts.push((field.name.into(), value));
            let written = field.value.text().map(EcoString::from);
            places.push(FactPlace { name: field.key, value: field.value.span, written });
        }
    }
    (facts, places)
}

/// A fact as it is written. Only an unambiguous number is a number: `007`, `1e5` and `1.2.3` stay text.
fn read_fact(reader: &mut Reader, node: &Node) -> Option<Value> {
    match &node.kind {
        _ if node.is_null() => Some(Value::Absent),
        Kind::Scalar { text, plain: true } => Some(match text.as_str() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => plain_number(text).map_or_else(|| Value::text(text.as_str()), Value::Number),
        }),
        Kind::Scalar { text, .. } => Some(Value::text(text.as_str())),
        Kind::List(items) => Some(Value::list(items.iter().filter_map(|item| read_fact(reader, item)))),
        Kind::Map(_) => {
            reader.error(node.span, "A fact must be a text, a number, `true`, `false`, or a list of these");
            None
        }
        Kind::Invalid => None,
    }
}

fn plain_number(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !are_digits(whole) || !are_digits(fraction) || leading_zero {
        return None;
    }
    // A number that would have to be rounded stays text.
    Decimal::from_str_exact(text).ok()
}
