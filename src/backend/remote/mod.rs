//! `remote`: programs on a host, through ssh.

use super::program_call::{Input, answer, words};
use super::registry::{Actions, Registration};
use super::road::{IsLocal, Road, as_query};
use super::{Backend, CallContext, CallFuture};
use crate::inventory::SectionType;
use crate::transport::ssh::SshSettings;
use crate::value::{ActionError, Call, Class, Value};
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
    let become_user = call.argument("become").and_then(Value::as_text);
    let input = input.text().unwrap_or_default();
    let reads = call.class == Class::Observe;
    let finished = Road::to(host, context).run(&words, input, become_user, context.time_left()).await;
    let finished = finished.map_err(|error| if reads { as_query(error) } else { error })?;
    answer(call, context, "RemoteOutput", &words, &format!(" on {}", host.name), &finished)
}
