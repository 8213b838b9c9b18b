//! What administrators do while a run is under way, as a world file writes it.

use super::duration::ModelDuration;
use serde::Deserialize;
use std::fmt;

/// The kinds of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AdministratorActionKind {
    /// Holds ServerWideOffline inactive and, in a DAG, blocks activation; at `until` both are released. `server`.
    Maintenance,
    /// Blocks activation, which moves the active databases away; at `until` it is allowed again. `server`.
    Block,
    /// Moves a database to a server. `database`, `server`.
    Move,
    /// Restarts the IMAP services. `server`.
    Restart,
    /// Reboots a computer. `server`.
    Reboot,
}

impl AdministratorActionKind {
    /// The word of a world file for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance",
            Self::Block => "block",
            Self::Move => "move",
            Self::Restart => "restart",
            Self::Reboot => "reboot",
        }
    }

    /// Whether it lasts until somebody ends it.
    pub const fn lasts(self) -> bool {
        matches!(self, Self::Maintenance | Self::Block)
    }
}

/// An action of an administrator, and its time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdministratorAction {
    /// What is done.
    pub action: AdministratorActionKind,
    /// The host, by the name of its inventory entry, its address or an alias.
    pub server: String,
    /// The database that is moved.
    #[serde(default)]
    pub database: Option<String>,
    /// How long after the start it is done.
    pub after: ModelDuration,
    /// How long after the start it is ended.
    #[serde(default)]
    pub until: Option<ModelDuration>,
}

/// Formats as `maintenance of mbx1 by an administrator, from 8m on, until 40m`.
impl fmt::Display for AdministratorAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.database {
            Some(database) => format!("{} of {database} to {}", self.action.as_str(), self.server),
            None => format!("{} of {}", self.action.as_str(), self.server),
        };
        write!(f, "{what} by an administrator, from {} on", self.after)?;
        self.until.map_or(Ok(()), |until| write!(f, ", until {until}"))
    }
}

/// Something that Managed Availability does not watch, because an administrator has overridden it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MonitoringOverride {
    /// The monitor that is disabled: its alert value is `Disabled`, and its responders do not act.
    pub monitor: String,
    /// The host; every server when absent.
    #[serde(default)]
    pub server: Option<String>,
}
