//! Loops, all of them bounded: `for`, `repeat` and `retry`.

use super::block;
use crate::engine::eval::arithmetic::mismatch;
use crate::engine::eval::driver::after;
use crate::engine::eval::frame::{Age, Frame};
use crate::engine::preview;
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::{Exit, Flow};
use crate::engine::run::scope::{LocalBoxFuture, Scope};
use crate::program::{Block, Expression, NodeId, Slot, Statement};
use crate::value::{ActionError, ErrorKind, SignedDuration, Value};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

/// `for x in XS, at most N, K at a time { }`.
pub(crate) struct Each<'t> {
    pub node: NodeId,
    pub slot: Slot,
    pub list: &'t Expression,
    pub at_most: Option<&'t Expression>,
    pub at_a_time: Option<&'t Expression>,
    pub block: &'t Block,
}

/// `N times every D { }`.
pub(crate) struct LoopBody<'t> {
    pub count: &'t Expression,
    pub every: Option<&'t Expression>,
    pub block: &'t Block,
}

/// Runs the block for each item.
pub(crate) async fn for_each<'t>(context: &mut StatementContext<'_, 't>, each: Each<'t>) -> Flow {
    let scope = context.scope;
    let (list, age) = context.value_with_age(each.list).await?;
    list.whole("the list of a `for` loop")?;
    let Value::List(items) = list else {
        return Err(mismatch("the value of a `for` loop is not a list").into());
    };
    if let Some(at_most) = each.at_most {
        let most = context.count(at_most).await?;
        if items.len() > most as usize {
            let message = format!("a loop over at most {most} items got {}: none was started", items.len());
            return Err(scope.escalated(message));
        }
    }
    let at_a_time = match each.at_a_time {
        Some(count) => context.count(count).await?.max(1),
        None => 1,
    };
    if at_a_time > 1 {
        return parallel(context, &each, (items, age), at_a_time as usize).await;
    }
    for (turn, item) in (0u32..).zip(items.iter()) {
        if turn > 0 {
            scope.checkpoint()?;
        }
        context.frame.bind(&scope.tree.pool, each.slot, item.clone(), age.clone())?;
        let flow = context.at(scope.address.child(each.node, turn)).block(each.block).await;
        if matches!(flow, Err(Exit::DryRun { falls_through: true })) {
            preview::further_turns(scope, items.len() - turn as usize - 1, "the same for {} more");
        }
        flow?;
    }
    Ok(())
}

/// Runs the block for several items at a time, each with its own copy of the locals. After an exit no further item is
/// started, and the other branches stop at their next statement and undo their changes.
async fn parallel<'t>(
    context: &StatementContext<'_, 't>,
    each: &Each<'t>,
    (items, age): (Arc<[Value]>, Option<Age>),
    at_a_time: usize,
) -> Flow {
    let StatementContext { scope, frame, .. } = context;
    let group = scope.group();
    let mut waiting = (0u32..).zip(items.iter());
    let mut running: Vec<LocalBoxFuture<'_, Flow>> = Vec::new();
    let mut first: Option<Exit> = None;
    poll_fn(|context| {
        loop {
            // Polled in the order in which they started. A branch that has ended makes way for the next item.
            running.retain_mut(|branch| match branch.as_mut().poll(context) {
                Poll::Pending => true,
                Poll::Ready(flow) => {
                    if let Err(exit) = flow {
                        group.stopping.set(true);
                        first = Some(worse(first.take(), exit));
                    }
                    scope.tree.wake();
                    false
                }
            });
            let mut begun = false;
            while running.len() < at_a_time && !group.stopping.get() && scope.check_stop().is_ok() {
                let Some((turn, item)) = waiting.next() else { break };
                let mut own = Frame::clone(frame);
                if let Err(error) = own.bind(&scope.tree.pool, each.slot, item.clone(), age.clone()) {
                    first = Some(worse(first.take(), error.into()));
                    group.stopping.set(true);
                    break;
                }
                let inner = scope.in_group(&group, scope.address.child(each.node, turn));
                running.push(Box::pin(async move { block(inner, each.block, &mut own).await }));
                begun = true;
            }
            if running.is_empty() {
                return Poll::Ready(());
            }
            if !begun {
                return Poll::Pending;
            }
        }
    })
    .await;
    match first {
        Some(exit) => {
            if matches!(exit, Exit::DryRun { falls_through: true }) {
                preview::further_turns(scope, items.len() - 1, "the same for {} more");
            }
            Err(exit)
        }
        None if waiting.next().is_some() => scope.check_stop(),
        None => Ok(()),
    }
}

/// The first exit is that of the loop, but an escalation takes precedence over exits that can be caught or notify
/// nobody.
fn worse(first: Option<Exit>, exit: Exit) -> Exit {
    match (first, exit) {
        (None, exit) => exit,
        (Some(first @ (Exit::Escalated(_) | Exit::TimedOut)), _) => first,
        (Some(_), exit @ Exit::Escalated(_)) => exit,
        (Some(first), _) => first,
    }
}

/// `repeat N times every D until C { } else { }`.
pub(crate) async fn repeat<'t>(
    context: &mut StatementContext<'_, 't>,
    line: &'t Statement,
    turns: LoopBody<'t>,
    until: Option<&'t Expression>,
    otherwise: Option<&'t Block>,
) -> Flow {
    let scope = context.scope;
    let (count, every) = count_and_interval(context, &turns).await?;
    for turn in 0..count {
        let here = scope.address.child(line.node, turn);
        if turn > 0 {
            scope.pause(after(scope.now(), every), &here, || "the next turn".to_owned()).await?;
            scope.checkpoint()?;
        }
        let mut here = context.at(here);
        match here.block(turns.block).await {
            Err(Exit::DryRun { falls_through: true }) => {
                preview::further_turns(scope, (count - turn - 1) as usize, "the same up to {} times more");
                return Err(preview::arms(context, &line.kind));
            }
            flow => flow?,
        }
        if let Some(until) = until {
            match here.boolean(until).await {
                Err(Exit::DryRun { .. }) => return Err(preview::arms(context, &line.kind)),
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(exit) => return Err(exit),
            }
        }
    }
    match (otherwise, until) {
        (Some(otherwise), _) => context.block(otherwise).await,
        (None, Some(until)) => {
            let condition = preview::condition_text(context, until);
            Err(scope.escalated(format!("repeated {count} times without reaching: {condition}")))
        }
        (None, None) => Ok(()),
    }
}

/// `retry N times every D { }`. The error of the last turn is its exit.
pub(crate) async fn retry<'t>(context: &mut StatementContext<'_, 't>, node: NodeId, turns: LoopBody<'t>) -> Flow {
    let scope = context.scope;
    let (count, every) = count_and_interval(context, &turns).await?;
    for turn in 0..count {
        let here = scope.address.child(node, turn);
        if turn > 0 {
            scope.pause(after(scope.now(), every), &here, || "the next try".to_owned()).await?;
            scope.checkpoint()?;
        }
        let last = turn + 1 == count;
        let inner = Scope { catches_errors: scope.catches_errors || !last, ..scope.at(here) };
        match block(inner, turns.block, context.frame).await {
            Err(Exit::Failed(_)) if !last => {}
            Err(Exit::DryRun { falls_through }) => {
                preview::further_turns(
                    scope,
                    (count - turn - 1) as usize,
                    "the same up to {} times more, if an error leaves it",
                );
                return Err(Exit::DryRun { falls_through });
            }
            flow => return flow,
        }
    }
    Err(ActionError::new(ErrorKind::Mismatch, "a retry of 0 times tried nothing").into())
}

async fn count_and_interval<'t>(
    context: &mut StatementContext<'_, 't>,
    turns: &LoopBody<'t>,
) -> Result<(u32, SignedDuration), Exit> {
    let count = context.count(turns.count).await?;
    let every = match turns.every {
        Some(every) => context.duration(every).await?,
        None => SignedDuration::ZERO,
    };
    Ok((count, every))
}
