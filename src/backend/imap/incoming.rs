//! Reads whole responses from a server, with a limit on everything that must be buffered.

use super::response::{Line, announced_literal_length};
use super::session_end::SessionEnd;
use crate::transport::lines::{Lines, ReadError};
use std::task::{Context, Poll, ready};
use tokio::io::AsyncRead;

/// The longest line, in bytes.
const LINE: usize = 16 << 10;
/// The longest literal, in bytes. The longest that is requested is the header of a probe message, of less than 2 KiB.
const LITERAL: usize = 64 << 10;
/// The most bytes of responses to one command.
pub(super) const ANSWER: usize = 256 << 10;
/// The most opening brackets in one response. Requested data has three at most, and the library recurses.
const BRACKETS: usize = 100;

/// A response.
#[derive(Debug, Default)]
pub(super) struct Response {
    /// The bytes as they were sent, without the last CR LF.
    pub raw: Vec<u8>,
    /// Its lines, joined where the literals were.
    pub text: Vec<u8>,
}

/// Why there is no response.
pub(super) enum IncomingError {
    Read(ReadError),
    Protocol(SessionEnd),
}

impl From<ReadError> for IncomingError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// The receiving side of a connection.
pub(super) struct Incoming<S> {
    pub lines: Lines<S>,
    /// The response so far.
    begun: Response,
    brackets: usize,
    /// The length of the literal that follows.
    literal: Option<usize>,
}

impl<S: AsyncRead + Unpin> Incoming<S> {
    pub fn new(stream: S) -> Self {
        Self { lines: Lines::new(stream), begun: Response::default(), brackets: 0, literal: None }
    }

    /// The next whole response.
    pub fn poll_response(&mut self, context: &mut Context<'_>) -> Poll<Result<Response, IncomingError>> {
        loop {
            if let Some(length) = self.literal {
                let literal = ready!(self.lines.poll_bytes(context, length))?;
                self.begun.raw.extend_from_slice(b"\r\n");
                self.begun.raw.extend_from_slice(&literal);
                self.literal = None;
            }
            let line = ready!(self.lines.poll_line(context, LINE))?;
            self.begun.raw.extend_from_slice(&line);
            self.begun.text.extend_from_slice(&line);
            // Only data has literals: `{3}` at the end of human-readable text is text.
            if matches!(Line::read(&self.begun.text), Line::Data(_)) {
                self.literal = self.announced(&line).map_err(IncomingError::Protocol)?;
            }
            if self.literal.is_none() {
                self.brackets = 0;
                return Poll::Ready(Ok(std::mem::take(&mut self.begun)));
            }
        }
    }

    /// The literal that a line of data announces.
    fn announced(&mut self, line: &[u8]) -> Result<Option<usize>, SessionEnd> {
        self.brackets += line.iter().filter(|byte| **byte == b'(').count();
        if self.brackets > BRACKETS {
            return Err(SessionEnd::protocol("the server sent a response that is nested too deeply", line));
        }
        let announced = announced_literal_length(line)
            .map_err(|()| SessionEnd::protocol("the server announced a literal without a length", line))?;
        match announced {
            Some(length) if length > LITERAL || self.begun.raw.len() + length > ANSWER => Err(SessionEnd::protocol(
                format!("the server announced a literal of {length} bytes, which is too large"),
                line,
            )),
            announced => Ok(announced),
        }
    }
}
