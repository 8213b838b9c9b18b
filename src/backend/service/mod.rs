//! `service`: services of a host, by the manager that the host's entry names.

mod manager;
mod program;
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
use manager::{Manager, ServiceStatus, Verb};
use std::time::Duration;
use strum::{EnumString, VariantNames};

/// How often a service that is on its way is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A service that has been started is looked at once more after this time: many fall over at once.
const SETTLE: Duration = Duration::from_millis(500);

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

/// The backend.
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
    let manager = Manager::for_host(context.host(call, "on")?, context)?;
    manager.refuse_bad_name(name)?;
    match action {
        Action::State => Ok(Value::word(manager.quick_status(name).await?.state)),
        Action::IsStopped => Ok(Value::Boolean(!manager.quick_status(name).await?.is_up())),
        Action::Restart => restart(&manager, name).await,
        Action::Start => start(&manager, name).await,
        Action::Stopped if call.argument("stopped").and_then(Value::as_boolean) == Some(false) => {
            start(&manager, name).await
        }
        Action::Stopped => stop(&manager, name).await,
    }
}

async fn restart(manager: &Manager<'_>, name: &str) -> Result<Value, ActionError> {
    let before = manager.status(name).await?;
    manager.order(Verb::Restart, name).await?;
    runs(manager, name, "restarted", before.process).await.map_err(ActionError::half_way)
}

async fn start(manager: &Manager<'_>, name: &str) -> Result<Value, ActionError> {
    if manager.quick_status(name).await?.state == "Running" {
        return runs(manager, name, "started", None).await;
    }
    manager.order(Verb::Start, name).await?;
    runs(manager, name, "started", None).await.map_err(ActionError::half_way)
}

async fn stop(manager: &Manager<'_>, name: &str) -> Result<Value, ActionError> {
    if !manager.quick_status(name).await?.is_up() {
        return Ok(Value::Absent);
    }
    manager.order(Verb::Stop, name).await?;
    loop {
        let seen = manager.quick_status(name).await.map_err(ActionError::half_way)?;
        match seen.state.as_str() {
            "Stopped" | "Failed" => return Ok(Value::Absent),
            "Stopping" => manager.sleep(LOOK_AGAIN).await,
            _ => return Err(not_as_ordered(name, "stopped", &seen)),
        }
    }
}

/// Waits, for as long as the call may take, until the service runs and goes on running.
async fn runs(manager: &Manager<'_>, name: &str, done: &str, old: Option<u32>) -> Result<Value, ActionError> {
    let mut settled: Option<u32> = None;
    loop {
        let seen = manager.status(name).await?;
        match seen.state.as_str() {
            "Running" if old.is_some() && seen.process == old => {
                let message = format!("{name} was {done}, and still runs as the same process");
                return Err(ActionError::new(ErrorKind::Failed, message).with(Value::text(seen.said)));
            }
            "Running" if settled.is_some() && settled == Some(seen.process.unwrap_or_default()) => {
                return Ok(Value::Absent);
            }
            "Running" => {
                settled = Some(seen.process.unwrap_or_default());
                manager.sleep(SETTLE).await;
            }
            "Starting" | "Reloading" | "Stopping" => manager.sleep(LOOK_AGAIN).await,
            _ => return Err(not_as_ordered(name, done, &seen)),
        }
    }
}

fn not_as_ordered(name: &str, done: &str, seen: &ServiceStatus) -> ActionError {
    let message = format!("{name} was {done}, and is {}", seen.state);
    ActionError::new(ErrorKind::Failed, message).with(Value::text(seen.said.clone()))
}
