//! What every manager of services can do: supervisor, systemd and Windows implement [`Manager`].

use crate::value::{ActionError, ErrorKind};
use strum::{Display, EnumString, IntoStaticStr};

/// What manages the services of a host.
pub(super) trait Manager {
    /// The characters that the name of a service may have beside letters and digits. Anything else could be read as a
    /// pattern, a path or the end of a query.
    const NAME_CHARACTERS: &'static str = "-_.@:\\";

    /// The state of a service, and its process where it runs.
    async fn status(&self, name: &str) -> Result<ServiceStatus, ActionError>;

    /// The state of a service, and its process only where that takes no further request.
    async fn quick_status(&self, name: &str) -> Result<ServiceStatus, ActionError> {
        self.status(name).await
    }

    /// Gives an order. [`status`](Self::status) then says whether it was carried out.
    async fn order(&self, order: Order, name: &str) -> Result<(), ActionError>;
}

/// A state of a service, by its word in `ServiceState` of the signature file.
#[derive(Debug, Clone, PartialEq, Eq, Display, EnumString)]
pub(super) enum ServiceState {
    Running,
    Starting,
    Retrying,
    Reloading,
    Stopping,
    Stopped,
    Failed,
    Unknown,
    /// Another word of the manager.
    #[strum(default)]
    Other(String),
}

impl ServiceState {
    /// The state for a word.
    pub fn from_word(word: &str) -> Self {
        word.parse().unwrap_or_else(|_| Self::Other(word.to_owned()))
    }

    /// Whether the service runs, or will run without an order.
    pub fn is_up(&self) -> bool {
        !matches!(self, Self::Stopped | Self::Stopping | Self::Failed)
    }
}

/// The status of a service, as its manager reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceStatus {
    pub state: ServiceState,
    /// The number of its process, if it has one and the manager reports it.
    pub process: Option<u32>,
    /// The manager's report in its own words.
    pub report: String,
}

/// An order to a manager about a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Order {
    Start,
    Stop,
    Restart,
}

impl Order {
    /// The word that `supervisorctl` and `systemctl` have for it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Refuses a name that the manager could read as an option, a pattern or a whole group.
pub(super) fn check_name<M: Manager>(name: &str) -> Result<(), ActionError> {
    let is_usual = |letter: char| letter.is_alphanumeric() || M::NAME_CHARACTERS.contains(letter);
    let fault = match name {
        "" => "it is empty",
        "all" => "supervisor reads it as all services",
        _ if name.starts_with('-') => "it starts with a hyphen, like an option",
        _ if name.len() > 255 => "it is too long",
        _ if !name.chars().all(is_usual) => "it contains a character that is not allowed in the name of a service",
        _ => return Ok(()),
    };
    Err(ActionError::new(ErrorKind::Refused, format!("{name:?} is not a valid service name: {fault}")))
}
