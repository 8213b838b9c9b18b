//! What a run and all the runs that it starts have in common, and what each has of its own.

use super::Start;
use super::budget::Pool;
use super::exit::Escalation;
use crate::engine::address::Address;
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

/// What all runs of a tree share.
pub(crate) struct RunTree<'a> {
    /// What is run.
    pub program: &'a Program,
    /// The half that reads.
    pub read_world: &'a dyn ReadWorld,
    /// Both halves; none in a rehearsal.
    pub effect_world: Option<&'a dyn World>,
    /// When the latest reply came.
    pub clock: Cell<Timestamp>,
    /// Whether somebody wants the run to stop.
    pub cancelled: Cell<bool>,
    /// Whether this turn's reply has been taken.
    pub reply_taken: Cell<bool>,
    /// Whether anything moved in this turn, so that another is due.
    pub progressed: Cell<bool>,
    /// How many statements may still be run, and observations be made.
    pub steps_left: Cell<u64>,
    /// The same for clean-ups, which a run that has used up its own still needs.
    pub undo_steps_left: Cell<u64>,
    /// What was calculated since the last reply.
    pub work: Cell<u64>,
    /// What is bound.
    pub pool: Pool,
    /// Whether an alert started it.
    pub by_alert: bool,
    /// What earlier runs have left behind.
    pub found_changes: Vec<FoundChange>,
    /// How many lines were previewed.
    pub preview_lines: Cell<u32>,
    /// The numbers of steps.
    pub numbering: Numbering,
    /// What is being acted on right now.
    pub busy: RefCell<Vec<String>>,
    /// Locks, and how many runs and calls of the tree hold each.
    pub held: RefCell<BTreeMap<String, u32>>,
    /// Locks that the world is being asked for.
    pub asked_for: RefCell<Vec<String>>,
    /// Child runs that have not ended.
    pub children: RefCell<Vec<Rc<Child>>>,
    /// Since when the tree is certain to escalate, and with what.
    pub escalating: RefCell<Option<(Timestamp, Escalation)>>,
    /// Whether somebody is being told.
    pub notifying: Cell<bool>,
    /// Whether somebody was told, once it was tried.
    pub delivered: Cell<Option<bool>>,
}

/// A child run, for those who would start the same again.
pub(crate) struct Child {
    /// Which runbook.
    pub runbook: usize,
    /// With what.
    pub arguments: Vec<Value>,
    /// How it ended.
    pub end: RefCell<Option<RunEnd>>,
}

/// How a run ended, before anybody is told.
#[derive(Debug, Clone)]
pub(crate) enum RunEnd {
    /// Resolved, and why.
    Resolved(String),
    /// Escalated.
    Escalated(Box<Escalation>),
    /// Cancelled.
    Cancelled,
    /// A parallel loop around it stopped it.
    Stopped,
    /// A dry run came to its first effect.
    DryRun,
    /// An outermost run did not begin, and why.
    Refused(String),
}

impl<'a> RunTree<'a> {
    /// Nothing has happened yet.
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
            work: Cell::new(0),
            pool: Pool::default(),
            by_alert: start.by_alert,
            found_changes: start.found.clone(),
            preview_lines: Cell::new(0),
            numbering: Numbering::new(program),
            busy: RefCell::default(),
            held: RefCell::default(),
            asked_for: RefCell::default(),
            children: RefCell::default(),
            escalating: RefCell::default(),
            notifying: Cell::new(false),
            delivered: Cell::new(None),
        }
    }

    /// What earlier runs have left behind, as what is left in place.
    pub fn found_in_place(&self) -> Vec<LeftInPlace> {
        self.found_changes.iter().map(FoundChange::left).collect()
    }

    /// Whether the run has no effect.
    pub fn is_dry_run(&self) -> bool {
        self.effect_world.is_none()
    }

    /// Lets those who wait for something inside the run look again.
    pub fn wake(&self) {
        self.progressed.set(true);
    }
}

/// One run.
pub(crate) struct Run {
    /// Its name.
    pub id: EcoString,
    /// Its runbook's title.
    pub title: EcoString,
    /// Its runbook's name.
    pub runbook: EcoString,
    /// Its arguments, by the names of the parameters.
    pub arguments: Vec<(EcoString, Value)>,
    /// Who started it.
    pub parent: Option<Rc<Run>>,
    /// When.
    pub started: Timestamp,
    /// When it must have ended.
    pub deadline: Option<Timestamp>,
    /// Where its statements start from.
    pub address: Address,
    /// Who hears of it when nothing else is said.
    pub contact: Option<EcoString>,
    /// What "fixed" means, its arguments bound.
    pub goal: OnceCell<BoundGoal>,
    /// What `goal.answer` is until the goal is asked.
    pub not_asked: OnceCell<Value>,
    /// Whether an escalation of it is certain to become the whole tree's.
    pub propagates_escalation: bool,
    /// What its first effect is to be charged for its own limit; nothing once that was done.
    pub uncharged: RefCell<Vec<Charge>>,
    /// Whether that is being charged just now.
    pub charging: Cell<bool>,
    /// What the run has done so far.
    pub log: RefCell<RunLog>,
}

/// What a run has done so far.
#[derive(Default)]
pub(crate) struct RunLog {
    /// How many effects there were that may have changed something, undos included.
    pub effects: u32,
    /// How many of them there had been when the goal was last seen to hold.
    pub settled: u32,
    /// How often the goal was asked.
    pub asked: u32,
    /// The goal's last answer.
    pub goal_answer: Option<Value>,
    /// How many runs it has started.
    pub children: u32,
    /// Effects and what came of them, in words.
    pub tried: Vec<String>,
    /// What is left and should not be.
    pub left: Vec<LeftInPlace>,
    /// What was meant to stay.
    pub permanent: Vec<(Address, LeftInPlace)>,
    /// Disrupting and destroying calls that were performed.
    pub disruptions: Vec<String>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Run {
    /// Changes the record of this run and of those that it is part of.
    pub fn note(&self, change: impl Fn(&mut RunLog)) {
        let mut run = Some(self);
        while let Some(this) = run {
            change(&mut this.log.borrow_mut());
            run = this.parent.as_deref();
        }
    }

    /// `goal.answer`.
    pub fn goal_answer(&self) -> Value {
        let answer = self.log.borrow().goal_answer.clone();
        answer.or_else(|| self.not_asked.get().cloned()).unwrap_or(Value::Absent)
    }

    /// Whom to tell when nothing else is said: its own contact, or that of whoever started it.
    pub fn contact(&self) -> Option<EcoString> {
        self.contact.clone().or_else(|| self.parent.as_ref().and_then(|parent| parent.contact()))
    }

    /// Tells the world.
    pub fn emit(&self, tree: &RunTree<'_>, kind: EventKind) {
        tree.read_world.record(&Event { schema: 1, time: tree.clock.get(), run: self.id.clone(), kind });
    }
}
