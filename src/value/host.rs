//! Hosts as data: what an inventory entry says of one.

use super::{BackendSettings, Value};
use ecow::EcoString;

/// A host of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name of its entry; hosts are the same when their names are.
    pub name: EcoString,
    /// Where it is reached: an IP address or a DNS name.
    pub address: String,
    /// Other names it goes by, in alerts and in answers of other servers.
    pub aliases: Vec<EcoString>,
    /// Its roles.
    pub roles: Vec<EcoString>,
    /// The facts that its roles ask for.
    pub facts: Vec<(EcoString, Value)>,
    /// How backends reach what is on it.
    pub settings: BackendSettings,
}

impl Host {
    /// What `host.NAME` is: a fact, else what every host has. `None` where it has nothing of that name.
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

    /// Whether a name from outside means this host. Host names do not differ by case, nor by a dot at the end.
    pub fn answers_to(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        let same = |own: &str| own.trim_end_matches('.').eq_ignore_ascii_case(name);
        same(&self.name) || same(&self.address) || self.aliases.iter().any(|alias| same(alias))
    }
}
