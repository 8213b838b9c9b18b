//! The scope of a block: its run, its address, and what can stop it.

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

/// The reason of a run that loops without end.
const TOO_MANY_STEPS: &str = "too many steps";

/// A boxed future: blocks nest, so their futures are recursive.
pub(crate) type LocalBoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// The scope of a block.
#[derive(Clone)]
pub(crate) struct Scope<'t> {
    pub tree: &'t RunTree<'t>,
    pub run: Rc<Run>,
    /// The address of the block.
    pub address: Address,
    /// Inside an undo: cancellations and deadlines of the run do not stop it.
    pub shielded: bool,
    /// Whether an enclosing `try` or `retry` catches errors.
    pub catches_errors: bool,
    /// Inside a probe: a change is part of the question and no effect of the run.
    pub in_probe: bool,
    /// The deadline of observations, if earlier than their own.
    pub cap: Option<Timestamp>,
    /// Whether the block has had an effect.
    pub effects: Rc<EffectFlag>,
    /// The innermost parallel loop around it.
    pub group: Option<Rc<ParallelLoop>>,
    /// What the numbers of its steps begin with.
    pub step_prefix: StepPrefix,
}

/// Whether a block has had an effect; the blocks around it have had it as well.
#[derive(Default)]
pub(crate) struct EffectFlag {
    here: Cell<bool>,
    around: Option<Rc<EffectFlag>>,
}

/// A parallel loop.
pub(crate) struct ParallelLoop {
    /// Whether a branch has left with an exit, so that the others stop.
    pub stopping: Cell<bool>,
    around: Option<Rc<ParallelLoop>>,
}

impl<'t> Scope<'t> {
    /// The scope of a runbook's own block.
    pub fn root(tree: &'t RunTree<'t>, run: Rc<Run>) -> Self {
        Self {
            tree,
            address: run.address.clone(),
            run,
            shielded: false,
            catches_errors: false,
            in_probe: false,
            cap: None,
            effects: Rc::default(),
            group: None,
            step_prefix: StepPrefix::default(),
        }
    }

    /// The scope of a block inside this one.
    pub fn at(&self, address: Address) -> Self {
        Self { address, ..self.clone() }
    }

    /// A block inside this one that records its own effects.
    pub fn with_effect_flag(&self, address: Address) -> Self {
        let acted = Rc::new(EffectFlag { here: Cell::new(false), around: Some(Rc::clone(&self.effects)) });
        Self { effects: acted, ..self.at(address) }
    }

    /// Whether the block has had an effect.
    pub fn has_effect(&self) -> bool {
        self.effects.here.get()
    }

    /// Records an effect.
    pub fn note_effect(&self) {
        let mut acted = Some(&self.effects);
        while let Some(this) = acted {
            this.here.set(true);
            acted = this.around.as_ref();
        }
    }

    /// The scope of one branch of a parallel loop.
    pub fn in_group(&self, group: &Rc<ParallelLoop>, address: Address) -> Self {
        Self { group: Some(Rc::clone(group)), ..self.at(address) }
    }

    /// A new parallel loop inside this block.
    pub fn group(&self) -> Rc<ParallelLoop> {
        Rc::new(ParallelLoop { stopping: Cell::new(false), around: self.group.clone() })
    }

    /// The scope of an undo: nothing stops it.
    pub fn shielded(&self, address: Address) -> Self {
        Self { shielded: true, catches_errors: true, cap: None, group: None, ..self.at(address) }
    }

    /// The number of a step, and the scope of its block.
    pub fn step(&self, node: NodeId, address: Address) -> (EcoString, Self) {
        let (number, numbered) = self.step_prefix.step(&self.tree.numbering, node);
        (number, Self { step_prefix: numbered, ..self.at(address) })
    }

    /// The time of the last reply.
    pub fn now(&self) -> Timestamp {
        self.tree.clock.get()
    }

    /// The world for effects. A dry run has none.
    pub fn world(&self) -> Result<&'t dyn World, Exit> {
        self.tree.effect_world.ok_or(Exit::DRY_RUN)
    }

    /// Emits an event of this run.
    pub fn emit(&self, kind: EventKind) {
        self.run.emit(self.tree, kind);
    }

    /// The deadline of the run; none inside an undo.
    pub fn deadline(&self) -> Option<Timestamp> {
        if self.shielded { None } else { self.run.deadline }
    }

    /// An exit if the deadline of the run has passed.
    pub fn check_deadline(&self) -> Flow {
        match self.deadline() {
            Some(deadline) if self.now() >= deadline => Err(Exit::TimedOut),
            _ => Ok(()),
        }
    }

    /// An exit if the block is to stop: cancellation, a stopped parallel loop, or the deadline.
    pub fn check_stop(&self) -> Flow {
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
        self.check_deadline()
    }

    /// Checks between two statements whether the block is to stop, and counts a step.
    pub fn checkpoint(&self) -> Flow {
        self.check_stop()?;
        self.count_statement()
    }

    pub fn count_statement(&self) -> Flow {
        self.count_statements(1)
    }

    /// Counts steps. Undos have a count of their own.
    ///
    /// # Errors
    /// An escalation when no step is left.
    pub fn count_statements(&self, count: u64) -> Flow {
        self.count_work(STATEMENT);
        let steps = if self.shielded { &self.tree.undo_steps_left } else { &self.tree.steps_left };
        match steps.get().checked_sub(count) {
            Some(left) => {
                steps.set(left);
                Ok(())
            }
            None => {
                self.tree.out_of_steps.set(true);
                Err(self.escalated(TOO_MANY_STEPS))
            }
        }
    }

    /// Counts steps of computation.
    pub fn count_work(&self, steps: u64) {
        self.tree.work.set(self.tree.work.get().saturating_add(steps));
    }

    /// Asks the world for the time after much computation without a reply, and checks whether the block is to stop.
    /// Otherwise a run that only computes would notice no deadline and no cancellation.
    pub async fn refresh_clock(&self, at: &Address) -> Flow {
        if self.tree.work.get() < STEPS_BETWEEN_REPLIES {
            return Ok(());
        }
        let at = at.turn(u32::MAX);
        let pending = self.tree.read_world.wait(at, self.now());
        reply(self.tree, pending, !self.shielded).await.map_err(|_| Exit::Cancelled)?.result?;
        self.check_stop()
    }

    /// An escalation to the contact of the run.
    pub fn escalated(&self, message: impl Into<String>) -> Exit {
        self.escalated_with(message, Vec::new())
    }

    /// An escalation to the contact of the run, with evidence.
    pub fn escalated_with(&self, message: impl Into<String>, evidence: Vec<ShownEvidence>) -> Exit {
        Exit::Escalated(Box::new(Escalation {
            contact: self.run.contact(),
            message: message.into(),
            evidence,
            run: Rc::clone(&self.run),
            from_runbook: false,
            call: None,
        }))
    }
}
