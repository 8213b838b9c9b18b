//! `remote`: programs on a host, through ssh.

mod settings;

pub use settings::IsLocal;

use super::program_call::{Input, is_accepted, output, program, words};
use super::registry::{Actions, Registration};
use super::{Backend, CallContext, CallFuture, working_folder};
use crate::inventory::SectionType;
use crate::transport::process::ExitReason;
use crate::transport::ssh::{FarCommand, SshSettings, run};
use crate::value::{ActionError, Call, Class, ErrorKind, Host, Value};
use strum::{EnumString, VariantNames};

/// This backend, for the registry.
pub const REGISTRATION: Registration = Registration {
    name: "remote",
    actions: Some(Actions {
        signatures: include_str!("remote.runbook"),
        names: Action::VARIANTS,
        backend: || Box::new(Remote),
        is_simulated: false,
    }),
    host_sections: &[SectionType::of::<SshSettings>(), SectionType::of::<IsLocal>()],
    inventory_sections: &[SectionType::of::<SshSettings>()],
};

/// The actions of the signature file.
#[derive(Clone, Copy, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
enum Action {
    Read,
    Change,
    Disrupt,
    Destroy,
}

/// The `remote` backend.
#[derive(Debug, Default)]
pub struct Remote;

impl Backend for Remote {
    fn name(&self) -> &'static str {
        "remote"
    }

    fn perform<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(perform(call, context))
    }
}

async fn perform(call: &Call, context: &CallContext<'_>) -> Result<Value, ActionError> {
    // The four actions differ only in their class, which the signatures declare.
    let _: Action = super::action(call)?;
    let host = context.host(call, "on")?;
    let (words, input) = (words(call)?, Input::of(call, context)?);
    let settings = settings(host, context);
    let is_local = host.settings.get::<IsLocal>().is_some_and(|local| local.0);
    let folder = working_folder(context);
    let become_user = call.argument("become").and_then(Value::as_text).or(settings.become_user.as_deref());
    let command = FarCommand {
        host: &host.name,
        ssh: (!is_local).then_some((host.address.as_str(), &settings)),
        words: &words,
        input: input.text().unwrap_or_default(),
        become_user,
        folder: &folder,
    };
    let reads = call.class == Class::Observe;
    let finished = run(&command, context.time_left()).await.map_err(|error| match error.kind {
        // A lost observation can be repeated.
        ErrorKind::Unknown if reads => ActionError { kind: ErrorKind::Unreachable, ..error },
        _ => error,
    })?;
    if is_accepted(call, finished.ending) {
        return Ok(output(&finished, context));
    }
    let kind = match finished.ending {
        ExitReason::Signal(_) if !reads => ErrorKind::Unknown,
        _ => ErrorKind::Failed,
    };
    let error = ActionError::new(kind, format!("{} on {} {}", program(&words), host.name, finished.ending));
    Err(error.with(output(&finished, context)))
}

/// The settings of a host, with those that all hosts have in common.
fn settings(host: &Host, context: &CallContext<'_>) -> SshSettings {
    let own = host.settings.get::<SshSettings>().cloned().unwrap_or_default();
    match context.settings.get::<SshSettings>() {
        Some(common) => own.or(common),
        None => own,
    }
}
