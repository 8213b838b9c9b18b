//! `exec`: programs on the machine that rectify runs on.

#[cfg(test)]
mod tests;

use super::program_call::{Input, answer, words};
use super::registry::{Actions, Registration};
use super::{Backend, CallContext, CallFuture, working_folder};
use crate::transport::process::{Invocation, run};
use crate::value::{ActionError, Call, Value};
use strum::{EnumString, VariantNames};

/// This backend, for the registry.
pub const REGISTRATION: Registration = Registration {
    name: "exec",
    actions: Some(Actions {
        signatures: include_str!("exec.runbook"),
        names: Action::VARIANTS,
        backend: || Box::new(Exec),
        is_simulated: false,
    }),
    host_sections: &[],
    inventory_sections: &[],
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

/// The `exec` backend.
#[derive(Debug, Default)]
pub struct Exec;

impl Backend for Exec {
    fn name(&self) -> &'static str {
        "exec"
    }

    fn perform<'a>(&'a self, call: &'a Call, context: &'a CallContext<'a>) -> CallFuture<'a> {
        Box::pin(perform(call, context))
    }
}

async fn perform(call: &Call, context: &CallContext<'_>) -> Result<Value, ActionError> {
    // The four actions differ only in their class, which the signatures declare.
    let _: Action = super::action(call)?;
    let (arguments, input) = (words(call)?, Input::of(call, context)?);
    let folder = Some(working_folder(context));
    let input = input.text().map(str::as_bytes);
    let finished =
        run(Invocation { arguments: &arguments, input, folder, ..Invocation::default() }, context.time_left()).await?;
    answer(call, context, "Output", &arguments, "", &finished)
}
