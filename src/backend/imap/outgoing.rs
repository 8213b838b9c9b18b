//! Turns what the library writes into commands: only expected ones, split where the server must ask for more.

use super::response::{Shape, announced_literal_length};
use super::session_end::SessionEnd;
use crate::value::{ActionError, ErrorKind};
use std::collections::VecDeque;
use thiserror::Error;
use zeroize::Zeroizing;

/// The commands that may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Capability,
    Starttls,
    Login,
    Select,
    Examine,
    Append,
    Search,
    Fetch,
    Store,
    Expunge,
    Logout,
}

impl Verb {
    const ALL: [Self; 11] = [
        Self::Capability,
        Self::Starttls,
        Self::Login,
        Self::Select,
        Self::Examine,
        Self::Append,
        Self::Search,
        Self::Fetch,
        Self::Store,
        Self::Expunge,
        Self::Logout,
    ];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Capability => "CAPABILITY",
            Self::Starttls => "STARTTLS",
            Self::Login => "LOGIN",
            Self::Select => "SELECT",
            Self::Examine => "EXAMINE",
            Self::Append => "APPEND",
            Self::Search => "UID SEARCH",
            Self::Fetch => "UID FETCH",
            Self::Store => "UID STORE",
            Self::Expunge => "UID EXPUNGE",
            Self::Logout => "LOGOUT",
        }
    }

    /// The requested data that the library parses.
    pub const fn asks_for(self) -> Option<Shape> {
        match self {
            Self::Select | Self::Examine => Some(Shape::Exists),
            Self::Search => Some(Shape::Search),
            Self::Fetch => Some(Shape::Fetch),
            _ => None,
        }
    }

    const fn is_sent_before_tls(self) -> bool {
        matches!(self, Self::Capability | Self::Starttls)
    }

    fn parse(command: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| {
            let rest = command.strip_prefix(verb.name().as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b" "))
        })
    }
}

/// Why a command of the library is not sent. The fault is local; nothing was sent to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum CommandError {
    #[error("a command without an end")]
    NoEnd,
    #[error("more than one command at once")]
    SeveralCommands,
    #[error("a command without a tag")]
    NoTag,
    #[error("an unexpected command")]
    Unwanted,
    #[error("a command that must not be sent without TLS")]
    WithoutTls,
    #[error("a string without an end")]
    OpenString,
    #[error("a command before the last one was answered")]
    Unanswered,
    #[error("a command where none is expected")]
    Unexpected,
    #[error("a command that is too long")]
    TooLong,
}

impl From<CommandError> for SessionEnd {
    fn from(error: CommandError) -> Self {
        let message = format!("the IMAP library was about to send {error}");
        Self::Error(ActionError::new(ErrorKind::Refused, message))
    }
}

/// A command to send. It may hold a password: its parts are wiped after use and cannot be shown.
pub(super) struct Outgoing {
    pub verb: Verb,
    /// The tag of the library, which it expects in the answer.
    pub tag: Vec<u8>,
    /// The parts: one to send now, one for each time that the server asks for more.
    pub parts: VecDeque<Zeroizing<Vec<u8>>>,
    /// The length of the literal that the library sends itself when asked.
    pub literal: Option<usize>,
}

impl Outgoing {
    /// Parses what the library wrote. Its quoted strings with characters other than printable ASCII, which IMAP does
    /// not allow, become literals.
    pub fn read(draft: &[u8], in_tls: bool) -> Result<Self, CommandError> {
        let line = draft.strip_suffix(b"\r\n").ok_or(CommandError::NoEnd)?;
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(CommandError::SeveralCommands);
        }
        let space = line.iter().position(|byte| *byte == b' ').ok_or(CommandError::NoTag)?;
        let (tag, command) = (line.get(..space).unwrap_or_default(), line.get(space + 1..).unwrap_or_default());
        let verb = Verb::parse(command).ok_or(CommandError::Unwanted)?;
        if !in_tls && !verb.is_sent_before_tls() {
            return Err(CommandError::WithoutTls);
        }
        let literal = if verb == Verb::Append { announced_literal_length(command).ok().flatten() } else { None };
        let parts = parts(command).ok_or(CommandError::OpenString)?;
        Ok(Self { verb, tag: tag.to_vec(), parts, literal })
    }

    /// Whether all parts were sent.
    pub fn is_whole(&self) -> bool {
        self.parts.is_empty() && self.literal.is_none()
    }
}

/// Splits the command after the announcement of each string that must be a literal.
fn parts(command: &[u8]) -> Option<VecDeque<Zeroizing<Vec<u8>>>> {
    // Every part has capacity for the whole command, so that no reallocation leaves a copy of a password.
    let empty = || Zeroizing::new(Vec::with_capacity(command.len() + 32));
    let (mut parts, mut part) = (VecDeque::new(), empty());
    let mut bytes = command.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'"' {
            part.push(byte);
            continue;
        }
        let (mut written, mut meant) = (empty(), empty());
        loop {
            let mut byte = bytes.next()?;
            if byte == b'"' {
                break;
            }
            if byte == b'\\' {
                written.push(byte);
                byte = bytes.next()?;
            }
            written.push(byte);
            meant.push(byte);
        }
        if meant.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            part.push(b'"');
            part.extend_from_slice(&written);
            part.push(b'"');
        } else {
            part.extend_from_slice(format!("{{{}}}\r\n", meant.len()).as_bytes());
            parts.push_back(std::mem::replace(&mut part, meant));
        }
    }
    part.extend_from_slice(b"\r\n");
    parts.push_back(part);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(draft: &str, in_tls: bool) -> Result<(Verb, Vec<String>, Option<usize>), String> {
        let text = |part: &Zeroizing<Vec<u8>>| String::from_utf8_lossy(part).into_owned();
        match Outgoing::read(draft.as_bytes(), in_tls) {
            Ok(command) => Ok((command.verb, command.parts.iter().map(text).collect(), command.literal)),
            Err(error) => Err(SessionEnd::from(error).into_error().message),
        }
    }

    #[test]
    fn quoted_strings_stay_and_others_become_literals() {
        let whole = |verb, part: &str| Ok((verb, vec![format!("{part}\r\n")], None));
        let printable = r#"LOGIN "a\"b\\c} {5}" "{3}""#;
        assert_eq!(read(&format!("A0001 {printable}\r\n"), true), whole(Verb::Login, printable));
        assert_eq!(
            read("A0001 LOGIN \"密\\\"\" \"a\tb\"\r\n", true),
            Ok((Verb::Login, ["LOGIN {4}\r\n", "密\" {3}\r\n", "a\tb\r\n"].map(str::to_owned).to_vec(), None))
        );
        assert_eq!(
            read("A0004 APPEND \"INBOX\" (\\Seen) {12}\r\n", true),
            Ok((Verb::Append, vec!["APPEND \"INBOX\" (\\Seen) {12}\r\n".to_owned()], Some(12)))
        );
    }

    #[test]
    fn only_one_command_of_ours_goes_out() {
        for (draft, problem) in [
            ("A0001 LOGIN \"a\" \"b\"", "without an end"),
            ("A0001 LOGIN \"a\r\nA0002 LOGOUT\" \"b\"\r\n", "more than one command"),
            ("A0001 NOOP\r\nA0002 LOGOUT\r\n", "more than one command"),
            ("LOGOUT\r\n", "without a tag"),
            ("A0001 EXPUNGE\r\n", "an unexpected command"),
            ("A0001 DELETE \"INBOX\"\r\n", "an unexpected command"),
            ("A0001 LOGINX \"a\"\r\n", "an unexpected command"),
            ("A0001 LOGIN \"a\\\"\r\n", "a string without an end"),
        ] {
            let error = read(draft, true).expect_err(draft);
            assert!(error.contains(problem), "{draft:?}: {error}");
        }
    }

    #[test]
    fn before_tls_nothing_is_said_but_what_leads_to_it() {
        assert!(read("A0001 CAPABILITY\r\n", false).is_ok() && read("A0002 STARTTLS\r\n", false).is_ok());
        for command in ["LOGIN \"a\" \"b\"", "SELECT \"INBOX\"", "LOGOUT", "APPEND \"INBOX\" {3}"] {
            let error = read(&format!("A0001 {command}\r\n"), false).expect_err(command);
            assert!(error.contains("without TLS"), "{error}");
        }
    }
}
