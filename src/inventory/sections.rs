//! Sections of `rectify.yaml`, and of the entry of a host, that backends add. The inventory reads them by the types that
//! the backends declare, and knows no backend itself.

use crate::source::Span;
use crate::value::{BackendSettings, SecretSource, Settings, UnconfirmedAction};
use crate::yaml::{Field, Node, Reader};
use serde::de::DeserializeOwned;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// Where secrets are kept, by name.
pub type SecretSources = BTreeMap<String, SecretSource>;

/// Settings of a backend: the shape of one section.
pub trait Section: DeserializeOwned + Schema + Debug + PartialEq + Send + Sync + 'static {
    /// The name of the section.
    const KEY: &'static str;

    /// What it is for, in the JSON Schema of `rectify.yaml`.
    const DESCRIPTION: &'static str;

    /// Reports mistakes that the type itself cannot refuse.
    fn check(&self, _reader: &mut Reader, _field: &Field<'_>, _secrets: &SecretSources) {}

    /// The TCP port that the settings name. An alert about a port finds its host by it.
    fn port(&self) -> Option<u16> {
        None
    }

    /// The action whose outcome cannot be confirmed with these settings.
    fn unconfirmed(&self) -> Option<UnconfirmedAction> {
        None
    }

    /// Whether a secret may stand in the section by mistake. Diagnostics then show no line of it.
    fn may_hold_secret(_section: &Node) -> bool {
        false
    }
}

impl<S: Section> Settings for S {
    fn port(&self) -> Option<u16> {
        Section::port(self)
    }

    fn unconfirmed(&self) -> Option<UnconfirmedAction> {
        Section::unconfirmed(self)
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

/// A type that has a JSON Schema, where schemas are built.
#[cfg(feature = "schema")]
pub trait Schema: schemars::JsonSchema {}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> Schema for T {}

/// A type that has a JSON Schema, where schemas are built.
#[cfg(not(feature = "schema"))]
pub trait Schema {}

#[cfg(not(feature = "schema"))]
impl<T> Schema for T {}

/// A [`Section`] as a value, for lists of sections of different types.
#[derive(Debug, Clone, Copy)]
pub struct SectionType {
    /// The name of the section.
    pub key: &'static str,
    pub(super) read: fn(&mut Reader, &Field<'_>, &SecretSources, &mut BackendSettings),
    pub(super) may_hold_secret: fn(&Node) -> bool,
    #[cfg(feature = "schema")]
    pub(super) schema: fn(&mut schemars::SchemaGenerator) -> serde_json::Value,
}

impl SectionType {
    /// The section with the shape of `S`.
    pub const fn of<S: Section>() -> Self {
        Self {
            key: S::KEY,
            read: read::<S>,
            may_hold_secret: S::may_hold_secret,
            #[cfg(feature = "schema")]
            schema: |generator| {
                crate::yaml::schema::described(S::DESCRIPTION, generator.subschema_for::<S>().to_value())
            },
        }
    }
}

fn read<S: Section>(reader: &mut Reader, field: &Field<'_>, secrets: &SecretSources, settings: &mut BackendSettings) {
    if let Some(section) = reader.decode::<S>(field.key, field.value) {
        section.check(reader, field, secrets);
        settings.insert(section);
    }
}

/// Every section that backends add.
#[derive(Debug, Clone, Default)]
pub struct Sections {
    /// In the entry of a host.
    pub host: Vec<SectionType>,
    /// In the file itself.
    pub inventory: Vec<SectionType>,
}

/// Reports a command that does not begin with a program. `example` is one that does.
pub fn check_command(reader: &mut Reader, key: Span, command: &[String], example: &str) {
    if command.first().is_none_or(|program| program.is_empty()) {
        reader
            .error(key, "A command must be a list of arguments that starts with a program")
            .help(format!("Write, for example, {example}"));
    }
}
