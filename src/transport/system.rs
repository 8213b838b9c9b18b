//! The outside as backends reach it: commands, ports, and time itself.
//!
//! A backend that goes through [`System`] can be run over systems that are only modelled, on virtual time, and decodes,
//! waits and refuses there exactly as it does at night.

use super::process::{Invocation, ProcessOutput};
use super::tcp::ConnectError;
use super::{process, tcp};
use crate::value::ActionError;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// What will be known later. It may be dropped at any time: what it started ends with it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Where commands run, ports answer, and time passes.
pub trait System {
    /// The time that has passed since some moment that stays the same. Only differences mean something.
    fn elapsed(&self) -> Duration;

    /// Lets time pass.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;

    /// Runs a command to its end, for at most `limit`; see [`process::run`].
    fn run<'a>(
        &'a self,
        invocation: Invocation<'a>,
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

    fn connect<'a>(&'a self, host: &'a str, port: u16, limit: Duration) -> BoxFuture<'a, Result<(), ConnectError>> {
        Box::pin(async move {
            let deadline = tokio::time::Instant::now() + limit;
            tcp::connect(host, port, None, deadline).await.map(drop)
        })
    }
}
