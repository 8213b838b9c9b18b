//! The program that manages the services of a host, whichever it is.

use super::{supervisor, systemd};
use crate::backend::{Surroundings, working_folder};
use crate::transport::process::{Finished, Invocation};
use crate::value::{ActionError, ErrorKind, Host, ServiceManager, ServiceSettings, Value};
use std::time::Duration;

/// A manager, ready to be asked.
pub(super) struct Manager<'a> {
    settings: &'a ServiceSettings,
    surroundings: &'a Surroundings<'a>,
    begun: Duration,
}

/// What a manager says of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// A word of `ServiceState`.
    pub state: String,
    /// Its process, where it has one and the manager names it.
    pub process: Option<u32>,
    /// The manager's own words.
    pub said: String,
}

impl Seen {
    /// Whether it runs, or will by itself.
    pub fn is_up(&self) -> bool {
        !matches!(self.state.as_str(), "Stopped" | "Stopping" | "Failed")
    }
}

impl<'a> Manager<'a> {
    pub fn of(host: &'a Host, surroundings: &'a Surroundings<'a>) -> Result<Self, ActionError> {
        let settings = host.settings.service.as_ref().ok_or_else(|| {
            let message = format!("the entry of {} does not say what manages its services (`service:`)", host.name);
            ActionError::new(ErrorKind::Refused, message)
        })?;
        Ok(Self { settings, surroundings, begun: surroundings.outside.elapsed() })
    }

    /// Lets time pass.
    pub async fn sleep(&self, time: Duration) {
        self.surroundings.outside.sleep(time).await;
    }

    /// What the service is doing.
    pub async fn look(&self, name: &str) -> Result<Seen, ActionError> {
        match self.settings.manager {
            ServiceManager::Supervisor => supervisor::read_status(name, &self.run(&["status", name]).await?),
            ServiceManager::Systemd => {
                systemd::read_properties(name, &self.run(&[systemd::SHOW, &["--", name]].concat()).await?)
            }
            ServiceManager::Windows => Err(not_yet()),
        }
    }

    /// Has something done: `start`, `stop` or `restart`. That it was done is for [`look`](Self::look) to say.
    pub async fn order(&self, verb: &str, name: &str) -> Result<(), ActionError> {
        let finished = match self.settings.manager {
            ServiceManager::Supervisor => self.run(&[verb, name]).await?,
            ServiceManager::Systemd => self.run(&["--no-ask-password", verb, "--", name]).await?,
            ServiceManager::Windows => return Err(not_yet()),
        };
        if finished.ending.is_success() {
            return Ok(());
        }
        let said = words_of(&finished);
        let message = format!("{} {verb} {name} {}", self.program(), finished.ending);
        Err(ActionError::new(ErrorKind::Failed, message).with(Value::text(said)))
    }

    fn program(&self) -> &str {
        let usual = match self.settings.manager {
            ServiceManager::Supervisor => "supervisorctl",
            ServiceManager::Systemd => "systemctl",
            ServiceManager::Windows => "powershell.exe",
        };
        self.settings.command.as_ref().and_then(|command| command.first()).map_or(usual, String::as_str)
    }

    async fn run(&self, more: &[&str]) -> Result<Finished, ActionError> {
        let mut arguments = match &self.settings.command {
            Some(command) if !command.is_empty() => command.clone(),
            _ => vec![self.program().to_owned()],
        };
        if let (ServiceManager::Supervisor, Some(config)) = (self.settings.manager, &self.settings.config) {
            arguments.extend(["-c".to_owned(), config.display().to_string()]);
        }
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        let folder = Some(working_folder(self.surroundings));
        let outside = self.surroundings.outside;
        let left = self.surroundings.time_left.saturating_sub(outside.elapsed().saturating_sub(self.begun));
        outside.run(Invocation { arguments: &arguments, folder, ..Invocation::default() }, left).await
    }
}

fn not_yet() -> ActionError {
    ActionError::new(ErrorKind::Refused, "services of Windows cannot be managed yet")
}

/// What it wrote, in one text.
pub(super) fn words_of(finished: &Finished) -> String {
    let words = [finished.stdout.last_lines(), finished.stderr.last_lines()];
    words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("\n")
}
