//! Whether databases can be activated on a server.

use super::server::Server;
use super::words::ACTIVATION_POLICIES;
use crate::backend::powershell::CmdletReply;
use crate::value::{ActionError, Value};

/// The block that `Set-MailboxServer` sets. It also moves mounted databases away.
const BLOCK: &str = "DatabaseCopyActivationDisabledAndMoveNow";

const POLICY: &str = "DatabaseCopyAutoActivationPolicy";

async fn read(server: &Server<'_>) -> Result<CmdletReply, ActionError> {
    let request = server.exchange("Get-MailboxServer").with("Identity", server.address);
    let answer = server.send(request.select("Name").select(BLOCK).select(POLICY)).await?;
    server.check_server(&answer.object()?, "Name")?;
    Ok(answer)
}

/// Whether the block is set.
pub(super) async fn is_blocked(server: &Server<'_>) -> Result<bool, ActionError> {
    read(server).await?.object()?.boolean(BLOCK)
}

/// The auto-activation policy, which the block does not change.
pub(super) async fn policy(server: &Server<'_>) -> Result<Value, ActionError> {
    read(server).await?.object()?.enum_word(POLICY, ACTIVATION_POLICIES).map(Value::Word)
}

/// Sets or clears the block.
pub(super) async fn block(server: &Server<'_>, blocked: bool) -> Result<Value, ActionError> {
    let request = server.exchange("Set-MailboxServer").with("Identity", server.address);
    server.send(request.with(BLOCK, blocked)).await?;
    server.confirm_setting(BLOCK, blocked, async || is_blocked(server).await).await?;
    Ok(Value::Absent)
}
