//! `test` blocks run through the real interpreter, judged by what they expect, and what they have reached.
//!
//! A test changes no rule of the interpreter. Its program is the runbook's, in which a probe that the test speaks of asks
//! the test instead, and an action with a body that the test speaks of has none; the rest is a world that answers.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod coverage;
mod instrument;
mod judge;
mod observed_world;
mod run;

pub use judge::judge;
pub use observed_world::ObservedWorld;
pub use run::{TestError, in_script, in_world};

use crate::engine::Ending;
use crate::engine::event::Event;
use crate::engine::world::Reached;
use crate::program::NodeId;
use crate::value::{Call, Timestamp};
use std::collections::BTreeSet;

/// What was seen of a run.
#[derive(Debug, Default)]
pub struct TestRun {
    /// How it ended; nothing where it waits for ever.
    pub ending: Option<Ending>,
    /// What it told.
    pub events: Vec<Event>,
    /// What it did, in order.
    pub effects: Vec<Effect>,
    /// The statements that it reached.
    pub reached: BTreeSet<(NodeId, Reached)>,
    /// What it asked for and was given nothing for, each once, as the runbook would write it.
    pub nothing_given: Vec<String>,
    /// Rules of a simulated world that it broke, in sentences.
    pub violations: Vec<String>,
    /// When it began.
    pub started: Timestamp,
}

/// A call that was begun.
#[derive(Debug, Clone)]
pub struct Effect {
    /// As the runbook makes it.
    pub call: Call,
    /// As the world got it: what the body of a team's own action came to.
    pub leaf: Call,
    /// When.
    pub at: Timestamp,
}
