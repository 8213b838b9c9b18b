//! The other side of a call, for stand-ins of PowerShell.

use super::PowerShellSettings;
use super::ascii::ascii;
use super::contract::{Envelope, ErrorRecord, ErrorStage, Request, SCHEMA};
use super::script::{MARK, arguments, cmdlets};
use crate::transport::process::Invocation;

/// The request in an invocation; `None` for any other command line, even if only one argument differs.
pub fn request_of(invocation: &Invocation<'_>, settings: &PowerShellSettings) -> Option<Request> {
    let fixed = invocation.arguments.strip_prefix(settings.command.as_slice())?;
    if settings.command.is_empty() || fixed != arguments() || !invocation.environment.is_empty() {
        return None;
    }
    let request: Request = serde_json::from_slice(invocation.input?).ok()?;
    (request.schema == SCHEMA).then_some(request)
}

/// The output of the script for an envelope: one line in ASCII.
pub fn written(envelope: &Envelope) -> Vec<u8> {
    format!("\n{MARK}{}\n", ascii(&serde_json::json!(envelope).to_string())).into_bytes()
}

/// The error record of the script for a cmdlet or parameter that is not in its list; `None` where it calls the cmdlet.
pub fn refusal_record(request: &Request) -> Option<ErrorRecord> {
    let id = match cmdlets().iter().find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(&request.cmdlet)) {
        None => format!("CommandNotFoundException,{}", request.cmdlet),
        Some(cmdlet) => {
            let is_known =
                |parameter: &str| cmdlet.parameters.iter().any(|known| known.eq_ignore_ascii_case(parameter));
            let unknown = request.parameters.keys().find(|parameter| !is_known(parameter))?;
            format!("NamedParameterNotFound,{},{unknown}", cmdlet.name)
        }
    };
    Some(ErrorRecord { stage: ErrorStage::Bind, message: id.clone(), id, category: "OperationStopped".to_owned() })
}
