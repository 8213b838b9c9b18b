//! Runs probes on demand.

use super::redact;
use super::redact::Passwords;
use super::server::Server;
use super::words::RESULT_TYPES;
use crate::transport::powershell::{Object, is_cut};
use crate::value::{ActionError, Decimal, Loss, SignedDuration, Value};
use ecow::EcoString;
use regex::Regex;
use std::sync::LazyLock;

/// The properties to request. `ExecutionContext` is never among them: it holds the password of the health mailbox in
/// plain text.
const PROPERTIES: &str = "Server MonitorIdentity ResultType Error Exception SampleValue ExecutionStartTime \
     ExecutionEndTime StateAttribute1 StateAttribute2 StateAttribute3 StateAttribute4 StateAttribute12 StateAttribute13";

/// The timeout that the definitions of the probes have, as text, as the cmdlet expects it. The default of an on-demand
/// run is six seconds, which a slow but healthy server exceeds.
const TIMEOUT_SECONDS: &str = "115";

/// Runs a probe and returns its result. A probe that was not run shows as a warning without an object.
pub(super) async fn invoke(server: &Server<'_>, identity: &str) -> Result<Value, ActionError> {
    let request = server.exchange("Invoke-MonitoringProbe").with("Identity", identity).with("Server", server.address);
    let request = request.with("TimeOutSeconds", TIMEOUT_SECONDS);
    let answer = server.send(request.select(PROPERTIES)).await?;
    let object = answer.object()?;
    server.check_server(&object, "Server")?;
    // The message of a mismatch might show a password.
    result(&object).map_err(|error| ActionError { evidence: None, ..error })
}

/// The meaning of the attributes is an assumption: 1 the failing component, 2 an error token, 3 the server that
/// greeted, 4 the server behind it, 12 the raw answers.
fn result(object: &Object<'_>) -> Result<Value, ActionError> {
    let passwords = passwords(object)?;
    let clean = |property: &str| -> Result<Value, ActionError> {
        let text = object.optional_text(property)?;
        let loss = text.as_deref().is_some_and(is_cut).then_some(Loss::LeftOut);
        Ok(text.map_or(Value::Absent, |text| passwords.remove_passwords(&text).with_loss_if(loss)))
    };
    let error_token = object.optional_text("StateAttribute2")?.map(|token| redact::token(&token));
    let latency = object.optional_number("SampleValue")?.and_then(milliseconds);
    Ok(Value::record(
        "ProbeResult",
        [
            ("result_type", Value::Word(object.enum_word("ResultType", RESULT_TYPES)?)),
            ("error", clean("Error")?),
            ("exception", clean("Exception")?),
            ("failing_component", clean("StateAttribute1")?),
            ("error_token", error_token.unwrap_or(Value::Absent)),
            ("front_end", clean("StateAttribute3")?),
            ("back_end", optional(back_end(object)?)),
            ("latency", latency.map_or(Value::Absent, Value::Duration)),
            ("started", Value::Time(object.time("ExecutionStartTime")?)),
            ("ended", Value::Time(object.time("ExecutionEndTime")?)),
        ],
    ))
}

/// The passwords that the result repeats anywhere.
fn passwords(object: &Object<'_>) -> Result<Passwords, ActionError> {
    let mut passwords = Passwords::default();
    for property in ["Error", "Exception", "StateAttribute1", "StateAttribute3", "StateAttribute12"] {
        passwords.search_text(&object.optional_text(property)?.unwrap_or_default());
    }
    passwords.search_value(&object.optional_text("StateAttribute2")?.unwrap_or_default());
    Ok(passwords)
}

fn optional(text: Option<EcoString>) -> Value {
    text.map_or(Value::Absent, Value::Text)
}

fn milliseconds(number: Decimal) -> Option<SignedDuration> {
    let whole = i64::try_from(number.trunc()).ok().filter(|whole| *whole >= 0)?;
    Some(SignedDuration::from_millis(whole))
}

/// The mailbox server behind the proxy: attribute 4, else a bracketed group of the answer to the login (`[Error=…
/// Proxy=mbx1.contoso.com]`), else the token of ActiveSync's log that the published procedure names.
fn back_end(object: &Object<'_>) -> Result<Option<EcoString>, ActionError> {
    static PROXY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\[[^\]]*\bProxy=([A-Za-z0-9][A-Za-z0-9.-]*)").ok());
    static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"_Mbx:([A-Za-z0-9][A-Za-z0-9.-]*)").ok());
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^([A-Za-z0-9][A-Za-z0-9.-]{0,254})$").ok());
    for (pattern, properties) in [
        (&NAME, &["StateAttribute4"][..]),
        (&PROXY, &["Error", "StateAttribute12"]),
        (&TOKEN, &["Error", "StateAttribute12", "Exception"]),
    ] {
        for property in properties {
            let Some(text) = object.optional_text(property)? else { continue };
            let found = pattern.as_ref().and_then(|pattern| pattern.captures(&text)).and_then(|found| found.get(1));
            // The name may be truncated at a cut.
            let is_whole = |found: &regex::Match<'_>| !is_cut(&text) || found.end() + '…'.len_utf8() < text.len();
            if let Some(name) = found.filter(is_whole) {
                return Ok(Some(name.as_str().trim_end_matches('.').into()));
            }
        }
    }
    Ok(None)
}
