//! systemd, through `systemctl`.

use super::ServiceSettings;
use super::control_program::{ControlProgram, output_text, output_value};
use super::manager::{Manager, Order, ServiceState, ServiceStatus};
use super::supervisor::capitalised;
use crate::backend::CallContext;
use crate::transport::process::ProcessOutput;
use crate::value::{ActionError, ErrorKind, Host};

/// The machine-readable form of `systemctl show`, which never asks for a password.
const SHOW: &[&str] = &["--no-ask-password", "--no-pager", "show", "--property=LoadState,ActiveState,SubState,MainPID"];

/// The systemd of a host.
pub(super) struct Systemd<'a>(ControlProgram<'a>);

impl<'a> Systemd<'a> {
    pub fn new(host: &'a Host, settings: &ServiceSettings, context: &'a CallContext<'a>) -> Self {
        Self(ControlProgram::new("systemctl", host, settings, context, &[]))
    }
}

impl Manager for Systemd<'_> {
    async fn status(&self, name: &str) -> Result<ServiceStatus, ActionError> {
        read_properties(name, &self.0.query(&[SHOW, &["--", name]].concat()).await?)
    }

    async fn order(&self, order: Order, name: &str) -> Result<(), ActionError> {
        self.0.order(order, name, &["--no-ask-password", order.as_str(), "--", name]).await
    }
}

/// Parses the output of [`SHOW`]. The exit code is 0 even for a missing unit; only `LoadState` shows that it is
/// missing.
fn read_properties(name: &str, finished: &ProcessOutput) -> Result<ServiceStatus, ActionError> {
    let report = output_text(finished);
    if !finished.ending.is_success() {
        let kind = if report.contains("Failed to connect") || report.contains("not been booted with systemd") {
            ErrorKind::Unreachable
        } else {
            ErrorKind::Failed
        };
        return Err(ActionError::new(kind, format!("systemctl {}", finished.ending)).with(output_value(finished)));
    }
    let property = |wanted: &str| {
        report.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| *key == wanted).map(|(_, value)| value)
    };
    if property("LoadState") == Some("not-found") {
        let message = format!("systemd has no unit named {name}");
        return Err(ActionError::new(ErrorKind::Failed, message).with(output_value(finished)));
    }
    let state = match (property("ActiveState"), property("SubState")) {
        (Some("active"), _) => ServiceState::Running,
        (Some("activating"), Some("auto-restart" | "auto-restart-queued")) => ServiceState::Retrying,
        (Some("activating"), _) => ServiceState::Starting,
        (Some("reloading" | "refreshing"), _) => ServiceState::Reloading,
        (Some("deactivating"), _) => ServiceState::Stopping,
        (Some("inactive"), _) => ServiceState::Stopped,
        (Some("failed"), _) => ServiceState::Failed,
        (Some(other), _) if !other.is_empty() => ServiceState::from_word(&capitalised(other)),
        _ => {
            let message = format!("systemctl did not report the state of {name}");
            return Err(ActionError::new(ErrorKind::Protocol, message).with(output_value(finished)));
        }
    };
    let process = property("MainPID").and_then(|number| number.parse().ok()).filter(|number| *number != 0);
    Ok(ServiceStatus { state, process, report })
}
