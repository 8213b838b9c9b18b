//! The interpreter: what a checked program means, in whatever world it is run.

pub mod address;
pub mod event;
pub mod world;
