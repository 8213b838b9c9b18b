//! What stands between the IMAP library and the server: the stream that the library reads and writes.
//!
//! The library is kept from everything that it does not defend itself against. Of what the server sends it gets whole
//! responses, capped in size and number, of the few shapes that it asked for; status responses in our own words, for its
//! parser can be made to panic in the server's. What the server said is kept here, with its codes. Of what the library
//! writes one command at a time goes out, of the few that are wanted, and before TLS none but those that lead to it.
//!
//! The library numbers its tags, `A0001`, so an answer could be sent before its question. The guard puts a tag of its own
//! in place of each: a number behind random digits, which nobody knows before the command is written. An answer to
//! anything else, or to nothing, is an error; so is an OK before the whole of a command was sent.

use super::command_cycle::{Answer, CommandCycle, Verdict};
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

/// Room for any command, so that no copy of a password is left behind in a buffer that was outgrown.
const COMMAND: usize = 16 << 10;
/// The most that the library may write at once.
const DRAFT: usize = 64 << 10;

/// A stream that the IMAP library may be let loose on.
pub(super) struct Guard<S> {
    incoming: Incoming<S>,
    in_tls: bool,
    greeted: bool,
    /// What our tags begin with.
    tags: String,
    sent: u32,
    /// What the library wrote and has not flushed.
    draft: Zeroizing<Vec<u8>>,
    /// What is on its way to the server, and how much of it has gone.
    unsent: Zeroizing<Vec<u8>>,
    gone: usize,
    /// What is on its way to the library.
    unread: Vec<u8>,
    exchange: Option<CommandCycle>,
    /// The last answer, until it is asked for.
    answered: Option<(Status, Answer)>,
    /// What a BYE said, for when the connection ends.
    farewell: Option<ServerText>,
    /// Why nothing more is done here, until it is asked for.
    stop: Option<SessionEnd>,
    broken: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    /// Guards a connection that is not secured, on which nothing is done but to ask for TLS.
    pub fn in_the_clear(stream: S) -> Result<Self, SessionEnd> {
        Self::new(stream, false, false)
    }
}

impl<S> Guard<TlsStream<S>>
where
    TlsStream<S>: AsyncRead + AsyncWrite + Unpin,
{
    /// Guards a connection in TLS. It has been `greeted` already where TLS began by STARTTLS.
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
            gone: 0,
            unread: Vec::new(),
            exchange: None,
            answered: None,
            farewell: None,
            stop: None,
            broken: false,
        })
    }

    /// The stream, and what arrived on it after the last answer.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        self.incoming.lines.into_parts()
    }

    /// Whether nothing is left over of the last command: not so after an error, or when it was dropped half-way.
    pub fn is_sound(&self) -> bool {
        !self.broken && self.exchange.is_none() && self.farewell.is_none()
    }

    /// From now on nothing is believed here: the library did not survive what it was given.
    pub fn spoil(&mut self) {
        self.broken = true;
    }

    /// What came of a command, or of the greeting: the server's word counts, whatever the library made of it. It takes
    /// a NO to some commands, or the end of a connection, for an empty answer.
    pub fn conclude<T, E: fmt::Display>(&mut self, library: Result<T, E>) -> Result<(T, Answer), SessionEnd> {
        if let Some(stop) = self.stop.take() {
            return Err(stop);
        }
        match (self.answered.take(), library) {
            (Some((Status::Ok, answer)), Ok(value)) => Ok((value, answer)),
            (Some((Status::Ok, _)) | None, Err(error)) => {
                self.spoil();
                Err(SessionEnd::protocol("the server's answer could not be read", error.to_string().as_bytes()))
            }
            (Some((_, answer)), _) => Err(SessionEnd::said(ImapResult::of_refusal(&answer.said), &answer.said)),
            (None, Ok(_)) => {
                self.spoil();
                Err(SessionEnd::protocol("the server's answer has no end", b""))
            }
        }
    }

    /// Makes a command of what the library wrote.
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
        self.gone = 0;
        Ok(())
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<Result<(), SessionEnd>> {
        if self.unsent.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let stream = self.incoming.lines.stream();
        while let Some(rest) = self.unsent.get(self.gone..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut *stream).poll_write(context, rest)) {
                Ok(count) if count > 0 => self.gone += count,
                _ => return Poll::Ready(Err(self.closed(ReadError::Closed))),
            }
        }
        if ready!(Pin::new(stream).poll_flush(context)).is_err() {
            return Poll::Ready(Err(self.closed(ReadError::Closed)));
        }
        self.unsent = Zeroizing::default();
        Poll::Ready(Ok(()))
    }

    /// Goes on until there is something for the library to read.
    fn poll_unread(&mut self, context: &mut Context<'_>) -> Poll<Result<(), SessionEnd>> {
        while self.unread.is_empty() {
            ready!(self.poll_send(context))?;
            if self.broken || (self.greeted && self.exchange.is_none()) {
                return Poll::Ready(Err(SessionEnd::protocol("the server's answer could not be read to its end", b"")));
            }
            let response = match ready!(self.incoming.poll_response(context)) {
                Ok(response) => response,
                Err(IncomingError::Read(error)) => return Poll::Ready(Err(self.closed(error))),
                Err(IncomingError::Protocol(stop)) => return Poll::Ready(Err(stop)),
            };
            match &mut self.exchange {
                None => self.unread = self.greeting(&response)?,
                Some(exchange) => match exchange.judge(response)? {
                    Verdict::Drop => {}
                    Verdict::Pass(bytes) => self.unread = bytes,
                    Verdict::Send(part) => {
                        self.unsent = part;
                        self.gone = 0;
                    }
                    Verdict::Farewell(said) => self.farewell = Some(said),
                    Verdict::End(status, answer, bytes) => {
                        self.answered = Some((status, answer));
                        self.exchange = None;
                        self.unread = bytes;
                    }
                },
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The first thing that a server says.
    fn greeting(&mut self, response: &Response) -> Result<Vec<u8>, SessionEnd> {
        match Line::read(&response.text) {
            Line::Status { status: Status::Ok, said } => {
                self.greeted = true;
                let capabilities = said.capabilities().unwrap_or_default();
                self.answered = Some((Status::Ok, Answer { said, capabilities, counted: false }));
                Ok(b"* OK hello\r\n".to_vec())
            }
            Line::Status { status: Status::Bye, said } => Err(SessionEnd::said(ImapResult::Closed, &said)),
            Line::Status { status: Status::PreAuth, .. } => Err(SessionEnd::protocol(
                "the server says that somebody is logged in already (PREAUTH): no login can be tested",
                &response.text,
            )),
            _ => Err(SessionEnd::protocol("the server did not begin with an IMAP greeting", &response.text)),
        }
    }

    /// A connection that ends after BYE ends for the reason that it gave.
    fn closed(&self, error: ReadError) -> SessionEnd {
        match (&error, &self.farewell) {
            (ReadError::Closed | ReadError::Broken(_), Some(said)) => SessionEnd::said(ImapResult::Closed, said),
            _ => error.into(),
        }
    }

    /// Ends everything here; the reason is kept, and the library only gets to know that there is one.
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

/// The library wants it. There is nothing here to be shown.
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
