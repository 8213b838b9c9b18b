//! A fault as a world file writes it.

use super::duration::ModelDuration;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A service runs but does not answer. `server`, `service`; cleared by a restart.
    ServiceHang,
    /// A service is stopped, and its start type is Manual. `server`, `service`; gone when it is started.
    ServiceStopped,
    /// A service is stopped and disabled. `server`, `service`; no action of a run starts it.
    ServiceDisabled,
    /// A component is held inactive. `server`, `component`, `requester`; ends when that requester releases it.
    ComponentInactive,
    /// The front end's certificate has expired. `server`.
    ExpiredCertificate,
    /// The password of a health mailbox is wrong. `database`.
    WrongPassword,
    /// A database is dismounted. `database`.
    DatabaseDismounted,
    /// The copies elsewhere lag so far behind that they cannot be activated. `database`, `length`.
    CopyQueue,
    /// The copies elsewhere have failed. `database`.
    NoHealthyCopy,
    /// The store answers so slowly that logins time out. `server`; cleared by a reboot.
    StoreSlow,
    /// The directory does not answer: no login works anywhere.
    DirectoryDown,
    /// The server does not come back from its next reboot. `server`.
    RebootNeverReturns,
    /// The Health Manager runs no probe on demand and answers no request. `server`; cleared by a restart of
    /// MSExchangeHM.
    HealthManagerNotReady,
    /// The Health Manager runs no probe at all and answers with old results, which become stale. `server`; cleared by a
    /// restart of MSExchangeHM.
    HealthManagerStuck,
    /// The policy of a server refuses databases (Blocked). `server`.
    MoveBlocked,
    /// The operating system keeps the IMAP services from answering. `server`, `part`; cleared by a reboot.
    HostFault,
    /// The front end cannot proxy a login, though it answers and the back end is healthy. `server`; cleared by a
    /// reboot.
    ProxyPath,
    /// Commands take longer than a minute. `server`; cleared by a restart, or as `relapses_after` says.
    HighLatency,
}

/// What ends a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cure {
    /// A restart of the service, or a reboot of its host.
    Restart,
    /// A reboot of the host alone.
    Reboot,
    /// No action; at most its own end, `until`.
    Nothing,
}

/// The IMAP services of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DatabasePart {
    /// MSExchangeImap4.
    FrontEnd,
    /// MSExchangeIMAP4BE.
    BackEnd,
}

/// A fault: its kind, its target, its time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The host, by the name of its inventory entry, its address or an alias.
    #[serde(default)]
    pub server: Option<String>,
    /// The database.
    #[serde(default)]
    pub database: Option<String>,
    /// The Windows service; when absent, the IMAP service of the host, the front end first.
    #[serde(default)]
    pub service: Option<String>,
    /// The component; ImapProxy when absent.
    #[serde(default)]
    pub component: Option<String>,
    /// The requester that holds the component; Maintenance when absent.
    #[serde(default)]
    pub requester: Option<Requester>,
    /// Which of the host's IMAP services a `host_fault` keeps from answering; both when absent.
    #[serde(default)]
    pub part: Option<DatabasePart>,
    /// How long after the start it begins. `0s`: it exists at the start, for `sick_for` already.
    #[serde(default)]
    pub after: ModelDuration,
    /// How long after the start it heals.
    #[serde(default)]
    pub until: Option<ModelDuration>,
    /// What ends it; by its kind when absent.
    #[serde(default)]
    pub cleared_by: Option<Cure>,
    /// For a `high_latency` that a restart reduces only: the time until the samples are high again. Then a reboot ends
    /// it.
    #[serde(default)]
    pub relapses_after: Option<ModelDuration>,
    /// It begins once more this long after it has ended, whatever ended it.
    #[serde(default)]
    pub returns_after: Option<ModelDuration>,
    /// For `copy_queue`: how many logs the copies lag behind.
    #[serde(default)]
    pub length: Option<u64>,
}

impl Fault {
    /// A fault of a kind from the start on, without a target.
    pub fn with_kind(kind: FaultKind) -> Self {
        Self {
            kind,
            server: None,
            database: None,
            service: None,
            component: None,
            requester: None,
            part: None,
            after: ModelDuration::ZERO,
            until: None,
            cleared_by: None,
            relapses_after: None,
            returns_after: None,
            length: None,
        }
    }
}

/// Formats as `service_hang on cas1 (MSExchangeImap4), from 7m on`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(on) = self.server.as_ref().or(self.database.as_ref()) {
            write!(f, " on {on}")?;
        }
        if let Some(service) = &self.service {
            write!(f, " ({service})")?;
        }
        if let Some(requester) = self.requester {
            write!(f, " by {}", requester.as_str())?;
        }
        match self.cleared_by {
            Some(Cure::Restart) => f.write_str(", cleared by a restart")?,
            Some(Cure::Reboot) => f.write_str(", cleared by a reboot")?,
            Some(Cure::Nothing) => f.write_str(", not cleared by anything")?,
            None => {}
        }
        if let Some(after) = self.relapses_after {
            write!(f, ", back {after} after a restart")?;
        }
        if let Some(after) = self.returns_after {
            write!(f, ", once more {after} after its end")?;
        }
        if self.after != ModelDuration::ZERO {
            write!(f, ", from {} on", self.after)?;
        }
        self.until.map_or(Ok(()), |until| write!(f, ", until {until}"))
    }
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::ServiceHang,
        Self::ServiceStopped,
        Self::ServiceDisabled,
        Self::ComponentInactive,
        Self::ExpiredCertificate,
        Self::WrongPassword,
        Self::DatabaseDismounted,
        Self::CopyQueue,
        Self::NoHealthyCopy,
        Self::StoreSlow,
        Self::DirectoryDown,
        Self::RebootNeverReturns,
        Self::HealthManagerNotReady,
        Self::HealthManagerStuck,
        Self::MoveBlocked,
        Self::HostFault,
        Self::ProxyPath,
        Self::HighLatency,
    ];

    /// The word of a world file for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceHang => "service_hang",
            Self::ServiceStopped => "service_stopped",
            Self::ServiceDisabled => "service_disabled",
            Self::ComponentInactive => "component_inactive",
            Self::ExpiredCertificate => "expired_certificate",
            Self::WrongPassword => "wrong_password",
            Self::DatabaseDismounted => "database_dismounted",
            Self::CopyQueue => "copy_queue",
            Self::NoHealthyCopy => "no_healthy_copy",
            Self::StoreSlow => "store_slow",
            Self::DirectoryDown => "directory_down",
            Self::RebootNeverReturns => "reboot_never_returns",
            Self::HealthManagerNotReady => "health_manager_not_ready",
            Self::HealthManagerStuck => "health_manager_stuck",
            Self::MoveBlocked => "move_blocked",
            Self::HostFault => "host_fault",
            Self::ProxyPath => "proxy_path",
            Self::HighLatency => "high_latency",
        }
    }

    /// Its default end. Faults whose symptom is a state end with the state in any case.
    pub(in crate::simulation::exchange) const fn cure(self) -> Cure {
        match self {
            Self::ServiceHang | Self::HealthManagerNotReady | Self::HealthManagerStuck | Self::HighLatency => {
                Cure::Restart
            }
            Self::StoreSlow | Self::HostFault | Self::ProxyPath => Cure::Reboot,
            _ => Cure::Nothing,
        }
    }

    /// Whether it concerns a server.
    pub(in crate::simulation::exchange) const fn wants_server(self) -> bool {
        !self.wants_database() && !matches!(self, Self::DirectoryDown)
    }

    /// Whether it concerns a database.
    pub(in crate::simulation::exchange) const fn wants_database(self) -> bool {
        matches!(self, Self::WrongPassword | Self::DatabaseDismounted | Self::CopyQueue | Self::NoHealthyCopy)
    }
}

/// The requesters that can hold a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Requester {
    /// Managed Availability.
    HealthAPI,
    /// Administrators who maintain the server.
    Maintenance,
    /// Administrators who set it aside.
    Sidelined,
    /// Functional: whether the component is needed at all.
    Functional,
    /// Setup.
    Deployment,
}

impl Requester {
    /// All requesters, by the words of Exchange.
    pub(in crate::simulation::exchange) const ALL: [(Self, &'static str); 5] = [
        (Self::HealthAPI, "HealthAPI"),
        (Self::Maintenance, "Maintenance"),
        (Self::Sidelined, "Sidelined"),
        (Self::Functional, "Functional"),
        (Self::Deployment, "Deployment"),
    ];

    /// A requester by its word, in any case.
    pub(in crate::simulation::exchange) fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(word)).map(|(requester, _)| *requester)
    }

    /// Its word.
    pub(in crate::simulation::exchange) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(requester, _)| *requester == self).map_or("", |(_, word)| word)
    }
}
