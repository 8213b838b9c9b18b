//! The section `imap:` in the entry of a host.

use crate::inventory::Section;
use crate::value::Security;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How to connect to the IMAP server of a host.
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

impl Section for ImapSettings {
    const KEY: &'static str = "imap";
    const DESCRIPTION: &'static str = "Settings of the imap backend";

    fn port(&self) -> Option<u16> {
        self.port
    }
}
