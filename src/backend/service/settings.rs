//! The section `service:` in the entry of a host.

use crate::inventory::Section;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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

impl Section for ServiceSettings {
    const KEY: &'static str = "service";
    const DESCRIPTION: &'static str = "What manages its services";
}
