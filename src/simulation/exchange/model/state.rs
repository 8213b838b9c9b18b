//! The state of the site.

use super::components::Components;
use super::ledger::{Actor, Applied, Effect};
use super::monitors::{Monitor, MonitorKind};
use super::protocol_log::ProtocolLog;
use crate::simulation::exchange::dynamics::active_faults::ActiveFault;
use crate::simulation::exchange::dynamics::administrators::PlannedAction;
use crate::simulation::exchange::dynamics::events::Queue;
use crate::simulation::exchange::dynamics::random::Random;
use crate::simulation::exchange::dynamics::responders::Recovery;
use crate::simulation::exchange::settings::assumptions::Assumptions;
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment, Range};
use crate::simulation::exchange::settings::{ActivationPolicy, ServiceStatus, StartType};
use crate::value::Host;
use std::ops::{Index, IndexMut};

/// The front-end service of IMAP.
pub(in crate::simulation::exchange) const FRONT_END: &str = "MSExchangeImap4";
/// The back-end service of IMAP.
pub(in crate::simulation::exchange) const BACK_END: &str = "MSExchangeIMAP4BE";
/// The Health Manager.
pub(in crate::simulation::exchange) const HEALTH_MANAGER: &str = "MSExchangeHM";
/// The store.
pub(in crate::simulation::exchange) const STORE: &str = "MSExchangeIS";
/// The web server, which remote PowerShell comes through.
pub(in crate::simulation::exchange) const WEB: &str = "W3SVC";

/// The index of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation::exchange) struct ServerId(pub usize);

/// The index of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation::exchange) struct DatabaseId(pub usize);

/// The whole state. Ids come from lookups here, so they always exist.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct Site {
    /// The current time: all earlier events have happened.
    pub now: Moment,
    /// The start of the run. Everything before is history.
    pub start: Moment,
    pub rules: Assumptions,
    /// Whether Managed Availability acts.
    pub responders_act: bool,
    pub servers: Vec<Server>,
    pub databases: Vec<Database>,
    pub faults: Vec<ActiveFault>,
    pub administrators: Vec<PlannedAction>,
    pub recoveries: Vec<Recovery>,
    pub queue: Queue,
    pub random: Random,
    pub ledger: Vec<Applied>,
}

/// A server.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct Server {
    /// Its entry in the inventory.
    pub host: Host,
    /// Its name in Exchange: the first label of its address.
    pub name: String,
    pub front_end: bool,
    pub back_end: bool,
    pub dag: Option<String>,
    pub power: Power,
    /// The time of its last boot.
    pub booted: Moment,
    /// Whether it has booted and its services have not started yet.
    pub booting: bool,
    pub services: Vec<Service>,
    pub components: Components,
    pub activation_blocked: bool,
    /// Who has blocked activation, and when.
    pub blocked_by: Option<(Actor, Moment)>,
    /// Monitors that an administrator has disabled.
    pub disabled_monitors: Vec<MonitorKind>,
    /// When it began to go down, if it was not asked to by the run.
    pub down_by_others: Option<Moment>,
    /// Changes with the block, so that events of an earlier block are ignored.
    pub block_generation: u32,
    pub activation_policy: ActivationPolicy,
    /// Whether protocol logging is set; the service uses the value that it loaded.
    pub protocol_log_enabled: bool,
    pub log: ProtocolLog,
    pub health: HealthManager,
    pub monitors: Vec<Monitor>,
    /// The databases that its ImapCTPProbe logs in to, each in turn.
    pub touch_points: Vec<DatabaseId>,
    /// The number of recurring probes so far, which selects the next database.
    pub turns: u64,
}

/// Whether a computer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulation::exchange) enum Power {
    Up,
    /// Running, about to go down.
    ShuttingDown,
    Down,
    /// Down for good.
    Lost,
}

/// A Windows service.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct Service {
    pub name: String,
    pub display_name: &'static str,
    pub status: ServiceStatus,
    pub start_type: StartType,
    /// 0 while it does not run.
    pub process_id: u32,
    /// Changes with every control, so that events of an earlier one are ignored.
    pub generation: u32,
    /// Protocol logging as it was when the service started.
    pub loaded_log: bool,
    /// Who started it last.
    pub started_by: Actor,
}

/// The Health Manager of a server.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation::exchange) struct HealthManager {
    /// Since when it takes requests, if it does.
    pub ready: Option<Moment>,
    /// Changes with every start, so that probes of an earlier one end.
    pub generation: u32,
    /// Whether there are work items for the front end, and for the back end.
    pub front_end_items: bool,
    pub back_end_items: bool,
}

/// A database.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct Database {
    pub name: String,
    pub copies: Vec<Copy>,
    pub active: ServerId,
    /// Whether it is dismounted.
    pub dismounted: bool,
    /// The target of its current move.
    pub moving: Option<ServerId>,
    /// Changes with every move, so that the end of an earlier one is ignored.
    pub generation: u32,
    /// The accounts of its health mailboxes.
    pub mailboxes: Vec<String>,
}

/// A copy of a database.
#[derive(Debug, Clone)]
pub(in crate::simulation::exchange) struct Copy {
    pub server: ServerId,
    pub preference: u32,
    /// Its status while it is not active.
    pub status: String,
    /// It is initialising after a boot.
    pub initializing: bool,
    pub copy_queue: u64,
    pub replay_queue: u64,
}

impl Site {
    /// Every server.
    pub fn server_ids(&self) -> impl Iterator<Item = ServerId> + use<> {
        (0..self.servers.len()).map(ServerId)
    }

    /// Every database.
    pub fn database_ids(&self) -> impl Iterator<Item = DatabaseId> + use<> {
        (0..self.databases.len()).map(DatabaseId)
    }

    /// A server by any of its names: that of the inventory, its address, an alias, or its short name.
    pub fn server_named(&self, name: &str) -> Option<ServerId> {
        self.servers.iter().position(|server| server.has_name(name)).map(ServerId)
    }

    /// A database by its name, in any case.
    pub fn database_named(&self, name: &str) -> Option<DatabaseId> {
        self.databases.iter().position(|database| database.name.eq_ignore_ascii_case(name)).map(DatabaseId)
    }

    /// Draws a duration from a range.
    pub fn draw(&mut self, range: Range) -> ModelDuration {
        self.random.length(range)
    }

    /// Records an effect on a server.
    pub fn record(&mut self, server: ServerId, what: Effect, by: Actor) {
        let on = self[server].host.name.to_string();
        let circumstances = (by == Actor::Run).then(|| self.circumstances(server));
        self.ledger.push(Applied { at: self.now.timestamp(), on, what, by, circumstances });
    }

    /// Records another effect.
    pub fn record_on(&mut self, on: String, what: Effect, by: Actor) {
        self.ledger.push(Applied { at: self.now.timestamp(), on, what, by, circumstances: None });
    }

    /// The databases that are active on a server.
    pub fn active_on(&self, server: ServerId) -> impl Iterator<Item = DatabaseId> + '_ {
        self.database_ids().filter(move |id| self[*id].active == server)
    }

    /// The databases that have a copy on a server, the active ones first.
    pub fn copies_on(&self, server: ServerId) -> Vec<DatabaseId> {
        let has_copy = |id: &DatabaseId| self[*id].copies.iter().any(|copy| copy.server == server);
        let mut found: Vec<_> = self.database_ids().filter(has_copy).collect();
        found.sort_by_key(|id| (self[*id].active != server, *id));
        found
    }
}

impl Server {
    /// Whether a name means this server.
    pub fn has_name(&self, name: &str) -> bool {
        self.host.has_name(name) || self.name.eq_ignore_ascii_case(name)
    }

    /// Its full name.
    pub fn address(&self) -> &str {
        &self.host.address
    }

    /// Whether its operating system answers.
    pub fn is_up(&self) -> bool {
        matches!(self.power, Power::Up | Power::ShuttingDown)
    }

    /// A service by name, in any case.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// Mutable access to a service.
    pub fn service_mut(&mut self, name: &str) -> Option<&mut Service> {
        self.services.iter_mut().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// Whether a service runs.
    pub fn runs(&self, name: &str) -> bool {
        self.is_up() && self.service(name).is_some_and(|service| service.status == ServiceStatus::Running)
    }

    /// The service that writes its protocol log: the front end where there is one.
    pub fn logging_service(&self) -> &'static str {
        if self.front_end { FRONT_END } else { BACK_END }
    }

    /// Whether the service logs. A stopped one will load the current setting.
    pub fn loaded_log(&self) -> bool {
        match self.service(self.logging_service()) {
            Some(service) if service.status == ServiceStatus::Running => service.loaded_log,
            _ => self.protocol_log_enabled,
        }
    }
}

impl Index<ServerId> for Site {
    type Output = Server;

    fn index(&self, id: ServerId) -> &Server {
        &self.servers[id.0]
    }
}

impl IndexMut<ServerId> for Site {
    fn index_mut(&mut self, id: ServerId) -> &mut Server {
        &mut self.servers[id.0]
    }
}

impl Index<DatabaseId> for Site {
    type Output = Database;

    fn index(&self, id: DatabaseId) -> &Database {
        &self.databases[id.0]
    }
}

impl IndexMut<DatabaseId> for Site {
    fn index_mut(&mut self, id: DatabaseId) -> &mut Database {
        &mut self.databases[id.0]
    }
}
