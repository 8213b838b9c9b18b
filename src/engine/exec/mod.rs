//! Blocks and statements. A block undoes its open changes at its end, however it ends.

#![warn(clippy::wildcard_enum_match_arm)]

pub(crate) mod goal;
pub(crate) mod loops;
pub(crate) mod wait;

use super::effect::held_changes::Holder;
use super::effect::undo::{Change, Keep, Undo, close};
use super::effect::{emit_refused, lock, notify, perform_action, prompt};
use super::eval::arithmetic::mismatch;
use super::eval::driver::{after, earlier};
use super::eval::frame::{Age, Frame};
use super::eval::{explain, present};
use super::event::{EventKind, StepResult};
use super::preview;
use super::run::child;
use super::run::context::StatementContext;
use super::run::exit::{Exit, Flow, Resolution, caught};
use super::run::scope::{LocalBoxFuture, Scope};
use super::world::Reached;
use crate::program::visit::{Visitor, walk_expression};
use crate::program::{
    Block, Expression, ExpressionKind, LetElse, NodeId, Retention, Slot, Statement, StatementKind, Subject,
};
use crate::value::{Class, EffectOutcome, Value};
use std::collections::BTreeSet;
use tracing::Instrument;

pub(super) fn block<'f, 't: 'f>(scope: Scope<'t>, block: &'t Block, frame: &'f mut Frame) -> LocalBoxFuture<'f, Flow> {
    Box::pin(async move {
        let mut changes = Vec::new();
        let mut flow = Ok(());
        for (position, line) in block.statements.iter().enumerate() {
            let mut context = StatementContext::of_statement(&scope, frame, line);
            flow = next_statement(&mut context, line, &mut changes).await;
            match &flow {
                Ok(()) => {}
                Err(Exit::DryRun { falls_through: true }) => {
                    let rest = block.statements.get(position + 1..).unwrap_or_default();
                    flow = Err(preview::following(&mut context, line, rest));
                    break;
                }
                Err(_) => break,
            }
        }
        if changes.is_empty() { flow } else { close(&scope, changes, flow).await }
    })
}

/// Runs a statement unless the block is to stop before it.
async fn next_statement<'t>(
    context: &mut StatementContext<'_, 't>,
    line: &'t Statement,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let scope = context.scope;
    scope.checkpoint()?;
    scope.refresh_clock(&context.address).await?;
    let world = scope.tree.read_world;
    world.reached(line.node, Reached::Started);
    let flow = statement(context, line, changes).await;
    match &flow {
        Err(Exit::Resolved(_)) => world.reached(line.node, Reached::Resolved),
        Err(Exit::Escalated(_)) => world.reached(line.node, Reached::Escalated),
        _ => {}
    }
    flow
}

/// Runs a statement. A change that it opens is added to the open changes of its block.
pub(super) async fn statement<'t>(
    context: &mut StatementContext<'_, 't>,
    line: &'t Statement,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let scope = context.scope;
    match &line.kind {
        StatementKind::Step { title, block } => step(context, line.node, title, block).await,
        StatementKind::ResolveIfFixed { after, window, hold } => {
            wait::resolve_if_fixed(context, after.as_ref(), window.as_ref(), hold.as_ref()).await
        }
        StatementKind::Resolve { message, without_goal } => {
            let message = context.text(message).await?;
            Err(Exit::Resolved(match without_goal {
                true => Resolution::WithoutGoal(message),
                false => Resolution::Said(message),
            }))
        }
        StatementKind::Escalate { contact, message, evidence } => {
            let escalation = notify::evaluate_escalation(context, contact, message, evidence).await?;
            Err(Exit::Escalated(Box::new(escalation)))
        }
        StatementKind::Notify { contact, message, evidence } => {
            let notification = notify::evaluate_escalation(context, contact, message, evidence).await?;
            notify::notify(scope, notification, context.address.clone()).await
        }
        StatementKind::Require { condition, otherwise } => {
            let mut evidence = Vec::new();
            let holds = match context.boolean_with_evidence(condition, &mut evidence).await {
                Err(Exit::DryRun { .. }) => return Err(preview::whole_statement(context, line)),
                holds => holds?,
            };
            if holds {
                return Ok(());
            }
            match otherwise {
                Some(otherwise) => context.block(otherwise).await,
                None => {
                    let condition = explain::with_values(context, condition).await;
                    let message = format!("required condition does not hold: {condition}");
                    Err(scope.escalated_with(message, evidence))
                }
            }
        }
        StatementKind::RequireApproval { message, by, within, otherwise } => {
            let flow = prompt::approval(context, message, by, within, otherwise.as_ref()).await;
            preview::arms_of_prompt(context, flow, &line.kind)
        }
        StatementKind::Wait { duration } => {
            let duration = context.duration(duration).await?;
            scope.pause(after(scope.now(), duration), &context.address, || "the time to pass".to_owned()).await
        }
        StatementKind::WaitUntil { .. } => wait::wait_until(context, line).await,
        StatementKind::Act { call, retention } => perform_action(context, call, *retention, changes).await,
        StatementKind::Do { procedure, arguments, retention } => {
            let call = ProcedureCall { node: line.node, procedure: *procedure, arguments, retention: *retention };
            do_procedure(context, call, changes).await
        }
        StatementKind::TemporarilyBlock { block, undo, keep_on_failure } => {
            let keep = if *keep_on_failure { Keep::OnFailure } else { Keep::Never };
            temporarily_block(context, block, undo, keep, changes).await
        }
        StatementKind::TemporarilyIf { condition, change } => {
            let holds = match context.boolean(condition).await {
                Err(Exit::DryRun { .. }) => return Err(preview::whole_statement(context, line)),
                holds => holds?,
            };
            if holds { change_if(context, change, changes).await } else { Ok(()) }
        }
        StatementKind::Let { slot, value, otherwise, .. } => {
            let value = match subject_value(context, value).await {
                Err(Exit::DryRun { .. }) => return Err(preview::arms(context, &line.kind)),
                value => value?,
            };
            let_value(context, *slot, value, otherwise.as_ref()).await
        }
        StatementKind::If { branches, otherwise } => {
            for (condition, branch) in branches {
                let holds = match context.boolean(condition).await {
                    Err(Exit::DryRun { .. }) => return Err(preview::whole_statement(context, line)),
                    holds => holds?,
                };
                if holds {
                    return context.block(branch).await;
                }
            }
            match otherwise {
                Some(otherwise) => context.block(otherwise).await,
                None => Ok(()),
            }
        }
        StatementKind::Match { subject, arms, otherwise } => {
            let (value, _) = match subject_value(context, subject).await {
                Err(Exit::DryRun { .. }) => return Err(preview::arms(context, &line.kind)),
                value => value?,
            };
            value.whole("what a match looks at")?;
            let arm = arms.iter().find(|(values, _)| values.contains(&value)).map(|(_, block)| block);
            match arm.or(otherwise.as_ref()) {
                Some(arm) => context.block(arm).await,
                None => Err(mismatch(format!("{value} fits no arm of a match")).into()),
            }
        }
        StatementKind::For { slot, list, at_most, at_a_time, block } => {
            let (at_most, at_a_time) = (at_most.as_ref(), at_a_time.as_ref());
            let each = loops::Each { node: line.node, slot: *slot, list, at_most, at_a_time, block };
            loops::for_each(context, each).await
        }
        StatementKind::Repeat { count, every, until, block, otherwise } => {
            let turns = loops::LoopBody { count, every: every.as_ref(), block };
            loops::repeat(context, line, turns, until.as_ref(), otherwise.as_ref()).await
        }
        StatementKind::Retry { count, every, block } => {
            loops::retry(context, line.node, loops::LoopBody { count, every: every.as_ref(), block }).await
        }
        StatementKind::Lock { names, within, block } => {
            let within = context.duration(within).await?;
            let names = lock_names(context, names).await?;
            let until = earlier(after(scope.now(), within), scope.deadline());
            let held = lock::lock(scope, names, &context.address, until).await?;
            let flow = context.block(block).await;
            drop(held);
            flow
        }
        StatementKind::Try { block, slot, catch } => {
            let inner = Scope { catches_errors: true, ..scope.at(context.address.clone()) };
            match self::block(inner, block, context.frame).await {
                Err(Exit::Failed(error)) => {
                    context.frame.bind(&scope.tree.pool, *slot, caught(&error), None)?;
                    context.block(catch).await
                }
                Err(Exit::DryRun { falls_through }) => {
                    let after_catch = preview::arms_fall_through(context, &line.kind);
                    Err(Exit::DryRun { falls_through: falls_through || after_catch })
                }
                flow => flow,
            }
        }
        StatementKind::Run { runbook, arguments } => child::run_statement(context, *runbook, arguments).await,
        StatementKind::Manual { message, within, otherwise } => {
            let flow = prompt::manual(context, message, within, otherwise.as_ref()).await;
            preview::arms_of_prompt(context, flow, &line.kind)
        }
    }
}

/// The names of locks; those that are absent are left out.
pub(crate) async fn lock_names<'t>(
    context: &mut StatementContext<'_, 't>,
    names: &'t [Expression],
) -> Result<Vec<String>, Exit> {
    let names = context.values(names).await?;
    names.iter().try_for_each(|name| name.whole("the name of a lock"))?;
    Ok(names.iter().filter(|name| **name != Value::Absent).map(ToString::to_string).collect())
}

async fn step<'t>(
    context: &mut StatementContext<'_, 't>,
    node: NodeId,
    title: &'t Expression,
    block: &'t Block,
) -> Flow {
    let scope = context.scope;
    let title = context.text(title).await?;
    let (number, inner) = scope.step(node, context.address.clone());
    scope.emit(EventKind::StepStarted { number: number.to_string(), title: title.clone() });
    let span = tracing::info_span!("step", run = %scope.run.id, number = %number, title = %title);
    let flow = self::block(inner, block, context.frame).instrument(span).await;
    let result = match &flow {
        Ok(()) | Err(Exit::DryRun { .. }) => StepResult::Done,
        Err(Exit::Resolved(_)) => StepResult::Resolved,
        Err(Exit::Escalated(_) | Exit::TimedOut) => StepResult::Escalated,
        Err(Exit::Cancelled | Exit::Refused(_) | Exit::Stopped) => StepResult::Cancelled,
        Err(Exit::Failed(_)) => StepResult::Failed,
    };
    scope.emit(EventKind::StepEnded { number: number.to_string(), title, result });
    flow
}

/// The change of `temporarily … if CONDITION`. It is added to the open changes of the block around the statement.
fn change_if<'f, 't: 'f>(
    context: &'f mut StatementContext<'_, 't>,
    change: &'t Block,
    changes: &'f mut Vec<Change<'t>>,
) -> LocalBoxFuture<'f, Flow> {
    Box::pin(async move {
        for line in &change.statements {
            let mut context = StatementContext::of_statement(context.scope, context.frame, line);
            statement(&mut context, line, changes).await?;
        }
        Ok(())
    })
}

/// `temporarily { } undo { }`.
async fn temporarily_block<'t>(
    context: &mut StatementContext<'_, 't>,
    block: &'t Block,
    undo: &'t Block,
    keep: Keep,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let inner = context.scope.with_effect_flag(context.address.clone());
    let key = block_key(context, block, undo);
    let holder = Some(Holder::of_block(context.scope.tree, key).await);
    note_block(context, &preview::effects_text(context, block, false), undo).await?;
    let flow = self::block(inner.clone(), block, context.frame).await;
    let flow = preview::undo_of_block(context, flow, Some(undo));
    let text = preview::effects_text(context, block, true);
    let change = BlockChange { text, undo: Some(undo), keep, inner, holder };
    close_or_open(context, flow, change, changes).await
}

/// What a block with an `undo` changes: the block, and the values that it and its `undo` use.
fn block_key(context: &StatementContext<'_, '_>, block: &Block, undo: &Block) -> String {
    let mut used = UsedLocals::default();
    used.block(block);
    used.block(undo);
    let values = used.0.iter().filter_map(|slot| Some((slot, context.frame.get(*slot)?)));
    let node = block.statements.first().map(|statement| statement.node);
    format!("{node:?} {:?}", values.collect::<Vec<_>>())
}

/// The locals that a block reads.
#[derive(Default)]
struct UsedLocals(BTreeSet<Slot>);

impl<'p> Visitor<'p> for UsedLocals {
    fn expression(&mut self, expression: &'p Expression) {
        if let ExpressionKind::Local(slot) = expression.kind {
            self.0.insert(slot);
        }
        walk_expression(self, expression);
    }
}

/// `do P(…)`.
struct ProcedureCall<'t> {
    node: NodeId,
    procedure: usize,
    arguments: &'t [Expression],
    retention: Retention,
}

async fn do_procedure<'t>(
    context: &mut StatementContext<'_, 't>,
    call: ProcedureCall<'t>,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let scope = context.scope;
    let (mut values, mut ages) = (Vec::new(), Vec::new());
    for argument in call.arguments {
        let (value, age) = context.value_with_age(argument).await?;
        values.push(value);
        ages.push(age);
    }
    let missing = || mismatch("the program does not have that procedure");
    let procedure = scope.tree.program.procedures.get(call.procedure).ok_or_else(missing)?;
    let shown: Vec<String> = values.iter().map(ToString::to_string).collect();
    let text = format!("do {}({})", procedure.name, shown.join(", "));
    // A text may round values.
    let key = format!("do {} {values:?}", call.procedure);
    let mut own = Frame::new(values, &procedure.locals);
    own.hold(&scope.tree.pool)?;
    own.set_ages(ages);
    let mut inner = scope.with_effect_flag(context.address.clone());
    inner.step_prefix = scope.step_prefix.procedure(&scope.tree.numbering, call.node);
    let mut context = StatementContext::new(scope, &mut own, context.address.clone());
    let holder = match call.retention {
        Retention::Temporarily { .. } | Retention::Permanently { undo_on_failure: true } => {
            Some(Holder::of_block(scope.tree, key).await)
        }
        Retention::Permanently { undo_on_failure: false } => {
            let _ = scope.tree.held_changes.keep(&key);
            None
        }
        Retention::None => None,
    };
    if let Some(undo) = &procedure.undo {
        note_block(&context, &text, undo).await?;
    }
    let flow = block(inner.clone(), &procedure.block, context.frame).await;
    let flow = preview::undo_of_block(&mut context, flow, procedure.undo.as_ref());
    if call.retention == Retention::None && flow.is_ok() {
        if procedure.undo.is_some() {
            scope.change_over(&context.address);
        }
        return flow;
    }
    let keep = Keep::from_retention(call.retention).unwrap_or(Keep::Always);
    let change = BlockChange { text, undo: procedure.undo.as_ref(), keep, inner, holder };
    close_or_open(&context, flow, change, changes).await
}

/// Notes the effects of a block and its undo before the block runs, as far as both are known.
async fn note_block<'t>(context: &StatementContext<'_, 't>, text: &str, undo: &'t Block) -> Flow {
    let StatementContext { scope, address, .. } = context;
    if scope.tree.is_dry_run() {
        return Ok(());
    }
    match scope.note_change(address, text, &preview::effects_text(context, undo, false), None).await {
        Ok(()) => Ok(()),
        Err(error) => {
            emit_refused(scope, Class::Change, text.to_owned(), &error, address);
            Err(error.into())
        }
    }
}

/// The change that a block makes, with its own undo.
struct BlockChange<'t> {
    text: String,
    undo: Option<&'t Block>,
    keep: Keep,
    /// The scope of the block, which knows whether it had an effect.
    inner: Scope<'t>,
    holder: Option<Holder<'t>>,
}

/// Opens the change of a block if the block had an effect, and deletes its note otherwise. The change of a block that
/// did not come to its end is undone in any case.
async fn close_or_open<'t>(
    context: &StatementContext<'_, 't>,
    flow: Flow,
    change: BlockChange<'t>,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let StatementContext { scope, frame, address } = context;
    let BlockChange { text, undo, keep, inner, holder } = change;
    let keep = if flow.is_ok() { keep } else { Keep::Never };
    let has_effect = inner.has_effect();
    let Some(undo) = undo else { return flow };
    let is_in_place = holder.as_ref().is_some_and(|holder| holder.made().is_some());
    if !(has_effect || is_in_place) || keep == Keep::Always {
        scope.change_over(address);
    }
    if has_effect || is_in_place {
        let undo_text = preview::effects_text(context, undo, false);
        if keep != Keep::Always {
            // The locals of the block are known by now. If the better note cannot be kept, the first one is still
            // valid.
            let _ = scope.note_change(address, &text, &undo_text, None).await;
        }
        let undo = Some(Undo::Block { block: undo, frame: Frame::clone(frame), scope: inner });
        let change = Change { address: address.clone(), text, undo_text: Some(undo_text), undo, keep, holder };
        let outcome = has_effect.then_some(if flow.is_ok() { EffectOutcome::Done } else { EffectOutcome::Unknown });
        change.open(scope, outcome, changes);
    }
    flow
}

async fn let_value<'t>(
    context: &mut StatementContext<'_, 't>,
    slot: Slot,
    (mut value, mut age): (Value, Option<Age>),
    otherwise: Option<&'t LetElse>,
) -> Flow {
    if *value.shown() == Value::Absent && otherwise.is_some() {
        present(&value)?;
    }
    if value == Value::Absent {
        match otherwise {
            Some(LetElse::Block(otherwise)) => return context.block(otherwise).await,
            Some(LetElse::Value(otherwise)) => (value, age) = context.value_with_age(otherwise).await?,
            None => {}
        }
    }
    Ok(context.frame.bind(&context.scope.tree.pool, slot, value, age)?)
}

async fn subject_value<'t>(
    context: &mut StatementContext<'_, 't>,
    subject: &'t Subject,
) -> Result<(Value, Option<Age>), Exit> {
    let word = match subject {
        Subject::Value(expression) => return context.value_with_age(expression).await,
        Subject::Ask(question) => prompt::question(context, question).await?,
        Subject::Run { node, runbook, arguments } => {
            child::outcome_of(&mut context.child(*node), *runbook, arguments).await?
        }
    };
    Ok((word, None))
}

impl<'t> StatementContext<'_, 't> {
    /// Runs the `let` statements of an action's body.
    pub(super) fn bind_all<'b>(&'b mut self, lets: &'t [Statement]) -> LocalBoxFuture<'b, Flow>
    where
        't: 'b,
    {
        Box::pin(async move {
            let mut changes = Vec::new();
            for line in lets {
                self.scope.count_statement()?;
                let mut context = StatementContext::of_statement(self.scope, self.frame, line);
                statement(&mut context, line, &mut changes).await?;
            }
            Ok(())
        })
    }
}
