//! Modelled systems: what real backends talk to when a runbook is tried where nothing real is at hand.
//!
//! The interpreter and the backends are those of the live world; only commands and ports end in a model, and time is
//! virtual. So decoding, deadlines and refusals are those that will be met at night.

pub mod exchange;
mod run_alerts;
#[cfg(feature = "schema")]
mod schema;
mod variation;
mod world;
mod world_file;

pub use run_alerts::alerts_of_run;
#[cfg(feature = "schema")]
pub use schema::schema;
pub use variation::Variation;
pub use world::{Simulated, SimulationConfig};
pub use world_file::{WorldAlert, WorldFile, load};
