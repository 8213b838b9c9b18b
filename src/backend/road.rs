//! Where the commands about a host run: on the host, through ssh, if its entry or the file has `ssh:`; otherwise here.

use super::{CallContext, working_folder};
use crate::inventory::{SecretSources, Section};
use crate::transport::process::{Invocation, ProcessOutput};
use crate::transport::ssh::{FarCommand, SettingsFault, SshSettings};
use crate::value::{ActionError, ErrorKind, Host};
use crate::yaml::{Field, Reader};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

impl Section for SshSettings {
    const KEY: &'static str = "ssh";
    const DESCRIPTION: &'static str = "How ssh reaches a host; in the file itself, what its hosts have in common";

    fn check(&self, reader: &mut Reader, field: &Field<'_>, _secrets: &SecretSources) {
        for SettingsFault { path, message, help } in self.faults() {
            let entry = path.iter().try_fold(field.value, |node, name| node.entry(name));
            reader.error(entry.map_or(field.key, |entry| entry.span), message).help(help);
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

/// How a host is reached.
pub(super) struct Road<'a> {
    host: &'a Host,
    context: &'a CallContext<'a>,
    settings: SshSettings,
    /// Whether `ssh:` stands in its entry or in the file.
    is_declared: bool,
}

impl<'a> Road<'a> {
    /// The way to a host: what its entry says, then what all hosts have in common.
    pub fn to(host: &'a Host, context: &'a CallContext<'a>) -> Self {
        let (own, common) = (host.settings.get::<SshSettings>(), context.settings.get::<SshSettings>());
        let settings = own.cloned().unwrap_or_default().or(&common.cloned().unwrap_or_default());
        Self { host, context, settings, is_declared: own.is_some() || common.is_some() }
    }

    fn is_local(&self) -> bool {
        self.host.settings.get::<IsLocal>().is_some_and(|local| local.0)
    }

    /// Runs a command on the host. `become_user` goes before the user of the settings.
    pub async fn run(
        &self,
        words: &[String],
        input: &str,
        become_user: Option<&str>,
        limit: Duration,
    ) -> Result<ProcessOutput, ActionError> {
        let folder = working_folder(self.context);
        let command = FarCommand {
            host: &self.host.name,
            ssh: (!self.is_local()).then_some((self.host.address.as_str(), &self.settings)),
            words,
            input,
            become_user: become_user.or(self.settings.become_user.as_deref()),
            folder: &folder,
        };
        self.context.system.run_on(command, limit).await
    }

    /// Runs a command that a section of the host's entry names, on the host if ssh is declared. One that begins with `ssh`
    /// has a way of its own.
    pub async fn run_declared(&self, words: &[String], limit: Duration) -> Result<ProcessOutput, ActionError> {
        let program = words.first().and_then(|program| Path::new(program).file_name()).unwrap_or_default();
        if self.is_declared && !self.is_local() && program != "ssh" {
            return self.run(words, "", None, limit).await;
        }
        let folder = Some(working_folder(self.context));
        let invocation = Invocation { arguments: words, folder, ..Invocation::default() };
        self.context.system.run(invocation, limit).await
    }
}

/// A query whose outcome is lost can be repeated: it only says that the host cannot be reached.
pub(super) fn as_query(error: ActionError) -> ActionError {
    match error.kind {
        ErrorKind::Unknown => ActionError { kind: ErrorKind::Unreachable, ..error },
        _ => error,
    }
}
