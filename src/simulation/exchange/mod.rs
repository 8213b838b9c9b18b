//! A model of an Exchange site: servers, services, databases, probes, monitors, faults and Managed Availability, driven
//! by events on virtual time. The same settings, seed and requests give the same run, to the millisecond.
//!
//! `docs/simulator.md` says what is modelled, how certain each rule is, and how to set each assumption.

mod build;
mod cmdlets;
mod dynamics;
mod model;
mod oracle;
mod settings;

pub(super) use dynamics::random::Random;
pub use dynamics::random_faults::{random_actions, random_faults};
pub use model::ledger::{Actor, Applied, Circumstances, Effect, Unfit};
pub use model::{Accepts, Model, Ticket};
pub use oracle::{Account, Violation};
pub use settings::administrators::{AdministratorAction, AdministratorActionKind, MonitoringOverride};
pub use settings::assumptions::{
    Assumptions, ComponentRules, Consecutive, DatabaseRules, MonitorRules, NameForms, OracleRules, ProbeRules,
    ResponderRules, Throttle, Times,
};
pub use settings::duration::{ModelDuration, Range};
pub use settings::faults::{Cure, DatabasePart, Fault, FaultKind, Requester};
pub use settings::{
    ActivationPolicy, ComponentState, CopySettings, DatabaseSettings, ServerSettings, ServiceSettings, ServiceStatus,
    Settings, StartType,
};
