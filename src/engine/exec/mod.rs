//! Blocks and statements: each in turn, what was opened undone at the end, whichever way it comes.

pub(crate) mod goal;
pub(crate) mod loops;
pub(crate) mod wait;

use super::address::Address;
use super::effect::undo::{Change, Keep, Undo, close};
use super::effect::{emit_refused, notify, perform_action, prompt};
use super::eval::arithmetic::mismatch;
use super::eval::driver::after;
use super::eval::frame::{Age, Frame};
use super::eval::{explain, present};
use super::event::{EventKind, StepResult};
use super::preview;
use super::run::child;
use super::run::exit::{Exit, Flow, Resolution, caught};
use super::run::scope::{LocalBoxFuture, Scope};
use super::world::Reached;
use crate::program::{Block, Expression, LetElse, Retention, Slot, Statement, StatementKind, Subject};
use crate::value::{Class, Value};
use tracing::Instrument;

/// Runs a block.
pub(super) fn block<'f, 't: 'f>(scope: Scope<'t>, block: &'t Block, frame: &'f mut Frame) -> LocalBoxFuture<'f, Flow> {
    Box::pin(async move {
        let mut changes = Vec::new();
        let mut flow = Ok(());
        for (position, line) in block.statements.iter().enumerate() {
            flow = scope.checkpoint();
            if flow.is_ok() {
                flow = scope.refresh_clock(&scope.address.child(line.node, 0)).await;
            }
            if flow.is_ok() {
                scope.tree.read_world.reached(line.node, Reached::Started);
                flow = statement(&scope, line, frame, &mut changes).await;
                match &flow {
                    Err(Exit::Resolved(_)) => scope.tree.read_world.reached(line.node, Reached::Resolved),
                    Err(Exit::Escalated(_)) => scope.tree.read_world.reached(line.node, Reached::Escalated),
                    _ => {}
                }
            }
            match &flow {
                Ok(()) => {}
                Err(Exit::Shown { goes_on: true }) => {
                    flow = Err(preview::rest(
                        &scope,
                        line,
                        block.statements.get(position + 1..).unwrap_or_default(),
                        frame,
                    ));
                    break;
                }
                Err(_) => break,
            }
        }
        if changes.is_empty() { flow } else { close(&scope, changes, flow).await }
    })
}

/// Runs a statement; what it opens is added to the changes of its block.
pub(super) async fn statement<'t>(
    scope: &Scope<'t>,
    line: &'t Statement,
    frame: &mut Frame,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let at = scope.address.child(line.node, 0);
    match &line.kind {
        StatementKind::Step { title, block } => step(scope, line, title, block, frame, at).await,
        StatementKind::ResolveIfFixed { after, window, hold } => {
            wait::resolve_if_fixed(scope, after.as_ref(), window.as_ref(), hold.as_ref(), frame, &at).await
        }
        StatementKind::Resolve { message } => {
            let message = scope.text(message, frame, &at).await?;
            Err(Exit::Resolved(Resolution::Said(message)))
        }
        StatementKind::Escalate { contact, message, evidence } => {
            let escalation = notify::evaluate_escalation(scope, contact, message, evidence, frame, &at).await?;
            Err(Exit::Escalated(Box::new(escalation)))
        }
        StatementKind::Notify { contact, message, evidence } => {
            let news = notify::evaluate_escalation(scope, contact, message, evidence, frame, &at).await?;
            notify::notify(scope, news, at).await
        }
        StatementKind::Require { condition, otherwise } => {
            let mut seen = Vec::new();
            let holds = match scope.boolean_noting(condition, frame, &at, &mut seen).await {
                Err(Exit::Shown { .. }) => return Err(preview::undecided(scope, line, frame)),
                holds => holds?,
            };
            if holds {
                return Ok(());
            }
            match otherwise {
                Some(otherwise) => self::block(scope.at(at), otherwise, frame).await,
                None => {
                    let condition = explain::with_values(scope, condition, frame, &at).await;
                    let message = format!("a condition that the runbook requires does not hold: {condition}");
                    Err(scope.escalated_with(message, seen))
                }
            }
        }
        StatementKind::RequireApproval { message, by, within, otherwise } => {
            let flow = prompt::approval(scope, message, by, within, otherwise.as_ref(), frame, at).await;
            preview::arms_after(scope, flow, &line.kind, frame)
        }
        StatementKind::Wait { duration } => {
            let duration = scope.duration(duration, frame, &at).await?;
            scope.pause(after(scope.now(), duration), &at, || "the time to pass".to_owned()).await
        }
        StatementKind::WaitUntil { .. } => wait::wait_until(scope, line, frame, at).await,
        StatementKind::Act { call, adverb } => perform_action(scope, call, *adverb, frame, &at, changes).await,
        StatementKind::Do { procedure, arguments, adverb } => {
            do_procedure(scope, line, *procedure, arguments, *adverb, frame, changes).await
        }
        StatementKind::TemporarilyBlock { block, undo, keep_on_failure } => {
            let inner = scope.with_effect_flag(at.clone());
            note_block(scope, &preview::effects(scope, block, frame), undo, frame, &at).await?;
            let flow = self::block(inner.clone(), block, frame).await;
            let flow = preview::undo_after(scope, flow, Some(undo), frame);
            let keep = if *keep_on_failure { Keep::OnFailure } else { Keep::Never };
            let text = preview::effects(scope, block, frame);
            close_or_open(scope, inner, flow, Some(undo), keep, text, frame, at, changes).await
        }
        StatementKind::Let { slot, value, otherwise, .. } => {
            let value = match subject_value(scope, value, frame, &at).await {
                Err(Exit::Shown { .. }) => return Err(preview::arms(scope, &line.kind, frame)),
                value => value?,
            };
            let_value(scope, *slot, value, otherwise.as_ref(), frame, at).await
        }
        StatementKind::If { branches, otherwise } => {
            for (condition, branch) in branches {
                let holds = match scope.boolean(condition, frame, &at).await {
                    Err(Exit::Shown { .. }) => return Err(preview::undecided(scope, line, frame)),
                    holds => holds?,
                };
                if holds {
                    return self::block(scope.at(at), branch, frame).await;
                }
            }
            match otherwise {
                Some(otherwise) => self::block(scope.at(at), otherwise, frame).await,
                None => Ok(()),
            }
        }
        StatementKind::Match { subject, arms, otherwise } => {
            let (value, _) = match subject_value(scope, subject, frame, &at).await {
                Err(Exit::Shown { .. }) => return Err(preview::arms(scope, &line.kind, frame)),
                value => value?,
            };
            value.whole("what a match looks at")?;
            let arm = arms.iter().find(|(values, _)| values.contains(&value)).map(|(_, block)| block);
            match arm.or(otherwise.as_ref()) {
                Some(arm) => self::block(scope.at(at), arm, frame).await,
                None => Err(mismatch(format!("{value} fits no arm of a match")).into()),
            }
        }
        StatementKind::For { slot, list, at_most, at_a_time, block } => {
            let each =
                loops::Each { slot: *slot, list, at_most: at_most.as_ref(), at_a_time: at_a_time.as_ref(), block };
            loops::for_each(scope, line.node, each, frame).await
        }
        StatementKind::Repeat { count, every, until, block, otherwise } => {
            let turns = loops::LoopBody { count, every: every.as_ref(), block };
            loops::repeat(scope, line, turns, until.as_ref(), otherwise.as_ref(), frame).await
        }
        StatementKind::Retry { count, every, block } => {
            loops::retry(scope, line.node, loops::LoopBody { count, every: every.as_ref(), block }, frame).await
        }
        StatementKind::Try { block, slot, catch } => {
            let inner = Scope { caught: true, ..scope.at(at.clone()) };
            match self::block(inner, block, frame).await {
                Err(Exit::Failed(error)) => {
                    frame.bind(&scope.tree.pool, *slot, caught(&error), None)?;
                    self::block(scope.at(at), catch, frame).await
                }
                Err(Exit::Shown { goes_on }) => match preview::arms(scope, &line.kind, frame) {
                    Exit::Shown { goes_on: after_catch } => Err(Exit::Shown { goes_on: goes_on || after_catch }),
                    exit => Err(exit),
                },
                flow => flow,
            }
        }
        StatementKind::Run { runbook, arguments } => child::run_statement(scope, *runbook, arguments, frame, &at).await,
        StatementKind::Manual { message, within, otherwise } => {
            let flow = prompt::manual(scope, message, within, otherwise.as_ref(), frame, at).await;
            preview::arms_after(scope, flow, &line.kind, frame)
        }
    }
}

async fn step<'t>(
    scope: &Scope<'t>,
    line: &'t Statement,
    title: &'t Expression,
    block: &'t Block,
    frame: &mut Frame,
    at: Address,
) -> Flow {
    let title = scope.text(title, frame, &at).await?;
    let (number, inner) = scope.step(line.node, at);
    scope.emit(EventKind::StepStarted { number: number.to_string(), title: title.clone() });
    let span = tracing::info_span!("step", run = %scope.run.id, number = %number, title = %title);
    let flow = self::block(inner, block, frame).instrument(span).await;
    let result = match &flow {
        Ok(()) | Err(Exit::Shown { .. }) => StepResult::Done,
        Err(Exit::Resolved(_)) => StepResult::Resolved,
        Err(Exit::Escalated(_) | Exit::TimedOut) => StepResult::Escalated,
        Err(Exit::Cancelled | Exit::Stopped) => StepResult::Cancelled,
        Err(Exit::Failed(_)) => StepResult::Failed,
    };
    scope.emit(EventKind::StepEnded { number: number.to_string(), title, result });
    flow
}

async fn do_procedure<'t>(
    scope: &Scope<'t>,
    line: &'t Statement,
    procedure: usize,
    arguments: &'t [Expression],
    adverb: Retention,
    frame: &mut Frame,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let at = scope.address.child(line.node, 0);
    let (mut own, mut ages) = (Vec::new(), Vec::new());
    for argument in arguments {
        let (value, age) = scope.value_with_age(argument, frame, &at).await?;
        own.push(value);
        ages.push(age);
    }
    let missing = || mismatch("the program does not have that procedure");
    let procedure = scope.tree.program.procedures.get(procedure).ok_or_else(missing)?;
    let shown: Vec<String> = own.iter().map(ToString::to_string).collect();
    let text = format!("do {}({})", procedure.name, shown.join(", "));
    let mut own = Frame::new(own, &procedure.locals);
    own.hold(&scope.tree.pool)?;
    own.grow_old(ages);
    let mut inner = scope.with_effect_flag(at.clone());
    inner.step_prefix = scope.step_prefix.procedure(&scope.tree.numbering, line.node);
    if let Some(undo) = &procedure.undo {
        note_block(scope, &text, undo, &own, &at).await?;
    }
    let flow = block(inner.clone(), &procedure.block, &mut own).await;
    let flow = preview::undo_after(scope, flow, procedure.undo.as_ref(), &mut own);
    let keep = match adverb {
        Retention::Temporarily { keep_on_failure: false } => Keep::Never,
        Retention::Temporarily { keep_on_failure: true } => Keep::OnFailure,
        Retention::Permanently { undo_on_failure: true } => Keep::OnSuccess,
        Retention::Permanently { undo_on_failure: false } | Retention::None => Keep::Always,
    };
    if adverb == Retention::None && flow.is_ok() {
        if procedure.undo.is_some() {
            scope.change_over(&at);
        }
        return flow;
    }
    close_or_open(scope, inner, flow, procedure.undo.as_ref(), keep, text, &own, at, changes).await
}

/// Has a note kept of what a block is about to do and what takes it back, as far as both are known.
async fn note_block<'t>(scope: &Scope<'t>, text: &str, undo: &'t Block, frame: &Frame, at: &Address) -> Flow {
    if scope.tree.effect_world.is_none() {
        return Ok(());
    }
    match scope.note_change(at, text, &preview::effects(scope, undo, frame), None).await {
        Ok(()) => Ok(()),
        Err(error) => {
            emit_refused(scope, Class::Change, text.to_owned(), &error, at);
            Err(error.into())
        }
    }
}

/// After a block that has an undo: opens it, if anything was changed in it at all. Where the block stopped half-way it is
/// undone in any case.
#[allow(clippy::too_many_arguments, reason = "all that there is to say about one block")]
async fn close_or_open<'t>(
    scope: &Scope<'t>,
    inner: Scope<'t>,
    flow: Flow,
    undo: Option<&'t Block>,
    keep: Keep,
    text: String,
    frame: &Frame,
    address: Address,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let keep = if flow.is_ok() { keep } else { Keep::Never };
    let acted = inner.has_effect();
    if undo.is_some() && (!acted || keep == Keep::Always) {
        scope.change_over(&address);
    }
    if acted && undo.is_some() {
        let undo_text = undo.map(|undo| preview::effects(scope, undo, frame));
        if let (Some(undo), true) = (&undo_text, keep != Keep::Always) {
            // What the block found out is known by now. If that cannot be written, the first note still stands.
            let _ = scope.note_change(&address, &text, undo, None).await;
        }
        let undo = undo.map(|block| Undo::Block { block, frame: frame.clone(), scope: inner });
        Change { address, text, undo_text, undo, keep }.open(scope, changes);
    }
    flow
}

async fn let_value<'t>(
    scope: &Scope<'t>,
    slot: Slot,
    (mut value, mut age): (Value, Option<Age>),
    otherwise: Option<&'t LetElse>,
    frame: &mut Frame,
    at: Address,
) -> Flow {
    if *value.shown() == Value::Absent && otherwise.is_some() {
        present(&value)?;
    }
    if value == Value::Absent {
        match otherwise {
            Some(LetElse::Block(otherwise)) => return block(scope.at(at), otherwise, frame).await,
            Some(LetElse::Value(otherwise)) => (value, age) = scope.value_with_age(otherwise, frame, &at).await?,
            None => {}
        }
    }
    Ok(frame.bind(&scope.tree.pool, slot, value, age)?)
}

async fn subject_value<'t>(
    scope: &Scope<'t>,
    subject: &'t Subject,
    frame: &mut Frame,
    at: &Address,
) -> Result<(Value, Option<Age>), Exit> {
    let word = match subject {
        Subject::Value(expression) => return scope.value_with_age(expression, frame, at).await,
        Subject::Ask(question) => prompt::question(scope, question, frame, at).await?,
        Subject::Run { node, runbook, arguments } => {
            child::outcome_of(scope, *runbook, arguments, frame, &at.child(*node, 0)).await?
        }
    };
    Ok((word, None))
}

impl<'t> Scope<'t> {
    /// Binds the `let`s of a signature's body.
    pub(super) fn bind_all<'f>(&'f self, lets: &'t [Statement], frame: &'f mut Frame) -> LocalBoxFuture<'f, Flow>
    where
        't: 'f,
    {
        Box::pin(async move {
            let mut changes = Vec::new();
            for line in lets {
                self.take_step()?;
                statement(self, line, frame, &mut changes).await?;
            }
            Ok(())
        })
    }
}
