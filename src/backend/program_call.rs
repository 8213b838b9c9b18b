//! What `exec` and `remote` share: the arguments of a call that runs a program, and the record of its output.

use super::CallContext;
use crate::secret::{MASK, Revealed};
use crate::transport::process::{Captured, ExitReason, ProcessOutput, sanitised};
use crate::value::{ActionError, Call, Class, Decimal, ErrorKind, Loss, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The program of a call and its arguments.
pub(super) fn words(call: &Call) -> Result<Vec<String>, ActionError> {
    let Some(Value::List(values)) = call.argument("arguments") else {
        return Err(ActionError::new(ErrorKind::Refused, "a command is a list of texts"));
    };
    let texts: Option<Vec<String>> = values.iter().map(|value| value.as_text().map(str::to_owned)).collect();
    texts.ok_or_else(|| ActionError::new(ErrorKind::Refused, "every argument of a command is a text"))
}

/// What a program reads from standard input.
pub(super) enum Input<'c> {
    Nothing,
    Plain(&'c str),
    Secret(Revealed),
}

impl<'c> Input<'c> {
    pub fn of(call: &'c Call, context: &CallContext<'_>) -> Result<Self, ActionError> {
        let plain = call.argument("input").and_then(Value::as_text);
        match (plain, call.argument("secret_input")) {
            (Some(_), Some(Value::Secret(_))) => {
                Err(ActionError::new(ErrorKind::Refused, "a command reads input or secret_input, not both"))
            }
            (_, Some(Value::Secret(reference))) => Ok(Self::Secret(context.secrets.reveal(reference)?)),
            (plain, _) => Ok(plain.map_or(Self::Nothing, Self::Plain)),
        }
    }

    /// The text, if there is any input.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Plain(text) => Some(text),
            Self::Secret(text) => Some(text),
        }
    }
}

/// The answer of a call whose program has ended: the record of its output, or an error with that record as evidence. `place` is
/// where it ran, such as ` on web1`, or empty.
pub(super) fn answer(
    call: &Call,
    context: &CallContext<'_>,
    record: &'static str,
    words: &[String],
    place: &str,
    finished: &ProcessOutput,
) -> Result<Value, ActionError> {
    let output = output(record, finished, context);
    if is_accepted(call, finished.ending) {
        return Ok(output);
    }
    // A lost observation is no worse than a failed one: it can be repeated.
    let kind = if call.class == Class::Observe { ErrorKind::Failed } else { finished.ending.kind(words) };
    let program = sanitised(words.first().map(String::as_bytes).unwrap_or_default());
    Err(ActionError::new(kind, format!("{program}{place} {}", finished.ending)).with(output))
}

/// Whether the call takes this ending for an answer: exit code 0, or one of `accepts`.
fn is_accepted(call: &Call, ending: ExitReason) -> bool {
    match (ending, call.argument("accepts")) {
        (ExitReason::Code(code), Some(Value::List(codes))) => codes.contains(&Value::number(code)),
        (ending, _) => ending.is_success(),
    }
}

/// The record of an output, by its name in the signatures. A process that a signal ended has the exit code that a shell shows: 128 and the number of the
/// signal.
fn output(record: &'static str, finished: &ProcessOutput, context: &CallContext<'_>) -> Value {
    let code = match finished.ending {
        ExitReason::Code(code) => code,
        ExitReason::Signal(number) => 128 + number,
    };
    let complete = finished.stdout.left_out() == 0 && finished.stderr.left_out() == 0;
    Value::record(
        record,
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
