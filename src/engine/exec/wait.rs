//! Waiting for a time, a condition, or the goal.

use super::goal::ask_goal;
use crate::engine::address::Address;
use crate::engine::eval::driver::{after, earlier};
use crate::engine::eval::probe::Verdict;
use crate::engine::event::EventKind;
use crate::engine::preview;
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::{Exit, Flow, Resolution};
use crate::engine::run::scheduler::reply;
use crate::engine::run::scope::Scope;
use crate::program::{Expression, Hold, Statement, StatementKind, Window};
use crate::value::{SignedDuration, Timestamp};

/// The shortest interval of polls.
const SHORTEST_INTERVAL: SignedDuration = SignedDuration::from_millis(1);

impl Scope<'_> {
    /// Waits until a time, at most until the deadline of the run.
    pub async fn pause(&self, until: Timestamp, at: &Address, what: impl FnOnce() -> String) -> Flow {
        self.pause_in(until, until, at, what).await
    }

    /// Waits for the next poll. `end` is when polling ends; the event reports it.
    async fn pause_in(&self, until: Timestamp, end: Timestamp, at: &Address, what: impl FnOnce() -> String) -> Flow {
        let until = earlier(until, self.deadline());
        if until > self.now() {
            let end = earlier(end, self.deadline());
            self.emit(EventKind::Waiting { address: at.clone(), what: what(), until: end });
            let pending = self.tree.read_world.wait(at.clone(), until);
            reply(self.tree, pending, !self.shielded).await.map_err(|_| Exit::Cancelled)?.result?;
        }
        self.check_deadline()
    }
}

/// Polls at an interval until a deadline, the last time at the deadline.
struct Polling {
    deadline: Timestamp,
    every: SignedDuration,
    turn: u32,
}

impl Polling {
    /// The time of the next poll, if the last one started at `started` and ended at `now`.
    fn next(&mut self, started: Timestamp, now: Timestamp) -> Option<Timestamp> {
        self.turn += 1;
        (now < self.deadline).then(|| after(started, self.every).max(now).min(self.deadline))
    }
}

async fn polling<'t>(context: &mut StatementContext<'_, 't>, window: &'t Window) -> Result<Polling, Exit> {
    let within = context.duration(&window.within).await?;
    let every = context.duration(&window.every).await?.max(SHORTEST_INTERVAL);
    Ok(Polling { deadline: after(context.scope.now(), within), every, turn: 0 })
}

/// `wait until …`.
pub(crate) async fn wait_until<'t>(context: &mut StatementContext<'_, 't>, line: &'t Statement) -> Flow {
    let StatementKind::WaitUntil { condition, window, hold, otherwise } = &line.kind else { return Ok(()) };
    let scope = context.scope;
    let mut polling = polling(context, window).await?;
    let hold = match hold {
        Some(hold) => Some(context.duration(hold).await?),
        None => None,
    };
    let mut since = None;
    loop {
        let here = context.address.turn(polling.turn);
        let started = scope.now();
        let error = match context.at(here.clone()).boolean(condition).await {
            Ok(true) => {
                let since = *since.get_or_insert(started);
                match hold {
                    // The deadline is for the condition to begin to hold. It may hold beyond it.
                    Some(hold) if scope.now() < after(since, hold) => {
                        polling.turn += 1;
                        let end = after(since, hold);
                        let next = after(started, polling.every).max(scope.now()).min(end);
                        let what = || format!("{} to hold", preview::condition_text(context, condition));
                        scope.pause_in(next, end, &here, what).await?;
                        continue;
                    }
                    _ => return Ok(()),
                }
            }
            Ok(false) => None,
            Err(Exit::Failed(error)) => Some(error),
            Err(Exit::DryRun { .. }) => return Err(preview::whole_statement(context, line)),
            Err(exit) => return Err(exit),
        };
        since = None;
        if let Some(next) = polling.next(started, scope.now()) {
            scope.pause_in(next, polling.deadline, &here, || preview::condition_text(context, condition)).await?;
            continue;
        }
        let what = preview::condition_text(context, condition);
        return match (error, otherwise) {
            // An `else` may not act on an unknown condition.
            (Some(error), _) => Err(scope.escalated(format!("could not determine in time whether {what}: {error}"))),
            (None, Some(otherwise)) => context.block(otherwise).await,
            (None, None) => Err(scope.escalated(format!("timed out waiting until {what}"))),
        };
    }
}

/// `resolve if fixed …`.
pub(crate) async fn resolve_if_fixed<'t>(
    context: &mut StatementContext<'_, 't>,
    wait_first: Option<&'t Expression>,
    window: Option<&'t Window>,
    hold: Option<&'t Hold>,
) -> Flow {
    let scope = context.scope;
    if let Some(first) = wait_first {
        let first = context.duration(first).await?;
        let what = || "the time to pass before the goal is asked".to_owned();
        scope.pause(after(scope.now(), first), &context.address, what).await?;
    }
    let mut polling = match window {
        Some(window) => polling(context, window).await?,
        None => Polling { deadline: scope.now(), every: SignedDuration::from_secs(1), turn: 0 },
    };
    loop {
        let here = context.address.turn(polling.turn + 1);
        let mut started = scope.now();
        let mut verdict = ask_goal(scope).await?;
        if let (Verdict::Passed, Some(hold)) = (verdict, hold) {
            verdict = holds(&mut context.at(here.clone()), hold).await?;
            // It was asked just now, so the interval counts from now.
            started = scope.now();
        }
        if verdict == Verdict::Passed {
            return Err(Exit::Resolved(Resolution::Fixed));
        }
        if let Some(next) = polling.next(started, scope.now()) {
            scope.pause_in(next, polling.deadline, &here, || "the goal to be reached".to_owned()).await?;
            continue;
        }
        return match verdict {
            Verdict::Unknown => Err(scope.escalated("unknown whether the goal holds")),
            Verdict::Failed | Verdict::Passed => Ok(()),
        };
    }
}

/// Polls the goal while it must hold.
async fn holds<'t>(context: &mut StatementContext<'_, 't>, hold: &'t Hold) -> Result<Verdict, Exit> {
    let scope = context.scope;
    let until = after(scope.now(), context.duration(&hold.duration).await?);
    let every = match &hold.every {
        Some(every) => Some(context.duration(every).await?.max(SHORTEST_INTERVAL)),
        None => None,
    };
    let mut turn = 0;
    while scope.now() < until {
        let next = every.map_or(until, |every| after(scope.now(), every).min(until));
        scope.pause_in(next, until, &context.address.turn(turn), || "the goal to hold".to_owned()).await?;
        scope.checkpoint()?;
        let verdict = ask_goal(scope).await?;
        if verdict != Verdict::Passed {
            return Ok(verdict);
        }
        turn += 1;
    }
    Ok(Verdict::Passed)
}
