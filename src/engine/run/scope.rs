//! The surroundings of a statement: which run it belongs to, where it stands, what may stop it.

use super::budget::{STATEMENT, STEPS_BETWEEN_REPLIES};
use super::exit::{Escalation, Exit, Flow};
use super::scheduler::reply;
use super::tree::{Run, RunTree};
use crate::engine::address::Address;
use crate::engine::event::{EventKind, ShownEvidence};
use crate::engine::world::World;
use crate::program::NodeId;
use crate::program::numbering::StepPrefix;
use crate::value::Timestamp;
use ecow::EcoString;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// Why a run is given up that goes round in circles.
pub const TOO_MANY_STEPS: &str = "it took more steps than a run may take";

/// A future on the heap: blocks nest, so theirs must be.
pub(crate) type LocalBoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// The surroundings of a statement.
#[derive(Clone)]
pub(crate) struct Scope<'t> {
    /// What all runs share.
    pub tree: &'t RunTree<'t>,
    /// The run.
    pub run: Rc<Run>,
    /// The path to this block.
    pub address: Address,
    /// Inside an undo: nothing stops it, and only its own deadlines count.
    pub shielded: bool,
    /// An enclosing `try` or `retry` would catch an error.
    pub caught: bool,
    /// Inside a probe: what is changed here belongs to a question.
    pub asking: bool,
    /// When observations are given up, if before their own time.
    pub cap: Option<Timestamp>,
    /// Whether anything was changed in here.
    pub effects: Rc<EffectFlag>,
    /// The parallel loops around it.
    pub group: Option<Rc<Group>>,
    /// What steps here are numbered after.
    pub step_prefix: StepPrefix,
}

/// Whether anything was changed in a block, and in those around it.
#[derive(Default)]
pub(crate) struct EffectFlag {
    here: Cell<bool>,
    around: Option<Rc<EffectFlag>>,
}

/// A parallel loop.
pub(crate) struct Group {
    /// Whether a branch has left badly.
    pub stopping: Cell<bool>,
    around: Option<Rc<Group>>,
}

impl<'t> Scope<'t> {
    /// The outermost block of a run.
    pub fn root(tree: &'t RunTree<'t>, run: Rc<Run>) -> Self {
        Self {
            tree,
            address: run.address.clone(),
            run,
            shielded: false,
            caught: false,
            asking: false,
            cap: None,
            effects: Rc::default(),
            group: None,
            step_prefix: StepPrefix::default(),
        }
    }

    /// The same, further in.
    pub fn at(&self, address: Address) -> Self {
        Self { address, ..self.clone() }
    }

    /// A block that notices for itself whether anything was changed in it.
    pub fn with_effect_flag(&self, address: Address) -> Self {
        let acted = Rc::new(EffectFlag { here: Cell::new(false), around: Some(Rc::clone(&self.effects)) });
        Self { effects: acted, ..self.at(address) }
    }

    /// Whether anything was changed in here.
    pub fn has_effect(&self) -> bool {
        self.effects.here.get()
    }

    /// Something was changed in here.
    pub fn note_effect(&self) {
        let mut acted = Some(&self.effects);
        while let Some(this) = acted {
            this.here.set(true);
            acted = this.around.as_ref();
        }
    }

    /// A branch of a parallel loop.
    pub fn in_group(&self, group: &Rc<Group>, address: Address) -> Self {
        Self { group: Some(Rc::clone(group)), ..self.at(address) }
    }

    /// A parallel loop that begins here.
    pub fn group(&self) -> Rc<Group> {
        Rc::new(Group { stopping: Cell::new(false), around: self.group.clone() })
    }

    /// An undo: nothing stops it.
    pub fn shielded(&self, address: Address) -> Self {
        Self { shielded: true, caught: true, cap: None, group: None, ..self.at(address) }
    }

    /// The number of a step, and the surroundings of what is in it.
    pub fn step(&self, node: NodeId, address: Address) -> (EcoString, Self) {
        let (number, numbered) = self.step_prefix.step(&self.tree.numbering, node);
        (number, Self { step_prefix: numbered, ..self.at(address) })
    }

    /// The clock.
    pub fn now(&self) -> Timestamp {
        self.tree.clock.get()
    }

    /// Both halves of the world; a rehearsal has but one.
    pub fn world(&self) -> Result<&'t dyn World, Exit> {
        self.tree.effect_world.ok_or(Exit::DRY_RUN)
    }

    /// Tells an event of this run.
    pub fn emit(&self, kind: EventKind) {
        self.run.emit(self.tree, kind);
    }

    /// When the run must have ended, where that counts.
    pub fn deadline(&self) -> Option<Timestamp> {
        if self.shielded { None } else { self.run.deadline }
    }

    /// Leaves if the run's time is up.
    pub fn in_time(&self) -> Flow {
        match self.deadline() {
            Some(deadline) if self.now() >= deadline => Err(Exit::TimedOut),
            _ => Ok(()),
        }
    }

    /// Whether anything wants this block to stop.
    pub fn stopped(&self) -> Flow {
        if self.shielded {
            return Ok(());
        }
        if self.tree.cancelled.get() {
            return Err(Exit::Cancelled);
        }
        let mut group = self.group.as_ref();
        while let Some(this) = group {
            if this.stopping.get() {
                return Err(Exit::Stopped);
            }
            group = this.around.as_ref();
        }
        self.in_time()
    }

    /// Looks, between two statements, whether to go on; counts the step.
    pub fn checkpoint(&self) -> Flow {
        self.stopped()?;
        self.take_step()
    }

    /// Counts a step.
    pub fn take_step(&self) -> Flow {
        self.take_steps(1)
    }

    /// Counts steps. Those of clean-ups are counted by themselves.
    pub fn take_steps(&self, count: u64) -> Flow {
        self.worked(STATEMENT);
        let steps = if self.shielded { &self.tree.undo_steps_left } else { &self.tree.steps_left };
        match steps.get().checked_sub(count) {
            Some(left) => {
                steps.set(left);
                Ok(())
            }
            None => Err(self.escalated(TOO_MANY_STEPS)),
        }
    }

    /// Something was calculated.
    pub fn worked(&self, steps: u64) {
        self.tree.work.set(self.tree.work.get().saturating_add(steps));
    }

    /// Asks the world for the time where much was calculated since it last said anything, and looks whether to go on: a
    /// run that only calculates would hear of no deadline and no cancellation.
    pub async fn refresh_clock(&self, at: &Address) -> Flow {
        if self.tree.work.get() < STEPS_BETWEEN_REPLIES {
            return Ok(());
        }
        let at = at.turn(u32::MAX);
        let pending = self.tree.read_world.wait(at, self.now());
        reply(self.tree, pending, !self.shielded).await.map_err(|_| Exit::Cancelled)?.result?;
        self.stopped()
    }

    /// An exit that tells the runbook's own contact.
    pub fn escalated(&self, message: impl Into<String>) -> Exit {
        self.escalated_with(message, Vec::new())
    }

    /// The same, with what was seen.
    pub fn escalated_with(&self, message: impl Into<String>, evidence: Vec<ShownEvidence>) -> Exit {
        Exit::Escalated(Box::new(Escalation {
            contact: self.run.contact(),
            message: message.into(),
            evidence,
            run: Rc::clone(&self.run),
            written: false,
            call: None,
        }))
    }
}
