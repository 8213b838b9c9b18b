//! Runs: their start, life and end, and what they share in a run tree.

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

/// What to run.
#[derive(Debug, Clone)]
pub struct Start {
    /// Index into [`Program::runbooks`].
    pub runbook: usize,
    /// One value for each parameter, of its type.
    pub arguments: Vec<Value>,
    /// The name of the run. Child runs are called `NAME.1`, `NAME.2`.
    pub run: EcoString,
    /// The time at the start.
    pub at: Timestamp,
    /// The largest number of statements and observations, and again that many in undos: 1,000,000 is a good limit.
    pub step_limit: u64,
    /// Whether an alert started it. Then it waits for locks until `ends within` is over, and escalates if it cannot
    /// begin. A run that a person starts is refused at once.
    pub by_alert: bool,
    /// The folder of the locks, limits and notes that this run shares with others, for people; nothing where there is none.
    pub store: Option<EcoString>,
    /// What earlier runs left in place: reported at the start and again at the end.
    pub found: Vec<FoundChange>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The outcome.
    pub outcome: RunOutcome,
    /// The reason, in one sentence of the runbook or the engine. The last event adds hosts and calls to it.
    pub reason: String,
    /// What the run left in place. Permanent changes are listed unless the run ended resolved.
    pub left_in_place: Vec<LeftInPlace>,
    /// Disrupting and destroying calls, in order.
    pub disruptions: Vec<String>,
    /// The time from start to end.
    pub duration: SignedDuration,
    /// Whether it escalated and nobody was reached.
    pub undelivered: bool,
    /// Whether it took more steps than [`Start::step_limit`] allows.
    pub out_of_steps: bool,
}

/// Runs a runbook in a world to its end.
pub async fn run(program: &Program, world: &dyn World, start: Start) -> Ending {
    let tree = RunTree::new(program, world, Some(world), &start);
    drive(&tree, run_root(&tree, start)).await
}

/// Previews a run. Observations are made until the first effect; from there on everything is only previewed. The type
/// of `world` rules out effects.
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
            out_of_steps: false,
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
