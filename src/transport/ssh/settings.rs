//! How a host is reached, according to `rectify.yaml`.

use crate::diagnostic::{did_you_mean, nearest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How `ssh` reaches a host. What is absent is as the user's own configuration of ssh has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SshSettings {
    /// The user to log in as.
    pub user: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// A host to go through: `bastion`, or `ops@bastion:2222`.
    pub jump: Option<String>,
    /// A file to read instead of the user's own configuration, relative to rectify.yaml.
    pub config: Option<String>,
    /// Further options by name, such as `IdentityFile`.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// The user that commands become by `sudo -n` after the login.
    #[serde(rename = "become")]
    pub become_user: Option<String>,
}

/// The options that may be set. None of them starts a program, forwards anything, or trusts a key that is not known. What
/// else a connection needs stands in the configuration of ssh.
pub const OPTIONS: [&str; 23] = [
    "AddressFamily",
    "BindAddress",
    "BindInterface",
    "CASignatureAlgorithms",
    "CertificateFile",
    "Ciphers",
    "Compression",
    "ConnectTimeout",
    "ConnectionAttempts",
    "GSSAPIAuthentication",
    "GlobalKnownHostsFile",
    "HostKeyAlgorithms",
    "HostKeyAlias",
    "IPQoS",
    "IdentitiesOnly",
    "IdentityAgent",
    "IdentityFile",
    "KexAlgorithms",
    "MACs",
    "PreferredAuthentications",
    "PubkeyAcceptedAlgorithms",
    "ServerAliveInterval",
    "UserKnownHostsFile",
];

/// What the name of a user to become may have beside letters and digits.
const USER_SIGNS: &str = "._@+-$#";

impl SshSettings {
    /// These settings, with those of another where they say nothing.
    pub fn or(mut self, other: &Self) -> Self {
        let other = other.clone();
        self.user = self.user.or(other.user);
        self.port = self.port.or(other.port);
        self.jump = self.jump.or(other.jump);
        self.config = self.config.or(other.config);
        self.become_user = self.become_user.or(other.become_user);
        for (name, value) in other.options {
            self.options.entry(name).or_insert(value);
        }
        self
    }

    /// What of the settings cannot be used.
    pub fn faults(&self) -> Vec<SettingsFault> {
        let mut faults = Vec::new();
        let texts = [
            ("user", &self.user, "._@+-", "ops"),
            ("jump", &self.jump, "._@+-:", "ops@bastion:2222"),
            ("become", &self.become_user, USER_SIGNS, "root"),
        ];
        for (entry, text, signs, example) in texts {
            if text.as_ref().is_some_and(|text| !is_plain(text, signs)) {
                let message = format!("`{entry}:` has letters, digits and `{signs}` only, and begins with no hyphen");
                faults.push(SettingsFault {
                    path: vec![entry.into()],
                    message,
                    help: format!("Write, for example, `{example}`"),
                });
            }
        }
        if self.port == Some(0) {
            let (message, help) = ("Port 0 is not a valid port".to_owned(), "Write a port from 1 to 65535".to_owned());
            faults.push(SettingsFault { path: vec!["port".into()], message, help });
        }
        for (name, value) in &self.options {
            let path = || vec!["options".to_owned(), name.clone()];
            if !OPTIONS.contains(&name.as_str()) {
                let message = format!("The option `{name}` cannot be set here");
                let help = match nearest(name, OPTIONS) {
                    Some(near) => did_you_mean(near),
                    None => "Options that start a program, forward something or trust unknown keys belong into the \
                             configuration of ssh, which `config:` can name"
                        .to_owned(),
                };
                faults.push(SettingsFault { path: path(), message, help });
            } else if value.is_empty() || value.contains(['"', '\\']) || value.chars().any(char::is_control) {
                let message =
                    format!("The value of `{name}` is empty, or contains a quote, a backslash or a control character");
                faults.push(SettingsFault {
                    path: path(),
                    message,
                    help: "Write the value as `ssh -o` takes it".to_owned(),
                });
            }
        }
        faults
    }
}

/// What is wrong with an entry of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFault {
    /// The names of the entries that lead to it: `[options, ProxyCommand]`.
    pub path: Vec<String>,
    /// A sentence for people.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// Whether a text has letters, digits and these signs only, and begins like no option.
fn is_plain(text: &str, signs: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.len() <= 255
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || signs.contains(letter))
}

/// Whether a text is the name of a user, or its number after `#`, for `sudo -u`.
pub(super) fn is_user_name(text: &str) -> bool {
    is_plain(text, USER_SIGNS)
}

/// Whether ssh takes a text for the address of a host and for nothing else.
pub fn check_address(address: &str) -> bool {
    is_plain(address, ".-_:%")
}
