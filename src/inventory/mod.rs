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
