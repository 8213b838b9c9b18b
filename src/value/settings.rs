//! What the inventory says beside its hosts, as data: where secrets lie, who is told, how mail leaves.

use super::Security;
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where the value of a secret is found when it is used. The value itself is never kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable of this program.
    Environment(String),
    /// A file that only its owner may read; relative to the inventory's folder.
    File(PathBuf),
}

/// Somebody who can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The name that runbooks use.
    pub name: EcoString,
    /// Mail addresses, all of which get every message.
    pub mail: Vec<String>,
    /// Whether the terminal that started the run is told as well.
    pub terminal: bool,
    /// Other contacts that hear of everything this one hears of.
    pub also: Vec<EcoString>,
}

impl Contact {
    /// A contact by its name and those that hear of everything it hears of, each once; empty where none has the name.
    pub fn circle<'c>(contacts: &'c [Self], name: &str) -> Vec<&'c Self> {
        let named = |name: &str| contacts.iter().find(|contact| contact.name == name);
        let mut circle: Vec<&Self> = named(name).into_iter().collect();
        let mut next = 0;
        while let Some(contact) = circle.get(next).copied() {
            next += 1;
            for other in contact.also.iter().filter_map(|also| named(also)) {
                if !circle.iter().any(|known| known.name == other.name) {
                    circle.push(other);
                }
            }
        }
        circle
    }
}

/// The server that mail leaves by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Its name or address.
    pub server: String,
    /// TCP port; 465 with TLS, 587 with STARTTLS, 25 without either, when absent.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is secured; none is for a relay on a loopback address only.
    #[serde(default)]
    pub security: Security,
    /// The sender's address.
    pub from: String,
    /// Whom to log in as.
    #[serde(default)]
    pub user: Option<String>,
    /// The name of the secret that holds the password.
    #[serde(default)]
    pub password: Option<String>,
    /// A file of PEM certificates to trust beside the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The name that its certificate must have; `server` when absent.
    #[serde(default)]
    pub server_name: Option<String>,
}

impl MailSettings {
    /// Whether the server is written as a loopback address, or as `localhost`. Where that name leads is checked again
    /// when it has been looked up.
    pub fn names_loopback(&self) -> bool {
        let host = self.server.trim_start_matches('[').trim_end_matches(']');
        host.parse::<std::net::IpAddr>().map_or(host == "localhost", |address| address.is_loopback())
    }
}

/// How PowerShell is called: for the `exchange` backend, and for services and reboots of Windows hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PowerShellSettings {
    /// What starts it, as a list of arguments that the script's own are added to: `[powershell.exe]`, or
    /// `[ssh, -o, BatchMode=yes, admin1.contoso.com, powershell.exe]`.
    pub command: Vec<String>,
    /// Where the Exchange cmdlets come from: addresses of remote PowerShell, such as
    /// `http://mbx2.contoso.com/PowerShell/`. Those of a host that a call is about are tried last. None: the shell has
    /// the cmdlets itself.
    #[serde(default)]
    pub exchange: Vec<String>,
}
