//! Worlds to run a program in: what changes between running, rehearsing, testing,
//! simulating and replaying.

mod calls;
pub mod live;
pub mod recording;
pub mod rehearsal;
pub mod replaying;
pub mod scripted;
pub mod simulated;
pub mod stage;

pub use calls::Calls;
