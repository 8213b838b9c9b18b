//! Carries out actions on one service and confirms their effect.

use super::Action;
use super::manager::{Manager, Order, ServiceState, ServiceStatus, check_name};
use crate::backend::CallContext;
use crate::value::{ActionError, Call, ErrorKind, Value};
use std::time::Duration;

/// The interval at which the state of a changing service is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The state of a started service is read once more after this time: many fail at once.
const SETTLE: Duration = Duration::from_millis(500);

/// One service of a host.
pub(super) struct Control<'a, M> {
    name: &'a str,
    manager: M,
    context: &'a CallContext<'a>,
}

impl<'a, M: Manager> Control<'a, M> {
    pub fn new(name: &'a str, manager: M, context: &'a CallContext<'a>) -> Result<Self, ActionError> {
        check_name::<M>(name)?;
        Ok(Self { name, manager, context })
    }

    pub async fn perform(&self, action: Action, call: &Call) -> Result<Value, ActionError> {
        match action {
            Action::State => Ok(Value::word(self.quick_status().await?.state.to_string())),
            Action::IsStopped => Ok(Value::Boolean(!self.quick_status().await?.state.is_up())),
            Action::Restart => self.restart().await,
            Action::Start => self.start().await,
            Action::Stopped => match call.argument("stopped").and_then(Value::as_boolean) {
                Some(false) => self.start().await,
                _ => self.stop().await,
            },
        }
    }

    async fn restart(&self) -> Result<Value, ActionError> {
        let before = self.manager.status(self.name).await?;
        self.manager.order(Order::Restart, self.name).await?;
        self.wait_until_running("restarted", before.process).await.map_err(ActionError::after_sending)
    }

    async fn start(&self) -> Result<Value, ActionError> {
        if self.quick_status().await?.state == ServiceState::Running {
            return self.wait_until_running("started", None).await;
        }
        self.manager.order(Order::Start, self.name).await?;
        self.wait_until_running("started", None).await.map_err(ActionError::after_sending)
    }

    async fn stop(&self) -> Result<Value, ActionError> {
        if !self.quick_status().await?.state.is_up() {
            return Ok(Value::Absent);
        }
        self.manager.order(Order::Stop, self.name).await?;
        loop {
            let status = self.quick_status().await.map_err(ActionError::after_sending)?;
            match status.state {
                ServiceState::Stopped | ServiceState::Failed => return Ok(Value::Absent),
                ServiceState::Stopping => self.sleep(POLL_INTERVAL).await,
                _ => return Err(self.not_carried_out("stopped", &status)),
            }
        }
    }

    /// Waits, for as long as the call may take, until the service runs as another process than `old`, and still does a
    /// moment later.
    async fn wait_until_running(&self, done: &str, old: Option<u32>) -> Result<Value, ActionError> {
        let mut settled: Option<u32> = None;
        loop {
            let status = self.manager.status(self.name).await?;
            match status.state {
                ServiceState::Running if old.is_some() && status.process == old => {
                    let message = format!("{} was {done}, and still runs as the same process", self.name);
                    return Err(ActionError::new(ErrorKind::Failed, message).with(Value::text(status.report)));
                }
                ServiceState::Running if settled.is_some() && settled == Some(status.process.unwrap_or_default()) => {
                    return Ok(Value::Absent);
                }
                ServiceState::Running => {
                    settled = Some(status.process.unwrap_or_default());
                    self.sleep(SETTLE).await;
                }
                ServiceState::Starting | ServiceState::Reloading | ServiceState::Stopping => {
                    self.sleep(POLL_INTERVAL).await;
                }
                _ => return Err(self.not_carried_out(done, &status)),
            }
        }
    }

    async fn quick_status(&self) -> Result<ServiceStatus, ActionError> {
        self.manager.quick_status(self.name).await
    }

    async fn sleep(&self, time: Duration) {
        self.context.system.sleep(time).await;
    }

    fn not_carried_out(&self, done: &str, status: &ServiceStatus) -> ActionError {
        let message = format!("{} was {done}, and is {}", self.name, status.state);
        ActionError::new(ErrorKind::Failed, message).with(Value::text(status.report.clone()))
    }
}
