//! The sections `ssh:` and `local:` in the entry of a host, and `ssh:` for all hosts.

use crate::inventory::{SecretSources, Section};
use crate::transport::ssh::SshSettings;
use crate::yaml::{Field, Reader};
use serde::{Deserialize, Serialize};

impl Section for SshSettings {
    const KEY: &'static str = "ssh";
    const DESCRIPTION: &'static str = "How ssh reaches a host; in the file itself, what its hosts have in common";

    fn check(&self, reader: &mut Reader, field: &Field<'_>, _secrets: &SecretSources) {
        for fault in self.faults() {
            reader.error(field.key, fault);
        }
    }
}

/// Whether a host is the machine that rectify runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IsLocal(pub bool);

impl Section for IsLocal {
    const KEY: &'static str = "local";
    const DESCRIPTION: &'static str = "Whether the host is the machine that rectify runs on";
}
