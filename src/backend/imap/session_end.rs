//! Why a session went no further: an answer of the service, or something that leaves open how it is.

use super::display_text::{is_cut, shown};
use super::response::Said;
use crate::transport::lines::ReadError;
use crate::transport::tcp::ConnectError;
use crate::transport::tls::TlsError;
use crate::value::{ActionError, ErrorKind, Loss, Value};
use ecow::EcoString;

/// The words of `ImapResult`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    Accepted,
    Unavailable,
    Closed,
    ConnectionRefused,
    Unreachable,
    TimedOut,
    TlsUntrusted,
    TlsFailed,
    AuthenticationFailed,
    NoMailbox,
    Refused,
}

impl Finding {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unavailable => "unavailable",
            Self::Closed => "closed",
            Self::ConnectionRefused => "connection_refused",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::TlsUntrusted => "tls_untrusted",
            Self::TlsFailed => "tls_failed",
            Self::AuthenticationFailed => "authentication_failed",
            Self::NoMailbox => "no_mailbox",
            Self::Refused => "refused",
        }
    }

    /// What it is to an action, which raises where an observation answers.
    const fn kind(self) -> ErrorKind {
        match self {
            Self::ConnectionRefused | Self::Unreachable | Self::TlsUntrusted | Self::TlsFailed => {
                ErrorKind::Unreachable
            }
            Self::TimedOut => ErrorKind::TimedOut,
            Self::Closed => ErrorKind::Unknown,
            _ => ErrorKind::Failed,
        }
    }

    /// What a NO to a command means, by its response code (RFC 5530).
    pub fn of_refusal(said: &Said) -> Self {
        match said.code.as_deref() {
            Some("UNAVAILABLE" | "SERVERBUG") => Self::Unavailable,
            Some("AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED") => Self::AuthenticationFailed,
            _ => Self::Refused,
        }
    }
}

/// The end of a session before its aim.
#[derive(Debug)]
pub(super) enum Stop {
    /// A definite answer about the service.
    Answer { finding: Finding, code: Option<EcoString>, text: EcoString },
    /// Nothing can be said of the service.
    Error(ActionError),
}

impl Stop {
    /// An answer in our words.
    pub fn answer(finding: Finding, text: impl Into<EcoString>) -> Self {
        Self::Answer { finding, code: None, text: text.into() }
    }

    /// An answer in the server's words.
    pub fn said(finding: Finding, said: &Said) -> Self {
        Self::Answer { finding, code: said.code.clone(), text: said.text.clone() }
    }

    /// The server broke its protocol; `seen` is what it sent.
    pub fn protocol(problem: impl Into<String>, seen: &[u8]) -> Self {
        Self::Error(ActionError::new(ErrorKind::Protocol, problem).with(Value::Text(shown(seen))))
    }

    /// As the error of an action.
    pub fn into_error(self) -> ActionError {
        match self {
            Self::Error(error) => error,
            Self::Answer { finding, code, text } => {
                let code = code.map(|code| format!("[{code}] ")).unwrap_or_default();
                let loss = is_cut(&text).then_some(Loss::LeftOut);
                ActionError::new(finding.kind(), format!("{}: {code}{text}", finding.word())).losing(loss)
            }
        }
    }
}

impl From<ConnectError> for Stop {
    fn from(error: ConnectError) -> Self {
        let finding = match error {
            ConnectError::Refused => Finding::ConnectionRefused,
            ConnectError::HostUnreachable => Finding::Unreachable,
            ConnectError::TimedOut => Finding::TimedOut,
            ConnectError::Unresolved(_) | ConnectError::Local(_) => {
                return Self::Error(ActionError::new(ErrorKind::Unreachable, error.to_string()));
            }
        };
        Self::answer(finding, error.to_string())
    }
}

impl From<TlsError> for Stop {
    fn from(error: TlsError) -> Self {
        let finding = match error {
            TlsError::Untrusted(_) => Finding::TlsUntrusted,
            TlsError::Handshake(_) => Finding::TlsFailed,
        };
        Self::answer(finding, shown(error.to_string().as_bytes()))
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Closed | ReadError::Broken(_) => Self::answer(Finding::Closed, error.to_string()),
            ReadError::TooLong(_) | ReadError::Malformed => {
                Self::protocol(format!("the server sent no IMAP: {error}"), b"")
            }
        }
    }
}
