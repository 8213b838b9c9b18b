//! Hosts as data: what an inventory entry says of one.

use super::Value;
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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
    pub settings: HostSettings,
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

/// The parts of a host's entry that backends read. Paths are relative to the inventory's folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HostSettings {
    /// For the `imap` backend.
    #[serde(default)]
    pub imap: Option<ImapSettings>,
    /// For the `service` backend.
    #[serde(default)]
    pub service: Option<ServiceSettings>,
    /// For `host.reboot`.
    #[serde(default)]
    pub reboot: Option<RebootSettings>,
    /// The TCP port that says whether the host is reachable.
    #[serde(default)]
    pub reachable_port: Option<u16>,
}

/// How a connection is secured. There is no unsecured way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// Plain first, then STARTTLS.
    Starttls,
    /// No TLS: for mail to a loopback relay only, never for IMAP.
    None,
}

/// How the IMAP server of a host is reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImapSettings {
    /// TCP port; 993, or 143 with STARTTLS, when absent.
    #[serde(default)]
    pub port: Option<u16>,
    /// How it is secured.
    #[serde(default)]
    pub security: Security,
    /// A file of PEM certificates to trust beside the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The name that its certificate must have; the address when absent.
    #[serde(default)]
    pub server_name: Option<String>,
    /// The local address to connect from.
    #[serde(default)]
    pub from_address: Option<std::net::IpAddr>,
}

/// What manages the services of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServiceManager {
    /// supervisord, by `supervisorctl`.
    Supervisor,
    /// systemd, by `systemctl`.
    Systemd,
    /// Windows itself, by PowerShell (`powershell:`).
    Windows,
}

/// How services of a host are managed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// By what.
    pub manager: ServiceManager,
    /// supervisord's configuration file.
    #[serde(default)]
    pub config: Option<PathBuf>,
    /// The program, when it is not the one in the search path: a list of arguments that the rest is added to.
    #[serde(default)]
    pub command: Option<Vec<String>>,
}

/// What reboots a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RebootManager {
    /// Commands that its entry declares.
    #[default]
    Commands,
    /// `Restart-Computer`, by PowerShell (`powershell:`).
    Windows,
}

/// How a host is rebooted, and how one tells that it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RebootSettings {
    /// By what.
    #[serde(default)]
    pub manager: RebootManager,
    /// The command that reboots it, a list of arguments.
    #[serde(default)]
    pub command: Vec<String>,
    /// A command whose output changes with every boot, a list of arguments.
    #[serde(default)]
    pub boot_id: Option<Vec<String>>,
}
