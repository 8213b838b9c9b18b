//! Runs: how one begins and ends.

pub(crate) mod budget;
pub(crate) mod child;
pub(crate) mod context;
pub(crate) mod exit;
pub(crate) mod scheduler;
pub(crate) mod scope;
pub(crate) mod tree;

use self::context::StatementContext;
use self::exit::{Escalation, Exit, Flow, Resolution};
use self::scheduler::drive;
use self::scope::{LocalBoxFuture, Scope};
use self::tree::{Run, RunEnd, RunLog, RunTree};
use super::address::Address;
use super::effect::lock::{Locks, lock_in_turn};
use super::effect::{limit, notify};
use super::eval::arithmetic::mismatch;
use super::eval::driver::after;
use super::eval::frame::Frame;
use super::eval::probe::Verdict;
use super::event::{Event, EventKind, FoundChange, LeftInPlace, RunOutcome, ShownEvidence};
use super::exec::block;
use super::exec::goal::{ask_goal, bind};
use super::preview;
use super::world::{ReadWorld, World};
use crate::program::{Program, Runbook};
use crate::value::{ActionError, ErrorKind, SignedDuration, Timestamp, Value};
use ecow::{EcoString, eco_format};
use std::cell::{Cell, OnceCell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use tracing::Instrument;

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Start {
    /// Index into [`Program::runbooks`].
    pub runbook: usize,
    /// One for every parameter, of its type.
    pub arguments: Vec<Value>,
    /// The run's name; runs that it starts are called `NAME.1`, `NAME.2`.
    pub run: EcoString,
    /// The clock at the start.
    pub at: Timestamp,
    /// How many statements and observations may be made before the run is given up, and how many in clean-ups: 1,000,000
    /// is a good limit.
    pub step_limit: u64,
    /// An alert started it, so nobody waits for it to begin: locks that others hold are waited for until `ends within`
    /// is over, and a run that is turned down all the same escalates. By hand it is refused at once.
    pub by_alert: bool,
    /// What earlier runs have left behind: told at the start, and listed at the end.
    pub found: Vec<FoundChange>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// In one word.
    pub outcome: RunOutcome,
    /// Why, in one sentence: as the runbook or the engine has it. The last event names hosts and calls as well.
    pub reason: String,
    /// What the run left behind. What was meant to stay is listed where the run ended badly.
    pub left_in_place: Vec<LeftInPlace>,
    /// Calls that users may have noticed, in order.
    pub disruptions: Vec<String>,
    /// From start to end.
    pub duration: SignedDuration,
    /// It escalated, and nobody could be told.
    pub undelivered: bool,
}

/// Runs a runbook in a world, to its end.
pub async fn run(program: &Program, world: &dyn World, start: Start) -> Ending {
    let tree = RunTree::new(program, world, Some(world), &start);
    drive(&tree, run_root(&tree, start)).await
}

/// Shows what a run would do: really asks until the first effect, and only shows from there on. It is never handed the
/// half of the world that acts.
pub async fn dry_run(program: &Program, world: &dyn ReadWorld, start: Start) -> Ending {
    let tree = RunTree::new(program, world, None, &start);
    drive(&tree, run_root(&tree, start)).await
}

async fn run_root<'t>(tree: &'t RunTree<'t>, start: Start) -> Ending {
    if !tree.found_changes.is_empty() {
        let kind = EventKind::ChangesFound { changes: tree.found_changes.clone() };
        tree.read_world.record(&Event { schema: 1, time: start.at, run: start.run.clone(), kind });
    }
    let began = RunRequest {
        id: start.run.clone(),
        runbook: start.runbook,
        arguments: start.arguments,
        address: Address::default(),
        propagates_escalation: true,
    };
    let begun = match begin(tree, None, began).await {
        Ok(begun) => begun,
        Err(Refusal { exit: Exit::Failed(error), run: Some(run) })
            if start.by_alert && matches!(error.kind, ErrorKind::Refused | ErrorKind::Limit) =>
        {
            return reject_alert_run(tree, start.at, &error, run).await;
        }
        Err(Refusal { exit, run }) => return refused(tree, start.at, exit, run.as_deref()),
    };
    let scope = begun.scope.clone();
    let span = tracing::info_span!("run", run = %scope.run.id, runbook = %begun.runbook.name);
    let end = with_escalation_timer(&scope, execute(begun)).instrument(span).await;
    if tree.effect_world.is_none() {
        return dry_run_ending(&scope, &end);
    }
    if let (RunEnd::Escalated(escalation), None) = (&end, tree.delivered.get()) {
        notify::send(&scope, escalation, false).await;
    }
    let nobody_told = matches!(end, RunEnd::Escalated(_)) && tree.delivered.get() != Some(true);
    let (outcome, reason) = match &end {
        RunEnd::Resolved(reason) => (RunOutcome::Resolved, reason.clone()),
        RunEnd::Escalated(escalation) => (RunOutcome::Escalated, escalation.message.clone()),
        RunEnd::Cancelled | RunEnd::Stopped | RunEnd::Shown => (RunOutcome::Cancelled, "it was cancelled".to_owned()),
    };
    let left_in_place = emit_run_ended(&scope, &end);
    let disruptions = scope.run.log.borrow().disruptions.clone();
    let duration = tree.clock.get().duration_since(start.at);
    Ending { outcome, reason, left_in_place, disruptions, duration, undelivered: nobody_told }
}

fn dry_run_ending(scope: &Scope<'_>, end: &RunEnd) -> Ending {
    let (outcome, reason) = match end {
        RunEnd::Resolved(reason) => (RunOutcome::Rehearsed, format!("it would end resolved: {reason}")),
        RunEnd::Escalated(escalation) => {
            let contact = escalation.contact.as_deref().unwrap_or("nobody");
            (RunOutcome::Rehearsed, format!("it would escalate to {contact}: {}", escalation.message))
        }
        RunEnd::Cancelled | RunEnd::Stopped => (RunOutcome::Cancelled, "it was cancelled".to_owned()),
        RunEnd::Shown => (RunOutcome::Rehearsed, "from its first effect on it was only shown".to_owned()),
    };
    if !matches!(end, RunEnd::Shown) {
        preview::note(scope, &reason);
    }
    end_without_effect(&scope.run, scope.tree, outcome, reason, scope.run.started)
}

/// Tells the end of a run that has done nothing.
fn end_without_effect(run: &Run, tree: &RunTree<'_>, outcome: RunOutcome, reason: String, since: Timestamp) -> Ending {
    let duration = tree.clock.get().duration_since(since);
    let left_in_place = tree.found_in_place();
    run.emit(
        tree,
        EventKind::RunEnded {
            outcome,
            reason: reason.clone(),
            left_in_place: left_in_place.clone(),
            disruptions: Vec::new(),
            duration,
        },
    );
    Ending { outcome, reason, left_in_place, disruptions: Vec::new(), duration, undelivered: false }
}

fn refused(tree: &RunTree<'_>, since: Timestamp, exit: Exit, run: Option<&Run>) -> Ending {
    let reason = exit.to_string();
    let outcome = if matches!(exit, Exit::Cancelled) { RunOutcome::Cancelled } else { RunOutcome::Refused };
    if let Some(run) = run {
        if outcome == RunOutcome::Refused {
            run.emit(tree, EventKind::RunRefused { reason: reason.clone() });
        }
        return end_without_effect(run, tree, outcome, reason, since);
    }
    Ending {
        outcome,
        reason,
        left_in_place: tree.found_in_place(),
        disruptions: Vec::new(),
        duration: tree.clock.get().duration_since(since),
        undelivered: false,
    }
}

/// Nobody is there to see that the run was turned down, so somebody is told.
async fn reject_alert_run<'t>(tree: &'t RunTree<'t>, since: Timestamp, error: &ActionError, run: Rc<Run>) -> Ending {
    run.emit(tree, EventKind::RunRefused { reason: error.to_string() });
    let scope = Scope::root(tree, run);
    let exit = scope.escalated(format!("it was not begun: {error}"));
    let Some(escalation) = scope.escalation_of(&exit) else { return refused(tree, since, exit, None) };
    notify::send(&scope, &escalation, false).await;
    let end = RunEnd::Escalated(Box::new(escalation.clone()));
    Ending {
        outcome: RunOutcome::Escalated,
        reason: escalation.message,
        left_in_place: emit_run_ended(&scope, &end),
        disruptions: Vec::new(),
        duration: tree.clock.get().duration_since(since),
        undelivered: tree.delivered.get() != Some(true),
    }
}

/// Runs the body beside the watch that tells of a long clean-up. Telling is never broken off.
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

/// How a run begins.
pub(super) struct RunRequest {
    pub id: EcoString,
    pub runbook: usize,
    pub arguments: Vec<Value>,
    pub address: Address,
    pub propagates_escalation: bool,
}

/// A run that has begun.
pub(super) struct StartedRun<'t> {
    pub scope: Scope<'t>,
    pub runbook: &'t Runbook,
    frame: Frame,
    locks: Locks<'t>,
}

/// Why a run did not begin.
pub(super) struct Refusal {
    pub exit: Exit,
    pub run: Option<Rc<Run>>,
}

/// Binds what is bound once, takes the locks, looks whether the limit is spent.
pub(super) async fn begin<'t>(
    tree: &'t RunTree<'t>,
    caller: Option<&Scope<'t>>,
    how: RunRequest,
) -> Result<StartedRun<'t>, Refusal> {
    let missing = || Refusal { exit: mismatch("the program does not have that runbook").into(), run: None };
    let runbook = tree.program.runbooks.get(how.runbook).ok_or_else(missing)?;
    let started = tree.clock.get();
    let own = runbook.ends_within.map(|within| after(started, within));
    let callers = caller.and_then(Scope::deadline);
    let named = runbook.parameters.iter().map(|parameter| parameter.name.clone());
    let run = Rc::new(Run {
        id: how.id,
        title: runbook.title.clone(),
        runbook: runbook.name.clone(),
        arguments: named.zip(how.arguments.iter().cloned()).collect(),
        parent: caller.map(|scope| Rc::clone(&scope.run)),
        started,
        deadline: own.into_iter().chain(callers).min(),
        address: how.address,
        contact: runbook.contact.clone(),
        goal: OnceCell::new(),
        not_asked: OnceCell::new(),
        propagates_escalation: how.propagates_escalation,
        uncharged: RefCell::default(),
        charging: Cell::new(false),
        log: RefCell::new(RunLog::default()),
    });
    let mut scope = Scope::root(tree, Rc::clone(&run));
    if let Some(caller) = caller {
        scope.group = caller.group.clone();
        scope.effects = Rc::clone(&caller.effects);
    }
    let mut frame = Frame::new(how.arguments, &runbook.locals);
    if let Err(error) = frame.hold(&tree.pool) {
        return Err(Refusal { exit: error.into(), run: Some(run) });
    }
    let locks = prepare(&scope, runbook, &mut frame).await;
    let locks = locks.map_err(|exit| Refusal { exit, run: Some(Rc::clone(&run)) })?;
    run.emit(
        tree,
        EventKind::RunStarted {
            runbook: runbook.name.clone(),
            title: runbook.title.clone(),
            arguments: run.arguments.clone(),
            parent: run.parent.as_ref().map(|parent| parent.id.clone()),
            deadline: run.deadline,
        },
    );
    Ok(StartedRun { scope, runbook, frame, locks })
}

async fn prepare<'t>(scope: &Scope<'t>, runbook: &'t Runbook, frame: &mut Frame) -> Result<Locks<'t>, Exit> {
    let mut context = StatementContext::new(scope, frame, scope.address.clone());
    if let Some(goal) = &runbook.goal {
        let goal = bind(&mut context, goal).await?;
        let _ = scope.run.not_asked.set(goal.not_asked(scope.tree.program, scope.run.started));
        let _ = scope.run.goal.set(goal);
    }
    let names = context.values(&runbook.locks).await?;
    names.iter().try_for_each(|name| name.whole("the name of a lock"))?;
    let names = names.iter().filter(|name| **name != Value::Absent).map(ToString::to_string).collect();
    let locks = lock_in_turn(scope, names).await?;
    let charges = limit::parts(&mut context, &runbook.name, &runbook.limit).await?;
    limit::check(scope, &charges).await?;
    scope.run.uncharged.replace(charges);
    Ok(locks)
}

/// Runs to the end, clean-up included; nobody is told yet.
pub(super) fn execute<'t>(begun: StartedRun<'t>) -> LocalBoxFuture<'t, RunEnd> {
    Box::pin(async move {
        let StartedRun { scope, runbook, mut frame, locks } = begun;
        let flow = block(scope.clone(), &runbook.block, &mut frame).await;
        let flow = match flow {
            Err(Exit::Resolved(why)) => verify_resolution(&scope, why).await,
            Ok(()) => Err(scope.escalated("the runbook came to its end without saying how it ended")),
            flow => flow,
        };
        drop(locks);
        match flow {
            Ok(()) | Err(Exit::Cancelled) => RunEnd::Cancelled,
            Err(Exit::Resolved(why)) => RunEnd::Resolved(why.to_string()),
            Err(Exit::Stopped) => RunEnd::Stopped,
            Err(Exit::Shown { .. }) => RunEnd::Shown,
            Err(exit) => match scope.escalation_of(&exit) {
                Some(escalation) => RunEnd::Escalated(Box::new(with_goal(&scope, escalation))),
                None => RunEnd::Cancelled,
            },
        }
    })
}

/// "Resolved" means that the goal held after the last effect, clean-up included.
async fn verify_resolution(scope: &Scope<'_>, why: Resolution) -> Flow {
    let (effects, settled) = {
        let record = scope.run.log.borrow();
        (record.effects, record.settled)
    };
    if effects == settled {
        return Err(Exit::Resolved(why));
    }
    let verdict = ask_goal(scope).await?;
    let message = match (&why, verdict) {
        (_, Verdict::Passed) => return Err(Exit::Resolved(why)),
        (Resolution::Fixed, Verdict::Failed) => "fixed until clean-up: the goal does not hold any more".to_owned(),
        (Resolution::Fixed, Verdict::Unknown) => {
            "fixed until clean-up: cannot tell whether the goal still holds".to_owned()
        }
        (Resolution::Said(said), Verdict::Failed) => format!("the goal does not hold, though the runbook says: {said}"),
        (Resolution::Said(said), Verdict::Unknown) => {
            format!("cannot tell whether the goal holds, though the runbook says: {said}")
        }
    };
    Err(scope.escalated(message))
}

/// Adds the goal's last answer to the evidence, where it is not part of it already.
fn with_goal(scope: &Scope<'_>, mut escalation: Escalation) -> Escalation {
    if let Some(answer) = &scope.run.log.borrow().goal_answer
        && !escalation.evidence.iter().any(|piece| piece.label == "goal.answer" && piece.value == *answer)
    {
        let label = eco_format!("goal.answer of {}", scope.run.title);
        escalation.evidence.push(ShownEvidence { label, value: answer.clone() });
    }
    escalation
}

/// Tells how a run ended; gives what it leaves behind.
pub(super) fn emit_run_ended(scope: &Scope<'_>, end: &RunEnd) -> Vec<LeftInPlace> {
    let (outcome, reason) = match end {
        RunEnd::Resolved(reason) => (RunOutcome::Resolved, reason.clone()),
        RunEnd::Escalated(escalation) => (RunOutcome::Escalated, escalation.sentence()),
        RunEnd::Cancelled => (RunOutcome::Cancelled, "it was cancelled".to_owned()),
        RunEnd::Stopped => (RunOutcome::Cancelled, "another branch of the loop around it left".to_owned()),
        RunEnd::Shown => return Vec::new(),
    };
    if scope.tree.effect_world.is_none() {
        return Vec::new();
    }
    let (left_in_place, disruptions) = {
        let record = scope.run.log.borrow();
        let mut left = record.left.clone();
        if outcome != RunOutcome::Resolved {
            left.extend(record.permanent.iter().map(|(_, left)| left.clone()));
        }
        if scope.run.parent.is_none() {
            left.extend(scope.tree.found_in_place());
        }
        (left, record.disruptions.clone())
    };
    let duration = scope.now().duration_since(scope.run.started);
    scope.emit(EventKind::RunEnded { outcome, reason, left_in_place: left_in_place.clone(), disruptions, duration });
    left_in_place
}
