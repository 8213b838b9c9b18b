//! `imap`: IMAP servers as a mail client sees them: connections, logins, mailboxes, and a message sent and read back.
//!
//! `round_trip` and the observations in `session` use the client of `async-imap`, which implements the protocol and
//! parses data. It runs over `guard`, which bounds and checks both directions: `incoming` reads whole responses,
//! `outgoing` turns what the library writes into commands, `command_cycle` decides what the library sees and keeps what
//! the server said, `response` parses responses. Below is `transport`. See `docs/backends/imap.md`.

mod argument;
mod command_cycle;
mod display_text;
mod endpoint;
mod guard;
mod incoming;
mod outgoing;
mod progress;
mod response;
mod round_trip;
mod session;
mod session_end;
mod settings;

pub use settings::ImapSettings;

use super::registry::{Actions, Registration};
use super::{Backend, CallContext, CallFuture};
use crate::inventory::SectionType;
use crate::transport::trust::Trusts;
use crate::value::{ActionError, Call, ErrorKind, Loss, SignedDuration, Timestamp, Value};
use endpoint::Endpoint;
use progress::Progress;
use session_end::SessionEnd;
use strum::{EnumString, VariantNames};

/// This backend, for the registry.
pub const REGISTRATION: Registration = Registration {
    name: "imap",
    actions: Some(Actions {
        signatures: include_str!("imap.runbook"),
        names: Action::VARIANTS,
        backend: || Box::new(Imap::default()),
        is_simulated: false,
    }),
    host_sections: &[SectionType::of::<ImapSettings>()],
    inventory_sections: &[],
};

/// The actions of the signature file.
#[derive(Clone, Copy, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Action {
    Greeting,
    Login,
    Mailbox,
    Certificate,
    RoundTrip,
    RoundTripRemoved,
}

/// The `imap` backend. Every call opens a new connection; only trust stores are kept between calls.
#[derive(Debug, Default)]
pub struct Imap {
    trusts: Trusts,
}

impl Backend for Imap {
    fn name(&self) -> &'static str {
        "imap"
    }

    fn perform<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(async move {
            let marked =
                |error: ActionError| ActionError { evidence: error.evidence.map(display_text::marked), ..error };
            self.perform_unmarked(call, context).await.map(display_text::marked).map_err(marked)
        })
    }
}

impl Imap {
    fn perform_unmarked<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(async move {
            let mut progress = Progress::new(context.time_left());
            let Ok(host) = context.host(call, "on") else {
                // An unknown action is reported before a missing host.
                super::action::<Action>(call)?;
                return context.host(call, "on").map(|_| Value::Absent);
            };
            let endpoint = Endpoint::for_host(host, context.folder, &self.trusts)?;
            let action = super::action(call)?;
            progress.begin();
            match action {
                Action::Greeting => {
                    let reached = session::greeting(&endpoint, &mut progress).await;
                    progress.answer(reached)
                }
                Action::Login => {
                    let login = Login::new(call, context)?;
                    let reached = session::login_only(&endpoint, &login, &mut progress).await;
                    progress.answer(reached)
                }
                Action::Mailbox => {
                    let login = Login::new(call, context)?;
                    let reached = session::examine(&endpoint, &login, &mailbox(call)?, &mut progress).await;
                    progress.answer(reached)
                }
                Action::Certificate => {
                    let (certificate, problem) =
                        session::certificate(&endpoint, &mut progress).await.map_err(SessionEnd::into_error)?;
                    Ok(certificate_value(certificate, problem))
                }
                Action::RoundTrip => {
                    let login = Login::new(call, context)?;
                    round_trip::perform(&endpoint, &login, &mailbox(call)?, &mut progress).await
                }
                Action::RoundTripRemoved => {
                    let login = Login::new(call, context)?;
                    round_trip::remove_left(&endpoint, &login, &mailbox(call)?, &mut progress).await
                }
            }
        })
    }
}

/// A user and a password.
struct Login {
    user: String,
    password: crate::secret::Revealed,
}

impl Login {
    fn new(call: &Call, context: &CallContext<'_>) -> Result<Self, ActionError> {
        let user = text(call, "user")?;
        let Some(Value::Secret(reference)) = call.argument("password") else {
            return Err(ActionError::new(ErrorKind::Refused, "the password must be a secret"));
        };
        let password = context.secrets.reveal(reference)?;
        argument::check("password", &password)?;
        Ok(Self { user, password })
    }
}

/// A text argument, checked for what IMAP can send.
fn text(call: &Call, parameter: &str) -> Result<String, ActionError> {
    let text = call.argument(parameter).and_then(Value::as_text).unwrap_or_default();
    argument::check(parameter, text)?;
    Ok(text.to_owned())
}

/// The mailbox name as it is sent.
fn mailbox(call: &Call) -> Result<String, ActionError> {
    text(call, "mailbox").map(|name| argument::mailbox_name(&name))
}

fn certificate_value(certificate: crate::transport::tls::PeerCertificate, problem: Option<String>) -> Value {
    let remaining: SignedDuration = certificate.not_after.duration_since(Timestamp::now());
    const MOST_NAMES: usize = 100;
    let names =
        certificate.names.iter().take(MOST_NAMES).map(|name| Value::Text(display_text::display_text(name.as_bytes())));
    let loss = (certificate.names.len() > MOST_NAMES).then_some(Loss::LeftOut);
    Value::record(
        "Certificate",
        [
            ("trusted", Value::Boolean(problem.is_none())),
            ("problem", problem.map_or(Value::Absent, Value::text)),
            ("subject", Value::Text(display_text::display_text(certificate.subject.as_bytes()))),
            ("issuer", Value::Text(display_text::display_text(certificate.issuer.as_bytes()))),
            ("names", Value::list(names).with_loss_if(loss)),
            ("not_before", Value::Time(certificate.not_before)),
            ("not_after", Value::Time(certificate.not_after)),
            ("remaining", Value::Duration(remaining)),
        ],
    )
}
