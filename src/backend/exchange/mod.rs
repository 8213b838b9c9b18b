//! `exchange`: Exchange Server, through PowerShell.
//!
//! `server` sends requests about one server and refuses answers about others. Each of `probe`, `connectivity`, `health`, `copies`,
//! `settings`, `mailbox`, `components`, `log` and `ready` knows its cmdlets and their properties. `words` has the
//! numbers of enums, `redact` removes passwords. `docs/backends/exchange.md` says what is known about Exchange and what
//! is assumed.

mod components;
mod connectivity;
mod copies;
mod health;
mod log;
mod mailbox;
mod probe;
mod ready;
mod redact;
mod server;
mod settings;
mod words;

#[cfg(test)]
mod tests;

use super::registry::{Actions, Registration};
use super::{Backend, CallContext, CallFuture};
use crate::transport::powershell::is_cut;
use crate::value::{ActionError, Call, ErrorKind, Loss, Timestamp, Value};
use ecow::EcoString;
use server::Server;
use strum::{EnumString, VariantNames};

/// This backend, for the registry.
pub const REGISTRATION: Registration = Registration {
    name: "exchange",
    actions: Some(Actions {
        signatures: include_str!("exchange.runbook"),
        names: Action::VARIANTS,
        backend: || Box::new(Exchange),
        is_simulated: true,
    }),
    host_sections: &[],
    inventory_sections: &[],
};

/// The actions of the signature file.
#[derive(Clone, Copy, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Action {
    InvokeProbe,
    ImapConnectivity,
    ServerHealth,
    Monitor,
    MonitoringItems,
    DatabaseCopies,
    DatabasesMovedBack,
    ImapSettings,
    IsProtocolLogged,
    ProtocolLogging,
    IsActivationBlocked,
    ActivationPolicy,
    ActivationBlocked,
    Component,
    ComponentHold,
    ComponentHeld,
    ProxiedTo,
    IsReady,
}

/// The `exchange` backend.
#[derive(Debug, Default)]
pub struct Exchange;

impl Backend for Exchange {
    fn name(&self) -> &'static str {
        "exchange"
    }

    fn perform<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(async move {
            let marked = |value: Value| value.with_loss_where(Loss::LeftOut, &is_cut);
            let marked_error = |error: ActionError| ActionError { evidence: error.evidence.map(marked), ..error };
            perform(call, context).await.map(marked).map_err(|error| marked_error(redact::error(error)))
        })
    }
}

async fn perform(call: &Call, context: &CallContext<'_>) -> Result<Value, ActionError> {
    let action = super::action(call)?;
    let server = Server::new(context.host(call, "server")?, context)?;
    match action {
        Action::InvokeProbe => probe::invoke(&server, text(call, "identity")?).await,
        Action::ImapConnectivity => {
            let mailbox_server = call.argument("mailbox_server").is_some_and(|value| *value != Value::Absent);
            let holder = if mailbox_server { Some(context.host(call, "mailbox_server")?) } else { None };
            connectivity::log_in(&server, holder).await
        }
        Action::ServerHealth => health::monitors(&server, text(call, "health_set")?).await,
        Action::Monitor => health::monitor(&server, text(call, "name")?, text(call, "health_set")?).await,
        Action::MonitoringItems => health::items(&server, text(call, "health_set")?).await,
        Action::DatabaseCopies => copies::all(&server).await,
        Action::DatabasesMovedBack => copies::move_back(&server, &names(call, "databases")?).await,
        Action::ImapSettings => settings::imap(&server).await,
        Action::IsProtocolLogged => settings::is_logged(&server).await.map(Value::Boolean),
        Action::ProtocolLogging => settings::log(&server, boolean(call, "enabled")?).await,
        Action::IsActivationBlocked => mailbox::is_blocked(&server).await.map(Value::Boolean),
        Action::ActivationPolicy => mailbox::policy(&server).await,
        Action::ActivationBlocked => mailbox::block(&server, boolean(call, "blocked")?).await,
        Action::Component => components::component(&server, text(call, "name")?).await,
        Action::ComponentHold => {
            components::hold(&server, text(call, "name")?, word_argument(call, "requester")?).await.map(Value::word)
        }
        Action::ComponentHeld => {
            let (requester, state) = (word_argument(call, "requester")?, word_argument(call, "state")?);
            components::set(&server, text(call, "name")?, requester, state).await
        }
        Action::ProxiedTo => log::proxied_to(&server, time(call, "since")?).await,
        Action::IsReady => ready::is_ready(&server).await.map(Value::Boolean),
    }
}

/// A text argument that names one thing. Exchange may take an empty identity for all.
fn text<'c>(call: &'c Call, parameter: &str) -> Result<&'c str, ActionError> {
    let text = call.argument(parameter).and_then(Value::as_text).unwrap_or_default();
    let fault = match text.trim() {
        "" => "it is empty, which Exchange may take for all there are",
        _ if text.len() > 1024 => "it is longer than 1024 bytes",
        _ if text.contains(char::is_control) => "it holds a control character",
        _ => return Ok(text),
    };
    Err(ActionError::new(ErrorKind::Refused, format!("{text:?} cannot be the {parameter}: {fault}")))
}

/// A list of names. Nothing if it is not given.
fn names(call: &Call, parameter: &str) -> Result<Option<Vec<EcoString>>, ActionError> {
    let Some(Value::List(items)) = call.argument(parameter) else { return Ok(None) };
    let name = |item: &Value| match item.as_text() {
        Some(name) if !name.trim().is_empty() && name.len() <= 1024 && !name.contains(char::is_control) => {
            Ok(name.into())
        }
        _ => Err(ActionError::new(ErrorKind::Refused, format!("{item} cannot be the name of a database"))),
    };
    items.iter().map(name).collect::<Result<_, _>>().map(Some)
}

fn boolean(call: &Call, parameter: &str) -> Result<bool, ActionError> {
    call.argument(parameter).and_then(Value::as_boolean).ok_or_else(|| missing(parameter))
}

/// A word of an enum. Enums of the signatures are open; Exchange refuses words that it does not know.
fn word_argument<'c>(call: &'c Call, parameter: &str) -> Result<&'c str, ActionError> {
    match call.argument(parameter) {
        Some(Value::Word(word)) if !word.is_empty() => Ok(word),
        _ => Err(missing(parameter)),
    }
}

fn time(call: &Call, parameter: &str) -> Result<Timestamp, ActionError> {
    match call.argument(parameter) {
        Some(Value::Time(time)) => Ok(*time),
        _ => Err(missing(parameter)),
    }
}

fn missing(parameter: &str) -> ActionError {
    ActionError::new(ErrorKind::Refused, format!("the argument {parameter} is missing"))
}
