//! Commands on a host: through the user's own `ssh`, with one shared connection for each host, or on this machine.
//!
//! No word of a command becomes part of a command line. What ssh passes to the login shell of the host is the same for
//! every command: it starts a small POSIX shell program, which reads words and input as data
//! from standard input. Before it starts the command it says so and waits for an answer. So a command is known not to have
//! begun until this side has answered, and its outcome is unknown if the connection is lost after that.

mod call;
mod client;
mod failure;
mod program;
mod settings;

#[cfg(test)]
mod tests;

pub use call::{FarCommand, run};
pub use settings::{SettingsFault, SshSettings, check_address};
