//! What the runs of a tree share, and what each run has of its own.

use super::Start;
use super::budget::Pool;
use super::exit::Escalation;
use crate::engine::address::Address;
use crate::engine::effect::held_changes::HeldChanges;
use crate::engine::event::{Event, EventKind, FoundChange, LeftInPlace};
use crate::engine::exec::goal::BoundGoal;
use crate::engine::world::{Charge, ReadWorld, World};
use crate::program::Program;
use crate::program::numbering::Numbering;
use crate::value::{Timestamp, Value};
use ecow::EcoString;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Calls that wait for their targets, first come, first served.
#[derive(Debug, Default)]
pub(crate) struct TargetQueue {
    waiting: Vec<(String, u64)>,
    next: u64,
}

impl TargetQueue {
    /// Adds a call at the end. Returns its number.
    pub fn enter(&mut self, target: &str) -> u64 {
        self.next += 1;
        self.waiting.push((target.to_owned(), self.next));
        self.next
    }

    /// Whether a call is the first of its target.
    pub fn is_first(&self, target: &str, number: u64) -> bool {
        self.waiting.iter().find(|(waiting, _)| waiting == target).is_some_and(|(_, first)| *first == number)
    }

    pub fn leave(&mut self, number: u64) {
        self.waiting.retain(|(_, waiting)| *waiting != number);
    }
}

/// The shared state of an outermost run and its children.
pub(crate) struct RunTree<'a> {
    pub program: &'a Program,
    /// The world for observations, waits and events.
    pub read_world: &'a dyn ReadWorld,
    /// The world for effects; none in a dry run.
    pub effect_world: Option<&'a dyn World>,
    /// The time of the last reply.
    pub clock: Cell<Timestamp>,
    pub cancelled: Cell<bool>,
    /// Whether a reply was taken in this turn.
    pub reply_taken: Cell<bool>,
    /// Whether anything happened in this turn that another branch may wait for, so that another turn follows.
    pub progressed: Cell<bool>,
    /// Statements and observations that are left.
    pub steps_left: Cell<u64>,
    /// Statements and observations that are left for undos, which a run without steps still needs.
    pub undo_steps_left: Cell<u64>,
    /// Whether a block was stopped because no statement was left for it.
    pub out_of_steps: Cell<bool>,
    /// Steps of computation since the last reply.
    pub work: Cell<u64>,
    pub pool: Pool,
    pub by_alert: bool,
    /// Whether effects were paused when the outermost run began.
    pub began_paused: Cell<bool>,
    /// Whether any effect was begun.
    pub has_acted: Cell<bool>,
    /// The folder of locks, limits and notes, for people.
    pub store: Option<EcoString>,
    /// What earlier runs left in place.
    pub found_changes: Vec<FoundChange>,
    /// How many lines were previewed.
    pub preview_lines: Cell<u32>,
    pub numbering: Numbering,
    /// The calls that hold their target or wait for it, in the order in which they came. The first of each target holds
    /// it.
    pub target_queue: RefCell<TargetQueue>,
    /// Locks, and how many runs and calls of the tree hold each of them.
    pub held: RefCell<BTreeMap<String, u32>>,
    /// Locks that were requested and not yet granted.
    pub requested_locks: RefCell<Vec<String>>,
    pub held_changes: HeldChanges,
    /// Child runs that have not ended.
    pub children: RefCell<Vec<Rc<Child>>>,
    /// The escalation that the tree is certain to end with, and since when.
    pub escalating: RefCell<Option<(Timestamp, Escalation)>>,
    /// Whether the escalation is being sent.
    pub notifying: Cell<bool>,
    /// Whether the escalation was delivered; nothing before it was sent.
    pub delivered: Cell<Option<bool>>,
}

/// A child run, for branches that start the same runbook with the same arguments.
pub(crate) struct Child {
    /// Index into [`Program::runbooks`].
    pub runbook: usize,
    pub arguments: Vec<Value>,
    /// How it ended; nothing while it runs.
    pub end: RefCell<Option<RunEnd>>,
}

/// How a run ended, before the escalation is sent.
#[derive(Debug, Clone)]
pub(crate) enum RunEnd {
    /// Resolved, with the reason.
    Resolved(String),
    Escalated(Box<Escalation>),
    Cancelled,
    /// Stopped with the branch of a parallel loop.
    Stopped,
    /// A dry run came to its first effect.
    DryRun,
    /// An outermost run did not begin, for this reason.
    Refused(String),
}

impl<'a> RunTree<'a> {
    /// The tree of a run that has not begun.
    pub fn new(
        program: &'a Program,
        read_world: &'a dyn ReadWorld,
        effect_world: Option<&'a dyn World>,
        start: &Start,
    ) -> Self {
        Self {
            program,
            read_world,
            effect_world,
            clock: Cell::new(start.at),
            cancelled: Cell::new(false),
            reply_taken: Cell::new(false),
            progressed: Cell::new(false),
            steps_left: Cell::new(start.step_limit),
            undo_steps_left: Cell::new(start.step_limit),
            out_of_steps: Cell::new(false),
            work: Cell::new(0),
            pool: Pool::default(),
            by_alert: start.by_alert,
            began_paused: Cell::new(false),
            has_acted: Cell::new(false),
            store: start.store.clone(),
            found_changes: start.found.clone(),
            preview_lines: Cell::new(0),
            numbering: Numbering::new(program),
            target_queue: RefCell::default(),
            held: RefCell::default(),
            requested_locks: RefCell::default(),
            held_changes: HeldChanges::default(),
            children: RefCell::default(),
            escalating: RefCell::default(),
            notifying: Cell::new(false),
            delivered: Cell::new(None),
        }
    }

    /// What earlier runs left in place, as entries of `left_in_place`.
    pub fn found_in_place(&self) -> Vec<LeftInPlace> {
        self.found_changes.iter().map(FoundChange::left).collect()
    }

    /// Whether the world for effects is missing.
    pub fn is_dry_run(&self) -> bool {
        self.effect_world.is_none()
    }

    /// Polls branches again that wait for a condition inside the run.
    pub fn wake(&self) {
        self.progressed.set(true);
    }
}

/// One run of the tree.
pub(crate) struct Run {
    pub id: EcoString,
    pub title: EcoString,
    pub runbook: EcoString,
    /// Its arguments with the names of the parameters.
    pub arguments: Vec<(EcoString, Value)>,
    /// The run that started it.
    pub parent: Option<Rc<Run>>,
    /// The time of the start.
    pub started: Timestamp,
    /// The deadline: its own or the caller's, whichever is earlier.
    pub deadline: Option<Timestamp>,
    /// The address that those of its statements begin with.
    pub address: Address,
    /// The contact of its header.
    pub contact: Option<EcoString>,
    /// The goal, with its arguments evaluated.
    pub goal: OnceCell<BoundGoal>,
    /// `goal.answer` until the goal is asked.
    pub initial_goal_answer: OnceCell<Value>,
    /// Whether an escalation of it is certain to end the whole tree.
    pub propagates_escalation: bool,
    /// The charges of its own limit, due at its first effect; empty afterwards.
    pub due_charges: RefCell<Vec<Charge>>,
    /// Whether the charges are under way.
    pub charging: Cell<bool>,
    pub log: RefCell<RunLog>,
}

/// What a run has done so far.
#[derive(Default)]
pub(crate) struct RunLog {
    /// Effects that may have changed something, undos included.
    pub effects: u32,
    /// The value of `effects` when the goal last held.
    pub effects_at_goal: u32,
    /// Whether the goal's last answer was another than `passed`.
    pub goal_is_missed: bool,
    /// How often the goal was asked.
    pub goal_checks: u32,
    /// The goal's last answer.
    pub goal_answer: Option<Value>,
    /// The number of child runs it has started.
    pub children: u32,
    /// Effects and their outcomes, in words.
    pub attempts: Vec<String>,
    /// Changes that are left in place and were not meant to be.
    pub left: Vec<LeftInPlace>,
    /// Permanent changes.
    pub permanent: Vec<(Address, LeftInPlace)>,
    /// Disrupting and destroying calls that were made.
    pub disruptions: Vec<String>,
}

impl RunLog {
    /// Lists the permanent changes of a part of the run as left in place, whatever the run's ending is.
    pub fn list_permanent(&mut self, part: &Address, why: &str) {
        let listed = self.permanent.extract_if(.., |(address, _)| address.is_inside(part));
        self.left.extend(listed.map(|(_, left)| LeftInPlace { why: format!("{}; {why}", left.why), ..left }));
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Run {
    /// Updates the log of this run and of the runs that it is part of.
    pub fn note(&self, change: impl Fn(&mut RunLog)) {
        let mut run = Some(self);
        while let Some(this) = run {
            change(&mut this.log.borrow_mut());
            run = this.parent.as_deref();
        }
    }

    pub fn goal_answer(&self) -> Value {
        let answer = self.log.borrow().goal_answer.clone();
        answer.or_else(|| self.initial_goal_answer.get().cloned()).unwrap_or(Value::Absent)
    }

    /// The contact of its header, or that of the run that started it.
    pub fn contact(&self) -> Option<EcoString> {
        self.contact.clone().or_else(|| self.parent.as_ref().and_then(|parent| parent.contact()))
    }

    pub fn emit(&self, tree: &RunTree<'_>, kind: EventKind) {
        tree.read_world.record(&Event { schema: 1, time: tree.clock.get(), run: self.id.clone(), kind });
    }
}
