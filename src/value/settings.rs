//! Data of the inventory beside its hosts: secret sources, contacts and mail settings.

use super::SignedDuration;
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The source of a secret. The value is never kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable of this program.
    Environment(String),
    /// A file that only its owner may read; relative to the inventory's folder.
    File(PathBuf),
}

/// The number of people who can approve one prompt. Approvals are given at the terminal that starts a run: one person.
pub const MOST_APPROVALS: u32 = 1;

/// A recipient of notifications and escalations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The name that runbooks use.
    pub name: EcoString,
    /// Mail addresses; each gets every message.
    pub mail: Vec<String>,
    /// Whether messages are also shown on the terminal that started the run.
    pub terminal: bool,
    /// Other contacts that get every message as well.
    pub also: Vec<EcoString>,
    /// Pages that each escalation to the contact ends with, in this order: what each is, and its address.
    pub links: Vec<(EcoString, EcoString)>,
}

impl Contact {
    /// A contact and, transitively, those that get its messages, each once; empty where there is no such contact.
    pub fn recipients<'c>(contacts: &'c [Self], name: &str) -> Vec<&'c Self> {
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
#[cfg_attr(
    feature = "schema",
    schemars(extend("dependentRequired" = {"user": ["password"], "password": ["user"]}))
)]
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
    /// How long an escalation is tried again while the server cannot be reached or says "try again later"
    #[serde(default = "retry_for")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub retry_for: SignedDuration,
}

fn retry_for() -> SignedDuration {
    SignedDuration::from_mins(10)
}

impl MailSettings {
    /// Whether the server is a loopback address or `localhost`. The addresses that the name resolves to are checked
    /// again.
    pub fn names_loopback(&self) -> bool {
        let host = self.server.trim_start_matches('[').trim_end_matches(']');
        host.parse::<std::net::IpAddr>().map_or(host == "localhost", |address| address.is_loopback())
    }
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

/// Whether a text is a mail address without a display name.
pub fn is_mail_address(text: &str) -> bool {
    let usual = |letter: char| !letter.is_whitespace() && !letter.is_control() && !"<>(),;:\\\"[]".contains(letter);
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !name.contains('@'))
        && text.chars().all(usual)
        && !text.starts_with('-')
}
