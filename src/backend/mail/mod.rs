//! `mail`: a message to contacts, by one server.

mod connection;
mod message;
mod settings;

#[cfg(test)]
mod tests;

pub use message::Message;

use super::registry::Registration;
use crate::inventory::SectionType;
use crate::secret::Secrets;
use crate::value::{ActionError, ErrorKind, MailSettings, SignedDuration, display_duration};
use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

/// This backend, for the registry. `notify` and `escalate` send mail; runbooks do not call it by name.
pub const REGISTRATION: Registration = Registration {
    name: "mail",
    actions: None,
    host_sections: &[],
    inventory_sections: &[SectionType::of::<MailSettings>()],
};

/// What became of a message that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The recipients that the server would not take, with its words. At least one other was taken.
    pub refused: Vec<(String, String)>,
}

/// How long the server may take to say goodbye.
const FAREWELL: Duration = Duration::from_millis(250);

/// How far the conversation with the server has come: what an error means depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has been sent that could arrive.
    Before,
    /// The message is on its way, and may arrive although no answer does.
    Sending,
}

/// Sends a message, within `limit` in all. `folder` is where relative paths of the settings begin.
///
/// # Errors
/// `refused` for an address or setting that cannot be used, and for a password that would travel without TLS;
/// `unreachable` when the server cannot be reached, cannot be trusted, or asks to come back later: nothing was sent;
/// `failed` when the server refuses the message, the password or every recipient; `unknown` and `timed_out` when the
/// message may have arrived. It may be sent again with the same [`Message::id`]: who reads it can tell.
pub async fn send(
    settings: &MailSettings,
    message: &Message,
    secrets: &Secrets,
    folder: &Path,
    limit: Duration,
) -> Result<Receipt, ActionError> {
    let phase = Cell::new(Phase::Before);
    let sending = async {
        let (envelope, bytes) = message.render(&settings.from)?;
        let mut connection = connection::open(settings, secrets, folder, limit).await?;
        let outcome = connection::deliver(&mut connection, &envelope, &bytes, &phase).await;
        Ok((outcome, connection))
    };
    match tokio::time::timeout(limit, sending).await {
        Ok(Err(error)) => Err(error),
        Ok(Ok((outcome, mut connection))) => {
            // Politeness has no part in the outcome, and little time.
            let _ = tokio::time::timeout(FAREWELL, connection.quit()).await;
            outcome
        }
        Err(_) => {
            let limit = display_duration(SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX));
            let (kind, what) = match phase.get() {
                Phase::Before => (ErrorKind::Unreachable, "had not taken the message"),
                Phase::Sending => (ErrorKind::TimedOut, "had not confirmed the message"),
            };
            Err(ActionError::new(kind, format!("the mail server {} {what} after {limit}", settings.server)))
        }
    }
}
