//! The SMTP session with the mail server.

use super::{Phase, Receipt};
use crate::secret::Secrets;
use crate::transport::trust::read_pem;
use crate::value::{ActionError, ErrorKind, MailSettings, Security, Value};
use lettre::address::Envelope;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters, TlsVersion};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Connects, starts TLS and logs in.
pub(super) async fn open(
    settings: &MailSettings,
    secrets: &Secrets,
    folder: &Path,
    limit: Duration,
) -> Result<AsyncSmtpConnection, ActionError> {
    let refused = |message: &str| Err(ActionError::new(ErrorKind::Refused, message));
    if settings.security == Security::None && (settings.user.is_some() || settings.password.is_some()) {
        return refused("a password must not be sent to a mail server without TLS");
    }
    let addresses = resolve(settings).await?;
    if settings.security == Security::None && !addresses.iter().all(|address| address.ip().is_loopback()) {
        return refused("mail without TLS is only allowed to a loopback address");
    }
    let tls = match settings.security {
        Security::None => None,
        Security::Tls | Security::Starttls => Some(tls_parameters(settings, folder)?),
    };
    let unreachable = |error: &SmtpError| failure(error, ErrorKind::Unreachable, "cannot be reached", settings);
    let hello = ClientId::default();
    let at_once = if settings.security == Security::Tls { tls.clone() } else { None };
    let mut connection = AsyncSmtpConnection::connect_tokio1(addresses.as_slice(), Some(limit), &hello, at_once, None)
        .await
        .map_err(|error| unreachable(&error))?;
    if let (Security::Starttls, Some(tls)) = (settings.security, tls) {
        connection.starttls(tls, &hello).await.map_err(|error| unreachable(&error))?;
    }
    // Check the connection itself, whichever branch secured it.
    if settings.security != Security::None && !connection.is_encrypted() {
        return refused("the connection to the mail server is not encrypted");
    }
    if let (Some(user), Some(reference)) = (&settings.user, &settings.password) {
        let password = secrets.reveal(reference)?;
        let credentials = Credentials::new(user.clone(), password.to_string());
        let accepted = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
        accepted.map_err(|error| failure(&error, ErrorKind::Unreachable, "does not accept the login", settings))?;
    }
    Ok(connection)
}

/// Delivers the message. A refused recipient does not stop the delivery to the others.
pub(super) async fn deliver(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    bytes: &[u8],
    phase: &Cell<Phase>,
) -> Result<Receipt, ActionError> {
    let mut options = Vec::new();
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    if addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(ActionError::new(ErrorKind::Refused, "the mail server accepts only ASCII addresses"));
        }
        options.push(MailParameter::SmtpUtfEight);
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let before = |error: &SmtpError, what: &str| plain_failure(error, ErrorKind::Unreachable, what);
    let sender = Mail::new(envelope.from().cloned(), options);
    connection.command(sender).await.map_err(|error| before(&error, "the mail server rejected the sender"))?;
    let mut refused = Vec::new();
    for recipient in envelope.to() {
        match connection.command(Rcpt::new(recipient.clone(), vec![])).await {
            Ok(_) => {}
            Err(error) if error.is_permanent() || error.is_transient() => {
                refused.push((recipient.to_string(), words_of(&error), error));
            }
            Err(error) => return Err(before(&error, "the connection to the mail server was lost")),
        }
    }
    if refused.len() == envelope.to().len()
        && let Some((_, _, error)) = refused.first()
    {
        return Err(before(error, "the mail server rejected all recipients"));
    }
    connection.command(Data).await.map_err(|error| before(&error, "the mail server rejected the message"))?;
    phase.set(Phase::Sending);
    let taken = connection.message(bytes).await;
    taken.map_err(|error| plain_failure(&error, ErrorKind::Unknown, "the mail server did not confirm the message"))?;
    Ok(Receipt { refused: refused.into_iter().map(|(recipient, words, _)| (recipient, words)).collect() })
}

async fn resolve(settings: &MailSettings) -> Result<Vec<SocketAddr>, ActionError> {
    let port = settings.port.unwrap_or(match settings.security {
        Security::Tls => 465,
        Security::Starttls => 587,
        Security::None => 25,
    });
    let host = settings.server.trim_start_matches('[').trim_end_matches(']');
    let resolved = tokio::net::lookup_host((host, port)).await;
    let addresses: Vec<SocketAddr> = resolved
        .map_err(|error| {
            let message = format!("the mail server {} cannot be resolved: {error}", settings.server);
            ActionError::new(ErrorKind::Unreachable, message)
        })?
        .collect();
    Ok(addresses)
}

/// The line that ends a certificate in a PEM file.
const END: &str = "-----END CERTIFICATE-----";

fn tls_parameters(settings: &MailSettings, folder: &Path) -> Result<TlsParameters, ActionError> {
    let refused = |what: String| ActionError::new(ErrorKind::Refused, what);
    let name = settings.server_name.clone().unwrap_or_else(|| settings.server.clone());
    let mut builder = TlsParameters::builder(name).set_min_tls_version(TlsVersion::Tlsv12);
    if let Some(path) = &settings.ca {
        let file = folder.join(path);
        let pem = read_pem(&file).map_err(|error| refused(error.to_string()))?;
        let pem = String::from_utf8_lossy(&pem);
        let certificates: Vec<&str> = pem.split_inclusive(END).filter(|part| part.contains(END)).collect();
        if certificates.is_empty() {
            return Err(refused(format!("{} contains no PEM certificate", file.display())));
        }
        for one in certificates {
            let certificate = Certificate::from_pem(one.as_bytes())
                .map_err(|_| refused(format!("{} contains something that is not a certificate", file.display())))?;
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build_native().map_err(|error| refused(format!("cannot set up TLS: {}", words_of(&error))))
}

fn failure(error: &SmtpError, otherwise: ErrorKind, what: &str, settings: &MailSettings) -> ActionError {
    plain_failure(error, otherwise, &format!("the mail server {} {what}", settings.server))
}

/// A permanent refusal is `failed`, a temporary one `unreachable`. The server has accepted nothing in either case.
fn plain_failure(error: &SmtpError, otherwise: ErrorKind, what: &str) -> ActionError {
    let kind = match () {
        () if error.is_permanent() => ErrorKind::Failed,
        () if error.is_transient() => ErrorKind::Unreachable,
        () if error.is_client() => ErrorKind::Refused,
        () => otherwise,
    };
    ActionError::new(kind, what).with(Value::text(words_of(error)))
}

/// The server's message, or the innermost cause.
fn words_of(error: &SmtpError) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = deeper.source();
    }
    const MOST: usize = 500;
    let words = crate::transport::process::sanitised(words.as_bytes());
    match words.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words,
    }
}
