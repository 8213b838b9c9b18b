//! The sections `reboot:` and `reachable_port:` in the entry of a host.

use crate::inventory::{SecretSources, Section, check_command};
use crate::value::UnconfirmedAction;
use crate::yaml::{Field, Reader};
use serde::{Deserialize, Serialize};

/// What reboots a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RebootManager {
    /// The commands `command:` and `boot_id:`.
    #[default]
    Commands,
    /// `systemctl reboot`, with the boot id of Linux.
    Systemd,
    /// `Restart-Computer`, through PowerShell (`powershell:`).
    Windows,
}

/// How a host is rebooted, and how a reboot is confirmed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RebootSettings {
    /// What reboots it.
    #[serde(default)]
    pub manager: RebootManager,
    /// The command that reboots it, a list of arguments.
    #[serde(default)]
    pub command: Vec<String>,
    /// A command whose output changes with every boot, a list of arguments.
    #[serde(default)]
    pub boot_id: Option<Vec<String>>,
}

impl Section for RebootSettings {
    const KEY: &'static str = "reboot";
    const DESCRIPTION: &'static str = "How to reboot the host";

    fn unconfirmed(&self) -> Option<UnconfirmedAction> {
        let unconfirmed = self.manager == RebootManager::Commands && self.boot_id.is_none();
        unconfirmed.then_some(UnconfirmedAction {
            action: "host.reboot",
            missing: "reboot.boot_id",
            example: "boot_id: [ssh, HOST, cat, /proc/sys/kernel/random/boot_id]",
        })
    }

    fn check(&self, reader: &mut Reader, field: &Field<'_>, _secrets: &SecretSources) {
        match self.manager {
            RebootManager::Commands => {
                for command in [Some(&self.command), self.boot_id.as_ref()].into_iter().flatten() {
                    check_command(reader, field.key, command, "`command: [ssh, be1, reboot]`");
                }
            }
            RebootManager::Systemd | RebootManager::Windows => {
                if !self.command.is_empty() || self.boot_id.is_some() {
                    reader
                        .error(field.key, "Only a host whose reboot has no `manager:` has commands")
                        .help("Remove `command:` and `boot_id:`");
                }
            }
        }
    }
}

/// The TCP port by which reachability is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct ReachablePort(pub u16);

impl Section for ReachablePort {
    const KEY: &'static str = "reachable_port";
    const DESCRIPTION: &'static str = "The TCP port that shows whether the host is reachable";

    fn check(&self, reader: &mut Reader, field: &Field<'_>, _secrets: &SecretSources) {
        if self.0 == 0 {
            reader.error(field.value.span, "Port 0 is not a valid port");
        }
    }

    fn port(&self) -> Option<u16> {
        Some(self.0)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ReachablePort {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ReachablePort".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["integer", "string", "null"], "minimum": 1, "maximum": 65535, "pattern": "^[0-9]+$",
        })
    }
}
