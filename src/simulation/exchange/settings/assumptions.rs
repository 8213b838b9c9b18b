//! Every number and behaviour of the model without a documented source. Each can be set in a world file, under
//! `exchange: assumptions:`; `docs/simulator.md` says how certain each is.

use super::duration::{ModelDuration, Range};
use serde::Deserialize;

/// The assumptions, in groups.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Assumptions {
    /// How long things take.
    pub times: Times,
    /// How often probes run.
    pub probes: ProbeRules,
    /// When monitors raise an alert.
    pub monitors: MonitorRules,
    /// When responders of Managed Availability act, and how often they may.
    pub responders: ResponderRules,
    /// What databases can be moved.
    pub databases: DatabaseRules,
    /// What a component that is held does.
    pub components: ComponentRules,
    /// Where the name of the back end can be read.
    pub back_end_name: NameForms,
    /// Whether enums come as their numbers, as they do where the types of Exchange itself are loaded.
    pub enums_as_numbers: bool,
    /// From where on the oracle convicts.
    pub oracle: OracleRules,
}

/// How long things take.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Times {
    /// A cmdlet in a session with Exchange, the session included.
    pub cmdlet: Range,
    /// A cmdlet on a computer.
    pub computer: Range,
    /// Until a connection to a server that is down times out.
    pub no_connection: Range,
    /// Until an RPC to a server that is down times out, with a warning and no object.
    pub no_answer: Range,
    /// A probe on demand.
    pub probe: Range,
    /// Until a probe on demand that nothing picks up times out, with a warning and no object.
    pub not_picked_up: Range,
    /// How long a probe waits for a service that hangs.
    pub probe_timeout: Range,
    /// From the stop of a service until it runs again.
    pub service_restart: Range,
    /// The start of a service, and its stop.
    pub service_start: Range,
    /// Until a service whose component is inactive has stopped.
    pub service_stops_itself: Range,
    /// From `Restart-Computer` until the computer is down.
    pub shutdown: Range,
    /// How long it is down.
    pub reboot: Range,
    /// From the boot until automatic services run.
    pub services_after_boot: Range,
    /// From the boot, or from the start of its service, until the Health Manager takes requests.
    pub health_manager: Range,
    /// The move of one database to another server.
    pub database_move: Range,
    /// How often a server that may not activate databases tries again to move them away.
    pub move_again: ModelDuration,
    /// From the loss of a server until its databases are mounted elsewhere.
    pub failover: Range,
    /// How long a copy is Initializing after a boot.
    pub copy_initializing: Range,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            cmdlet: Range::seconds(1, 4),
            computer: Range::seconds(1, 3),
            no_connection: Range::seconds(8, 16),
            no_answer: Range::seconds(10, 25),
            probe: Range::seconds(5, 30),
            not_picked_up: Range::seconds(92, 110),
            probe_timeout: Range::seconds(50, 60),
            service_restart: Range::seconds(5, 30),
            service_start: Range::seconds(3, 15),
            service_stops_itself: Range::seconds(3, 10),
            shutdown: Range::seconds(5, 30),
            reboot: Range::seconds(180, 600),
            services_after_boot: Range::seconds(20, 60),
            health_manager: Range::seconds(180, 300),
            database_move: Range::seconds(10, 60),
            move_again: ModelDuration::seconds(60),
            failover: Range::seconds(10, 30),
            copy_initializing: Range::seconds(15, 15),
        }
    }
}

/// How often the Health Manager runs its probes, and which a probe on demand takes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProbeRules {
    /// ImapProxyTestProbe.
    pub proxy_test: ModelDuration,
    /// ImapSelfTestProbe.
    pub self_test: ModelDuration,
    /// ImapCTPProbe, for each database in turn.
    pub customer_touch_point: ModelDuration,
    /// ImapDeepTestProbe, for each database that is active on the server in turn.
    pub deep_test: ModelDuration,
    /// The performance counter of the latency monitor.
    pub latency: ModelDuration,
    /// Health mailboxes for each database, of which every run takes the next.
    pub health_mailboxes: u32,
    /// Whether work items for IMAP exist only where the service starts automatically when the Health Manager starts.
    pub need_automatic_start: bool,
    /// Whether monitors of a deep kind name the health set as their target, and not the service.
    pub target_is_health_set: bool,
    /// Whether the latency monitor exists.
    pub latency_monitor: bool,
    /// Whether ImapDeepTestProbe also takes the copies that are active elsewhere in turn, skips their login, and counts
    /// that as a success.
    pub skipped_login_succeeds: bool,
}

impl Default for ProbeRules {
    fn default() -> Self {
        Self {
            proxy_test: ModelDuration::seconds(60),
            self_test: ModelDuration::seconds(60),
            customer_touch_point: ModelDuration::seconds(240),
            deep_test: ModelDuration::seconds(180),
            latency: ModelDuration::minutes(5),
            health_mailboxes: 2,
            need_automatic_start: true,
            target_is_health_set: false,
            latency_monitor: true,
            skipped_login_succeeds: false,
        }
    }
}

/// A monitor raises an alert after this many consecutive failures within this time.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Consecutive {
    /// How many consecutive failures.
    pub failures: u32,
    /// From the first of them to the last, at most.
    pub within: ModelDuration,
}

/// When monitors raise an alert.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct MonitorRules {
    /// ImapCTPMonitor.
    pub customer_touch_point: Consecutive,
    /// ImapProxyTestMonitor.
    pub proxy_test: Consecutive,
    /// ImapDeepTestMonitor.
    pub deep_test: Consecutive,
    /// ImapSelfTestMonitor.
    pub self_test: Consecutive,
    /// AverageCommandProcessingTimeGt60sMonitor: samples above 60 seconds.
    pub latency: Consecutive,
    /// From the alert until Degraded becomes Unhealthy.
    pub degraded: ModelDuration,
    /// How often a monitor runs.
    pub recurrence: ModelDuration,
    /// A monitor whose last run is older than its recurrence and this is stale.
    pub stale_after: ModelDuration,
}

impl Default for MonitorRules {
    fn default() -> Self {
        let rule = |failures, seconds| Consecutive { failures, within: ModelDuration::seconds(seconds) };
        Self {
            customer_touch_point: rule(5, 1200),
            proxy_test: rule(4, 240),
            deep_test: rule(5, 900),
            self_test: rule(4, 240),
            latency: rule(2, 900),
            degraded: ModelDuration::seconds(60),
            recurrence: ModelDuration::seconds(60),
            stale_after: ModelDuration::seconds(235),
        }
    }
}

/// How often a responder may act. A value that is not set is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// Between two actions on one server, at least.
    pub local_minimum: Option<ModelDuration>,
    /// Actions on one server in an hour, at most.
    pub local_per_hour: Option<u32>,
    /// Actions on one server in 24 hours, at most.
    pub local_per_day: Option<u32>,
    /// Between two actions in its group (the DAG, or the Client Access servers), at least.
    pub group_minimum: Option<ModelDuration>,
    /// Actions in its group in 24 hours, at most.
    pub group_per_day: Option<u32>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            local_minimum: Some(ModelDuration::minutes(60)),
            local_per_hour: None,
            local_per_day: Some(1),
            group_minimum: Some(ModelDuration::minutes(60)),
            group_per_day: Some(4),
        }
    }
}

/// When responders act, from the first alert on, and how often they may.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ResponderRules {
    /// ImapProxyTestCafeOffline takes ImapProxy offline.
    pub offline: ModelDuration,
    /// `…RestartService` restarts the service.
    pub restart: ModelDuration,
    /// `…RestartServiceLate` restarts it again.
    pub restart_late: ModelDuration,
    /// How often a service may be restarted.
    pub restart_throttle: Throttle,
    /// How often a component may be taken offline.
    pub offline_throttle: Throttle,
    /// Whether responders also acted before the start, on faults of that time. Otherwise actions due by then are
    /// skipped.
    pub before_start: bool,
}

impl Default for ResponderRules {
    fn default() -> Self {
        Self {
            offline: ModelDuration::ZERO,
            restart: ModelDuration::seconds(120),
            restart_late: ModelDuration::minutes(20),
            restart_throttle: Throttle::default(),
            offline_throttle: Throttle::default(),
            before_start: false,
        }
    }
}

/// Which databases can be moved, and what the loss of a server does to them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseRules {
    /// Databases do not move to a copy with more missing logs than this.
    pub movable_queue: u64,
    /// Whether databases of a lost server are mounted elsewhere automatically.
    pub failover: bool,
    /// Whether a server with the policy Blocked also refuses moves by administrators.
    pub policy_refuses_administrators: bool,
}

impl Default for DatabaseRules {
    fn default() -> Self {
        Self { movable_queue: 10, failover: true, policy_refuses_administrators: false }
    }
}

/// What a component that is held does.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ComponentRules {
    /// Whether a hold of ImapProxy by Managed Availability (HealthAPI) also stops the front-end service.
    pub health_api_stops_service: bool,
    /// Whether the service starts automatically when the component is active again.
    pub active_starts_service: bool,
}

/// Where the name of the back end can be read. Without any of them: nowhere.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NameForms {
    /// StateAttribute4 of a probe result: its short name.
    pub state_attribute: bool,
    /// `Proxy=` in the answer that the error quotes: its full name.
    pub error: bool,
    /// `Proxy:` in the protocol log, while that is written: its full name.
    pub log: bool,
    /// `_Mbx:` in the error, as the published page has it.
    pub mbx: bool,
}

impl Default for NameForms {
    fn default() -> Self {
        Self { state_attribute: true, error: true, log: true, mbx: false }
    }
}

/// From where on the oracle convicts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct OracleRules {
    /// The most restarts of one service on one host by the run within an hour.
    pub restarts_per_hour: u32,
    /// The most reboots of one host by the run within 24 hours.
    pub reboots_per_day: u32,
    /// A run may overlook a fault that began less than this before its end.
    pub fresh: ModelDuration,
    /// How long a run must watch a latency before it may report a cure.
    pub watch: ModelDuration,
    /// A run may overlook what somebody did less than this before.
    pub unseen: ModelDuration,
    /// A restart this shortly before a reboot of the same host was for nothing.
    pub restart_before_reboot: ModelDuration,
}

impl Default for OracleRules {
    fn default() -> Self {
        Self {
            restarts_per_hour: 4,
            reboots_per_day: 1,
            fresh: ModelDuration::minutes(10),
            watch: ModelDuration::minutes(20),
            unseen: ModelDuration::minutes(1),
            restart_before_reboot: ModelDuration::minutes(3),
        }
    }
}
