//! The system as backends use it: commands, ports and time.
//!
//! A backend that uses only [`System`] also runs in a simulation, over a model and on virtual time, with the same
//! decoding, waits and refusals as in a live run.

use super::process::{Invocation, ProcessOutput};
use super::ssh::FarCommand;
use super::tcp::ConnectError;
use super::{process, ssh, tcp};
use crate::value::ActionError;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// A boxed future. Dropping it ends what it started.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Runs commands, connects to ports and keeps the time.
pub trait System {
    /// The time since a fixed moment. Only differences have a meaning.
    fn elapsed(&self) -> Duration;

    /// Waits for a time.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;

    /// Runs a command to its end, for at most `limit`; see [`process::run`].
    fn run<'a>(
        &'a self,
        invocation: Invocation<'a>,
        limit: Duration,
    ) -> BoxFuture<'a, Result<ProcessOutput, ActionError>>;

    /// Runs a command on a host, for at most `limit`; see [`ssh::run`].
    fn run_on<'a>(
        &'a self,
        command: FarCommand<'a>,
        limit: Duration,
    ) -> BoxFuture<'a, Result<ProcessOutput, ActionError>>;

    /// Whether a connection to the port is accepted, within `limit`; see [`tcp::connect`].
    fn connect<'a>(&'a self, host: &'a str, port: u16, limit: Duration) -> BoxFuture<'a, Result<(), ConnectError>>;
}

/// This machine, its network and its clock.
#[derive(Debug)]
pub struct LocalSystem {
    start: Instant,
}

impl Default for LocalSystem {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl System for LocalSystem {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn run<'a>(
        &'a self,
        invocation: Invocation<'a>,
        limit: Duration,
    ) -> BoxFuture<'a, Result<ProcessOutput, ActionError>> {
        Box::pin(process::run(invocation, limit))
    }

    fn run_on<'a>(
        &'a self,
        command: FarCommand<'a>,
        limit: Duration,
    ) -> BoxFuture<'a, Result<ProcessOutput, ActionError>> {
        Box::pin(async move { ssh::run(&command, limit).await })
    }

    fn connect<'a>(&'a self, host: &'a str, port: u16, limit: Duration) -> BoxFuture<'a, Result<(), ConnectError>> {
        Box::pin(async move {
            let deadline = tokio::time::Instant::now() + limit;
            tcp::connect(host, port, None, deadline).await.map(drop)
        })
    }
}
