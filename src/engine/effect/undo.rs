//! Changes and their undo: opened one after the other, closed in the opposite order.

use super::held_changes::{FoundState, Holder};
use super::{hold_call, perform};
use crate::engine::address::Address;
use crate::engine::eval::frame::Frame;
use crate::engine::event::{EventKind, LeftInPlace};
use crate::engine::exec::statement;
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::{Exit, Flow};
use crate::engine::run::scheduler::reply;
use crate::engine::run::scope::{LocalBoxFuture, Scope};
use crate::engine::world::ChangeNote;
use crate::program::{Block, Retention, StatementKind};
use crate::value::{ActionError, Call, EffectOutcome};

/// When a change outlives its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// `temporarily`, and every block that did not come to its end.
    Never,
    /// `temporarily …, keep on failure`.
    OnFailure,
    /// `permanently …, undo on failure`.
    OnSuccess,
    /// `permanently`.
    Always,
}

impl Keep {
    /// The rule of a statement; nothing if it says neither.
    pub fn from_retention(retention: Retention) -> Option<Self> {
        match retention {
            Retention::None => None,
            Retention::Temporarily { keep_on_failure: false } => Some(Self::Never),
            Retention::Temporarily { keep_on_failure: true } => Some(Self::OnFailure),
            Retention::Permanently { undo_on_failure: true } => Some(Self::OnSuccess),
            Retention::Permanently { undo_on_failure: false } => Some(Self::Always),
        }
    }
}

/// A change that was made, or may have been.
pub(crate) struct Change<'t> {
    /// The statement that made it.
    pub address: Address,
    /// The effect, in words.
    pub text: String,
    /// The undo, in words.
    pub undo_text: Option<String>,
    /// The undo; none if the change can only stay.
    pub undo: Option<Undo<'t>>,
    /// When it outlives its block.
    pub keep: Keep,
    /// The hold of its block, if other blocks may hold the same change.
    pub holder: Option<Holder<'t>>,
}

/// The undo of a change.
pub(crate) enum Undo<'t> {
    Call {
        action: usize,
        call: Call,
    },
    /// A block, with the scope and the locals of the block that it undoes.
    Block {
        block: &'t Block,
        frame: Frame,
        scope: Scope<'t>,
    },
}

impl<'t> Scope<'t> {
    /// Has the world note a change before it is made.
    ///
    /// # Errors
    /// The note cannot be kept, so the change may not be made: if the run were killed, nobody would know of the change.
    pub async fn note_change(
        &self,
        address: &Address,
        change: &str,
        undo: &str,
        host: Option<&str>,
    ) -> Result<(), ActionError> {
        let Some(world) = self.tree.effect_world else { return Ok(()) };
        let note = ChangeNote {
            address: address.clone(),
            run: self.run.id.clone(),
            runbook: self.run.called(),
            host: host.map(str::to_owned),
            change: change.to_owned(),
            undo: undo.to_owned(),
        };
        match reply(self.tree, world.note_change(note), false).await {
            Ok(reply) => reply.result,
            Err(_) => Ok(()),
        }
    }

    /// Deletes the note of a change.
    pub fn change_over(&self, address: &Address) {
        if let Some(world) = self.tree.effect_world {
            world.delete_change_note(address);
        }
    }
}

impl<'t> Change<'t> {
    /// The undo, in words, if the change is not simply permanent. Such a change is noted.
    pub fn undo_to_note(&self) -> Option<&str> {
        self.undo_text.as_deref().filter(|_| self.undo.is_some() && self.keep != Keep::Always)
    }

    /// Whether another block of the run tree has made it.
    pub fn is_in_place(&self) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.made().is_some())
    }

    /// Whether another block of the run tree has made it for certain.
    pub fn is_done(&self) -> bool {
        self.holder.as_ref().is_some_and(Holder::is_done)
    }

    /// What was found before the change, for the other blocks that hold it.
    fn found(&self) -> Option<FoundState> {
        Some(match self.undo.as_ref()? {
            Undo::Call { action, call } => FoundState::Call(*action, call.clone()),
            Undo::Block { frame, .. } => FoundState::Block(frame.clone()),
        })
    }

    /// Opens the change: from here on its block has to undo it. Without an outcome only another block may have made it.
    pub fn open(self, scope: &Scope<'t>, outcome: Option<EffectOutcome>, changes: &mut Vec<Change<'t>>) {
        let permanent = matches!(self.keep, Keep::Always | Keep::OnSuccess);
        let is_first = match (&self.holder, self.found()) {
            (Some(holder), Some(found)) if let Some(outcome) = outcome => {
                holder.note_made(&self.address, found, outcome == EffectOutcome::Done)
            }
            _ => outcome.is_some(),
        };
        if is_first {
            scope.emit(EventKind::ChangeOpened {
                address: self.address.clone(),
                change: self.text.clone(),
                undo: self.undo_text.clone(),
                permanent,
            });
        }
        if permanent {
            let left = self.left("it was meant to stay");
            scope.run.note(|record| record.permanent.push((self.address.clone(), left.clone())));
        }
        if self.undo.is_some() && self.keep != Keep::Always {
            changes.push(self);
        }
    }

    fn left(&self, why: impl Into<String>) -> LeftInPlace {
        LeftInPlace { change: self.text.clone(), undo: self.undo_text.clone(), why: why.into() }
    }
}

/// Closes the changes of a block: undoes them, the last one first, each of them even if another fails.
pub(crate) fn close<'f, 't: 'f>(
    scope: &'f Scope<'t>,
    mut changes: Vec<Change<'t>>,
    flow: Flow,
) -> LocalBoxFuture<'f, Flow> {
    Box::pin(async move {
        let bad = flow.as_ref().is_err_and(Exit::is_bad);
        if let (Err(exit), false) = (&flow, changes.is_empty()) {
            scope.announce(exit);
        }
        let mut failed = Vec::new();
        while let Some(change) = changes.pop() {
            match change.keep {
                Keep::OnFailure if bad => {
                    if change.holder.as_ref().is_none_or(Holder::keep) {
                        let left = change.left("kept, because its block ended badly");
                        scope.run.note(|record| record.left.push(left.clone()));
                    }
                }
                Keep::OnSuccess if !bad => {
                    // It stays, also where another block holds it as a temporary change.
                    change.holder.as_ref().map(Holder::keep);
                    scope.change_over(&change.address);
                    scope.run.note(|record| {
                        for (_, left) in record.permanent.iter_mut().filter(|(address, _)| *address == change.address) {
                            left.why = "its block ended well, so that it stays".to_owned();
                        }
                    });
                }
                Keep::Always => {}
                _ => failed.extend(undo(scope, change).await),
            }
        }
        let Some(first) = failed.first() else { return flow };
        match flow {
            Err(exit @ (Exit::Escalated(_) | Exit::TimedOut)) => Err(exit),
            _ => Err(scope.escalated(format!("clean-up failed: {first}"))),
        }
    })
}

/// Undoes a change. The error in words, if it failed.
async fn undo<'t>(scope: &Scope<'t>, mut change: Change<'t>) -> Option<String> {
    let how = change.undo.take()?;
    let at = change.address.turn(1);
    let holder = change.holder.take();
    let is_call = matches!(how, Undo::Call { .. });
    let made = holder.as_ref().and_then(Holder::made);
    let undone = match (how, &made) {
        (Undo::Call { action, call }, _) => {
            undo_call(&scope.shielded(at.clone()), action, call, &at, holder.as_ref()).await
        }
        (Undo::Block { .. }, _) if holder.as_ref().is_some_and(|holder| !holder.closes()) => None,
        (Undo::Block { block, scope, .. }, Some((_, FoundState::Block(first)))) => {
            Some(undo_block(&scope.shielded(at), block, first.clone()).await)
        }
        (Undo::Block { block, frame, scope }, _) => Some(undo_block(&scope.shielded(at), block, frame).await),
    };
    drop(holder);
    let Some((outcome, wrong)) = undone else {
        scope.change_over(&change.address);
        scope.run.note(|record| record.permanent.retain(|(address, _)| *address != change.address));
        return None;
    };
    scope.emit(EventKind::ChangeUndone {
        address: made.map_or_else(|| change.address.clone(), |(address, _)| address),
        change: change.text.clone(),
        undo: change.undo_text.clone().unwrap_or_default(),
        result: outcome,
        detail: wrong.clone(),
    });
    if wrong.is_none() {
        scope.change_over(&change.address);
    }
    let left = wrong.as_ref().map(|wrong| change.left(format!("its undo failed: {wrong}")));
    scope.run.note(|record| {
        // The same change may have been made permanent before it was made temporarily. It is not in place any more.
        let is_undone = |(address, other): &(Address, LeftInPlace)| {
            *address == change.address || is_call && wrong.is_none() && other.change == change.text
        };
        record.permanent.retain(|permanent| !is_undone(permanent));
        record.left.extend(left.clone());
    });
    wrong.map(|wrong| format!("{} is still in place, its undo failed: {wrong}", change.text))
}

/// `None` where another block holds the change once the target is held.
async fn undo_call<'t>(
    scope: &Scope<'t>,
    action: usize,
    call: Call,
    at: &Address,
    holder: Option<&Holder<'t>>,
) -> Option<(EffectOutcome, Option<String>)> {
    let performed = match hold_call(scope, action, &call, at).await {
        // Whoever wants the same change reads the state before it with the target held.
        Ok(_) if holder.is_some_and(|holder| !holder.closes()) => return None,
        Ok(held) => perform(scope, &call, held, at).await,
        Err(exit) => Err(exit),
    };
    Some(match performed {
        Ok(performed) => {
            let wrong = performed.exit.map(|exit| exit.to_string()).or_else(|| {
                (performed.outcome != EffectOutcome::Done).then(|| performed.outcome.in_words().to_owned())
            });
            (performed.outcome, wrong)
        }
        Err(exit) => (EffectOutcome::NotPerformed, Some(exit.to_string())),
    })
}

/// Every statement runs even if another fails. Only a failed `let` ends the block, because the others use its value.
async fn undo_block<'t>(scope: &Scope<'t>, block: &'t Block, mut frame: Frame) -> (EffectOutcome, Option<String>) {
    let mut changes = Vec::new();
    let mut wrong: Option<String> = None;
    for line in &block.statements {
        let flow = match scope.checkpoint() {
            Ok(()) => {
                let mut context = StatementContext::of_statement(scope, &mut frame, line);
                statement(&mut context, line, &mut changes).await
            }
            stopped => stopped,
        };
        if let Err(exit) = flow {
            wrong.get_or_insert(exit.to_string());
            if matches!(line.kind, StatementKind::Let { .. }) {
                break;
            }
        }
    }
    if let Err(exit) = close(scope, changes, Ok(())).await {
        wrong.get_or_insert(exit.to_string());
    }
    (if wrong.is_some() { EffectOutcome::Failed } else { EffectOutcome::Done }, wrong)
}
