//! Calls PowerShell with one request.

use super::PowerShellSettings;
use super::ascii::ascii;
use super::contract::{Envelope, Request, SCHEMA};
use super::script::{MARK, arguments};
use crate::transport::process::{Captured, ExitReason, Invocation, ProcessOutput};
use crate::transport::system::System;
use crate::value::{ActionError, ErrorKind, display_size};
use std::path::PathBuf;
use std::time::Duration;

/// How PowerShell is started, and where.
#[derive(Clone)]
pub struct Shell<'a> {
    /// The command.
    pub settings: &'a PowerShellSettings,
    /// The folder in which it is started; this program's own when absent.
    pub folder: Option<PathBuf>,
    /// Runs the command.
    pub system: &'a dyn System,
}

/// Sends a request to PowerShell and returns its envelope, within `limit`. Error records are part of an envelope; the
/// module `failure` interprets them.
///
/// # Errors
/// `refused` if PowerShell could not be started. `timed_out` at the deadline. `protocol` if its answer is incomplete,
/// came twice, or is no envelope. `unknown` if it ended without an answer, or `unreachable` where the request only
/// reads and the exit code is 255, as ssh reports a lost connection. The evidence is the end of its output.
pub async fn call(shell: &Shell<'_>, request: &Request, limit: Duration) -> Result<Envelope, ActionError> {
    let command = [&shell.settings.command, arguments()].concat();
    let input = ascii(&serde_json::json!(request).to_string());
    let invocation = Invocation {
        arguments: &command,
        input: Some(input.as_bytes()),
        folder: shell.folder.clone(),
        ..Invocation::default()
    };
    let finished = shell.system.run(invocation, limit).await?;
    if finished.stdout.left_out() > 0 {
        let message = format!(
            "the answer to {} is cut off after the limit: PowerShell wrote {}; query less at once",
            request.cmdlet,
            display_size(finished.stdout.total())
        );
        return Err(ActionError::new(ErrorKind::Protocol, message));
    }
    let written = finished.stdout.bytes();
    let written = String::from_utf8_lossy(&written);
    let mut lines = written.lines().filter_map(|line| line.trim_start_matches('\u{feff}').strip_prefix(MARK));
    let protocol = |what: &str| {
        let message = format!("PowerShell's answer to {} {what}", request.cmdlet);
        with_evidence(ActionError::new(ErrorKind::Protocol, message), &finished.stdout)
    };
    match (lines.next(), lines.next()) {
        (None, _) => Err(no_answer(request, &finished)),
        (Some(_), Some(_)) => Err(protocol("came twice")),
        (Some(line), None) => {
            let envelope: Envelope =
                serde_json::from_str(line).map_err(|error| protocol(&format!("is not an envelope: {error}")))?;
            match envelope.schema {
                SCHEMA if envelope.ok == envelope.errors.is_empty() => Ok(envelope),
                SCHEMA => Err(protocol("reports both success and failure")),
                other => Err(protocol(&format!("has the schema {other} instead of {SCHEMA}"))),
            }
        }
    }
}

fn no_answer(request: &Request, finished: &ProcessOutput) -> ActionError {
    // ssh exits with 255 when the connection failed or was lost. A request that only reads has changed nothing.
    let kind = match finished.ending {
        ExitReason::Code(255) if request.only_reads() => ErrorKind::Unreachable,
        _ => ErrorKind::Unknown,
    };
    let message = format!("PowerShell {} without an answer to {}", finished.ending, request.cmdlet);
    let seen = if finished.stderr.is_empty() { &finished.stdout } else { &finished.stderr };
    with_evidence(ActionError::new(kind, message), seen)
}

fn with_evidence(error: ActionError, seen: &Captured) -> ActionError {
    if seen.is_empty() { error } else { error.with(seen.last_lines()) }
}
