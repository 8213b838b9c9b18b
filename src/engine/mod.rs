//! The interpreter: what a checked program means, in whatever world it is run.
//!
//! It is pure: all that happens goes through [`World`](world::World), and time is what the world's replies say. Exits are
//! values that unwind through blocks; each block undoes what it opened; nothing is cancelled by dropping a future but
//! what may be interrupted. See [`run`] and [`rehearse`].

pub mod address;
mod effect;
mod eval;
pub mod event;
mod exec;
mod preview;
mod run;
pub mod world;

pub use eval::constant::constant;
pub use event::RunOutcome;
pub use run::scope::TOO_MANY_STEPS;
pub use run::{Ending, Start, dry_run, run};
