//! `exec`: programs on the machine that rectify runs on.

#[cfg(test)]
mod tests;

use super::registry::{Actions, Registration};
use super::{Backend, CallContext, CallFuture, working_folder};
use crate::secret::MASK;
use crate::transport::process::{Captured, ExitReason, Invocation, ProcessOutput, run, sanitised};
use crate::value::{ActionError, Call, Class, Decimal, ErrorKind, Loss, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
    let arguments = arguments_of(call)?;
    let plain = call.argument("input").and_then(Value::as_text);
    let revealed = match call.argument("secret_input") {
        Some(Value::Secret(reference)) => Some(context.secrets.reveal(reference)?),
        _ => None,
    };
    if plain.is_some() && revealed.is_some() {
        return Err(ActionError::new(ErrorKind::Refused, "a command reads input or secret_input, not both"));
    }
    let input = revealed.as_deref().or(plain).map(str::as_bytes);
    let folder = Some(working_folder(context));
    let invocation = Invocation { arguments: &arguments, input, folder, ..Invocation::default() };
    let finished = run(invocation, context.time_left()).await?;
    let accepted = match (finished.ending, call.argument("accepts")) {
        (ExitReason::Code(code), Some(Value::List(codes))) => codes.contains(&Value::number(code)),
        (ending, _) => ending.is_success(),
    };
    if accepted {
        return Ok(output(&finished, context));
    }
    let program = sanitised(arguments.first().map(String::as_bytes).unwrap_or_default());
    // A lost observation is no worse than a failed one: it can be repeated.
    let kind = if call.class == Class::Observe { ErrorKind::Failed } else { finished.ending.kind(&arguments) };
    let error = ActionError::new(kind, format!("{program} {}", finished.ending));
    Err(error.with(output(&finished, context)))
}

fn arguments_of(call: &Call) -> Result<Vec<String>, ActionError> {
    let Some(Value::List(values)) = call.argument("arguments") else {
        return Err(ActionError::new(ErrorKind::Refused, "a command is a list of texts"));
    };
    let texts: Option<Vec<String>> = values.iter().map(|value| value.as_text().map(str::to_owned)).collect();
    texts.ok_or_else(|| ActionError::new(ErrorKind::Refused, "every argument of a command is a text"))
}

/// The record `Output`. A process that a signal ended has the exit code that a shell shows: 128 and the number of the
/// signal.
fn output(finished: &ProcessOutput, context: &CallContext<'_>) -> Value {
    let code = match finished.ending {
        ExitReason::Code(code) => code,
        ExitReason::Signal(number) => 128 + number,
    };
    let complete = finished.stdout.left_out() == 0 && finished.stderr.left_out() == 0;
    Value::record(
        "Output",
        [
            ("exit_code", Value::number(Decimal::from(code))),
            ("stdout", finished.stdout.value()),
            ("stderr", finished.stderr.value()),
            ("complete", Value::Boolean(complete)),
            ("stdout_bytes", base64_unless_text(&finished.stdout, context)),
            ("stderr_bytes", base64_unless_text(&finished.stderr, context)),
        ],
    )
}

/// The bytes in base64, if the text does not represent all of them. Absent where bytes are missing. Masked where a
/// secret is among them, because it could not be found again in base64.
fn base64_unless_text(captured: &Captured, context: &CallContext<'_>) -> Value {
    if captured.loss().is_some() {
        return Value::Absent;
    }
    let (bytes, text) = (captured.bytes(), captured.text());
    match context.secrets.redact_text(&text) {
        _ if text.as_bytes() == bytes => Value::Absent,
        masked if *masked == text => Value::text(STANDARD.encode(bytes)),
        _ => Value::text(MASK).with_loss(Loss::Masked),
    }
}
