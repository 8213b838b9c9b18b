//! Backends: the code that acts on real systems, one folder for each kind of system.
//!
//! A backend translates calls to [`transport`](crate::transport) and to a protocol crate. Its signature file, written
//! in the language, declares the parameters, results and undos of its actions. The world that calls a backend enforces
//! deadlines, masks secrets and checks results against the signatures.

pub mod exchange;
pub mod exec;
pub mod host;
pub mod human;
pub mod imap;
pub mod mail;
mod powershell;
mod program_call;
pub mod registry;
pub mod remote;
mod road;
pub mod service;

#[cfg(test)]
mod testing;

use crate::secret::Secrets;
use crate::transport::system::System;
use crate::value::{ActionError, BackendSettings, Call, ErrorKind, Host, Value};
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

/// The result of a call. It is polled on one thread. Dropping it ends whatever the call started: process groups and
/// connections.
pub type CallFuture<'a> = Pin<Box<dyn Future<Output = Result<Value, ActionError>> + 'a>>;

/// Carries out the calls of one family of actions.
pub trait Backend {
    /// The name that calls begin with.
    fn name(&self) -> &'static str;

    /// Carries out a call. The arguments have been checked against the signature; the result must have its type. An
    /// action without a result returns [`Value::Absent`].
    fn perform<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a>;
}

/// What a backend can use while it carries out a call.
pub struct CallContext<'a> {
    /// The hosts of the inventory.
    pub hosts: &'a [Host],
    /// Resolves references to secrets.
    pub secrets: &'a Secrets,
    /// When the whole call must be over, by [`System::elapsed`]. The world ends it then in any case; a backend that
    /// keeps to [`time_left`](Self::time_left) can say in which phase the time ran out.
    pub deadline: Duration,
    /// The folder that relative paths of the inventory start from.
    pub folder: &'a std::path::Path,
    /// The sections of the inventory that backends read.
    pub settings: &'a BackendSettings,
    /// Runs commands, connects to ports and keeps the time.
    pub system: &'a dyn System,
}

impl CallContext<'_> {
    /// How much of the call's time is left.
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_sub(self.system.elapsed())
    }

    /// The host that an argument names.
    pub fn host(&self, call: &Call, parameter: &str) -> Result<&Host, ActionError> {
        let name = call.argument(parameter).and_then(Value::as_host).unwrap_or_default();
        self.hosts
            .iter()
            .find(|host| host.name == name)
            .ok_or_else(|| ActionError::new(ErrorKind::Refused, format!("unknown host {name:?}")))
    }
}

/// The folder in which commands run: the inventory's.
fn working_folder(context: &CallContext<'_>) -> std::path::PathBuf {
    let folder = context.folder;
    if folder.as_os_str().is_empty() { ".".into() } else { folder.to_path_buf() }
}

/// The action that a call names. Every backend declares its actions as an enum with the names of its signature file, so
/// that an action without code, or code without a signature, does not go unnoticed.
fn action<A: FromStr>(call: &Call) -> Result<A, ActionError> {
    call.action.parse().map_err(|_| {
        let message = format!("the backend {} has no action named {}", call.backend, call.action);
        ActionError::new(ErrorKind::Refused, message)
    })
}
