//! Waiting: for a time, for a condition, for the goal.

use super::block;
use super::goal::ask_goal;
use crate::engine::address::Address;
use crate::engine::eval::driver::{after, earlier};
use crate::engine::eval::frame::Frame;
use crate::engine::eval::probe::Verdict;
use crate::engine::event::EventKind;
use crate::engine::preview;
use crate::engine::run::exit::{Exit, Flow, Resolution};
use crate::engine::run::scheduler::reply;
use crate::engine::run::scope::Scope;
use crate::program::{Expression, Hold, Statement, StatementKind, Window};
use crate::value::{SignedDuration, Timestamp};

impl Scope<'_> {
    /// Waits until the clock says so, or the run's time is up.
    pub async fn pause(&self, until: Timestamp, at: &Address, what: impl FnOnce() -> String) -> Flow {
        self.pause_in(until, until, at, what).await
    }

    /// Waits until the next look of something that is given up, or over, at `end`.
    async fn pause_in(&self, until: Timestamp, end: Timestamp, at: &Address, what: impl FnOnce() -> String) -> Flow {
        let until = earlier(until, self.deadline());
        if until > self.now() {
            let end = earlier(end, self.deadline());
            self.emit(EventKind::Waiting { address: at.clone(), what: what(), until: end });
            let pending = self.tree.read_world.wait(at.clone(), until);
            reply(self.tree, pending, !self.shielded).await.map_err(|_| Exit::Cancelled)?.result?;
        }
        self.in_time()
    }
}

/// Something that is looked at again and again, so far apart, until a deadline, and at the deadline.
struct Polling {
    deadline: Timestamp,
    every: SignedDuration,
    turn: u32,
}

impl Polling {
    /// When to look next, if it was looked at `started` last and that is `now` over.
    fn next(&mut self, started: Timestamp, now: Timestamp) -> Option<Timestamp> {
        self.turn += 1;
        (now < self.deadline).then(|| after(started, self.every).max(now).min(self.deadline))
    }
}

async fn polling<'t>(scope: &Scope<'t>, window: &'t Window, frame: &mut Frame, at: &Address) -> Result<Polling, Exit> {
    let within = scope.duration(&window.within, frame, at).await?;
    let every = scope.duration(&window.every, frame, at).await?.max(SignedDuration::from_millis(1));
    Ok(Polling { deadline: after(scope.now(), within), every, turn: 0 })
}

/// `wait until …`.
pub(crate) async fn wait_until<'t>(scope: &Scope<'t>, line: &'t Statement, frame: &mut Frame, at: Address) -> Flow {
    let StatementKind::WaitUntil { condition, window, hold, otherwise } = &line.kind else { return Ok(()) };
    let mut polling = polling(scope, window, frame, &at).await?;
    let hold = match hold {
        Some(hold) => Some(scope.duration(hold, frame, &at).await?),
        None => None,
    };
    let node = at.last().unwrap_or_default();
    let mut since = None;
    loop {
        let here = at.child(node, polling.turn);
        let started = scope.now();
        let seen = scope.boolean(condition, frame, &here).await;
        let raised = match seen {
            Ok(true) => {
                let since = *since.get_or_insert(started);
                match hold {
                    // Once it holds it may go on holding past the deadline: what was asked for is that it begins in time.
                    Some(hold) if scope.now() < after(since, hold) => {
                        polling.turn += 1;
                        let end = after(since, hold);
                        let next = after(started, polling.every).max(scope.now()).min(end);
                        scope
                            .pause_in(next, end, &here, || {
                                format!("{} to hold", preview::condition(scope, condition, frame))
                            })
                            .await?;
                        continue;
                    }
                    _ => return Ok(()),
                }
            }
            Ok(false) => None,
            Err(Exit::Failed(error)) => Some(error),
            Err(Exit::Shown { .. }) => return Err(preview::undecided(scope, line, frame)),
            Err(exit) => return Err(exit),
        };
        since = None;
        if let Some(next) = polling.next(started, scope.now()) {
            scope.pause_in(next, polling.deadline, &here, || preview::condition(scope, condition, frame)).await?;
            continue;
        }
        let what = preview::condition(scope, condition, frame);
        return match (raised, otherwise) {
            // Not even an `else` may act on what nobody could find out.
            (Some(error), _) => Err(scope.escalated(format!("could not find out in time whether {what}: {error}"))),
            (None, Some(otherwise)) => block(scope.at(at), otherwise, frame).await,
            (None, None) => Err(scope.escalated(format!("waited in vain until {what}"))),
        };
    }
}

/// `resolve if fixed …`.
pub(crate) async fn resolve_if_fixed<'t>(
    scope: &Scope<'t>,
    wait_first: Option<&'t Expression>,
    window: Option<&'t Window>,
    hold: Option<&'t Hold>,
    frame: &mut Frame,
    at: &Address,
) -> Flow {
    let node = at.last().unwrap_or_default();
    if let Some(first) = wait_first {
        let first = scope.duration(first, frame, at).await?;
        scope.pause(after(scope.now(), first), at, || "the time to pass before the goal is asked".to_owned()).await?;
    }
    let mut polling = match window {
        Some(window) => polling(scope, window, frame, at).await?,
        None => Polling { deadline: scope.now(), every: SignedDuration::from_secs(1), turn: 0 },
    };
    loop {
        let here = at.child(node, polling.turn + 1);
        let mut started = scope.now();
        let mut verdict = ask_goal(scope).await?;
        if let (Verdict::Passed, Some(hold)) = (verdict, hold) {
            verdict = holds(scope, hold, frame, &here).await?;
            // It has just been asked, and is asked next after `every`.
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
            Verdict::Unknown => Err(scope.escalated("cannot tell whether it is fixed")),
            _ => Ok(()),
        };
    }
}

/// Asks on while the goal must hold.
async fn holds<'t>(scope: &Scope<'t>, hold: &'t Hold, frame: &mut Frame, at: &Address) -> Result<Verdict, Exit> {
    let until = after(scope.now(), scope.duration(&hold.duration, frame, at).await?);
    let every = match &hold.every {
        Some(every) => Some(scope.duration(every, frame, at).await?.max(SignedDuration::from_millis(1))),
        None => None,
    };
    let mut turn = 0;
    while scope.now() < until {
        let next = every.map_or(until, |every| after(scope.now(), every).min(until));
        let here = at.child(at.last().unwrap_or_default(), turn);
        scope.pause_in(next, until, &here, || "the goal to hold".to_owned()).await?;
        scope.checkpoint()?;
        let verdict = ask_goal(scope).await?;
        if verdict != Verdict::Passed {
            return Ok(verdict);
        }
        turn += 1;
    }
    Ok(Verdict::Passed)
}
