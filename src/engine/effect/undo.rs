//! What has been changed and is to be undone: opened one after the other, closed in the opposite order.

use super::{outcome_word, perform};
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
use crate::value::{ActionError, Call, Outcome};

/// When a change outlives its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// `temporarily`, and whatever stopped half-way.
    Never,
    /// `temporarily …, keep on failure`.
    OnFailure,
    /// `permanently …, undo on failure`.
    OnSuccess,
    /// `permanently`.
    Always,
}

impl Keep {
    /// What a statement says of its change; nothing where it says neither.
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
    /// What was done.
    pub text: String,
    /// What takes it back, in words.
    pub undo_text: Option<String>,
    /// What takes it back.
    pub undo: Option<Undo<'t>>,
    /// When it stays.
    pub keep: Keep,
}

/// What takes a change back.
pub(crate) enum Undo<'t> {
    /// A call.
    Call { action: usize, call: Call },
    /// A block, in the surroundings and with the locals of the block that it takes back.
    Block { block: &'t Block, frame: Frame, scope: Scope<'t> },
}

impl<'t> Scope<'t> {
    /// Has the world keep a note of a change before it is made. Without one it may not be made: a run that is killed
    /// would leave it behind and nobody would know.
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

    /// The change is over, or was never made.
    pub fn change_over(&self, address: &Address) {
        if let Some(world) = self.tree.effect_world {
            world.change_over(address);
        }
    }
}

impl<'t> Change<'t> {
    /// What takes it back, where it is not meant to stay whatever happens: of such a change a note is kept.
    pub fn undo_to_note(&self) -> Option<&str> {
        self.undo_text.as_deref().filter(|_| self.undo.is_some() && self.keep != Keep::Always)
    }

    /// From here on the change is there.
    pub fn open(self, scope: &Scope<'t>, changes: &mut Vec<Change<'t>>) {
        let permanent = matches!(self.keep, Keep::Always | Keep::OnSuccess);
        scope.emit(EventKind::ChangeOpened {
            address: self.address.clone(),
            change: self.text.clone(),
            undo: self.undo_text.clone(),
            permanent,
        });
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

/// Ends a block: undoes what it opened, last in first out, every one though one fails.
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
                    let left = change.left("kept, because the run ended badly");
                    scope.run.note(|record| record.left.push(left.clone()));
                }
                Keep::OnSuccess if !bad => {
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

/// Undoes a change; what went wrong, if it did.
async fn undo<'t>(scope: &Scope<'t>, mut change: Change<'t>) -> Option<String> {
    let how = change.undo.take()?;
    let at = change.address.turn(1);
    let (outcome, wrong) = match how {
        Undo::Call { action, call } => undo_call(&scope.shielded(at.clone()), action, call, &at).await,
        Undo::Block { block, frame, scope } => undo_block(&scope.shielded(at), block, frame).await,
    };
    scope.emit(EventKind::ChangeUndone {
        address: change.address.clone(),
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
        record.permanent.retain(|(address, _)| *address != change.address);
        record.left.extend(left.clone());
    });
    wrong.map(|wrong| format!("{} is still in place, its undo failed: {wrong}", change.text))
}

async fn undo_call<'t>(scope: &Scope<'t>, action: usize, call: Call, at: &Address) -> (Outcome, Option<String>) {
    match perform(scope, action, &call, at).await {
        Ok(performed) => {
            let wrong = performed
                .exit
                .map(|exit| exit.to_string())
                .or_else(|| (performed.outcome != Outcome::Done).then(|| outcome_word(performed.outcome).to_owned()));
            (performed.outcome, wrong)
        }
        Err(exit) => (Outcome::NotPerformed, Some(exit.to_string())),
    }
}

/// Every line runs though one fails; only what a `let` did not find can stop the lines that would use it.
async fn undo_block<'t>(scope: &Scope<'t>, block: &'t Block, mut frame: Frame) -> (Outcome, Option<String>) {
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
    (if wrong.is_some() { Outcome::Failed } else { Outcome::Done }, wrong)
}
