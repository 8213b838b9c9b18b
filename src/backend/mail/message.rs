//! A message as people wrote it, and as it travels.

use crate::secret::Redacted;
use crate::value::{ActionError, ErrorKind, without_invisible};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail};

/// A longer subject is cut: no mail program shows more.
const LONGEST_SUBJECT: usize = 200;

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// Addresses, each alone, without a display name.
    pub to: Vec<String>,
    /// One line; line ends and other control characters in it become blanks.
    pub subject: Redacted<String>,
    /// Plain text.
    pub body: Redacted<String>,
    /// What stays the same when the message is sent again: the front half of its Message-ID. Letters, digits, `.`, `-`
    /// and `_` are kept of it.
    pub id: String,
}

/// Asks other machines not to answer.
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
    /// The envelope and the bytes, lines ended by CRLF.
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
            ActionError::new(ErrorKind::Refused, format!("the message cannot be put together: {error}"))
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
