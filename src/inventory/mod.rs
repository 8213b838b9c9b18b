//! stub
use crate::source::Span;
use crate::value::Host;
/// d
#[derive(Debug, Default)]
pub struct Inventory {
    /// d
    pub hosts: Vec<Entry>,
    /// d
    pub policy: Policy,
    /// d
    pub secrets: BTreeMap<String, SecretSource>,
    /// d
    pub contacts: Vec<Contact>,
}
/// d
#[derive(Debug, Default)]
pub struct Policy {
    /// d
    pub destroy_without_approval: bool,
}
/// d
#[derive(Debug)]
pub struct Entry {
    /// d
    pub host: Host,
    /// d
    pub name_span: Span,
    /// d
    pub role_spans: Vec<Span>,
    /// d
    pub fact_spans: Vec<Span>,
}
impl Inventory {
    /// d
    pub fn has_contact(&self, _n: &str) -> bool {
        true
    }
    /// d
    pub fn contact_names(&self) -> Vec<&str> {
        vec![]
    }
    /// d
    pub fn has_secret(&self, _n: &str) -> bool {
        true
    }
    /// d
    pub fn secret_names(&self) -> Vec<&str> {
        vec![]
    }
}
use crate::diagnostic::Diagnostic;
use crate::source::FileId;
use crate::value::{Contact, SecretSource};
use std::collections::BTreeMap;
/// d
pub fn parse(_file: FileId, _text: &str) -> (Inventory, Vec<Diagnostic>) {
    (Inventory::default(), Vec::new())
}
