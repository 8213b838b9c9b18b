//! What the site is at a moment.

use super::components::Components;
use super::ledger::{Actor, Applied, Effect};
use super::monitors::Monitor;
use super::protocol_log::ProtocolLog;
use crate::simulation::exchange::dynamics::active_faults::ActiveFault;
use crate::simulation::exchange::dynamics::events::Queue;
use crate::simulation::exchange::dynamics::random::Random;
use crate::simulation::exchange::dynamics::responders::Recovery;
use crate::simulation::exchange::settings::assumptions::Assumptions;
use crate::simulation::exchange::settings::duration::{ModelDuration, Moment, Range};
use crate::simulation::exchange::settings::{ActivationPolicy, ServiceStatus, StartType};
use crate::value::Host;
use std::ops::{Index, IndexMut};

/// The front-end service of IMAP.
pub(crate) const FRONT_END: &str = "MSExchangeImap4";
/// The back-end service of IMAP.
pub(crate) const BACK_END: &str = "MSExchangeIMAP4BE";
/// The Health Manager.
pub(crate) const HEALTH_MANAGER: &str = "MSExchangeHM";
/// The store.
pub(crate) const STORE: &str = "MSExchangeIS";
/// The web server, which remote PowerShell comes through.
pub(crate) const WEB: &str = "W3SVC";

/// A server, by its place among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerId(pub usize);

/// A database, by its place among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DatabaseId(pub usize);

/// Everything. Ids are made by looking things up here, so that what they name exists.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Until when everything has happened.
    pub now: Moment,
    /// When the world begins, for whoever acts in it. What is before is history.
    pub start: Moment,
    pub rules: Assumptions,
    /// Whether Managed Availability acts.
    pub responders_act: bool,
    pub servers: Vec<Server>,
    pub databases: Vec<Database>,
    pub troubles: Vec<ActiveFault>,
    pub recoveries: Vec<Recovery>,
    pub queue: Queue,
    pub random: Random,
    pub ledger: Vec<Applied>,
}

/// A server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// Its entry in the inventory.
    pub host: Host,
    /// The first label of its address: what Exchange calls it.
    pub name: String,
    pub front_end: bool,
    pub back_end: bool,
    pub dag: Option<String>,
    pub power: Power,
    /// When it has booted last.
    pub booted: Moment,
    /// Whether it has booted and its services have not started yet.
    pub booting: bool,
    pub services: Vec<Service>,
    pub components: Components,
    pub activation_blocked: bool,
    /// Changes whenever the block does, so that a tick of an earlier one is not taken for the present.
    pub block_generation: u32,
    pub activation_policy: ActivationPolicy,
    /// Protocol logging as it is set; what counts is what the service has loaded.
    pub protocol_log_enabled: bool,
    pub log: ProtocolLog,
    pub health: HealthManager,
    pub monitors: Vec<Monitor>,
    /// The databases that its ImapCTPProbe logs in to, each in turn.
    pub touch_points: Vec<DatabaseId>,
    /// How many recurring probes over databases have run: whose turn it is.
    pub turns: u64,
}

/// Whether a computer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    Up,
    /// It runs, but is about to go down.
    ShuttingDown,
    Down,
    /// It is down and stays so.
    Lost,
}

/// A Windows service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub name: String,
    pub display_name: &'static str,
    pub status: ServiceStatus,
    pub start_type: StartType,
    /// 0 while it does not run.
    pub process_id: u32,
    /// Changes whenever it is controlled, so that an event of an earlier control is not taken for the present.
    pub generation: u32,
    /// Protocol logging as it was when the service started.
    pub loaded_log: bool,
    /// Who has started it last.
    pub started_by: Actor,
}

/// The Health Manager of a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct HealthManager {
    /// Since when it takes requests; none while it does not.
    pub ready: Option<Moment>,
    /// Changes with every start, so that probes of an earlier one end.
    pub generation: u32,
    /// Whether there are work items for the front end, and for the back end.
    pub front_end_items: bool,
    pub back_end_items: bool,
}

/// A database.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub name: String,
    pub copies: Vec<Copy>,
    pub active: ServerId,
    /// Whether somebody has dismounted it.
    pub dismounted: bool,
    /// Where it is being moved to.
    pub moving: Option<ServerId>,
    /// Changes with every move, so that the end of an earlier one is not taken for the present.
    pub generation: u32,
    /// The accounts of its health mailboxes.
    pub mailboxes: Vec<String>,
}

/// A copy of a database.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub server: ServerId,
    pub preference: u32,
    /// What it is while it is not the active one.
    pub status: String,
    /// It has just come back.
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
        self.servers.iter().position(|server| server.answers_to(name)).map(ServerId)
    }

    /// A database by its name, whatever the case.
    pub fn database_named(&self, name: &str) -> Option<DatabaseId> {
        self.databases.iter().position(|database| database.name.eq_ignore_ascii_case(name)).map(DatabaseId)
    }

    /// Draws a length.
    pub fn draw(&mut self, range: Range) -> ModelDuration {
        self.random.length(range)
    }

    /// Writes an effect on a server down.
    pub fn record(&mut self, server: ServerId, what: Effect, by: Actor) {
        let on = self[server].host.name.to_string();
        self.record_on(on, what, by);
    }

    /// Writes an effect on something else down.
    pub fn record_on(&mut self, on: String, what: Effect, by: Actor) {
        self.ledger.push(Applied { at: self.now.timestamp(), on, what, by });
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
    pub fn answers_to(&self, name: &str) -> bool {
        self.host.answers_to(name) || self.name.eq_ignore_ascii_case(name)
    }

    /// Its full name.
    pub fn address(&self) -> &str {
        &self.host.address
    }

    /// Whether its operating system answers.
    pub fn is_up(&self) -> bool {
        matches!(self.power, Power::Up | Power::ShuttingDown)
    }

    /// A service by name, whatever the case.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// The same, to be changed.
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

    /// Protocol logging as the service has it. One that does not run will load what is set.
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
