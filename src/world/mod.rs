//! The worlds that a program can run in: live, dry run, scripted, recording and replaying. They are what differs
//! between running, previewing, testing and replaying.

mod dispatcher;
pub mod dry_run;
mod incidents;
pub mod live;
pub mod recording;
pub mod replaying;
pub mod scripted;
pub mod virtual_time;

pub use dispatcher::Dispatcher;
