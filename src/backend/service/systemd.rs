//! systemd, through `systemctl`.

use super::manager::ServiceStatus;
use super::program::{ManagerProgram, said_by, words_of};
use super::supervisor::capitalised;
use crate::transport::process::ProcessOutput;
use crate::value::{ActionError, ErrorKind};

/// Asks for properties in a form that is meant for programs, and never for a password.
const SHOW: &[&str] = &["--no-ask-password", "--no-pager", "show", "--property=LoadState,ActiveState,SubState,MainPID"];

/// What a unit is doing.
pub(super) async fn status(systemctl: &ManagerProgram<'_>, name: &str) -> Result<ServiceStatus, ActionError> {
    read_properties(name, &systemctl.ask(&[SHOW, &["--", name]].concat()).await?)
}

/// Reads what [`SHOW`] wrote. It ends with 0 even for a unit that does not exist: `LoadState` says so.
fn read_properties(name: &str, finished: &ProcessOutput) -> Result<ServiceStatus, ActionError> {
    let said = words_of(finished);
    if !finished.ending.is_success() {
        let kind = if said.contains("Failed to connect") || said.contains("not been booted with systemd") {
            ErrorKind::Unreachable
        } else {
            ErrorKind::Failed
        };
        return Err(ActionError::new(kind, format!("systemctl {}", finished.ending)).with(said_by(finished)));
    }
    let property = |wanted: &str| {
        said.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| *key == wanted).map(|(_, value)| value)
    };
    if property("LoadState") == Some("not-found") {
        let message = format!("systemd has no unit named {name}");
        return Err(ActionError::new(ErrorKind::Failed, message).with(said_by(finished)));
    }
    let state = match (property("ActiveState"), property("SubState")) {
        (Some("active"), _) => "Running".to_owned(),
        (Some("activating"), Some("auto-restart" | "auto-restart-queued")) => "Retrying".to_owned(),
        (Some("activating"), _) => "Starting".to_owned(),
        (Some("reloading" | "refreshing"), _) => "Reloading".to_owned(),
        (Some("deactivating"), _) => "Stopping".to_owned(),
        (Some("inactive"), _) => "Stopped".to_owned(),
        (Some("failed"), _) => "Failed".to_owned(),
        (Some(other), _) if !other.is_empty() => capitalised(other),
        _ => {
            let message = format!("systemctl did not say what {name} is doing");
            return Err(ActionError::new(ErrorKind::Protocol, message).with(said_by(finished)));
        }
    };
    let process = property("MainPID").and_then(|number| number.parse().ok()).filter(|number| *number != 0);
    Ok(ServiceStatus { state, process, said })
}
