//! The section `exchange:` of a world file.

pub(super) mod administrators;
pub(super) mod assumptions;
pub(super) mod duration;
pub(super) mod faults;

use self::administrators::{AdministratorAction, MonitoringOverride};
use self::assumptions::Assumptions;
use self::duration::ModelDuration;
use self::faults::{Fault, Requester};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The modelled Exchange of a world. Its servers are the hosts of the inventory with the role `client_access` or
/// `mailbox`; their DAG is the fact `dag`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The servers that differ from the defaults, by name.
    pub servers: BTreeMap<String, ServerSettings>,
    /// The databases, by name.
    pub databases: BTreeMap<String, DatabaseSettings>,
    /// Present and future faults.
    pub faults: Vec<Fault>,
    /// What administrators do while the run is under way.
    pub administrators: Vec<AdministratorAction>,
    /// Monitors that are disabled.
    pub overrides: Vec<MonitoringOverride>,
    /// Whether Managed Availability acts.
    pub managed_availability: bool,
    /// How long faults of the start have existed: long enough for every monitor to have seen them.
    pub sick_for: ModelDuration,
    /// The assumptions.
    pub assumptions: Assumptions,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            servers: BTreeMap::new(),
            databases: BTreeMap::new(),
            faults: Vec::new(),
            administrators: Vec::new(),
            overrides: Vec::new(),
            managed_availability: false,
            sick_for: ModelDuration::minutes(30),
            assumptions: Assumptions::default(),
        }
    }
}

/// The state of a server at the start, where it differs from the default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Its DAG, instead of the fact `dag`.
    pub dag: Option<String>,
    /// Services, by name.
    pub services: BTreeMap<String, ServiceSettings>,
    /// Held components: for each, its requesters and their states.
    pub components: BTreeMap<String, BTreeMap<Requester, ComponentState>>,
    /// Whether protocol logging is set and loaded.
    pub protocol_log_enabled: bool,
    /// Whether activation of databases is blocked.
    pub activation_blocked: bool,
    /// Its auto-activation policy.
    pub auto_activation_policy: ActivationPolicy,
    /// The databases whose health mailboxes its ImapCTPProbe logs in to; all of the site when absent.
    pub customer_touch_point: Option<Vec<String>>,
}

/// A Windows service at the start.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServiceSettings {
    /// Whether it runs; as its start type says when absent.
    pub status: Option<ServiceStatus>,
    /// How it starts.
    pub start_type: Option<StartType>,
}

/// The status of a Windows service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ServiceStatus {
    /// It does not run.
    Stopped,
    /// It is about to run.
    StartPending,
    /// It is about to stop.
    StopPending,
    /// It runs.
    Running,
}

/// How a service starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum StartType {
    /// At boot.
    Automatic,
    /// On demand.
    Manual,
    /// Never.
    Disabled,
}

/// The state that a requester sets for a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ComponentState {
    /// It works; the requester holds it no more.
    Active,
    /// It does not work.
    Inactive,
    /// It takes no new work.
    Draining,
}

/// The databases that a server activates automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ActivationPolicy {
    /// Any.
    #[default]
    Unrestricted,
    /// Those of its site.
    IntrasiteOnly,
    /// None.
    Blocked,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// Its copies, by the server that they are on.
    pub copies: BTreeMap<String, CopySettings>,
    /// The server on which it is mounted; the most preferred when absent.
    #[serde(default)]
    pub active: Option<String>,
}

/// A copy of a database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CopySettings {
    /// 1 is the preferred copy.
    pub preference: u32,
    /// Its status while it is not active: `Healthy`, `Suspended`, `Failed`, …
    #[serde(default)]
    pub status: Option<String>,
    /// The number of logs that are not copied yet.
    #[serde(default)]
    pub copy_queue: u64,
    /// The number of logs that are not replayed yet.
    #[serde(default)]
    pub replay_queue: u64,
}
