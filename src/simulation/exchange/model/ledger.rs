//! The effects on the site and their causes, recorded by the model independently of what a run reports.

use crate::simulation::exchange::settings::faults::Requester;
use crate::value::Timestamp;
use std::fmt;

/// An effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The time at which it began.
    pub at: Timestamp,
    /// The host or database that it is on, by its name in the inventory or the world.
    pub on: String,
    /// The effect.
    pub what: Effect,
    /// Its cause.
    pub by: Actor,
}

/// The cause of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The run.
    Run,
    /// Exchange's own responders.
    ManagedAvailability,
    /// A fault or its consequences.
    Fault,
    /// A reaction of the system.
    Site,
}

/// The kinds of effects.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A service is restarted.
    ServiceRestarted(String),
    /// A service is started.
    ServiceStarted(String),
    /// A service is stopped.
    ServiceStopped(String),
    /// A service was not controlled as requested.
    ServiceRefused(String),
    /// The host is rebooted.
    RebootBegun {
        /// The databases active on it at that moment.
        active: Vec<String>,
    },
    /// The host has booted.
    CameUp,
    /// Activation of databases is blocked or allowed.
    ActivationBlocked(bool),
    /// Protocol logging is set; the service loads it at its next start.
    ProtocolLogging(bool),
    /// A component is held or released.
    ComponentHeld {
        /// The component.
        component: String,
        /// The requester.
        requester: Requester,
        /// The state.
        state: String,
    },
    /// A database was moved.
    DatabaseMoved {
        /// The host where it was active.
        from: String,
        /// The host where it is active.
        to: String,
    },
    /// A fault has begun.
    FaultBegan(&'static str),
    /// A fault has ended.
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
