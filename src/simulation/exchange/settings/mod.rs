//! The section `exchange:` of a world file.

pub(crate) mod assumptions;
pub(crate) mod duration;
pub(crate) mod faults;

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
    /// What is different on a server at the start, by its name.
    pub servers: BTreeMap<String, ServerSettings>,
    /// The databases, by name.
    pub databases: BTreeMap<String, DatabaseSettings>,
    /// What is or will be wrong.
    pub faults: Vec<Fault>,
    /// Whether Managed Availability acts.
    pub managed_availability: bool,
    /// How long what is wrong at the start has been so: long enough for every monitor to have seen it.
    pub sick_for: ModelDuration,
    /// What no documentation vouches for.
    pub assumptions: Assumptions,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            servers: BTreeMap::new(),
            databases: BTreeMap::new(),
            faults: Vec::new(),
            managed_availability: false,
            sick_for: ModelDuration::minutes(30),
            assumptions: Assumptions::default(),
        }
    }
}

/// A server as it is at the start, where it is not as usual.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Its DAG, instead of the fact `dag`.
    pub dag: Option<String>,
    /// Services, by name.
    pub services: BTreeMap<String, ServiceSettings>,
    /// Components that are held: for each, who holds it in which state.
    pub components: BTreeMap<String, BTreeMap<Requester, ComponentState>>,
    /// Whether protocol logging is set; it is then loaded as well.
    pub protocol_log_enabled: bool,
    /// Whether it may not activate databases.
    pub activation_blocked: bool,
    /// What databases it takes by itself.
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

/// What Windows says of a service.
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
    /// When somebody starts it.
    Manual,
    /// Not at all.
    Disabled,
}

/// The state in which somebody holds a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ComponentState {
    /// It works; whoever says so holds it no more.
    Active,
    /// It does not work.
    Inactive,
    /// It takes no new work.
    Draining,
}

/// What databases a server takes by itself.
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
    /// 1 is where it belongs.
    pub preference: u32,
    /// What it is while it is not the active one: `Healthy`, `Suspended`, `Failed`, …
    #[serde(default)]
    pub status: Option<String>,
    /// Logs that have not come yet.
    #[serde(default)]
    pub copy_queue: u64,
    /// Logs that have not been replayed yet.
    #[serde(default)]
    pub replay_queue: u64,
}
