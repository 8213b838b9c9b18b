//! Whether databases can be activated on a server.

use super::server::Server;
use super::words::ACTIVATION_POLICIES;
use crate::backend::powershell::Answer;
use crate::value::{ActionError, Value};

/// The block that `Set-MailboxServer` sets. It also moves mounted databases away.
const BLOCK: &str = "DatabaseCopyActivationDisabledAndMoveNow";

const POLICY: &str = "DatabaseCopyAutoActivationPolicy";

async fn read(server: &Server<'_>) -> Result<Answer, ActionError> {
    let request = server.exchange("Get-MailboxServer").with("Identity", server.address);
    let answer = server.ask(request.select("Name").select(BLOCK).select(POLICY)).await?;
    server.is_about_it(&answer.one()?, "Name")?;
    Ok(answer)
}

/// Whether the block is set.
pub(super) async fn is_blocked(server: &Server<'_>) -> Result<bool, ActionError> {
    read(server).await?.one()?.boolean(BLOCK)
}

/// The auto-activation policy, which the block does not change.
pub(super) async fn policy(server: &Server<'_>) -> Result<Value, ActionError> {
    read(server).await?.one()?.enum_word(POLICY, ACTIVATION_POLICIES).map(Value::Word)
}

/// Sets or clears the block.
pub(super) async fn block(server: &Server<'_>, blocked: bool) -> Result<Value, ActionError> {
    let request = server.exchange("Set-MailboxServer").with("Identity", server.address);
    server.ask(request.with(BLOCK, blocked)).await?;
    server.reads_as(BLOCK, blocked, async || is_blocked(server).await).await?;
    Ok(Value::Absent)
}
