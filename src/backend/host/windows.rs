//! Reboots of Windows, through PowerShell.

use crate::backend::CallContext;
use crate::backend::powershell::{PowerShell, address, computer};
use crate::transport::powershell::{Request, Target};
use crate::value::{ActionError, Host, SignedDuration, Timestamp};
use std::time::Duration;

/// Setting the clock of a host shifts its time of boot a little. Two boots are further apart than this.
const SAME_BOOT: SignedDuration = SignedDuration::from_secs(10);

/// A Windows host.
pub(super) struct Windows<'a> {
    powershell: PowerShell<'a>,
    host: &'a Host,
}

impl<'a> Windows<'a> {
    pub fn new(host: &'a Host, context: &'a CallContext<'a>) -> Result<Self, ActionError> {
        Ok(Self { powershell: PowerShell::new(context)?, host })
    }

    /// The time of the last boot, to the second.
    pub async fn boot_id(&self, limit: Duration) -> Result<String, ActionError> {
        let request = Request::new(computer(self.host)?, "Get-CimInstance").with("ClassName", "Win32_OperatingSystem");
        let answer = self.powershell.send_within(request.select("LastBootUpTime"), limit).await?;
        let time = answer.object()?.time("LastBootUpTime")?;
        Ok(Timestamp::from_second(time.as_second()).unwrap_or(time).to_string())
    }

    /// Orders the reboot from the machine that runs PowerShell, and does not wait for the host.
    pub async fn order(&self, limit: Duration) -> Result<(), ActionError> {
        let request = Request::new(Target::Here, "Restart-Computer").with("ComputerName", address(self.host)?);
        self.powershell.send_within(request.with("Force", true), limit).await.map(drop)
    }
}

/// Whether two boot ids are from different boots.
pub(super) fn are_two_boots(before: &str, now: &str) -> bool {
    match (before.parse::<Timestamp>(), now.parse::<Timestamp>()) {
        (Ok(before), Ok(now)) => now.duration_since(before).abs() > SAME_BOOT,
        _ => before != now,
    }
}
