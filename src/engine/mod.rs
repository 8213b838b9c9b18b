//! The interpreter: what a checked program means, in whatever world it is run.
//!
//! It is pure: all that happens goes through [`World`](world::World), and time is what the world's replies say. Exits are
//! values that unwind through blocks; each block undoes what it opened; nothing is cancelled by dropping a future but
//! what may be interrupted. See [`run`] and [`rehearse`].

mod act;
pub mod address;
mod because;
mod block;
mod change;
mod child;
mod compute;
mod confirm;
mod conform;
mod constant;
mod evaluate;
pub mod event;
mod exit;
mod frame;
mod goal;
mod limit;
mod lock;
mod loops;
mod method;
mod naming;
mod observe;
mod people;
mod probe;
mod render;
mod run;
mod scope;
mod show;
mod tell;
mod tree;
mod turn;
mod wait;
mod work;
pub mod world;

pub use constant::constant;
pub use event::RunOutcome;
pub use run::{Ending, Start, rehearse, run};
pub use scope::TOO_MANY_STEPS;
