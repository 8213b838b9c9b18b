//! Reboots by the commands in the entry of a host.

use super::RebootSettings;
use crate::backend::{CallContext, working_folder};
use crate::transport::process::{Captured, Invocation, ProcessOutput};
use crate::value::{ActionError, ErrorKind, Host};
use std::time::Duration;

/// The reboot commands of a host.
pub(super) struct Commands<'a> {
    pub host: &'a Host,
    pub settings: &'a RebootSettings,
    pub context: &'a CallContext<'a>,
}

impl Commands<'_> {
    /// The output of the command for the boot id.
    pub async fn boot_id(&self, limit: Duration) -> Result<String, ActionError> {
        let host = &self.host.name;
        let arguments = self.settings.boot_id.as_deref().ok_or_else(|| {
            let message = format!("the entry of {host} has no `reboot.boot_id:`, which tells one boot from the next");
            ActionError::new(ErrorKind::Refused, message)
        })?;
        let finished = self.run(arguments, limit).await?;
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
        let finished = self.run(&self.settings.command, limit).await?;
        if finished.ending.is_success() {
            return Ok(());
        }
        let message = format!("the command that reboots {} {}", self.host.name, finished.ending);
        Err(with_output(ActionError::new(ErrorKind::Unknown, message), &finished.stderr))
    }

    async fn run(&self, arguments: &[String], limit: Duration) -> Result<ProcessOutput, ActionError> {
        let folder = Some(working_folder(self.context));
        let invocation = Invocation { arguments, folder, ..Invocation::default() };
        self.context.system.run(invocation, limit).await
    }
}

fn with_output(error: ActionError, output: &Captured) -> ActionError {
    if output.is_empty() { error } else { error.with(output.last_lines()) }
}
