//! `service`: services of a host, by the manager that the host's entry names.

mod control;
mod control_program;
mod manager;
mod settings;
mod supervisor;
mod systemd;
mod windows;

#[cfg(test)]
mod tests;

pub use settings::{ServiceManager, ServiceSettings};

use super::registry::{Actions, Registration};
use super::{Backend, CallContext, CallFuture};
use crate::inventory::SectionType;
use crate::value::{ActionError, Call, ErrorKind, Value};
use control::Control;
use strum::{EnumString, VariantNames};
use supervisor::Supervisor;
use systemd::Systemd;
use windows::Windows;

/// This backend, for the registry.
pub const REGISTRATION: Registration = Registration {
    name: "service",
    actions: Some(Actions {
        signatures: include_str!("service.runbook"),
        names: Action::VARIANTS,
        backend: || Box::new(Service),
        is_simulated: true,
    }),
    host_sections: &[SectionType::of::<ServiceSettings>()],
    inventory_sections: &[],
};

/// The actions of the signature file.
#[derive(Clone, Copy, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Action {
    State,
    IsStopped,
    Restart,
    Start,
    Stopped,
}

/// The `service` backend.
#[derive(Debug, Default)]
pub struct Service;

impl Backend for Service {
    fn name(&self) -> &'static str {
        "service"
    }

    fn perform<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(perform(call, context))
    }
}

async fn perform(call: &Call, context: &CallContext<'_>) -> Result<Value, ActionError> {
    let action = super::action(call)?;
    let name = call.argument("name").and_then(Value::as_text).unwrap_or_default();
    let host = context.host(call, "on")?;
    let settings: &ServiceSettings = host.settings.get().ok_or_else(|| {
        let message = format!("the entry of {} has no `service:`, which names its service manager", host.name);
        ActionError::new(ErrorKind::Refused, message)
    })?;
    match settings.manager {
        ServiceManager::Supervisor => {
            Control::new(name, Supervisor::new(host, settings, context), context)?.perform(action, call).await
        }
        ServiceManager::Systemd => {
            Control::new(name, Systemd::new(host, settings, context), context)?.perform(action, call).await
        }
        ServiceManager::Windows => {
            Control::new(name, Windows::new(host, context)?, context)?.perform(action, call).await
        }
    }
}
