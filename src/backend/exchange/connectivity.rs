//! A login as the test user, by `Test-ImapConnectivity`.

use super::redact::Passwords;
use super::server::Server;
use crate::backend::powershell::address;
use crate::transport::powershell::{Object, is_cut};
use crate::value::{ActionError, Host, Loss, SignedDuration, Value};

const PROPERTIES: &str =
    "ClientAccessServerShortName LocalSiteShortName Scenario Result LatencyInMillisecondsString Error";

/// The words of a result. Exchange translates them into the language of the shell, so any other is a mismatch.
const RESULTS: [&str; 3] = ["Success", "Skipped", "Failure"];

/// Logs in through the front end, to a mailbox on `holder` if one is given. Without `-LightMode` the cmdlet would also
/// send a message and delete older ones. It connects over TLS unless it is told otherwise.
pub(super) async fn log_in(server: &Server<'_>, holder: Option<&Host>) -> Result<Value, ActionError> {
    let request = server.exchange("Test-ImapConnectivity").with("ClientAccessServer", server.address);
    let request = request.with("LightMode", true).select(PROPERTIES);
    let request = match holder {
        Some(holder) => request.with("MailboxServer", address(holder)?),
        None => request,
    };
    let answer = server.send(request).await?;
    let decode = |object: &Object<'_>| {
        server.check_server(object, "ClientAccessServerShortName")?;
        // The message of a mismatch might show a password.
        login(object).map_err(|error| ActionError { evidence: None, ..error })
    };
    answer.objects()?.iter().map(decode).collect::<Result<Vec<_>, _>>().map(Value::list)
}

fn login(object: &Object<'_>) -> Result<Value, ActionError> {
    let optional = |property: &str| Ok(object.optional_text(property)?.map_or(Value::Absent, Value::Text));
    let shown = object.text("Result")?;
    // Tables show a failure as `*FAILURE*`.
    let word = RESULTS.iter().find(|word| word.eq_ignore_ascii_case(shown.trim_matches('*')));
    let word = word.ok_or_else(|| object.mismatch("Result", "is not Success, Skipped or Failure"))?;
    let milliseconds = object.optional_number("LatencyInMillisecondsString")?;
    let latency = milliseconds.and_then(|number| i64::try_from(number.trunc()).ok()).filter(|whole| *whole >= 0);
    let error = object.optional_text("Error")?.map(|text| {
        let mut passwords = Passwords::default();
        passwords.search_text(&text);
        passwords.remove_passwords(&text).with_loss_if(is_cut(&text).then_some(Loss::LeftOut))
    });
    Ok(Value::record(
        "Connectivity",
        [
            ("front_end", Value::Text(object.text("ClientAccessServerShortName")?)),
            ("site", optional("LocalSiteShortName")?),
            ("scenario", optional("Scenario")?),
            ("result", Value::word(*word)),
            ("latency", latency.map_or(Value::Absent, |whole| Value::Duration(SignedDuration::from_millis(whole)))),
            ("error", error.unwrap_or(Value::Absent)),
        ],
    ))
}
