//! What ssh says when a command has not begun.

use crate::transport::process::{Captured, ExitReason, sanitised};
use crate::value::{ActionError, ErrorKind};

/// The exit code with which ssh reports that there was no connection, or that it was lost.
const LOST: i32 = 255;

/// What ssh writes about a host whose key it does not know, or knows to be another one.
const KEYS: [&str; 3] =
    ["Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED", "No matching host key fingerprint"];

/// What ssh writes when the host lets nobody in with these keys.
const LOGINS: [&str; 2] = ["Permission denied", "Too many authentication failures"];

/// The error of a command that has not begun. `ending` is how ssh, or the program on this machine, has ended.
pub(super) fn not_begun(host: &str, ending: Option<ExitReason>, stderr: &Captured) -> ActionError {
    let text = stderr.text();
    // ssh says at the end why it gives up; `sudo` and a shell say it at the beginning.
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_lost = matches!(ending, Some(ExitReason::Code(LOST)) | None);
    let line = if is_lost { lines.next_back() } else { lines.next() };
    let said = line.map(|line| format!(": {}", sanitised(line.as_bytes()))).unwrap_or_default();
    let (kind, message) = match ending {
        _ if KEYS.iter().any(|sign| text.contains(sign)) => {
            let what = if text.contains(KEYS[1]) { "has changed" } else { "is not known" };
            let message = format!("the host key of {host} {what}, so nothing was run{said}");
            (ErrorKind::Refused, message)
        }
        Some(ExitReason::Code(LOST)) if LOGINS.iter().any(|sign| text.contains(sign)) => {
            (ErrorKind::Refused, format!("{host} refuses the login, so nothing was run{said}"))
        }
        Some(ExitReason::Code(LOST)) | None => {
            (ErrorKind::Unreachable, format!("{host} cannot be reached by ssh, so nothing was run{said}"))
        }
        Some(ending) => {
            let message = format!("the shell of {host} {ending} before the command began, so nothing was run{said}");
            (ErrorKind::Refused, message)
        }
    };
    let error = ActionError::new(kind, message);
    if stderr.is_empty() { error } else { error.with(stderr.last_lines()) }
}
