//! The texts of a probe result: errors, tokens, answers, and names of servers.

use crate::simulation::exchange::model::probes::{Cause, ProbeKind, ProbeResult};
use crate::simulation::exchange::model::state::{ServerId, Site};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The password that a failed probe of Exchange writes into its context in plain text. Anywhere else it is a leak.
pub(super) const CANARY: &str = "Canary-7f3a-HealthMailbox-Password";

/// The texts of a probe result.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub result_type: &'static str,
    pub error: String,
    pub exception: &'static str,
    pub failing_component: &'static str,
    pub error_token: &'static str,
    pub front_end: String,
    pub back_end: String,
    pub responses: String,
    pub trace: &'static str,
    pub execution_context: String,
}

/// The texts for a cause: the failing component, the token, the exception and the message of the probe.
pub(super) fn words(cause: Cause) -> (&'static str, &'static str, &'static str, &'static str) {
    match cause {
        Cause::Refused => (
            "Imap4",
            "ConnectionRefused",
            "System.Net.Sockets.SocketException",
            "No connection could be made because the target machine actively refused it",
        ),
        Cause::Silence => {
            ("Imap4", "Timeout", "System.TimeoutException", "The server did not answer within 55 seconds")
        }
        Cause::Certificate => (
            "Imap4",
            "TlsFailure",
            "System.Security.Authentication.AuthenticationException",
            "The remote certificate is invalid: it has expired",
        ),
        Cause::Directory => ("ActiveDirectory", "ADTransientException", "", "LOGIN failed"),
        Cause::Password => ("Authentication", "AuthenticationFailed", "", "LOGIN failed"),
        Cause::ProxyPath => ("MailboxServerAuthentication", "ProxyNotAuthenticated", "", "LOGIN failed"),
        Cause::BackEnd => ("Networking", "ProxyFailed", "", "LOGIN failed"),
        Cause::Offline => ("HighAvailability", "MailboxOfflineException", "", "LOGIN failed"),
        Cause::Store => {
            ("InformationStore", "Timeout", "System.TimeoutException", "LOGIN did not answer within 110 seconds")
        }
    }
}

/// The texts for a verdict.
pub(super) fn texts(site: &Site, server: ServerId, kind: ProbeKind, verdict: &ProbeResult) -> Texts {
    let forms = &site.rules.back_end_name;
    let back_end = verdict.back_end;
    let full = back_end.filter(|_| forms.error).map(|id| format!("Proxy={}", site[id].address()));
    let mut texts = Texts { result_type: "Succeeded", trace: "R1:C:FIN", ..Texts::default() };
    if verdict.greeted {
        let name = &site[server].name;
        let utf16: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        texts.front_end = name.clone();
        texts.responses = format!(
            "* OK The Microsoft Exchange IMAP4 service is ready. [{}]\nz OK CAPABILITY completed.",
            STANDARD.encode(utf16)
        );
    }
    if let Some(id) = back_end.filter(|_| forms.state_attribute) {
        texts.back_end = site[id].name.clone();
    }
    let login = match verdict.cause {
        None if verdict.elsewhere => Some("z NO [Error=WrongServerException] LOGIN failed.".to_owned()),
        None => verdict.user.is_some().then(|| match &full {
            Some(full) => format!("z OK [{full}] LOGIN completed."),
            None => "z OK LOGIN completed.".to_owned(),
        }),
        Some(cause) => {
            let (component, token, exception, said) = words(cause);
            texts.result_type = if matches!(cause, Cause::Silence | Cause::Store) { "TimedOut" } else { "Failed" };
            (texts.failing_component, texts.error_token, texts.exception) = (component, token, exception);
            let answer = match &full {
                Some(full) => format!("z NO [Error={token} {full}] LOGIN failed."),
                None => format!("z NO [Error={token}] LOGIN failed."),
            };
            let answered = verdict.greeted && cause != Cause::Store;
            texts.error = if answered { answer.clone() } else { said.to_owned() };
            if let Some(id) = back_end.filter(|_| forms.mbx) {
                texts.error = format!("{} _Mbx:{}_", texts.error, site[id].address());
            }
            let user = verdict.user.as_deref().unwrap_or("HealthMailbox@contoso.com");
            texts.execution_context = format!("User={user} Password={CANARY} Target=127.0.0.1:{}", port(kind));
            answered.then_some(answer)
        }
    };
    if let Some(login) = login {
        texts.responses = format!("{}\n{login}", texts.responses);
    }
    texts.trace = match (verdict.cause, kind.logs_in(), verdict.greeted) {
        (None, true, _) => "R1:C:L:FIN",
        (None, false, _) => "R1:C:FIN",
        (Some(_), _, true) => "R1:C:L:FAIL",
        (Some(_), _, false) => "R1:FAIL",
    };
    texts
}

const fn port(kind: ProbeKind) -> u16 {
    if kind.of_front_end() { 993 } else { 1993 }
}
