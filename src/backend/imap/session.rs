//! Sessions: connect, start TLS, read the greeting, log in, open a mailbox; and the observations that do only that.
//!
//! `async-imap` implements the protocol, over a [`Guard`].

use super::Login;
use super::command_cycle::CommandResult;
use super::endpoint::Endpoint;
use super::guard::Guard;
use super::progress::{Phase, Progress};
use super::response::ServerText;
use super::session_end::{ImapResult, SessionEnd};
use crate::transport::tls::{PeerCertificate, TlsError};
use crate::transport::{tcp, tls};
use crate::value::{ActionError, ErrorKind};
use async_imap::error::Error;
use async_imap::types::Mailbox;
use async_imap::{Client, Connection};
use futures_util::FutureExt;
use std::fmt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_native_tls::TlsStream;

/// The longest wait for the answer to LOGOUT. The result is known by then.
const GOODBYE: Duration = Duration::from_secs(1);

/// The stream of every session.
type SecureStream = Guard<TlsStream<TcpStream>>;
/// A session of `async-imap`.
pub(super) type Library = async_imap::Session<SecureStream>;

/// A connection with TLS, after the greeting. It is the only type that can send a password.
pub(super) struct Session {
    state: SessionState,
}

enum SessionState {
    Greeted(Client<SecureStream>),
    LoggedIn(Library),
    /// The login failed half-way.
    Lost,
}

/// How a mailbox is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    ToRead,
    ToChange,
}

/// Connects, reads the greeting and logs out.
pub(super) async fn greeting(endpoint: &Endpoint, progress: &mut Progress) -> Result<(), SessionEnd> {
    let session = Session::open(endpoint, progress).await?;
    session.close(progress).await;
    Ok(())
}

/// Logs in and out.
pub(super) async fn login_only(endpoint: &Endpoint, login: &Login, progress: &mut Progress) -> Result<(), SessionEnd> {
    let mut session = Session::open(endpoint, progress).await?;
    let reached = session.log_in(login, progress).await;
    session.close(progress).await;
    reached
}

/// Logs in and opens a mailbox, read-only.
pub(super) async fn examine(
    endpoint: &Endpoint,
    login: &Login,
    mailbox: &str,
    progress: &mut Progress,
) -> Result<(), SessionEnd> {
    let mut session = Session::open(endpoint, progress).await?;
    let reached = async {
        session.log_in(login, progress).await?;
        let (opened, answer) = session.open_mailbox(Opening::ToRead, mailbox, progress).await?;
        progress.messages = answer.counted.then_some(opened.exists);
        progress.last_server_text = answer.server_text;
        Ok(())
    };
    let reached = reached.await;
    session.close(progress).await;
    reached
}

/// The certificate of the server, and why it is not trusted. Nothing is sent on a connection with an untrusted
/// certificate.
pub(super) async fn certificate(
    endpoint: &Endpoint,
    progress: &mut Progress,
) -> Result<(PeerCertificate, Option<String>), SessionEnd> {
    let stream = connect(endpoint, progress).await?;
    let name = &endpoint.server_name;
    let secured = progress.during(Phase::Tls, async { Ok(endpoint.trust.secure(name, stream).await) }).await?;
    match secured {
        Ok((_, certificate)) => Ok((certificate, None)),
        Err(TlsError::Untrusted(problem)) => {
            let stream = connect(endpoint, progress).await?;
            let certificate = async { tls::peer_certificate(name, stream).await.map_err(SessionEnd::from) };
            Ok((progress.during(Phase::Tls, certificate).await?, Some(problem)))
        }
        Err(error) => Err(error.into()),
    }
}

/// A connection ready for a TLS handshake.
async fn connect(endpoint: &Endpoint, progress: &mut Progress) -> Result<TcpStream, SessionEnd> {
    let deadline = progress.deadline();
    let connecting = async {
        tcp::connect(&endpoint.address, endpoint.port, endpoint.from, deadline).await.map_err(SessionEnd::from)
    };
    let stream = progress.during(Phase::Connect, connecting).await?;
    if endpoint.starttls { start_tls(stream, progress).await } else { Ok(stream) }
}

/// Sends STARTTLS. Nothing else that the server says before TLS is used: the guard and the client of this part are
/// dropped.
async fn start_tls(stream: TcpStream, progress: &mut Progress) -> Result<TcpStream, SessionEnd> {
    let mut client = Client::new(Guard::without_tls(stream)?);
    progress.during(Phase::Greeting, greeted(&mut client)).await?;
    progress
        .during(Phase::Starttls, async {
            let offered = exchange(&mut client, "CAPABILITY").await?;
            if !offered.capabilities.iter().any(|name| name == "STARTTLS") {
                return Err(SessionEnd::protocol(
                    "the server offers no STARTTLS, and no password is sent without TLS",
                    b"",
                ));
            }
            match exchange(&mut client, "STARTTLS").await {
                Err(SessionEnd::Answer { finding, text, .. }) if finding != ImapResult::Closed => {
                    Err(SessionEnd::protocol(
                        "the server refused STARTTLS, and no password is sent without TLS",
                        text.as_bytes(),
                    ))
                }
                other => other,
            }?;
            let (stream, pending) = client.into_inner().into_parts();
            // A server sends nothing before the handshake, so bytes that came already were injected to be read after
            // it. Later ones break the handshake.
            let mut byte = [0];
            let silent = matches!(stream.try_read(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
            if !pending.is_empty() || !silent {
                return Err(SessionEnd::protocol(
                    "something was sent after the answer to STARTTLS, before TLS",
                    &pending,
                ));
            }
            Ok(stream)
        })
        .await
}

impl Session {
    /// Connects, starts TLS, reads the greeting and the capabilities.
    pub async fn open(endpoint: &Endpoint, progress: &mut Progress) -> Result<Self, SessionEnd> {
        let stream = connect(endpoint, progress).await?;
        let securing = async { endpoint.trust.secure(&endpoint.server_name, stream).await.map_err(SessionEnd::from) };
        let (stream, certificate) = progress.during(Phase::Tls, securing).await?;
        progress.certificate_expires = Some(certificate.not_after);
        let mut client = Client::new(Guard::secured(stream, endpoint.starttls)?);
        if !endpoint.starttls {
            let greeting = progress.during(Phase::Greeting, greeted(&mut client)).await?;
            (progress.last_server_text, progress.capabilities) = (greeting.server_text, greeting.capabilities);
        }
        let mut session = Self { state: SessionState::Greeted(client) };
        if progress.capabilities.is_empty() {
            session.ask_capabilities(progress).await?;
        }
        Ok(session)
    }

    /// Sends the password, once.
    pub async fn log_in(&mut self, login: &Login, progress: &mut Progress) -> Result<(), SessionEnd> {
        if progress.capabilities.iter().any(|name| name == "LOGINDISABLED") {
            let server_text = ServerText {
                code: Some("LOGINDISABLED".into()),
                text: "the server takes no LOGIN, so no password was sent".into(),
                ..ServerText::default()
            };
            return Err(SessionEnd::from_server_text(ImapResult::Refused, &server_text));
        }
        let ((), answer) = progress.during(Phase::Login, self.login_command(login)).await?;
        // Capabilities can change with the login. If the server did not send them, they are requested when needed.
        progress.capabilities = answer.capabilities;
        if progress.capabilities.is_empty() {
            self.ask_capabilities(progress).await?;
        }
        progress.last_server_text = answer.server_text;
        Ok(())
    }

    async fn login_command(&mut self, login: &Login) -> Result<((), CommandResult), SessionEnd> {
        let SessionState::Greeted(client) = std::mem::replace(&mut self.state, SessionState::Lost) else {
            return Err(lost());
        };
        let (state, result) = match catch_panic(client.login(login.user.as_str(), &*login.password)).await? {
            Ok(session) => (SessionState::LoggedIn(session), Ok(())),
            Err((error, client)) => (SessionState::Greeted(client), Err(error)),
        };
        self.state = state;
        self.connection().ok_or_else(lost)?.get_mut().take_result(result)
    }

    /// Opens a mailbox. Servers refuse a missing one with different codes, or with none.
    pub async fn open_mailbox(
        &mut self,
        how: Opening,
        mailbox: &str,
        progress: &mut Progress,
    ) -> Result<(Mailbox, CommandResult), SessionEnd> {
        let open = async |library: &mut Library| match how {
            Opening::ToRead => library.examine(mailbox).await,
            Opening::ToChange => library.select(mailbox).await,
        };
        match self.run(Phase::Select, progress, open).await {
            Err(SessionEnd::Answer { finding: ImapResult::Refused, code, text }) => {
                Err(SessionEnd::Answer { finding: ImapResult::NoMailbox, code, text })
            }
            other => other,
        }
    }

    /// Runs one command of the library after the login, as one phase.
    pub async fn run<T>(
        &mut self,
        phase: Phase,
        progress: &mut Progress,
        command: impl AsyncFnOnce(&mut Library) -> Result<T, Error>,
    ) -> Result<(T, CommandResult), SessionEnd> {
        let SessionState::LoggedIn(library) = &mut self.state else { return Err(lost()) };
        progress
            .during(phase, async {
                let survived = catch_panic(command(library)).await;
                concluded(library, survived)
            })
            .await
    }

    async fn ask_capabilities(&mut self, progress: &mut Progress) -> Result<(), SessionEnd> {
        let connection = self.connection().ok_or_else(lost)?;
        let answer = progress.during(Phase::Capability, exchange(connection, "CAPABILITY")).await?;
        progress.capabilities = answer.capabilities;
        // Capabilities from before STARTTLS could come from anybody.
        if progress.last_server_text == ServerText::default() {
            progress.last_server_text = answer.server_text;
        }
        Ok(())
    }

    /// Logs out. The result is ignored.
    pub async fn close(mut self, progress: &Progress) {
        if let Some(connection) = self.connection()
            && connection.get_ref().is_sound()
        {
            let latest = progress.deadline().min(Instant::now() + GOODBYE);
            let _ = timeout_at(latest, exchange(connection, "LOGOUT")).await;
        }
    }

    fn connection(&mut self) -> Option<&mut Connection<SecureStream>> {
        match &mut self.state {
            SessionState::Greeted(client) => Some(client),
            SessionState::LoggedIn(session) => Some(session),
            SessionState::Lost => None,
        }
    }
}

fn lost() -> SessionEnd {
    SessionEnd::answer(ImapResult::Closed, "the session has ended")
}

/// Reads the greeting.
async fn greeted<S>(client: &mut Connection<Guard<S>>) -> Result<CommandResult, SessionEnd>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let survived = catch_panic(client.read_response()).await;
    concluded(client, survived).map(|(_, answer)| answer)
}

/// Runs a command without arguments.
async fn exchange<S>(connection: &mut Connection<Guard<S>>, command: &str) -> Result<CommandResult, SessionEnd>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let survived = catch_panic(connection.run_command_and_check_ok(command, None)).await;
    concluded(connection, survived).map(|((), answer)| answer)
}

/// The result of the library, if it did not panic.
fn concluded<S, T, E>(
    connection: &mut Connection<Guard<S>>,
    survived: Result<Result<T, E>, SessionEnd>,
) -> Result<(T, CommandResult), SessionEnd>
where
    S: AsyncRead + AsyncWrite + Unpin,
    E: fmt::Display,
{
    let guard = connection.get_mut();
    match survived {
        Ok(result) => guard.take_result(result),
        Err(stop) => {
            guard.mark_broken();
            Err(stop)
        }
    }
}

/// The second line of defence: if the library panics on what the guard let through, the call fails and the run
/// continues. The state of the library is dropped.
async fn catch_panic<T>(work: impl Future<Output = T>) -> Result<T, SessionEnd> {
    let survived = AssertUnwindSafe(work).catch_unwind().await;
    survived.map_err(|_| SessionEnd::protocol("the server sent something that the IMAP library cannot handle", b""))
}

/// Whether the server has the capabilities for a message that is deleted again.
pub(super) fn require_uidplus(progress: &Progress) -> Result<(), SessionEnd> {
    if progress.capabilities.iter().any(|name| name == "UIDPLUS") {
        return Ok(());
    }
    Err(SessionEnd::Error(ActionError::new(
        ErrorKind::Refused,
        "the server does not offer UIDPLUS: removing the message would also expunge every other message marked as deleted, \
         so none was stored",
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the output of a server to the library without the guard.
    fn unguarded(sent: &'static [u8]) -> Result<(), SessionEnd> {
        let mut client = Client::new(tokio::io::join(sent, tokio::io::sink()));
        let reading = catch_panic(async { client.read_response().await.map(|_| ()) });
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(reading).map(|_| ())
    }

    #[test]
    fn a_panic_of_the_library_is_an_error_of_the_protocol() {
        assert!(unguarded(b"* OK hello\r\n").is_ok());
        for sent in [&b"* 1 FETCH (INTERNALDATE NIL)\r\n"[..], "* OK [ALERT]\u{5bc6}\r\n".as_bytes()] {
            let Err(SessionEnd::Error(error)) = unguarded(sent) else { panic!("the library panics: {sent:?}") };
            assert_eq!(error.kind, ErrorKind::Protocol);
            assert!(error.message.contains("cannot handle"), "{error}");
        }
    }
}
