//! A modelled Exchange site: servers, services, databases, probes, monitors, faults, and Managed Availability, moved on
//! by events on virtual time. The same settings, seed and requests give the same story, to the last millisecond.
//!
//! `docs/simulator.md` says what is modelled, how sure each rule is, and how each assumption is set.

mod assumptions;
mod build;
mod cmdlets;
mod components;
mod cures;
mod databases;
mod events;
mod faults;
mod health_manager;
mod ledger;
mod length;
mod menu;
mod model;
mod monitors;
mod oracle;
mod power;
mod probes;
mod protocol_log;
pub(super) mod random;
mod responders;
mod services;
mod settings;
mod shown;
mod state;
mod troubles;

pub use assumptions::{
    Assumptions, ComponentRules, Consecutive, DatabaseRules, Judging, MonitorRules, NameForms, ProbeHabits,
    ResponderRules, Throttle, Times,
};
pub use faults::{Cure, Fault, FaultKind, Part, Requester};
pub use ledger::{Actor, Applied, Effect};
pub use length::{Length, Range};
pub use menu::random_faults;
pub use model::{Accepts, Model, Ticket};
pub use oracle::{Account, Violation};
pub use settings::{
    ActivationPolicy, ComponentState, CopySettings, DatabaseSettings, ServerSettings, ServiceSettings, ServiceStatus,
    Settings, StartType,
};
