//! Runs: how one begins and ends.

pub(crate) mod budget;
pub(crate) mod child;
pub(crate) mod context;
pub(crate) mod exit;
mod lifecycle;
pub(crate) mod scheduler;
pub(crate) mod scope;
pub(crate) mod tree;

use self::lifecycle::{RunRequest, run_to_end};
use self::scheduler::drive;
use self::tree::RunTree;
use super::address::Address;
use super::event::{Event, EventKind, FoundChange, LeftInPlace, RunOutcome};
use super::world::{ReadWorld, World};
use crate::program::Program;
use crate::value::{SignedDuration, Timestamp, Value};
use ecow::EcoString;

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Start {
    /// Index into [`Program::runbooks`].
    pub runbook: usize,
    /// One for every parameter, of its type.
    pub arguments: Vec<Value>,
    /// The run's name; runs that it starts are called `NAME.1`, `NAME.2`.
    pub run: EcoString,
    /// The clock at the start.
    pub at: Timestamp,
    /// How many statements and observations may be made before the run is given up, and how many in clean-ups: 1,000,000
    /// is a good limit.
    pub step_limit: u64,
    /// An alert started it, so nobody waits for it to begin: locks that others hold are waited for until `ends within`
    /// is over, and a run that is turned down all the same escalates. By hand it is refused at once.
    pub by_alert: bool,
    /// What earlier runs have left behind: told at the start, and listed at the end.
    pub found: Vec<FoundChange>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// In one word.
    pub outcome: RunOutcome,
    /// Why, in one sentence: as the runbook or the engine has it. The last event names hosts and calls as well.
    pub reason: String,
    /// What the run left behind. What was meant to stay is listed where the run ended badly.
    pub left_in_place: Vec<LeftInPlace>,
    /// Calls that users may have noticed, in order.
    pub disruptions: Vec<String>,
    /// From start to end.
    pub duration: SignedDuration,
    /// It escalated, and nobody could be told.
    pub undelivered: bool,
}

/// Runs a runbook in a world, to its end.
pub async fn run(program: &Program, world: &dyn World, start: Start) -> Ending {
    let tree = RunTree::new(program, world, Some(world), &start);
    drive(&tree, run_root(&tree, start)).await
}

/// Shows what a run would do: really asks until the first effect, and only shows from there on. It is never handed the
/// half of the world that acts.
pub async fn dry_run(program: &Program, world: &dyn ReadWorld, start: Start) -> Ending {
    let tree = RunTree::new(program, world, None, &start);
    drive(&tree, run_root(&tree, start)).await
}

async fn run_root<'t>(tree: &'t RunTree<'t>, start: Start) -> Ending {
    if !tree.found_changes.is_empty() {
        let kind = EventKind::ChangesFound { changes: tree.found_changes.clone() };
        tree.read_world.record(&Event { schema: 1, time: start.at, run: start.run.clone(), kind });
    }
    let Some(runbook) = tree.program.runbooks.get(start.runbook) else {
        return Ending {
            outcome: RunOutcome::Refused,
            reason: "the program does not have that runbook".to_owned(),
            left_in_place: tree.found_in_place(),
            disruptions: Vec::new(),
            duration: SignedDuration::ZERO,
            undelivered: false,
        };
    };
    let request = RunRequest {
        id: start.run,
        runbook,
        arguments: start.arguments,
        address: Address::default(),
        caller: None,
        propagates_escalation: true,
    };
    run_to_end(tree, request).await.1
}
