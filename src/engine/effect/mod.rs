//! Effects: preparation, the call itself, its outcome, and the change that it opens.

pub(crate) mod call_text;
pub(crate) mod confirm;
pub(crate) mod held_changes;
pub(crate) mod limit;
pub(crate) mod lock;
pub(crate) mod notify;
pub(crate) mod pause;
pub(crate) mod prompt;
pub(crate) mod undo;

use self::confirm::{ConfirmedOutcome, LostAnswer, confirm_outcome, read_before};
use self::held_changes::{FoundState, Holder};
use self::limit::{charge, charges, disruption};
use self::lock::{CallLock, hold};
use self::undo::{Change, Keep, Undo};
use super::address::Address;
use super::eval::arithmetic::mismatch;
use super::eval::driver::{after, call_of, is_whole, signature_frame};
use super::eval::frame::Frame;
use super::event::{EventKind, ShownEvidence};
use super::preview;
use super::run::context::StatementContext;
use super::run::exit::{Exit, Flow};
use super::run::scheduler::reply;
use super::run::scope::Scope;
use super::world::Request;
use crate::program::{Action, BodyResult, Call as ProgramCall, Retention};
use crate::value::{ActionError, Call, Class, EffectOutcome, ErrorKind, SignedDuration};
use tracing::Instrument;

/// Performs the call of an action statement, and opens its change.
pub(super) async fn perform_action<'t>(
    context: &mut StatementContext<'_, 't>,
    call: &'t ProgramCall,
    retention: Retention,
    changes: &mut Vec<Change<'t>>,
) -> Flow {
    let scope = context.scope;
    let action = scope.action(call.action)?;
    let made = call_of(action, context.values(&call.arguments).await?);
    let at = &context.address;
    is_whole(&made).map_err(|error| Exit::from(error).for_call(&made))?;
    if scope.tree.is_dry_run() {
        return Err(preview::first_effect(scope, &format!("{}{made}", preview::retention(retention))));
    }
    let held = hold_call(scope, call.action, &made, at).await.map_err(|exit| exit.for_call(&made))?;
    let change = prepare(scope, action, &made, retention, at).await.map_err(|exit| exit.for_call(&made))?;
    let noted = change.as_ref().and_then(Change::undo_to_note).map(str::to_owned);
    let performed = match &noted {
        Some(undo) => match scope.note_change(at, &made.to_string(), undo, made.target()).await {
            // A call that makes a change, and does not say that it may be repeated, is not repeated while the change is
            // in place.
            Ok(()) if change.as_ref().is_some_and(Change::is_done) && !action.idempotent && action.saves.is_none() => {
                let attempt = format!("{made}: held by another part of this run, which has done it");
                scope.run.note(|log| log.attempts.push(attempt.clone()));
                Ok(EffectResult { outcome: EffectOutcome::Done, exit: None })
            }
            Ok(()) => perform(scope, &made, held, at).await,
            Err(error) => {
                emit_refused(scope, made.class, made.to_string(), &error, at);
                Err(error.into())
            }
        },
        None => perform(scope, &made, held, at).await,
    };
    let outcome = performed.as_ref().ok().filter(|result| result.may_have_changed()).map(|result| result.outcome);
    match change {
        Some(change) if outcome.is_some() || change.is_in_place() => change.open(scope, outcome, changes),
        _ if noted.is_some() => scope.change_over(at),
        _ => {}
    }
    performed.and_then(|performed| performed.exit.map_or(Ok(()), Err)).map_err(|exit| exit.for_call(&made))
}

/// Prepares the undo of a call before anything is changed; nothing if there is nothing to undo. The target of the call is
/// held meanwhile, so that nobody changes what is read here.
async fn prepare<'t>(
    scope: &Scope<'t>,
    action: &'t Action,
    made: &Call,
    retention: Retention,
    at: &Address,
) -> Result<Option<Change<'t>>, Exit> {
    let Some(keep) = Keep::from_retention(retention) else { return Ok(None) };
    // A text may round values.
    let (address, text, key) = (at.clone(), made.to_string(), format!("{made:?}"));
    let (holder, found) = match keep {
        Keep::Never | Keep::OnFailure | Keep::OnSuccess => {
            let holder = Holder::of_call(scope.tree, key).await;
            let found = holder.made().map(|(_, found)| found);
            (Some(holder), found)
        }
        Keep::Always => (None, scope.tree.held_changes.keep(&key)),
    };
    if let Some(FoundState::Call(action, call)) = found {
        let undo_text = Some(call.to_string());
        return Ok(Some(Change { address, text, undo_text, undo: Some(Undo::Call { action, call }), keep, holder }));
    }
    let undo = match work_out_undo(scope, action, made, at).await {
        Err(Exit::Failed(_)) if keep == Keep::Always => None,
        undo => undo?,
    };
    if undo.as_ref().is_some_and(|(_, call)| call == made) {
        return Ok(None);
    }
    let undo_text = undo.as_ref().map(|(_, call)| call.to_string());
    let undo = undo.map(|(action, call)| Undo::Call { action, call });
    Ok(Some(Change { address, text, undo_text, undo, keep, holder }))
}

async fn work_out_undo<'t>(
    scope: &Scope<'t>,
    action: &'t Action,
    made: &Call,
    at: &Address,
) -> Result<Option<(usize, Call)>, Exit> {
    let Some(undo) = &action.undo else { return Ok(None) };
    let mut frame = signature_frame(action, made);
    let mut context = StatementContext::new(scope, &mut frame, at.clone());
    if let Some((saved, slot)) = &action.saves {
        let value = context.observe_call(saved).await?;
        *context.frame.get_mut(*slot).ok_or_else(|| mismatch("a saved value is outside its frame"))? = value;
    }
    let arguments = context.child(undo.node).values(&undo.arguments).await?;
    let call = call_of(scope.action(undo.action)?, arguments);
    is_whole(&call)?;
    Ok(Some((undo.action, call)))
}

/// The result of a call.
pub(super) struct EffectResult {
    pub outcome: EffectOutcome,
    /// The exit of the statement, if the call failed.
    pub exit: Option<Exit>,
}

impl EffectResult {
    /// Whether it may have changed anything.
    pub fn may_have_changed(&self) -> bool {
        matches!(self.outcome, EffectOutcome::Done | EffectOutcome::Failed | EffectOutcome::Unknown)
    }
}

/// One level of a call: the call of the runbook, or a call in the body of the level above.
pub(super) struct CallLevel<'t> {
    index: usize,
    pub action: &'t Action,
    pub frame: Frame,
    call: Call,
}

impl CallLevel<'_> {
    fn timeout(&self) -> SignedDuration {
        self.action.timeout_of(&self.call)
    }
}

async fn call_levels<'t>(
    scope: &Scope<'t>,
    index: usize,
    call: &Call,
    at: &Address,
) -> Result<Vec<CallLevel<'t>>, Exit> {
    let level = |index: usize, action: &'t Action, call: Call| {
        let frame = signature_frame(action, &call);
        CallLevel { index, action, frame, call }
    };
    let mut outer = level(index, scope.action(index)?, call.clone());
    let mut call_levels = Vec::new();
    let inside = scope.at(at.clone());
    while let Some(body) = &outer.action.body {
        let mut context = StatementContext::new(&inside, &mut outer.frame, at.clone());
        context.bind_all(&body.lets).await?;
        let BodyResult::Act(inner) = &body.result else { return Err(mismatch("an action does not act").into()) };
        let arguments = context.values(&inner.arguments).await?;
        let action = scope.action(inner.action)?;
        let inner = level(inner.action, action, call_of(action, arguments));
        is_whole(&inner.call)?;
        call_levels.push(std::mem::replace(&mut outer, inner));
    }
    call_levels.push(outer);
    Ok(call_levels)
}

/// A call whose target is held, until it is dropped.
pub(super) struct HeldCall<'t> {
    levels: Vec<CallLevel<'t>>,
    target: CallLock<'t>,
}

/// Waits until effects may begin, takes the lock of a call's target, and works out the calls in the bodies of the actions.
/// Without a target of its own, a call has that of the innermost call.
pub(super) async fn hold_call<'t>(
    scope: &Scope<'t>,
    index: usize,
    call: &Call,
    at: &Address,
) -> Result<HeldCall<'t>, Exit> {
    let world = scope.world()?;
    let within = shortest_timeout(scope, index)?;
    let lock = async |target: Option<&str>| match hold(scope, target, at, within).await {
        Err(Exit::Failed(error)) if error.kind == ErrorKind::Refused => {
            emit_refused(scope, call.class, call.to_string(), &error, at);
            Err(error.into())
        }
        held => held,
    };
    let text = call.to_string();
    loop {
        // Before anything is read for the call, since a pause may be long.
        pause::admit(scope, world, &text, at).await?;
        let (target, levels) = match call.target() {
            Some(target) => (lock(Some(target)).await?, call_levels(scope, index, call, at).await?),
            None => {
                let levels = call_levels(scope, index, call, at).await?;
                (lock(levels.last().and_then(|level| level.call.target())).await?, levels)
            }
        };
        // The block may have been stopped while it waited for the target, and effects may have been paused.
        scope.check_stop()?;
        if pause::is_open(scope, world, at).await? {
            return Ok(HeldCall { levels, target });
        }
    }
}

/// The shortest timeout of an action and of the actions in its body.
fn shortest_timeout(scope: &Scope<'_>, index: usize) -> Result<SignedDuration, Exit> {
    let mut action = scope.action(index)?;
    let mut shortest = action.timeout;
    while let Some(body) = &action.body
        && let BodyResult::Act(inner) = &body.result
    {
        action = scope.action(inner.action)?;
        shortest = shortest.min(action.timeout);
    }
    Ok(shortest)
}

/// Performs a call whose target is held: charges limits, emits the intent, calls, and establishes the outcome.
pub(super) async fn perform<'t>(
    scope: &Scope<'t>,
    call: &Call,
    held: HeldCall<'t>,
    at: &Address,
) -> Result<EffectResult, Exit> {
    let world = scope.world()?;
    let HeldCall { levels: mut call_levels, target } = held;
    // The outermost signature that says how a call may be repeated decides: a team's `idempotent` overrides `once`.
    let policy = call_levels.iter().map(|level| level.action).find(|action| action.once || action.idempotent);
    // If none says so, a `confirm` implies `once`: the outcome can be checked, so there is no reason to repeat the
    // call.
    let once =
        policy.map_or_else(|| call_levels.iter().any(|level| level.action.confirm.is_some()), |action| action.once);
    let idempotent = policy.is_some_and(|action| action.idempotent);
    let confirming = call_levels.iter().position(|level| level.action.confirm.is_some()).filter(|_| once);
    let before = match confirming.and_then(|position| call_levels.get_mut(position)) {
        Some(level) => read_before(scope, level, at).await?,
        None => None,
    };
    let timeout = call_levels.iter().map(CallLevel::timeout).min().unwrap_or_default();
    // A team's shorter timeout does not shorten the time that the inner calls may take.
    let slowest_answer = call_levels.iter().skip(confirming.unwrap_or_default()).map(CallLevel::timeout).min();
    let confirm = confirming.and_then(|position| call_levels.get(position)?.action.confirm.as_ref());
    let window = confirm.and_then(|confirm| confirm.within).or(slowest_answer);
    let leaf = call_levels.last().map_or_else(|| call.clone(), |level| level.call.clone());

    let text = call.to_string();
    if !scope.shielded {
        let mut spending = Vec::new();
        if call.class >= Class::Disrupt {
            spending.extend(disruption(scope.tree.program));
        }
        for level in &mut call_levels {
            let mut context = StatementContext::new(scope, &mut level.frame, at.clone());
            spending.extend(charges(&mut context, level.index).await?);
        }
        match charge(scope, world, spending, at).await {
            // An error of a limit cannot be caught and retried, and neither can a limit that cannot be read.
            Err(Exit::Failed(error)) => {
                let exit = scope.escalated(format!("{call} was not done: {error}"));
                emit_refused(scope, call.class, text, &error, at);
                return Err(exit);
            }
            charged => charged?,
        }
    }

    scope.tree.has_acted.set(true);
    scope.emit(EventKind::EffectIntended { address: at.clone(), call: call.clone(), text: text.clone() });
    let span = tracing::info_span!("effect", run = %scope.run.id, call = %text);
    let deadline = after(scope.now(), timeout);
    let settled_by = after(scope.now(), window.unwrap_or_default());
    let pending = world.act(Request { address: at.clone(), call: leaf, deadline });
    let answer = reply(scope.tree, pending, idempotent && !scope.shielded).instrument(span).await;
    let interrupted = answer.is_err();
    let (mut outcome, error) = match answer {
        Err(_) => {
            (EffectOutcome::Unknown, Some(ActionError::new(ErrorKind::Interrupted, "the run was cancelled meanwhile")))
        }
        Ok(reply) => match reply.result {
            Ok(_) => (EffectOutcome::Done, None),
            Err(error) => (error.outcome(), Some(error)),
        },
    };
    let mut detail = error.as_ref().map(ToString::to_string);
    let evidence = error.as_ref().and_then(|error| error.evidence.clone());
    let mut exit = error.map(|error| if interrupted { Exit::Cancelled } else { Exit::Failed(error) });
    let mut confirmation = None;
    if once && outcome == EffectOutcome::Unknown {
        let level = confirming.and_then(|position| call_levels.get_mut(position));
        let lost = LostAnswer { text: &text, address: at, cause: detail.as_deref(), before, settled_by };
        let (confirmed, seen) = confirm_outcome(scope, level, lost).await;
        confirmation = Some(seen);
        let cause = detail.map(|first| format!("; {first}")).unwrap_or_default();
        (outcome, exit, detail) = match confirmed {
            ConfirmedOutcome::Done(how) => (EffectOutcome::Done, None, Some(format!("{how}{cause}"))),
            ConfirmedOutcome::NotDone(how) => {
                let message = format!("{text} was not carried out: {how}{cause}");
                let error = ActionError { evidence: evidence.clone(), ..ActionError::new(ErrorKind::Failed, message) };
                (EffectOutcome::NotPerformed, Some(Exit::Failed(error)), Some(format!("{how}{cause}")))
            }
            ConfirmedOutcome::Nothing => {
                let message =
                    format!("it is unknown whether {text} was carried out, and it must not be repeated blindly{cause}");
                let shown = evidence.iter().map(|value| ShownEvidence { label: "seen".into(), value: value.clone() });
                (EffectOutcome::Unknown, Some(scope.escalated_with(&message, shown.collect())), Some(message))
            }
        };
    }
    // The target is held until the outcome is established.
    drop(target);
    let performed = EffectResult { outcome, exit };
    // What was ordered is listed as a disruption, whatever is said of it later.
    let ordered = performed.may_have_changed() || confirmation.is_some();
    note(scope, &performed, ordered, call.class, &text, detail.as_deref());
    scope.emit(EventKind::EffectDone { address: at.clone(), text, result: outcome, detail, evidence, confirmation });
    Ok(performed)
}

/// Reports a call that was refused before it was made: by a lock, a limit, or a note that could not be kept. It has no
/// intent.
pub(super) fn emit_refused(scope: &Scope<'_>, class: Class, text: String, error: &ActionError, at: &Address) {
    let (result, detail) = (EffectOutcome::Refused, error.to_string());
    note(scope, &EffectResult { outcome: result, exit: None }, false, class, &text, Some(&detail));
    let evidence = error.evidence.clone();
    scope.emit(EventKind::EffectDone {
        address: at.clone(),
        text,
        result,
        detail: Some(detail),
        evidence,
        confirmation: None,
    });
}

fn note(scope: &Scope<'_>, performed: &EffectResult, ordered: bool, class: Class, text: &str, detail: Option<&str>) {
    let changed = performed.may_have_changed();
    if changed {
        scope.note_effect();
    }
    // Bounded: people read it.
    const LONGEST: usize = 2000;
    let brief = text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)).map(|text| format!("{text}…"));
    let text = brief.as_deref().unwrap_or(text);
    let word = performed.outcome.in_words();
    let tried = match detail {
        Some(detail) => format!("{text}: {word}, {detail}"),
        None => format!("{text}: {word}"),
    };
    scope.run.note(|record| {
        record.effects += u32::from(changed);
        record.attempts.push(tried.clone());
        if ordered && class >= Class::Disrupt {
            record.disruptions.push(text.to_owned());
        }
    });
}
