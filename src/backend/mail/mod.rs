//! `mail`: sends messages to contacts by SMTP.

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

/// The reply of the server to a message that it accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The recipients that the server refused, with its reasons. It accepted at least one other.
    pub refused: Vec<(String, String)>,
}

/// The longest wait for the answer to QUIT.
const FAREWELL: Duration = Duration::from_millis(250);

/// How far the delivery has come. It decides what a timeout means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No part of the message has been sent.
    Before,
    /// The message is being sent and may arrive without a confirmation.
    Sending,
}

/// Sends a message within `limit`. Relative paths of the settings start from `folder`.
///
/// # Errors
/// `refused` for an invalid address or setting, and for a password without TLS. `unreachable` if the server cannot be
/// reached or trusted, or asks to come back later: nothing was sent. `failed` if the server refuses the message, the
/// password or every recipient. `unknown` and `timed_out` if the message may have arrived: it may be sent again with
/// the same [`Message::id`], by which readers recognise it.
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
            // QUIT does not affect the outcome and gets little time.
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
