//! The life of one run, outermost or child: it begins, runs its block, ends, and reports how it ended.

use super::Ending;
use super::context::StatementContext;
use super::exit::{Escalation, Exit, Flow, Resolution};
use super::scope::{LocalBoxFuture, Scope};
use super::tree::{Run, RunEnd, RunLog, RunTree};
use crate::engine::address::Address;
use crate::engine::effect::lock::{Locks, lock_in_turn};
use crate::engine::effect::pause::note_pause;
use crate::engine::effect::{limit, notify};
use crate::engine::eval::driver::after;
use crate::engine::eval::frame::Frame;
use crate::engine::eval::probe::Verdict;
use crate::engine::event::{EventKind, RunOutcome, ShownEvidence};
use crate::engine::exec::block;
use crate::engine::exec::goal::{ask_goal, bind};
use crate::engine::exec::lock_names;
use crate::engine::preview;
use crate::program::Runbook;
use crate::value::{ErrorKind, Value};
use ecow::{EcoString, eco_format};
use std::cell::{Cell, OnceCell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use tracing::Instrument;

/// A run to be started. `caller` is the difference between an outermost run and a child.
pub(super) struct RunRequest<'c, 't> {
    pub id: EcoString,
    pub runbook: &'t Runbook,
    /// One value for each parameter.
    pub arguments: Vec<Value>,
    /// The address that those of its statements begin with.
    pub address: Address,
    /// The scope of the statement that starts it; none for an outermost run.
    pub caller: Option<&'c Scope<'t>>,
    /// Whether an escalation of it is certain to end the whole tree.
    pub propagates_escalation: bool,
}

/// Runs a runbook from its first event to its last.
///
/// An outermost run sends the escalation of its tree; a child leaves that to the run that started it, which needs the
/// [`RunEnd`].
pub(super) async fn run_to_end<'t>(tree: &'t RunTree<'t>, request: RunRequest<'_, 't>) -> (RunEnd, Ending) {
    let outermost = request.caller.is_none();
    let runbook = request.runbook;
    let (scope, mut frame) = open(tree, request);
    let (end, began) = match begin(&scope, runbook, &mut frame).await {
        Ok(locks) => {
            let span = tracing::info_span!("run", run = %scope.run.id, runbook = %runbook.name);
            let body = execute(scope.clone(), runbook, frame, locks);
            let end = if outermost {
                with_escalation_timer(&scope, body).instrument(span).await
            } else {
                body.instrument(span).await
            };
            (end, true)
        }
        Err(exit) => (refuse(&scope, outermost, exit), false),
    };
    if let (true, RunEnd::Escalated(escalation)) = (outermost && !tree.is_dry_run(), &end)
        && tree.delivered.get().is_none()
    {
        notify::send(&scope, escalation, false).await;
    } else if let (true, RunEnd::Escalated(escalation)) = (outermost && !tree.is_dry_run(), &end) {
        notify::send_clean_up_report(&scope, escalation).await;
    }
    let ending = ending(&scope, &end);
    if outermost && began && tree.is_dry_run() && !matches!(end, RunEnd::DryRun) {
        preview::line(&scope, previewed_end(&end).as_ref().unwrap_or(&ending.reason));
    }
    // A child has no last event if it did not begin or is previewed.
    if outermost || (began && !tree.is_dry_run()) {
        emit_run_ended(&scope, &end, &ending);
    }
    (end, ending)
}

/// The scope and the frame of a new run. Nothing is evaluated yet.
fn open<'t>(tree: &'t RunTree<'t>, request: RunRequest<'_, 't>) -> (Scope<'t>, Frame) {
    let RunRequest { id, runbook, arguments, address, caller, propagates_escalation } = request;
    let started = tree.clock.get();
    let own = runbook.ends_within.map(|within| after(started, within));
    let names = runbook.parameters.iter().map(|parameter| parameter.name.clone());
    let run = Rc::new(Run {
        id,
        title: runbook.title.clone(),
        runbook: runbook.name.clone(),
        arguments: names.zip(arguments.iter().cloned()).collect(),
        parent: caller.map(|scope| Rc::clone(&scope.run)),
        started,
        deadline: own.into_iter().chain(caller.and_then(Scope::deadline)).min(),
        address,
        contact: runbook.contact.clone(),
        goal: OnceCell::new(),
        initial_goal_answer: OnceCell::new(),
        propagates_escalation,
        due_charges: RefCell::default(),
        charging: Cell::new(false),
        log: RefCell::new(RunLog::default()),
    });
    let mut scope = Scope::root(tree, run);
    if let Some(caller) = caller {
        scope.group = caller.group.clone();
        scope.effects = Rc::clone(&caller.effects);
    }
    (scope, Frame::new(arguments, &runbook.locals))
}

/// Evaluates the header: binds the goal, takes the locks, checks the limit. With an exit the run does not begin.
async fn begin<'t>(scope: &Scope<'t>, runbook: &'t Runbook, frame: &mut Frame) -> Result<Locks<'t>, Exit> {
    frame.hold(&scope.tree.pool)?;
    let run = &scope.run;
    let mut context = StatementContext::new(scope, frame, scope.address.clone());
    if let Some(goal) = &runbook.goal {
        let goal = bind(&mut context, goal).await?;
        let _ = run.initial_goal_answer.set(goal.initial_goal_answer(scope.tree.program, run.started));
        let _ = run.goal.set(goal);
    }
    let names = lock_names(&mut context, &runbook.locks).await?;
    let locks = lock_in_turn(scope, names).await?;
    note_pause(scope).await?;
    let charges = limit::parts(&mut context, &runbook.name, &runbook.limit).await?;
    // Whoever starts a run by hand hears at once that it may not act. Any other run first looks whether there is anything
    // to do: another one may have repaired it.
    let at_once = if run.parent.is_none() && !scope.tree.by_alert { charges.as_slice() } else { &[] };
    limit::check(scope, at_once).await?;
    run.due_charges.replace(charges);
    scope.emit(EventKind::RunStarted {
        runbook: runbook.name.clone(),
        title: runbook.title.clone(),
        arguments: run.arguments.clone(),
        parent: run.parent.as_ref().map(|parent| parent.id.clone()),
        deadline: run.deadline,
        store: scope.tree.store.clone().filter(|_| run.parent.is_none()),
    });
    Ok(locks)
}

/// Ends a run that did not begin. A person who starts one by hand is given the reason; for an alert or a caller it is
/// an escalation.
fn refuse(scope: &Scope<'_>, outermost: bool, exit: Exit) -> RunEnd {
    let reason = exit.to_string();
    if !(outermost && matches!(exit, Exit::Cancelled)) {
        scope.emit(EventKind::RunRefused { reason: reason.clone() });
    }
    let is_refusal =
        matches!(&exit, Exit::Failed(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Limit));
    let escalated = |message: String| {
        RunEnd::Escalated(Box::new(Escalation {
            contact: scope.run.contact(),
            message,
            evidence: Vec::new(),
            run: Rc::clone(&scope.run),
            from_runbook: false,
            call: None,
        }))
    };
    match exit {
        Exit::Cancelled => RunEnd::Cancelled,
        Exit::Stopped => RunEnd::Stopped,
        _ if outermost && is_refusal && scope.tree.by_alert && !scope.tree.is_dry_run() => {
            escalated(format!("not started: {reason}"))
        }
        _ if outermost => RunEnd::Refused(reason),
        Exit::DryRun { .. } => RunEnd::DryRun,
        _ => {
            let what = if is_refusal { "was refused" } else { "could not start" };
            escalated(format!("{:?} {what}: {reason}", scope.run.title))
        }
    }
}

/// Runs the block and its undos. Nobody is notified yet.
fn execute<'t>(
    scope: Scope<'t>,
    runbook: &'t Runbook,
    mut frame: Frame,
    locks: Locks<'t>,
) -> LocalBoxFuture<'t, RunEnd> {
    Box::pin(async move {
        let flow = match block(scope.clone(), &runbook.block, &mut frame).await {
            Err(Exit::Resolved(why)) => verify_resolution(&scope, why).await,
            Ok(()) => Err(scope.escalated("the runbook reached its end without `resolve` or `escalate`")),
            flow => flow,
        };
        drop(locks);
        match flow {
            Ok(()) | Err(Exit::Cancelled) => RunEnd::Cancelled,
            Err(Exit::Resolved(why)) => RunEnd::Resolved(why.to_string()),
            Err(Exit::Stopped) => RunEnd::Stopped,
            Err(Exit::Refused(reason)) => {
                scope.emit(EventKind::RunRefused { reason: reason.clone() });
                RunEnd::Refused(reason)
            }
            Err(Exit::DryRun { .. }) => RunEnd::DryRun,
            Err(exit) => match scope.escalation_of(&exit) {
                Some(escalation) => RunEnd::Escalated(Box::new(with_goal(&scope, escalation))),
                None => RunEnd::Cancelled,
            },
        }
    })
}

/// Runs the body next to the timer that sends the escalation if undos take long. Sending is never interrupted.
async fn with_escalation_timer(scope: &Scope<'_>, body: impl Future<Output = RunEnd>) -> RunEnd {
    let (mut body, mut watch) = (pin!(body), pin!(notify::escalation_timer(scope)));
    let (mut end, mut watching) = (None, scope.tree.effect_world.is_some());
    poll_fn(|context| {
        if end.is_none()
            && let Poll::Ready(ended) = body.as_mut().poll(context)
        {
            end = Some(ended);
        }
        if watching && (end.is_none() || scope.tree.notifying.get()) {
            watching = watch.as_mut().poll(context).is_pending();
        }
        match end.take() {
            Some(ended) if !scope.tree.notifying.get() => Poll::Ready(ended),
            kept => {
                end = kept;
                Poll::Pending
            }
        }
    })
    .await
}

/// Asks the goal again if its last answer was not `passed`, or if there were effects since: a run ends resolved only if
/// the goal holds after its undos, unless the runbook says `without goal`.
async fn verify_resolution(scope: &Scope<'_>, why: Resolution) -> Flow {
    let holds = {
        let log = scope.run.log.borrow();
        log.effects == log.effects_at_goal && !log.goal_is_missed
    };
    if holds || matches!(why, Resolution::WithoutGoal(_)) {
        return Err(Exit::Resolved(why));
    }
    let verdict = ask_goal(scope).await?;
    let message = match (&why, verdict) {
        (_, Verdict::Passed) | (Resolution::WithoutGoal(_), _) => return Err(Exit::Resolved(why)),
        (Resolution::Fixed, Verdict::Failed) => "fixed before clean-up, but the goal no longer holds".to_owned(),
        (Resolution::Fixed, Verdict::Unknown) => {
            "fixed before clean-up, but it is unknown whether the goal still holds".to_owned()
        }
        (Resolution::Said(said), Verdict::Failed) => {
            format!("the goal does not hold, although the runbook says: {said}")
        }
        (Resolution::Said(said), Verdict::Unknown) => {
            format!("it is unknown whether the goal holds, although the runbook says: {said}")
        }
    };
    Err(scope.escalated(message))
}

/// Adds the last answer of the goal to the evidence, unless it is part of it.
fn with_goal(scope: &Scope<'_>, mut escalation: Escalation) -> Escalation {
    if let Some(answer) = &scope.run.log.borrow().goal_answer
        && !escalation.evidence.iter().any(|piece| piece.label == "goal.answer" && piece.value == *answer)
    {
        let label = eco_format!("goal.answer of {}", scope.run.title);
        escalation.evidence.push(ShownEvidence { label, value: answer.clone() });
    }
    escalation
}

/// What a dry run that came to this end would do in earnest.
fn previewed_end(end: &RunEnd) -> Option<String> {
    match end {
        RunEnd::Resolved(reason) => Some(format!("end resolved: {reason}")),
        RunEnd::Escalated(escalation) => {
            let contact = escalation.contact.as_deref().unwrap_or("nobody");
            Some(format!("escalate to {contact}: {}", escalation.message))
        }
        RunEnd::Refused(_) | RunEnd::Cancelled | RunEnd::Stopped | RunEnd::DryRun => None,
    }
}

/// The ending of a run.
fn ending(scope: &Scope<'_>, end: &RunEnd) -> Ending {
    let tree = scope.tree;
    let previewed = previewed_end(end).filter(|_| tree.is_dry_run());
    let (outcome, reason) = match end {
        RunEnd::Resolved(_) | RunEnd::Escalated(_) if let Some(previewed) = previewed => {
            (RunOutcome::Rehearsed, format!("would {previewed}"))
        }
        RunEnd::Resolved(reason) => (RunOutcome::Resolved, reason.clone()),
        RunEnd::Escalated(escalation) => (RunOutcome::Escalated, escalation.message.clone()),
        RunEnd::Refused(reason) => (RunOutcome::Refused, reason.clone()),
        RunEnd::Cancelled => (RunOutcome::Cancelled, "it was cancelled".to_owned()),
        RunEnd::Stopped => (RunOutcome::Cancelled, "another branch of the loop around it ended the run".to_owned()),
        RunEnd::DryRun => (RunOutcome::Rehearsed, "only previewed from the first effect on".to_owned()),
    };
    let log = scope.run.log.borrow();
    let mut left_in_place = log.left.clone();
    if outcome != RunOutcome::Resolved {
        left_in_place.extend(log.permanent.iter().map(|(_, left)| left.clone()));
    }
    if scope.run.parent.is_none() {
        left_in_place.extend(tree.found_in_place());
    }
    Ending {
        outcome,
        reason,
        left_in_place,
        disruptions: log.disruptions.clone(),
        duration: scope.now().duration_since(scope.run.started),
        undelivered: outcome == RunOutcome::Escalated && tree.delivered.get() != Some(true),
        out_of_steps: tree.out_of_steps.get(),
    }
}

/// Emits the last event of a run. Its reason names the call and the hosts of an escalation.
fn emit_run_ended(scope: &Scope<'_>, end: &RunEnd, ending: &Ending) {
    let reason = match end {
        RunEnd::Escalated(escalation) if !scope.tree.is_dry_run() => escalation.sentence(),
        _ => ending.reason.clone(),
    };
    scope.emit(EventKind::RunEnded {
        outcome: ending.outcome,
        reason,
        left_in_place: ending.left_in_place.clone(),
        disruptions: ending.disruptions.clone(),
        duration: ending.duration,
    });
}
