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
    /// For an effect of the run on a server: what the run could have known about it.
    pub circumstances: Option<Circumstances>,
}

/// Why a server is not fit for databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Somebody holds it inactive.
    Held,
    /// Its back end is sick, and has been for long enough to be noticed.
    Sick {
        /// Whether it has booted since: only a database shows whether that has cured it.
        booted_since: bool,
    },
}

/// What was the case when the run acted on a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Somebody else held the server, or a component of it, and since when.
    pub held: Option<(String, Timestamp)>,
    /// Somebody else had blocked activation there, and since when.
    pub blocked: Option<Timestamp>,
    /// Other members of its DAG that were out of service by others, and since when.
    pub members_out: Vec<(String, Timestamp)>,
    /// Whether anything was wrong anywhere in the site.
    pub anything_wrong: bool,
}

/// The cause of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// The run.
    Run,
    /// People beside the run.
    Administrator,
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
        /// Why the server was not fit for it, if the run had it moved.
        unfit: Option<Unfit>,
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
            Actor::Administrator => f.write_str(" (administrator)"),
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
            Self::DatabaseMoved { from, to, .. } => write!(f, "moved from {from} to {to}"),
            Self::FaultBegan(kind) => write!(f, "{kind} began"),
            Self::FaultEnded(kind) => write!(f, "{kind} ended"),
        }
    }
}
