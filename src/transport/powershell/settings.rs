//! How PowerShell is called, according to `rectify.yaml`.

use serde::{Deserialize, Serialize};

/// How PowerShell is called: for the `exchange` backend, and for services and reboots of Windows hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PowerShellSettings {
    /// What starts it, as a list of arguments that the script's own are added to: `[powershell.exe]`, or
    /// `[ssh, -o, BatchMode=yes, admin1.contoso.com, powershell.exe]`.
    pub command: Vec<String>,
    /// Where the Exchange cmdlets come from: addresses of remote PowerShell, such as
    /// `http://mbx2.contoso.com/PowerShell/`. Those of a host that a call is about are tried last. None: the shell has
    /// the cmdlets itself.
    #[serde(default)]
    pub exchange: Vec<String>,
}
