//! Why a session ended early: an answer of the service, or an error that leaves its state open.

use super::display_text::{display_text, is_cut};
use super::response::ServerText;
use crate::transport::lines::ReadError;
use crate::transport::tcp::ConnectError;
use crate::transport::tls::TlsError;
use crate::value::{ActionError, ErrorKind, Loss, Value};
use ecow::EcoString;

/// The results, with the words of `ImapResult`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImapResult {
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

impl ImapResult {
    pub const fn as_str(self) -> &'static str {
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

    /// The kind of error for actions, which raise where observations answer.
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

    /// The meaning of a NO, by its response code (RFC 5530).
    pub fn of_refusal(said: &ServerText) -> Self {
        match said.code.as_deref() {
            Some("UNAVAILABLE" | "SERVERBUG") => Self::Unavailable,
            Some("AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED") => Self::AuthenticationFailed,
            _ => Self::Refused,
        }
    }
}

/// The early end of a session.
#[derive(Debug)]
pub(super) enum SessionEnd {
    /// A definite answer about the service.
    Answer { finding: ImapResult, code: Option<EcoString>, text: EcoString },
    /// The state of the service is unknown.
    Error(ActionError),
}

impl SessionEnd {
    /// An answer in our words.
    pub fn answer(finding: ImapResult, text: impl Into<EcoString>) -> Self {
        Self::Answer { finding, code: None, text: text.into() }
    }

    /// An answer in the server's words.
    pub fn from_server_text(finding: ImapResult, said: &ServerText) -> Self {
        Self::Answer { finding, code: said.code.clone(), text: said.text.clone() }
    }

    /// A violation of the protocol; `seen` is what the server sent.
    pub fn protocol(problem: impl Into<String>, seen: &[u8]) -> Self {
        Self::Error(ActionError::new(ErrorKind::Protocol, problem).with(Value::Text(display_text(seen))))
    }

    /// The error of an action.
    pub fn into_error(self) -> ActionError {
        match self {
            Self::Error(error) => error,
            Self::Answer { finding, code, text } => {
                let code = code.map(|code| format!("[{code}] ")).unwrap_or_default();
                let loss = is_cut(&text).then_some(Loss::LeftOut);
                ActionError::new(finding.kind(), format!("{}: {code}{text}", finding.as_str())).with_loss(loss)
            }
        }
    }
}

impl From<ConnectError> for SessionEnd {
    fn from(error: ConnectError) -> Self {
        let finding = match error {
            ConnectError::Refused => ImapResult::ConnectionRefused,
            ConnectError::HostUnreachable => ImapResult::Unreachable,
            ConnectError::TimedOut => ImapResult::TimedOut,
            ConnectError::Unresolved(_) | ConnectError::Local(_) => {
                return Self::Error(ActionError::new(ErrorKind::Unreachable, error.to_string()));
            }
        };
        Self::answer(finding, error.to_string())
    }
}

impl From<TlsError> for SessionEnd {
    fn from(error: TlsError) -> Self {
        let finding = match error {
            TlsError::Untrusted(_) => ImapResult::TlsUntrusted,
            TlsError::Handshake(_) => ImapResult::TlsFailed,
        };
        Self::answer(finding, display_text(error.to_string().as_bytes()))
    }
}

impl From<ReadError> for SessionEnd {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Closed | ReadError::Broken(_) => Self::answer(ImapResult::Closed, error.to_string()),
            ReadError::TooLong(_) | ReadError::Malformed => {
                Self::protocol(format!("the server sent invalid IMAP: {error}"), b"")
            }
        }
    }
}
