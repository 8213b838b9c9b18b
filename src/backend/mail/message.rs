//! A mail message and its form on the wire.

use crate::secret::Redacted;
use crate::value::{ActionError, ErrorKind, without_invisible};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail};

/// The longest subject, in characters; mail programs show no more.
const LONGEST_SUBJECT: usize = 200;

/// A message to send.
#[derive(Debug, Clone)]
pub struct Message {
    /// The addresses of the recipients, without display names.
    pub to: Vec<String>,
    /// One line. Line ends and other control characters become spaces.
    pub subject: Redacted<String>,
    /// Plain text.
    pub body: Redacted<String>,
    /// The local part of the Message-ID, which stays the same when the message is sent again. Only letters, digits,
    /// `.`, `-` and `_` are used.
    pub id: String,
}

/// The header that suppresses automatic replies.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Message {
    /// The envelope and the message with CRLF line ends.
    pub(super) fn render(&self, from: &str) -> Result<(Envelope, Vec<u8>), ActionError> {
        let sender = address(from)?;
        let recipients = self.to.iter().map(|to| address(to)).collect::<Result<Vec<_>, _>>()?;
        let domain = sender.domain().to_owned();
        let mut mail = Mail::builder()
            .from(Mailbox::new(None, sender.clone()))
            .subject(self.subject_line())
            .message_id(Some(format!("<{}@{domain}>", self.plain_id())))
            .date_now()
            .header(ContentType::TEXT_PLAIN)
            .header(AutoSubmitted);
        for recipient in &recipients {
            mail = mail.to(Mailbox::new(None, recipient.clone()));
        }
        let unusable = |error: &dyn std::fmt::Display| {
            ActionError::new(ErrorKind::Refused, format!("cannot compose the message: {error}"))
        };
        let mail = mail.body(self.body.to_string()).map_err(|error| unusable(&error))?;
        let envelope = Envelope::new(Some(sender), recipients).map_err(|error| unusable(&error))?;
        Ok((envelope, mail.formatted()))
    }

    fn subject_line(&self) -> String {
        let line: String = self.subject.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let line = without_invisible(&line);
        match line.char_indices().nth(LONGEST_SUBJECT) {
            Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
            None => line,
        }
    }

    fn plain_id(&self) -> String {
        self.id.chars().filter(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(*letter)).collect()
    }
}

fn address(text: &str) -> Result<Address, ActionError> {
    let fault = || ActionError::new(ErrorKind::Refused, format!("{text:?} is not a mail address"));
    if text.chars().any(char::is_control) {
        return Err(fault());
    }
    text.parse().map_err(|_| fault())
}
