//! Runs `test` blocks through the interpreter, judges the runs, and lists coverage points.
//!
//! A test changes the program, not the interpreter. A probe that the test mentions asks the test instead, and a team's
//! own action that it mentions loses its body. The world answers the rest.

#![warn(clippy::wildcard_enum_match_arm)]
#![allow(missing_docs, reason = "a field or variant is documented where its name does not say what it is")]

pub mod coverage_points;
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

/// What a test records of a run.
#[derive(Debug, Default)]
pub struct TestRun {
    /// `None` where the run waits forever.
    pub ending: Option<Ending>,
    pub events: Vec<Event>,
    /// In the order in which they began.
    pub effects: Vec<Effect>,
    pub reached: BTreeSet<(NodeId, Reached)>,
    /// Requests that no rule of the test answers, each once, as a runbook would write them.
    pub nothing_given: Vec<String>,
    /// Violations that the oracle of a simulated world reports, as sentences.
    pub violations: Vec<String>,
    pub started: Timestamp,
}

/// A call of an action that was begun.
#[derive(Debug, Clone)]
pub struct Effect {
    /// As the runbook makes it.
    pub call: Call,
    /// As the world receives it: the call that a team's own action makes in its body.
    pub world_call: Call,
    pub at: Timestamp,
}
