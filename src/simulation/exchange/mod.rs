//! A modelled Exchange site: servers, services, databases, probes, monitors, faults, and Managed Availability, moved on
//! by events on virtual time. The same settings, seed and requests give the same story, to the last millisecond.
//!
//! `docs/simulator.md` says what is modelled, how sure each rule is, and how each assumption is set.

mod build;
mod cmdlets;
pub(crate) mod dynamics;
mod model;
mod oracle;
mod settings;

pub use dynamics::random_faults::random_faults;
pub use model::ledger::{Actor, Applied, Effect};
pub use model::{Accepts, Model, Ticket};
pub use oracle::{Account, Violation};
pub use settings::assumptions::{
    Assumptions, ComponentRules, Consecutive, DatabaseRules, Judging, MonitorRules, NameForms, ProbeHabits,
    ResponderRules, Throttle, Times,
};
pub use settings::duration::{ModelDuration, Range};
pub use settings::faults::{Cure, DatabasePart, Fault, FaultKind, Requester};
pub use settings::{
    ActivationPolicy, ComponentState, CopySettings, DatabaseSettings, ServerSettings, ServiceSettings, ServiceStatus,
    Settings, StartType,
};
