//! Simulated worlds: real backends over a model of the system, for trying runbooks without a real one.
//!
//! The interpreter and the backends are those of a live run. Only commands and ports end in a model, and time is
//! virtual, so decoding, deadlines and refusals are the same.

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
pub use world::{RunInWorld, Simulated, SimulationConfig};
pub use world_file::{FurtherAlert, WorldAlert, WorldFile, load};
