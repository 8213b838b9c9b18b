//! The interpreter: gives a checked program its meaning, in whatever world it runs.
//!
//! It is pure: everything that happens outside goes through [`World`](world::World), and the time is what the world's
//! replies say. Exits are values that unwind through blocks, and each block undoes what it opened. Dropping a future
//! cancels nothing except waits, observations and idempotent calls. See [`run()`] and [`dry_run`].

pub mod address;
mod effect;
mod eval;
pub mod event;
mod exec;
mod expression_text;
mod preview;
mod run;
pub mod world;

pub use eval::constant::constant;
pub use event::RunOutcome;
pub use run::{Ending, Start, dry_run, run};
