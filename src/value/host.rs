//! Hosts as data: the entries of the inventory.

use super::{BackendSettings, Value};
use ecow::{EcoString, eco_format};
use std::net::IpAddr;

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
    /// The entry of the machine that this entry is a part of.
    pub same_machine_as: Option<EcoString>,
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

    /// Whether a name from outside means this host. Names are compared without case and without a final dot, addresses in
    /// whatever form they are written.
    pub fn has_name(&self, name: &str) -> bool {
        self.is_called(name) || is_same_name(&self.address, name)
    }

    /// Whether a name from outside is the name of the entry or an alias.
    fn is_called(&self, name: &str) -> bool {
        is_same_name(&self.name, name) || self.aliases.iter().any(|alias| is_same_name(alias, name))
    }

    /// The name that stands for the machine, of which other entries may be parts.
    pub fn machine(&self) -> &EcoString {
        self.same_machine_as.as_ref().unwrap_or(&self.name)
    }
}

/// An address in its only form: `::ffff:192.0.2.1` is `192.0.2.1`, and `2001:DB8:0::1` is `2001:db8::1`.
pub fn canonical_address(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    Some(inner.parse::<IpAddr>().ok()?.to_canonical())
}

fn is_same_name(own: &str, other: &str) -> bool {
    let (own, other) = (own.trim_end_matches('.'), other.trim_end_matches('.'));
    own.eq_ignore_ascii_case(other)
        || canonical_address(own).is_some_and(|address| canonical_address(other) == Some(address))
}

/// The host that a text names: by the name of its entry, else by an alias, else by an address that one machine alone has.
pub fn find_host<'h>(hosts: &'h [Host], text: &str) -> Option<&'h Host> {
    let exact = hosts.iter().find(|host| host.name == text);
    let called = || hosts.iter().find(|host| host.is_called(text));
    let addressed = || {
        let mut machines = hosts.iter().filter(|host| is_same_name(&host.address, text));
        let first = machines.next()?;
        machines.all(|other| other.machine() == first.machine()).then_some(first)
    };
    exact.or_else(called).or_else(addressed)
}

/// The name of a lock: whatever names a host, by name, alias or address, stands for its machine. An address that several
/// hosts have, and any other text, stands for itself.
pub fn lock_name(hosts: &[Host], text: &str) -> EcoString {
    match find_host(hosts, text) {
        Some(host) => host.machine().clone(),
        None => canonical_address(text).map_or_else(|| text.into(), |address| eco_format!("{address}")),
    }
}

/// Adds the hosts in a value that are not in the list yet.
pub fn hosts_in(value: &Value, hosts: &mut Vec<String>) {
    match value {
        Value::Host(name) if hosts.iter().all(|host| *host != name.as_str()) => hosts.push(name.to_string()),
        Value::List(items) => items.iter().for_each(|item| hosts_in(item, hosts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, address: &str, aliases: &[&str], same_machine_as: Option<&str>) -> Host {
        Host {
            name: name.into(),
            address: address.into(),
            aliases: aliases.iter().map(|alias| (*alias).into()).collect(),
            roles: Vec::new(),
            facts: Vec::new(),
            settings: BackendSettings::default(),
            same_machine_as: same_machine_as.map(Into::into),
        }
    }

    #[test]
    fn every_spelling_of_a_host_is_one_lock() {
        let hosts = [
            host("be1", "2001:db8::1", &["be1.example.com", "mail"], None),
            host("be1-imap", "192.0.2.1", &[], Some("be1")),
            host("lab1", "127.0.0.1", &[], None),
            host("lab2", "127.0.0.1", &[], None),
        ];
        for spelling in [
            "be1",
            "BE1",
            "be1.",
            "be1.example.com",
            "BE1.Example.COM.",
            "mail",
            "2001:db8::1",
            "2001:DB8:0:0::1",
            "[2001:db8::1]",
            "be1-imap",
            "192.0.2.1",
            "::ffff:192.0.2.1",
        ] {
            assert_eq!(lock_name(&hosts, spelling), "be1", "{spelling}");
        }
        // The name of an entry comes before the address of another.
        let named = [host("first", "second", &[], None), host("second", "192.0.2.9", &[], None)];
        assert_eq!(find_host(&named, "second").map(|host| host.name.as_str()), Some("second"));
        // Two hosts have this address, so it names neither.
        assert_eq!(lock_name(&hosts, "127.0.0.1"), "127.0.0.1");
        assert_eq!(lock_name(&hosts, "2001:DB8::7"), "2001:db8::7");
        assert_eq!(lock_name(&hosts, "Pool A"), "Pool A");
    }
}
