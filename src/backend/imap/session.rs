//! Sessions: connect, secure, greet, log in, open a mailbox; and the observations that are nothing but that.

use super::Login;
use super::endpoint::Endpoint;
use super::progress::{Phase, Progress};
use super::response::{Said, Status};
use super::shown::shown;
use super::stop::{Finding, Stop};
use super::wire::{Answer, Command, Wire};
use crate::transport::tcp;
use crate::transport::tls::{self, PeerCertificate, TlsError};
use crate::value::{ActionError, ErrorKind};
use ecow::EcoString;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_native_tls::TlsStream;

/// Capabilities that are kept.
const CAPABILITIES: usize = 100;
/// How long a server may take to say goodbye. Its answer is known by then.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection that is secured and greeted. There is no other way to get one, and none to send a password without.
pub(super) struct Session {
    wire: Wire<TlsStream<TcpStream>>,
}

/// Connects, greets and says goodbye.
pub(super) async fn greeting(endpoint: &Endpoint, progress: &mut Progress) -> Result<(), Stop> {
    let session = Session::open(endpoint, progress).await?;
    session.close(progress).await;
    Ok(())
}

/// Logs in and out.
pub(super) async fn login_only(endpoint: &Endpoint, login: &Login, progress: &mut Progress) -> Result<(), Stop> {
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
) -> Result<(), Stop> {
    let mut session = Session::open(endpoint, progress).await?;
    let reached = async {
        session.log_in(login, progress).await?;
        let opened = session.open_mailbox("EXAMINE", mailbox, progress).await?;
        let count = |text: &str| text.strip_suffix(" EXISTS").and_then(|count| count.parse().ok());
        progress.messages = opened.data.iter().find_map(|data| count(&data.text.to_ascii_uppercase()));
        progress.said = opened.said;
        Ok(())
    };
    let reached = reached.await;
    session.close(progress).await;
    reached
}

/// The certificate that the server shows, and why it is not trusted, if it is not. Nothing is said to the server on a
/// connection whose certificate was not trusted.
pub(super) async fn certificate(
    endpoint: &Endpoint,
    progress: &mut Progress,
) -> Result<(PeerCertificate, Option<String>), Stop> {
    let stream = connect(endpoint, progress).await?;
    let name = &endpoint.server_name;
    let secured = progress.during(Phase::Tls, async { Ok(endpoint.trust.secure(name, stream).await) }).await?;
    match secured {
        Ok((_, certificate)) => Ok((certificate, None)),
        Err(TlsError::Untrusted(problem)) => {
            let stream = connect(endpoint, progress).await?;
            let look = async { tls::look(name, stream).await.map_err(Stop::from) };
            Ok((progress.during(Phase::Tls, look).await?, Some(problem)))
        }
        Err(error) => Err(error.into()),
    }
}

/// A connection that is ready for a TLS handshake.
async fn connect(endpoint: &Endpoint, progress: &mut Progress) -> Result<TcpStream, Stop> {
    let deadline = progress.deadline();
    let connecting =
        async { tcp::connect(&endpoint.address, endpoint.port, endpoint.from, deadline).await.map_err(Stop::from) };
    let stream = progress.during(Phase::Connect, connecting).await?;
    if endpoint.starttls { start_tls(stream, progress).await } else { Ok(stream) }
}

/// Asks for TLS on a connection that has none. What the server says before TLS is believed in nothing but this.
async fn start_tls(stream: TcpStream, progress: &mut Progress) -> Result<TcpStream, Stop> {
    let mut wire = Wire::new(stream)?;
    progress.during(Phase::Greeting, wire.greeting()).await?;
    progress
        .during(Phase::Starttls, async {
            let offered = wire.run(Command::new("CAPABILITY")).await?.granted()?;
            if !capabilities(&offered).iter().any(|name| name == "STARTTLS") {
                return Err(Stop::protocol("the server offers no STARTTLS, and no password is sent without TLS", b""));
            }
            let answer = wire.run(Command::new("STARTTLS")).await?;
            if answer.status != Status::Ok {
                return Err(Stop::protocol(
                    "the server refused STARTTLS, and no password is sent without TLS",
                    answer.said.text.as_bytes(),
                ));
            }
            let (stream, pending) = wire.into_parts();
            // A server is silent until the handshake, so anything that came was put there to be taken for its word
            // after it. What comes later than this breaks the handshake.
            let mut byte = [0];
            let silent = matches!(stream.try_read(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
            if !pending.is_empty() || !silent {
                return Err(Stop::protocol("something was sent after the answer to STARTTLS, before TLS", &pending));
            }
            Ok(stream)
        })
        .await
}

impl Session {
    /// Connects, secures, and hears what the server says first and what it can do.
    pub async fn open(endpoint: &Endpoint, progress: &mut Progress) -> Result<Self, Stop> {
        let stream = connect(endpoint, progress).await?;
        let securing = async { endpoint.trust.secure(&endpoint.server_name, stream).await.map_err(Stop::from) };
        let (stream, certificate) = progress.during(Phase::Tls, securing).await?;
        progress.certificate_expires = Some(certificate.not_after);
        let mut session = Self { wire: Wire::new(stream)? };
        if !endpoint.starttls {
            progress.said = progress.during(Phase::Greeting, session.wire.greeting()).await?;
        }
        match told(&progress.said) {
            Some(capabilities) if !endpoint.starttls => progress.capabilities = capabilities,
            _ => session.ask_capabilities(progress).await?,
        }
        Ok(session)
    }

    /// Sends the password, once.
    pub async fn log_in(&mut self, login: &Login, progress: &mut Progress) -> Result<(), Stop> {
        if progress.capabilities.iter().any(|name| name == "LOGINDISABLED") {
            let said = Said {
                code: Some("LOGINDISABLED".into()),
                text: "the server takes no LOGIN, so no password was sent".into(),
                ..Said::default()
            };
            return Err(Stop::said(Finding::Refused, &said));
        }
        let command = Command::new("LOGIN").string(&login.user).string(&login.password);
        let answer = self.run(Phase::Login, command, progress).await?.granted()?;
        // They may be others now. Whoever needs them asks where they were not told.
        progress.capabilities = told(&answer.said).or_else(|| listed(&answer)).unwrap_or_default();
        if progress.capabilities.is_empty() {
            self.ask_capabilities(progress).await?;
        }
        progress.said = answer.said;
        Ok(())
    }

    /// Opens a mailbox. Servers refuse one that is not there with this code or that, or with none.
    pub async fn open_mailbox(
        &mut self,
        how: &'static str,
        mailbox: &str,
        progress: &mut Progress,
    ) -> Result<Answer, Stop> {
        match self.run(Phase::Select, Command::new(how).string(mailbox), progress).await?.granted() {
            Err(Stop::Answer { finding: Finding::Refused, code, text }) => {
                Err(Stop::Answer { finding: Finding::NoMailbox, code, text })
            }
            other => other,
        }
    }

    /// Carries out one command as one phase.
    pub async fn run(&mut self, phase: Phase, command: Command, progress: &mut Progress) -> Result<Answer, Stop> {
        progress.during(phase, self.wire.run(command)).await
    }

    async fn ask_capabilities(&mut self, progress: &mut Progress) -> Result<(), Stop> {
        let answer = self.run(Phase::Capability, Command::new("CAPABILITY"), progress).await?.granted()?;
        progress.capabilities = capabilities(&answer);
        // What was said before STARTTLS could have been said by anybody.
        if progress.said == Said::default() {
            progress.said = answer.said;
        }
        Ok(())
    }

    /// Says goodbye. What comes of it changes nothing that is known.
    pub async fn close(mut self, progress: &Progress) {
        if !self.wire.is_sound() {
            return;
        }
        let latest = progress.deadline().min(Instant::now() + GOODBYE);
        let _ = timeout_at(latest, self.wire.run(Command::new("LOGOUT"))).await;
    }
}

/// The capabilities that came in a response code.
fn told(said: &Said) -> Option<Vec<EcoString>> {
    (said.code.as_deref() == Some("CAPABILITY")).then(|| names(&said.detail))
}

/// Those that came as data, if any came.
fn listed(answer: &Answer) -> Option<Vec<EcoString>> {
    let lists = answer.data.iter().filter_map(|data| data.text.split_once(' '));
    lists.filter(|(word, _)| word.eq_ignore_ascii_case("CAPABILITY")).map(|(_, list)| names(list)).next()
}

fn capabilities(answer: &Answer) -> Vec<EcoString> {
    listed(answer).or_else(|| told(&answer.said)).unwrap_or_default()
}

fn names(list: &str) -> Vec<EcoString> {
    list.split_ascii_whitespace().take(CAPABILITIES).map(|name| shown(name.to_ascii_uppercase().as_bytes())).collect()
}

/// Whether the server can do what a message that is taken away again needs.
pub(super) fn require_uidplus(progress: &Progress) -> Result<(), Stop> {
    if progress.capabilities.iter().any(|name| name == "UIDPLUS") {
        return Ok(());
    }
    Err(Stop::Error(ActionError::new(
        ErrorKind::Refused,
        "the server does not offer UIDPLUS: a message could not be taken away without also expunging whatever else is \
         marked as deleted in the mailbox, so none was left there",
    )))
}
