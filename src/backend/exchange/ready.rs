//! Whether a server that has booted can be judged.

use super::server::Server;
use crate::backend::powershell::SERVICE_STATES;
use crate::value::ActionError;

/// The service of the Health Manager.
const HEALTH_MANAGER: &str = "MSExchangeHM";

/// Whether the Health Manager runs and every IMAP monitor has a recent result.
pub(super) async fn is_ready(server: &Server<'_>) -> Result<bool, ActionError> {
    let service = server.windows("Get-Service")?.with("Name", HEALTH_MANAGER).select("Name Status StartType");
    let answer = server.send(service).await?;
    if answer.object()?.enum_word("Status", SERVICE_STATES)? != "Running" {
        return Ok(false);
    }
    let health = server.exchange("Get-ServerHealth").with("Identity", server.address).only("HealthSetName", "IMAP*");
    let answer = server.send(health.select("Server Name HealthSetName IsStale LastExecutionTime")).await?;
    let monitors = answer.objects_or_none()?;
    for monitor in &monitors {
        server.check_server(monitor, "Server")?;
        if monitor.boolean("IsStale")? {
            return Ok(false);
        }
    }
    Ok(!monitors.is_empty())
}
