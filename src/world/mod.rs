//! Worlds to run a program in: what changes between running, rehearsing, testing,
//! simulating and replaying.

mod dispatcher;
pub mod dry_run;
pub mod live;
pub mod recording;
pub mod replaying;
pub mod scripted;
pub mod virtual_time;

pub use dispatcher::Dispatcher;
