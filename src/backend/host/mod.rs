//! `host`: reachability and reboots of hosts.

mod commands;
mod reachable;
mod reboot;
mod settings;
mod windows;

#[cfg(test)]
mod tests;

pub use settings::{ReachablePort, RebootManager, RebootSettings};

use super::registry::{Actions, Registration};
use super::{Backend, CallContext, CallFuture};
use crate::inventory::SectionType;
use crate::value::{ActionError, Call, Value};
use strum::{EnumString, VariantNames};

/// This backend, for the registry.
pub const REGISTRATION: Registration = Registration {
    name: "host",
    actions: Some(Actions {
        signatures: include_str!("host.runbook"),
        names: Action::VARIANTS,
        backend: || Box::new(HostBackend),
        is_simulated: true,
    }),
    host_sections: &[SectionType::of::<RebootSettings>(), SectionType::of::<ReachablePort>()],
    inventory_sections: &[],
};

/// The actions of the signature file.
#[derive(Clone, Copy, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Action {
    Reachable,
    BootId,
    Reboot,
}

/// The `host` backend.
#[derive(Debug, Default)]
pub struct HostBackend;

impl Backend for HostBackend {
    fn name(&self) -> &'static str {
        "host"
    }

    fn perform<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(perform(call, context))
    }
}

async fn perform(call: &Call, context: &CallContext<'_>) -> Result<Value, ActionError> {
    let action = super::action(call)?;
    let host = context.host(call, "host")?;
    match action {
        Action::Reachable => reachable::reachable(host, context.system, context.time_left()).await.map(Value::Boolean),
        Action::BootId => reboot::boot_id(host, context, context.time_left()).await.map(Value::text),
        Action::Reboot => reboot::reboot(host, context).await.map(|()| Value::Absent),
    }
}
