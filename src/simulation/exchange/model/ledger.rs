//! What has really been done, and by whom: kept by the model, whatever a run says of itself.

use crate::simulation::exchange::settings::faults::Requester;
use crate::value::Timestamp;
use std::fmt;

/// An effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// When it began.
    pub at: Timestamp,
    /// The host or database that it is on, by its name in the inventory or the world.
    pub on: String,
    /// What it is.
    pub what: Effect,
    /// Whose doing it is.
    pub by: Actor,
}

/// Whose doing an effect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Whoever sends requests.
    Run,
    /// Exchange's own responders.
    ManagedAvailability,
    /// A fault, or what follows from one.
    Fault,
    /// What the system does by itself after something else.
    Site,
}

/// What an effect is.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A service is restarted.
    ServiceRestarted(String),
    /// A service is started.
    ServiceStarted(String),
    /// A service is stopped.
    ServiceStopped(String),
    /// A service was to be restarted, started or stopped, and was not.
    ServiceRefused(String),
    /// The host is rebooted.
    RebootBegun {
        /// The databases that are active on it at that moment.
        active: Vec<String>,
    },
    /// The host has booted.
    CameUp,
    /// The server may no longer, or may again, activate databases.
    ActivationBlocked(bool),
    /// Protocol logging is set; it counts from the next start of the service on.
    ProtocolLogging(bool),
    /// A component is held, or let go.
    ComponentHeld {
        /// The component.
        component: String,
        /// By whom.
        requester: Requester,
        /// In which state.
        state: String,
    },
    /// A database is active elsewhere now.
    DatabaseMoved {
        /// The host it was on.
        from: String,
        /// The host it is on.
        to: String,
    },
    /// A fault has begun.
    FaultBegan(&'static str),
    /// A fault is gone.
    FaultEnded(&'static str),
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.on, self.what)?;
        match self.by {
            Actor::Run => Ok(()),
            Actor::ManagedAvailability => f.write_str(" (Managed Availability)"),
            Actor::Fault => f.write_str(" (fault)"),
            Actor::Site => f.write_str(" (by itself)"),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceRestarted(name) => write!(f, "{name} restarted"),
            Self::ServiceStarted(name) => write!(f, "{name} started"),
            Self::ServiceStopped(name) => write!(f, "{name} stopped"),
            Self::ServiceRefused(name) => write!(f, "{name} could not be controlled"),
            Self::RebootBegun { active } if active.is_empty() => f.write_str("rebooted"),
            Self::RebootBegun { active } => write!(f, "rebooted with {} active", active.join(", ")),
            Self::CameUp => f.write_str("booted"),
            Self::ActivationBlocked(true) => f.write_str("activation blocked"),
            Self::ActivationBlocked(false) => f.write_str("activation allowed"),
            Self::ProtocolLogging(true) => f.write_str("protocol logging set"),
            Self::ProtocolLogging(false) => f.write_str("protocol logging unset"),
            Self::ComponentHeld { component, requester, state } => {
                write!(f, "{component} {state} by {}", requester.as_str())
            }
            Self::DatabaseMoved { from, to } => write!(f, "moved from {from} to {to}"),
            Self::FaultBegan(kind) => write!(f, "{kind} began"),
            Self::FaultEnded(kind) => write!(f, "{kind} ended"),
        }
    }
}
