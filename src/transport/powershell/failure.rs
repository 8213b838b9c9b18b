//! Translates error records to action errors.

use super::contract::{ErrorRecord, ErrorStage};
use crate::transport::process::sanitised;
use crate::value::{ActionError, ErrorKind, Loss, Value};

/// The longest message, in characters.
const MOST: usize = 500;

/// Ids of errors of parameter binding, of the local machine and of sessions: nothing was sent to the server.
const NOT_BOUND: [&str; 9] = [
    "CommandNotFoundException",
    "NamedParameterNotFound",
    "PositionalParameterNotFound",
    "AmbiguousParameter",
    "MissingMandatoryParameter",
    "MissingArgument",
    "ParameterBindingFailed",
    "ParameterArgumentTransformationError",
    "ParameterArgumentValidationError",
];

/// The error of a call that ended with an error record.
///
/// The ids for connections that failed or broke are known from practice and not documented. An unknown id is `failed`.
pub fn failure(cmdlet: &str, record: &ErrorRecord) -> ActionError {
    let names = || record.id.split(',').map(str::trim);
    let named = |list: &[&str]| names().any(|name| list.contains(&name));
    let not_opened = matches!(record.category.as_str(), "OpenError" | "ConnectionError")
        || named(&["ComputerNotFound", "PSSessionOpenFailed"]);
    let kind = match record.stage {
        ErrorStage::Bind => ErrorKind::Refused,
        ErrorStage::Connect => ErrorKind::Unreachable,
        ErrorStage::Command if names().next().is_some_and(|first| NOT_BOUND.contains(&first)) => ErrorKind::Refused,
        ErrorStage::Command if not_opened => ErrorKind::Unreachable,
        // The connection broke during the call.
        ErrorStage::Command if named(&["JobFailure", "PSSessionStateBroken"]) => ErrorKind::Unknown,
        ErrorStage::Command => ErrorKind::Failed,
    };
    let message = sentence(&record.message);
    let message = if message.is_empty() { record.category.as_str() } else { message.as_str() };
    let seen = format!("{} ({})", sanitised(record.id.as_bytes()), sanitised(record.category.as_bytes()));
    let loss = (message.chars().count() > MOST).then_some(Loss::LeftOut);
    ActionError::new(kind, format!("{cmdlet}: {message}")).with_loss(loss).with(Value::text(bounded(&seen)))
}

/// The message as one line without its full stop.
pub fn sentence(message: &str) -> String {
    let line = sanitised(message.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" ");
    bounded(line.trim_end_matches('.'))
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_say_what_is_known() {
        for (stage, id, category, kind) in [
            (ErrorStage::Bind, "anything", "OperationStopped", ErrorKind::Refused),
            (ErrorStage::Connect, "AccessDenied,PSSessionOpenFailed", "OpenError", ErrorKind::Unreachable),
            (ErrorStage::Command, "NamedParameterNotFound,Set-ImapSettings", "InvalidArgument", ErrorKind::Refused),
            (ErrorStage::Command, "CommandNotFoundException", "ObjectNotFound", ErrorKind::Refused),
            (ErrorStage::Command, "NetworkPathNotFound,PSSessionStateBroken", "OpenError", ErrorKind::Unreachable),
            (ErrorStage::Command, "ComputerNotFound,PSSessionStateBroken", "", ErrorKind::Unreachable),
            (ErrorStage::Command, "JobFailure", "OperationStopped", ErrorKind::Unknown),
            (ErrorStage::Command, "NoServiceFoundForGivenName,Microsoft.X", "ObjectNotFound", ErrorKind::Failed),
            (ErrorStage::Command, "", "", ErrorKind::Failed),
        ] {
            let (id, category) = (id.to_owned(), category.to_owned());
            let record = ErrorRecord { stage, id, category, message: "No.\r\nReally.".to_owned() };
            let error = failure("Get-X", &record);
            assert_eq!((error.kind, error.message.as_str()), (kind, "Get-X: No. Really"), "{record:?}");
        }
    }

    #[test]
    fn a_message_steers_no_terminal_and_ends() {
        let message = format!("\u{1b}[2J{}", "x".repeat(100_000));
        let record = ErrorRecord { stage: ErrorStage::Command, id: String::new(), category: String::new(), message };
        let error = failure("Get-X", &record);
        assert!(error.message.starts_with("Get-X: x") && error.message.chars().count() < 600, "{error}");
    }
}
