//! The section `service:` in the entry of a host.

use crate::inventory::Section;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What manages the services of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServiceManager {
    /// supervisord, through `supervisorctl`.
    Supervisor,
    /// systemd, through `systemctl`.
    Systemd,
    /// Windows, through PowerShell (`powershell:`).
    Windows,
}

/// How services of a host are managed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// The manager.
    pub manager: ServiceManager,
    /// supervisord's configuration file.
    #[serde(default)]
    pub config: Option<PathBuf>,
    /// The command that replaces `supervisorctl` or `systemctl`, a list of arguments to which the others are added.
    #[serde(default)]
    pub command: Option<Vec<String>>,
}

impl Section for ServiceSettings {
    const KEY: &'static str = "service";
    const DESCRIPTION: &'static str = "The service manager of the host";
}
