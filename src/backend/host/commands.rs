//! Reboots by the commands in the entry of a host.

use super::{RebootManager, RebootSettings};
use crate::backend::CallContext;
use crate::backend::road::{Road, as_query};
use crate::transport::process::{Captured, ProcessOutput};
use crate::value::{ActionError, ErrorKind, Host};
use std::time::Duration;

/// What reboots a host that runs systemd, and the text that Linux makes anew with every boot.
const SYSTEMD: [&str; 3] = ["systemctl", "--no-ask-password", "reboot"];
const BOOT_ID: [&str; 2] = ["cat", "/proc/sys/kernel/random/boot_id"];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The reboot commands of a host.
pub(super) struct Commands<'a> {
    host: &'a Host,
    command: Vec<String>,
    boot_id: Option<Vec<String>>,
    context: &'a CallContext<'a>,
}

impl<'a> Commands<'a> {
    /// Those of the settings, or those of systemd.
    pub fn new(host: &'a Host, settings: &RebootSettings, context: &'a CallContext<'a>) -> Self {
        let (command, boot_id) = match settings.manager {
            RebootManager::Systemd => (words(&SYSTEMD), Some(words(&BOOT_ID))),
            _ => (settings.command.clone(), settings.boot_id.clone()),
        };
        Self { host, command, boot_id, context }
    }

    /// Whether there is a command for the boot id.
    pub fn has_boot_id(&self) -> bool {
        self.boot_id.is_some()
    }

    /// The output of the command for the boot id.
    pub async fn boot_id(&self, limit: Duration) -> Result<String, ActionError> {
        let host = &self.host.name;
        let arguments = self.boot_id.as_deref().ok_or_else(|| {
            let message = format!("the entry of {host} has no `reboot.boot_id:`, which tells one boot from the next");
            ActionError::new(ErrorKind::Refused, message)
        })?;
        let finished = self.run(arguments, limit).await.map_err(as_query)?;
        let written = finished.stdout.text().trim().to_owned();
        match finished.ending.is_success() {
            true if finished.stdout.left_out() > 0 => {
                Err(ActionError::new(ErrorKind::Protocol, format!("the boot id of {host} is too long")))
            }
            true if !written.is_empty() => Ok(written),
            true => Err(ActionError::new(ErrorKind::Protocol, format!("the boot id of {host} is empty"))),
            false => {
                let message = format!("the command for the boot id of {host} {}", finished.ending);
                Err(with_output(ActionError::new(ErrorKind::Failed, message), &finished.stderr))
            }
        }
    }

    /// Runs the command that reboots.
    ///
    /// # Errors
    /// `unknown` if the command failed, perhaps because the host went down.
    pub async fn order(&self, limit: Duration) -> Result<(), ActionError> {
        let finished = self.run(&self.command, limit).await?;
        if finished.ending.is_success() {
            return Ok(());
        }
        let message = format!("the command that reboots {} {}", self.host.name, finished.ending);
        Err(with_output(ActionError::new(ErrorKind::Unknown, message), &finished.stderr))
    }

    async fn run(&self, arguments: &[String], limit: Duration) -> Result<ProcessOutput, ActionError> {
        Road::to(self.host, self.context).run_declared(arguments, limit).await
    }
}

fn with_output(error: ActionError, output: &Captured) -> ActionError {
    if output.is_empty() { error } else { error.with(output.last_lines()) }
}
