//! `host`: whole machines.

mod commands;
mod reachable;
mod reboot;
mod windows;

#[cfg(test)]
mod tests;

use super::{Backend, CallContext, CallFuture};
use crate::value::{ActionError, Call, Value};

/// The backend.
#[derive(Debug, Default)]
pub struct HostBackend;

impl Backend for HostBackend {
    fn name(&self) -> &'static str {
        "host"
    }

    fn perform<'a>(&'a self, call: &'a Call, surroundings: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(perform(call, surroundings))
    }
}

async fn perform(call: &Call, surroundings: &CallContext<'_>) -> Result<Value, ActionError> {
    let host = surroundings.host(call, "host")?;
    match call.action.as_str() {
        "reachable" => {
            reachable::reachable(host, surroundings.outside, surroundings.time_left()).await.map(Value::Boolean)
        }
        "boot_id" => reboot::boot_id(host, surroundings, surroundings.time_left()).await.map(Value::text),
        "reboot" => reboot::reboot(host, surroundings).await.map(|()| Value::Absent),
        _ => Err(super::no_such_action(call)),
    }
}
