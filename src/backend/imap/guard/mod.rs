//! The stream between the IMAP library and the server.
//!
//! The guard protects the library from input that it does not check itself. The library receives whole responses only,
//! limited in size and number, of the few shapes that it requested, and status responses with texts of our own, because
//! some texts make its parser panic. The texts and codes of the server are kept here. Of what the library writes, the
//! guard sends one expected command at a time, and before TLS only those that lead to it.
//!
//! The tags of the library are predictable (`A0001`), so a server could answer before it is asked. The guard replaces
//! each by a random prefix and a number, which cannot be known before the command is sent. An answer to anything else
//! is an error, as is an OK before a command was sent completely.

use super::command_cycle::{CommandCycle, CommandResult, ResponseAction};
use super::incoming::{Incoming, IncomingError, Response};
use super::outgoing::{CommandError, Outgoing};
use super::response::{Line, ServerText, Status};
use super::session_end::{ImapResult, SessionEnd};
use crate::transport::lines::ReadError;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_native_tls::TlsStream;
use zeroize::Zeroizing;

/// The capacity for a command, so that no reallocation leaves a copy of a password.
const COMMAND: usize = 16 << 10;
/// The most that the library may write at once.
const DRAFT: usize = 64 << 10;

/// The guarded stream.
pub(super) struct Guard<S> {
    incoming: Incoming<S>,
    in_tls: bool,
    greeted: bool,
    /// The prefix of our tags.
    tags: String,
    sent: u32,
    /// What the library wrote and did not flush.
    draft: Zeroizing<Vec<u8>>,
    /// What is to be sent to the server, and how much of it was sent.
    unsent: Zeroizing<Vec<u8>>,
    unsent_offset: usize,
    /// What the library is to read.
    unread: Vec<u8>,
    exchange: Option<CommandCycle>,
    /// The last answer, until it is taken.
    answered: Option<(Status, CommandResult)>,
    /// The text of a BYE, for the end of the connection.
    farewell: Option<ServerText>,
    /// Why the guard stopped, until it is taken.
    stop: Option<SessionEnd>,
    broken: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    /// Guards a connection without TLS, which may only ask for TLS.
    pub fn without_tls(stream: S) -> Result<Self, SessionEnd> {
        Self::new(stream, false, false)
    }
}

impl<S> Guard<TlsStream<S>>
where
    TlsStream<S>: AsyncRead + AsyncWrite + Unpin,
{
    /// Guards a connection with TLS. It has been `greeted` already if TLS started with STARTTLS.
    pub fn secured(stream: TlsStream<S>, greeted: bool) -> Result<Self, SessionEnd> {
        Self::new(stream, true, greeted)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    fn new(stream: S, in_tls: bool, greeted: bool) -> Result<Self, SessionEnd> {
        Ok(Self {
            incoming: Incoming::new(stream),
            in_tls,
            greeted,
            tags: format!("r{}-", random_word(8)?),
            sent: 0,
            draft: Zeroizing::default(),
            unsent: Zeroizing::default(),
            unsent_offset: 0,
            unread: Vec::new(),
            exchange: None,
            answered: None,
            farewell: None,
            stop: None,
            broken: false,
        })
    }

    /// The stream, and what was read from it after the last answer.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        self.incoming.lines.into_parts()
    }

    /// Whether the last command is complete: not so after an error, or if it was dropped half-way.
    pub fn is_sound(&self) -> bool {
        !self.broken && self.exchange.is_none() && self.farewell.is_none()
    }

    /// Marks the connection as unusable: the library panicked on its input.
    pub fn mark_broken(&mut self) {
        self.broken = true;
    }

    /// The result of a command, or of the greeting. The response of the server counts, not the result of the library,
    /// which takes a NO to some commands, or the end of a connection, for an empty answer.
    pub fn take_result<T, E: fmt::Display>(&mut self, library: Result<T, E>) -> Result<(T, CommandResult), SessionEnd> {
        if let Some(stop) = self.stop.take() {
            return Err(stop);
        }
        match (self.answered.take(), library) {
            (Some((Status::Ok, answer)), Ok(value)) => Ok((value, answer)),
            (Some((Status::Ok, _)) | None, Err(error)) => {
                self.mark_broken();
                Err(SessionEnd::protocol("the server's answer could not be read", error.to_string().as_bytes()))
            }
            (Some((_, answer)), _) => {
                Err(SessionEnd::from_server_text(ImapResult::of_refusal(&answer.server_text), &answer.server_text))
            }
            (None, Ok(_)) => {
                self.mark_broken();
                Err(SessionEnd::protocol("the server's answer has no end", b""))
            }
        }
    }

    /// Turns the draft into a command.
    fn take_draft(&mut self) -> Result<(), SessionEnd> {
        let draft = std::mem::take(&mut self.draft);
        match &mut self.exchange {
            Some(exchange) => {
                if !exchange.take_literal(&draft) {
                    return Err(CommandError::Unanswered.into());
                }
                self.unsent = draft;
            }
            None if self.broken || !self.greeted => return Err(CommandError::Unexpected.into()),
            None => {
                let mut command = Outgoing::read(&draft, self.in_tls)?;
                self.sent += 1;
                let tag = format!("{}{}", self.tags, self.sent);
                let mut start = Zeroizing::new(Vec::with_capacity(COMMAND));
                start.extend_from_slice(tag.as_bytes());
                start.push(b' ');
                start.extend_from_slice(&command.parts.pop_front().unwrap_or_default());
                self.unsent = start;
                self.answered = None;
                self.exchange = Some(CommandCycle::new(command, tag));
            }
        }
        self.unsent_offset = 0;
        Ok(())
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<Result<(), SessionEnd>> {
        if self.unsent.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let stream = self.incoming.lines.stream();
        while let Some(rest) = self.unsent.get(self.unsent_offset..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut *stream).poll_write(context, rest)) {
                Ok(count) if count > 0 => self.unsent_offset += count,
                _ => return Poll::Ready(Err(self.closed(ReadError::Closed))),
            }
        }
        if ready!(Pin::new(stream).poll_flush(context)).is_err() {
            return Poll::Ready(Err(self.closed(ReadError::Closed)));
        }
        self.unsent = Zeroizing::default();
        Poll::Ready(Ok(()))
    }

    /// Reads until there is something for the library.
    fn poll_unread(&mut self, context: &mut Context<'_>) -> Poll<Result<(), SessionEnd>> {
        while self.unread.is_empty() {
            ready!(self.poll_send(context))?;
            if self.broken || (self.greeted && self.exchange.is_none()) {
                return Poll::Ready(Err(SessionEnd::protocol("the server's answer could not be read completely", b"")));
            }
            let response = match ready!(self.incoming.poll_response(context)) {
                Ok(response) => response,
                Err(IncomingError::Read(error)) => return Poll::Ready(Err(self.closed(error))),
                Err(IncomingError::Protocol(stop)) => return Poll::Ready(Err(stop)),
            };
            match &mut self.exchange {
                None => self.unread = self.greeting(&response)?,
                Some(exchange) => match exchange.judge(response)? {
                    ResponseAction::Drop => {}
                    ResponseAction::Pass(bytes) => self.unread = bytes,
                    ResponseAction::Send(part) => {
                        self.unsent = part;
                        self.unsent_offset = 0;
                    }
                    ResponseAction::Farewell(said) => self.farewell = Some(said),
                    ResponseAction::End(status, answer, bytes) => {
                        self.answered = Some((status, answer));
                        self.exchange = None;
                        self.unread = bytes;
                    }
                },
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Handles the greeting.
    fn greeting(&mut self, response: &Response) -> Result<Vec<u8>, SessionEnd> {
        match Line::read(&response.text) {
            Line::Status { status: Status::Ok, said } => {
                self.greeted = true;
                let capabilities = said.capabilities().unwrap_or_default();
                self.answered = Some((Status::Ok, CommandResult { server_text: said, capabilities, counted: false }));
                Ok(b"* OK hello\r\n".to_vec())
            }
            Line::Status { status: Status::Bye, said } => Err(SessionEnd::from_server_text(ImapResult::Closed, &said)),
            Line::Status { status: Status::PreAuth, .. } => Err(SessionEnd::protocol(
                "the server greeted with PREAUTH, as if somebody were logged in already: no login can be tested",
                &response.text,
            )),
            _ => Err(SessionEnd::protocol("the server did not start with an IMAP greeting", &response.text)),
        }
    }

    /// A connection that ends after BYE ends for its reason.
    fn closed(&self, error: ReadError) -> SessionEnd {
        match (&error, &self.farewell) {
            (ReadError::Closed | ReadError::Broken(_), Some(said)) => {
                SessionEnd::from_server_text(ImapResult::Closed, said)
            }
            _ => error.into(),
        }
    }

    /// Stops the guard. The reason is kept; the library gets an I/O error.
    fn stopped(&mut self, stop: SessionEnd) -> io::Error {
        self.broken = true;
        self.stop.get_or_insert(stop);
        io::ErrorKind::ConnectionAborted.into()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Err(stop) = ready!(self.poll_unread(context)) {
            return Poll::Ready(Err(self.stopped(stop)));
        }
        let count = buffer.remaining().min(self.unread.len());
        let rest = self.unread.split_off(count);
        buffer.put_slice(&self.unread);
        self.unread = rest;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.draft.len() + bytes.len() > DRAFT {
            return Poll::Ready(Err(self.stopped(CommandError::TooLong.into())));
        }
        if self.draft.capacity() == 0 {
            self.draft = Zeroizing::new(Vec::with_capacity(COMMAND));
        }
        self.draft.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let taken = if self.draft.is_empty() { Ok(()) } else { self.take_draft() };
        let sent = match taken {
            Ok(()) => ready!(self.poll_send(context)),
            refused => refused,
        };
        Poll::Ready(sent.map_err(|stop| self.stopped(stop)))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.incoming.lines.stream()).poll_shutdown(context)
    }
}

/// The library requires it.
impl<S> fmt::Debug for Guard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

/// Random hexadecimal digits from the kernel, two a byte.
pub(super) fn random_word(bytes: usize) -> Result<String, SessionEnd> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|error| {
        let problem = format!("the kernel gave no random bytes: {error}");
        SessionEnd::Error(crate::value::ActionError::new(crate::value::ErrorKind::Refused, problem))
    })?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests;
