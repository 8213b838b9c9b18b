//! Worlds to run a program in: what changes between running, rehearsing, testing and replaying.

pub mod live;
pub mod recording;
pub mod rehearsal;
pub mod replaying;
pub mod scripted;
pub mod simulated;
