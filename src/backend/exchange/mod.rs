//! Exchange Server, through PowerShell.
//!
//! `server` asks about one server and turns foreign answers down; a file for each thing that is asked about knows the
//! cmdlets and their properties (`probe`, `health`, `copies`, `settings`, `mailbox`, `components`, `log`, `ready`);
//! `words` has the numbers of enums, `redact` takes passwords out. What is sure about Exchange and what is assumed says
//! `docs/backends/exchange.md`.

mod components;
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

use super::{Backend, CallContext, CallFuture};
use crate::transport::powershell::is_cut;
use crate::value::{ActionError, Call, ErrorKind, Loss, Timestamp, Value};
use server::Server;

/// The backend.
#[derive(Debug, Default)]
pub struct Exchange;

impl Backend for Exchange {
    fn name(&self) -> &'static str {
        "exchange"
    }

    fn perform<'a>(&'a self, call: &'a Call, surroundings: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(async move {
            let marked = |value: Value| value.losing_where(Loss::LeftOut, &is_cut);
            let marked_error = |error: ActionError| ActionError { evidence: error.evidence.map(marked), ..error };
            perform(call, surroundings).await.map(marked).map_err(|error| marked_error(redact::error(error)))
        })
    }
}

async fn perform(call: &Call, surroundings: &CallContext<'_>) -> Result<Value, ActionError> {
    let server = Server::new(surroundings.host(call, "server")?, surroundings)?;
    match call.action.as_str() {
        "invoke_probe" => probe::invoke(&server, text(call, "identity")?).await,
        "server_health" => health::monitors(&server, text(call, "health_set")?).await,
        "monitor" => health::monitor(&server, text(call, "name")?, text(call, "health_set")?).await,
        "monitoring_items" => health::items(&server, text(call, "health_set")?).await,
        "database_copies" => copies::all(&server).await,
        "databases_moved_back" => copies::move_back(&server).await,
        "imap_settings" => settings::imap(&server).await,
        "is_protocol_logged" => settings::is_logged(&server).await.map(Value::Boolean),
        "protocol_logging" => settings::log(&server, boolean(call, "enabled")?).await,
        "is_activation_blocked" => mailbox::is_blocked(&server).await.map(Value::Boolean),
        "activation_policy" => mailbox::policy(&server).await,
        "activation_blocked" => mailbox::block(&server, boolean(call, "blocked")?).await,
        "component" => components::component(&server, text(call, "name")?).await,
        "component_hold" => {
            components::hold(&server, text(call, "name")?, word_argument(call, "requester")?).await.map(Value::word)
        }
        "component_held" => {
            let (requester, state) = (word_argument(call, "requester")?, word_argument(call, "state")?);
            components::set(&server, text(call, "name")?, requester, state).await
        }
        "proxied_to" => log::proxied_to(&server, time(call, "since")?).await,
        "is_ready" => ready::is_ready(&server).await.map(Value::Boolean),
        _ => Err(super::no_such_action(call)),
    }
}

/// A text that can stand for one thing: an empty identity would stand for every one.
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

fn boolean(call: &Call, parameter: &str) -> Result<bool, ActionError> {
    call.argument(parameter).and_then(Value::as_boolean).ok_or_else(|| missing(parameter))
}

/// A word of an enum of the signatures. They are open ones, and a word that Exchange does not have is for it to refuse.
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
