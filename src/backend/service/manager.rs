//! What manages the services of a host, whichever it is.

use super::program::ManagerProgram;
use super::windows::Windows;
use super::{ServiceManager, ServiceSettings, supervisor, systemd};
use crate::backend::CallContext;
use crate::value::{ActionError, ErrorKind, Host};
use std::time::Duration;

/// A manager, ready to be asked.
pub(super) struct Manager<'a> {
    means: ManagerKind<'a>,
    context: &'a CallContext<'a>,
}

enum ManagerKind<'a> {
    Supervisor(ManagerProgram<'a>),
    Systemd(ManagerProgram<'a>),
    Windows(Windows<'a>),
}

/// What a manager says of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceStatus {
    /// A word of `ServiceState`.
    pub state: String,
    /// Its process, where it has one and the manager names it.
    pub process: Option<u32>,
    /// The manager's own words.
    pub said: String,
}

impl ServiceStatus {
    /// Whether it runs, or will by itself.
    pub fn is_up(&self) -> bool {
        !matches!(self.state.as_str(), "Stopped" | "Stopping" | "Failed")
    }
}

/// What can be done to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Start,
    Stop,
    Restart,
}

impl Verb {
    /// The word that every program has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

impl<'a> Manager<'a> {
    pub fn for_host(host: &'a Host, context: &'a CallContext<'a>) -> Result<Self, ActionError> {
        let settings = host.settings.get::<ServiceSettings>().ok_or_else(|| {
            let message = format!("the entry of {} does not say what manages its services (`service:`)", host.name);
            ActionError::new(ErrorKind::Refused, message)
        })?;
        let means = match settings.manager {
            ServiceManager::Supervisor => ManagerKind::Supervisor(supervisor::program(settings, context)),
            ServiceManager::Systemd => ManagerKind::Systemd(ManagerProgram::new("systemctl", settings, context, &[])),
            ServiceManager::Windows => ManagerKind::Windows(Windows::new(host, context)?),
        };
        Ok(Self { means, context })
    }

    /// Lets time pass.
    pub async fn sleep(&self, time: Duration) {
        self.context.system.sleep(time).await;
    }

    /// What the service is doing; its process is named only where that costs nothing.
    pub async fn quick_status(&self, name: &str) -> Result<ServiceStatus, ActionError> {
        match &self.means {
            ManagerKind::Windows(windows) => windows.quick_status(name).await,
            _ => self.status(name).await,
        }
    }

    /// What the service is doing, and in which process.
    pub async fn status(&self, name: &str) -> Result<ServiceStatus, ActionError> {
        match &self.means {
            ManagerKind::Supervisor(program) => supervisor::status(program, name).await,
            ManagerKind::Systemd(program) => systemd::status(program, name).await,
            ManagerKind::Windows(windows) => windows.status(name).await,
        }
    }

    /// Has something done. That it was done is for [`look`](Self::look) to say.
    pub async fn order(&self, verb: Verb, name: &str) -> Result<(), ActionError> {
        match &self.means {
            ManagerKind::Supervisor(program) => program.order(verb.as_str(), name, &[verb.as_str(), name]).await,
            ManagerKind::Systemd(program) => {
                program.order(verb.as_str(), name, &["--no-ask-password", verb.as_str(), "--", name]).await
            }
            ManagerKind::Windows(windows) => windows.order(verb, name).await,
        }
    }

    /// Turns down what the manager could take for an option, a pattern or a whole group.
    pub fn refuse_bad_name(&self, name: &str) -> Result<(), ActionError> {
        let marks = match self.means {
            // `MSSQL$NAME`; a backslash or quote would end the text of a query.
            ManagerKind::Windows(_) => "-_.@:$ ",
            ManagerKind::Supervisor(_) | ManagerKind::Systemd(_) => "-_.@:\\",
        };
        let usual = |letter: char| letter.is_alphanumeric() || marks.contains(letter);
        let fault = match name {
            "" => "it is empty",
            "all" => "supervisor takes it for every service",
            _ if name.starts_with('-') => "it begins with a hyphen, like an option",
            _ if name.len() > 255 => "it is too long",
            _ if !name.chars().all(usual) => "it has a character that no service's name has",
            _ => return Ok(()),
        };
        Err(ActionError::new(ErrorKind::Refused, format!("{name:?} cannot be the name of a service: {fault}")))
    }
}
