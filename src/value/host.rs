//! Hosts as data: the entries of the inventory.

use super::{BackendSettings, Value};
use ecow::EcoString;

/// A host of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name of its entry, by which hosts are compared.
    pub name: EcoString,
    /// Its IP address or DNS name.
    pub address: String,
    /// Other names of the host, in alerts and in answers of servers.
    pub aliases: Vec<EcoString>,
    /// Its roles.
    pub roles: Vec<EcoString>,
    /// The facts that its roles require.
    pub facts: Vec<(EcoString, Value)>,
    /// The settings of backends.
    pub settings: BackendSettings,
}

impl Host {
    /// The value of `host.NAME`: a fact, else a member that every host has.
    pub fn member(&self, name: &str) -> Option<Value> {
        self.fact(name).cloned().or_else(|| match name {
            "name" => Some(Value::text(self.name.clone())),
            "address" => Some(Value::text(self.address.as_str())),
            _ => None,
        })
    }

    /// A fact by name.
    pub fn fact(&self, name: &str) -> Option<&Value> {
        self.facts.iter().find(|(fact, _)| fact == name).map(|(_, value)| value)
    }

    /// Whether a name from outside means this host. Names are compared without case and without a final dot.
    pub fn has_name(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        let same = |own: &str| own.trim_end_matches('.').eq_ignore_ascii_case(name);
        same(&self.name) || same(&self.address) || self.aliases.iter().any(|alias| same(alias))
    }
}
