//! Modelled systems: what real backends talk to when a runbook is tried where nothing real is at hand.
//!
//! The interpreter and the backends are those of the live world; only commands and ports end in a model, and time is
//! virtual. So decoding, deadlines and refusals are those that will be met at night.

mod alerts_of_run;
pub mod exchange;
mod file;
#[cfg(feature = "schema")]
mod schema;
mod variation;
mod world;

pub use alerts_of_run::alerts_of_run;
pub use file::{WorldAlert, WorldFile, load};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use variation::Variation;
pub use world::{Simulated, Site};
