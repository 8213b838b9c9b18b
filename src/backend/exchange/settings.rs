//! The settings of the IMAP service, including its protocol log.

use super::server::Server;
use super::words::LOGIN_TYPES;
use crate::backend::powershell::CmdletReply;
use crate::value::{ActionError, Value};
use ecow::EcoString;

const PROPERTIES: &str =
    "Server ProtocolLogEnabled LogFileLocation SSLBindings ProxyTargetPort LoginType X509CertificateName";

async fn read(server: &Server<'_>) -> Result<CmdletReply, ActionError> {
    let request = server.exchange("Get-ImapSettings").with("Server", server.address);
    let answer = server.send(request.select(PROPERTIES)).await?;
    server.check_server(&answer.object()?, "Server")?;
    Ok(answer)
}

/// All settings.
pub(super) async fn imap(server: &Server<'_>) -> Result<Value, ActionError> {
    let answer = read(server).await?;
    let object = answer.object()?;
    let text = |text: Option<EcoString>| text.map_or(Value::Absent, Value::Text);
    let login_type = match object.optional_text("LoginType")? {
        Some(_) => Some(object.enum_word("LoginType", LOGIN_TYPES)?),
        None => None,
    };
    Ok(Value::record(
        "ImapSettings",
        [
            ("protocol_log_enabled", Value::Boolean(object.boolean("ProtocolLogEnabled")?)),
            ("log_file_location", Value::Text(object.text("LogFileLocation")?)),
            ("ssl_bindings", Value::list(object.list("SSLBindings")?.into_iter().map(Value::Text))),
            ("proxy_target_port", object.optional_number("ProxyTargetPort")?.map_or(Value::Absent, Value::Number)),
            ("login_type", text(login_type)),
            ("certificate_name", text(object.optional_text("X509CertificateName")?)),
        ],
    ))
}

/// Whether the protocol is logged after the next start of the service.
pub(super) async fn is_logged(server: &Server<'_>) -> Result<bool, ActionError> {
    read(server).await?.object()?.boolean("ProtocolLogEnabled")
}

/// The folder of the protocol log.
pub(super) async fn log_folder(server: &Server<'_>) -> Result<EcoString, ActionError> {
    read(server).await?.object()?.text("LogFileLocation")
}

/// Sets whether the protocol is logged. Setting the current value causes a warning only.
pub(super) async fn log(server: &Server<'_>, enabled: bool) -> Result<Value, ActionError> {
    let request = server.exchange("Set-ImapSettings").with("Server", server.address);
    server.send(request.with("ProtocolLogEnabled", enabled)).await?;
    server.confirm_setting("ProtocolLogEnabled", enabled, async || is_logged(server).await).await?;
    Ok(Value::Absent)
}
