//! Reads `rectify.yaml`: the hosts, contacts, secrets and policy of a team.
//!
//! Every mistake is a diagnostic with a position, and one mistake does not hide the next. Facts are kept as they are
//! written, with positions: the checker compares them with the roles that runbooks declare.

mod contacts;
mod hosts;
mod lints;
mod monitors;
#[cfg(feature = "schema")]
mod schema;
mod sections;

#[cfg(test)]
mod tests;

pub use lints::{ExpectedAlert, Lints};
pub use monitors::Monitors;
#[cfg(feature = "schema")]
pub use schema::schema;
pub use sections::{Schema, SecretSources, Section, SectionType, Sections, check_command};

use crate::diagnostic::{Diagnostic, suggestion};
use crate::source::{FileId, Span};
use crate::value::{BackendSettings, Contact, Host, SecretSource, SignedDuration};
use crate::yaml;
use crate::yaml::Reader;
use ecow::EcoString;

/// The content of `rectify.yaml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// The hosts, in the order of the file.
    pub hosts: Vec<Entry>,
    /// The contacts, in the order of the file.
    pub contacts: Vec<Contact>,
    /// The contact for alerts that no runbook handles.
    pub default_contact: Option<EcoString>,
    /// The sources of secrets, by name.
    pub secrets: SecretSources,
    /// The sections that backends add.
    pub settings: BackendSettings,
    /// What needs whose consent.
    pub policy: Policy,
    /// The levels of lint rules.
    pub lints: Lints,
    /// Alerts that must have a runbook.
    pub alerts: Vec<ExpectedAlert>,
    /// The monitors.
    pub monitors: Monitors,
}

impl Inventory {
    /// Looks up a host by its name, an alias or its address, as in names from outside.
    pub fn host(&self, name: &str) -> Option<&Host> {
        let exact = self.hosts.iter().find(|entry| entry.host.name == name);
        exact.or_else(|| self.hosts.iter().find(|entry| entry.host.has_name(name))).map(|entry| &entry.host)
    }

    /// A contact by name.
    pub fn contact(&self, name: &str) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.name == name)
    }
}

/// A host and the positions of its entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The host.
    pub host: Host,
    /// Its name.
    pub name_span: Span,
    /// Its roles, in the order of `host.roles`.
    pub roles_spans: Vec<Span>,
    /// Its facts, in the order of `host.facts`.
    pub facts_spans: Vec<FactPlace>,
    /// The value of `same_machine_as:`.
    pub machine_span: Option<Span>,
}

/// The position of a fact, and how it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct FactPlace {
    /// Its name.
    pub name: Span,
    /// Its value.
    pub value: Span,
    /// The value as it is written, unless it is a list: the number 1.10 is also the version 1.10.
    pub written: Option<EcoString>,
}

/// Whether actions of the class `destroy` need an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DestroyPolicy {
    /// Only after `require approval`.
    #[default]
    Approval,
    /// Without one.
    Allow,
}

/// What needs whose consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// For actions of the class `destroy`.
    pub destroy: DestroyPolicy,
    /// Who may approve, by account; anybody when empty.
    pub approvers: Vec<EcoString>,
    /// How many disruptions all runbooks together may make, and in which window.
    pub disruptions: Option<(u32, SignedDuration)>,
}

/// The sections that every `rectify.yaml` can have; backends add theirs.
const SECTIONS: [&str; 8] =
    ["hosts", "contacts", "default_contact", "secrets", "policy", "lints", "alerts", "monitors"];

/// Parses a `rectify.yaml` with the sections that backends add. Returns what was understood beside the diagnostics; a
/// run requires that there are none.
pub fn parse(file: FileId, text: &str, sections: &Sections) -> (Inventory, Vec<Diagnostic>) {
    let mut reader = Reader::new();
    let mut inventory = Inventory::default();
    let Some(root) = yaml::parse(file, text, &mut reader.diagnostics) else {
        return (inventory, reader.diagnostics);
    };
    let mut default_span = None;
    let mut with_secrets: Vec<(Span, Span)> = Vec::new();
    let known: Vec<&str> = SECTIONS.into_iter().chain(sections.inventory.iter().map(|section| section.key)).collect();
    let fields = reader.fields(&root, "`rectify.yaml`", &known);
    // First, because sections of backends name secrets.
    if let Some(field) = fields.iter().find(|field| field.name == "secrets") {
        with_secrets.push((field.key, field.value.span));
        inventory.secrets = read_secrets(&mut reader, field.key, field.value);
    }
    for field in &fields {
        match field.name {
            "secrets" => {}
            "hosts" => {
                inventory.hosts = hosts::read(&mut reader, field.value, &sections.host, &inventory.secrets);
            }
            "contacts" => inventory.contacts = contacts::read(&mut reader, field.value),
            "default_contact" => match field.value.text() {
                Some(name) => {
                    inventory.default_contact = Some(name.into());
                    default_span = Some(field.value.span);
                }
                None if field.value.is_invalid() => {}
                None => {
                    reader.error(field.value.span, "`default_contact:` must be the name of a contact");
                }
            },
            "policy" => inventory.policy = read_policy(&mut reader, field.value),
            "lints" => inventory.lints = lints::read(&mut reader, field.value),
            "alerts" => inventory.alerts = lints::read_alerts(&mut reader, field.value),
            "monitors" => inventory.monitors = monitors::read(&mut reader, field.value),
            name => {
                let Some(section) = sections.inventory.iter().find(|section| section.key == name) else { continue };
                if (section.may_hold_secret)(field.value) {
                    with_secrets.push((field.key, field.value.span));
                }
                (section.read)(&mut reader, field, &inventory.secrets, &mut inventory.settings);
            }
        }
    }
    if let (Some(name), Some(span)) = (&inventory.default_contact, default_span)
        && inventory.contact(name).is_none()
    {
        let names: Vec<&str> = inventory.contacts.iter().map(|contact| contact.name.as_str()).collect();
        reader.error(span, format!("Unknown contact `{name}`")).help(suggestion(name, &names));
    }
    if !fields.iter().any(|field| field.name == "mail") {
        let mailed = inventory.contacts.iter().find(|contact| !contact.mail.is_empty());
        if let Some(contact) = mailed {
            let message = format!("The contact `{}` is reached by mail, but there is no section `mail:`", contact.name);
            reader.error(root.span.before(), message).help("Add `mail:` with `server:` and `from:`");
        }
    }
    for diagnostic in &mut reader.diagnostics {
        let at = diagnostic.span().start;
        diagnostic.hides_source = with_secrets.iter().any(|(key, value)| (key.start..value.end).contains(&at));
    }
    reader.diagnostics.sort_by_key(|diagnostic| diagnostic.span().start);
    (inventory, reader.diagnostics)
}

/// Diagnostics point at the name of the section: the line of a mistaken entry may hold the secret itself.
fn read_secrets(reader: &mut Reader, section: Span, node: &yaml::Node) -> SecretSources {
    const HOW: &str = "Write `NAME: {environment: VARIABLE}` or `NAME: {file: PATH}`; the file must have mode 0600";
    let mut secrets = SecretSources::new();
    for field in reader.named(node, "`secrets:`") {
        let name = field.name;
        let yaml::Kind::Map(fields) = &field.value.kind else {
            if !field.value.is_invalid() {
                let message = format!(
                    "The secret `{name}` must say where it is kept; the secret itself must not be in this file"
                );
                reader.error(section, message).help(HOW);
            }
            continue;
        };
        let source = match fields.as_slice() {
            [(key, value)] => match (key.text(), value.text().filter(|text| !text.is_empty())) {
                (Some("environment"), Some(variable)) => Some(SecretSource::Environment(variable.to_owned())),
                (Some("file"), Some(path)) => Some(SecretSource::File(path.into())),
                _ => None,
            },
            _ => None,
        };
        match source {
            Some(source) => drop(secrets.insert(name.to_owned(), source)),
            None => {
                let message =
                    format!("The secret `{name}` must be kept in one place: an environment variable or a file");
                reader.error(section, message).help(HOW);
            }
        }
    }
    secrets
}

/// A rate such as `6 per 1h`.
fn rate(text: &str) -> Option<(u32, SignedDuration)> {
    let (count, window) = text.split_once(" per ")?;
    let window = window.trim().parse::<SignedDuration>().ok().filter(|window| window.is_positive())?;
    Some((count.trim().parse().ok().filter(|count| *count > 0)?, window))
}

fn read_policy(reader: &mut Reader, node: &yaml::Node) -> Policy {
    let mut policy = Policy::default();
    for field in reader.fields(node, "`policy:`", &["destroy", "approvers", "disruptions"]) {
        match field.name {
            "approvers" => {
                policy.approvers = reader.texts(field.value, "approvers").into_iter().map(|(name, _)| name).collect();
            }
            "disruptions" => {
                let text = reader.text(field.value, "disruptions");
                policy.disruptions = text.and_then(rate);
                if text.is_some() && policy.disruptions.is_none() {
                    reader.error(field.value.span, "`disruptions:` must be a number per duration, as in `6 per 1h`");
                }
            }
            _ => match field.value.text() {
                Some("approval") => policy.destroy = DestroyPolicy::Approval,
                Some("allow") => policy.destroy = DestroyPolicy::Allow,
                _ => {
                    reader.error(field.value.span, "`destroy:` must be `approval` or `allow`");
                }
            },
        }
    }
    policy
}
