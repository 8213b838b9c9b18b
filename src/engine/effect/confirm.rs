//! Finds out whether a `once` call was carried out after its answer was lost.

use super::CallLevel;
use crate::engine::address::Address;
use crate::engine::eval::driver::{after, earlier};
use crate::engine::event::EventKind;
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::Exit;
use crate::engine::run::scheduler::reply;
use crate::engine::run::scope::Scope;
use crate::engine::world::Prompt;
use crate::program::types::Type;
use crate::value::{ErrorKind, SignedDuration, Timestamp, Value};

/// The interval at which `confirm` is asked.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_secs(30);
/// So many polls in a row must say that a call was not carried out.
const POLLS: u32 = 3;
/// Times that are no further apart may be the same, read from a clock that was set in between.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(10);
/// How long a person has to answer whether a call was carried out.
const PERSON_CONFIRMS_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// The answer of `confirm` before the call, if it has to be compared. An error is no answer.
pub(crate) async fn read_before(
    scope: &Scope<'_>,
    layer: &mut CallLevel<'_>,
    at: &Address,
) -> Result<Option<Value>, Exit> {
    let Some(confirm) = &layer.action.confirm else { return Ok(None) };
    if scope.action(confirm.action)?.returns == Type::Boolean {
        return Ok(None);
    }
    let mut context = StatementContext::new(scope, &mut layer.frame, at.child(confirm.node, 0));
    match context.observe_call(confirm).await {
        // Two answers with missing parts cannot be compared.
        Ok(value) => Ok(Some(value).filter(|value| value.loss().is_none())),
        Err(Exit::Failed(_)) => Ok(None),
        Err(exit) => Err(exit),
    }
}

/// Whether the call was carried out, and how that is known.
pub(crate) enum ConfirmedOutcome {
    Done(String),
    NotDone(String),
    Nothing,
}

/// A call whose answer was lost.
pub(crate) struct LostAnswer<'c> {
    /// The call as the runbook would write it.
    pub text: &'c str,
    /// The address of the call.
    pub address: &'c Address,
    /// What `confirm` answered before the call.
    pub before: Option<Value>,
    /// When the effect of the call must be visible, by the timeouts of the signatures.
    pub settled_by: Timestamp,
}

/// Finds out whether a call whose answer was lost was carried out: by its `confirm`, or by a person. A cancelled run
/// finds out as well.
///
/// An effect may take a while to become visible. So a single poll decides that it was carried out. That it was not
/// takes several polls in a row, the last of them at `settled_by` or later.
pub(crate) async fn confirm_outcome(
    scope: &Scope<'_>,
    layer: Option<&mut CallLevel<'_>>,
    lost: LostAnswer<'_>,
) -> ConfirmedOutcome {
    let LostAnswer { text, address, before, settled_by } = lost;
    if let Some(CallLevel { action, frame, .. }) = layer
        && let Some(confirm) = &action.confirm
    {
        let shielded = scope.shielded(scope.address.clone());
        let (mut turn, mut denials) = (1, 0);
        loop {
            let at = address.child(confirm.node, turn);
            let mut context = StatementContext::new(&shielded, frame, at.clone());
            let denial = match context.observe_call(confirm).await {
                // An answer with a missing part decides nothing.
                Ok(now) if now.loss().is_some() => None,
                Ok(Value::Boolean(true)) if before.is_none() => {
                    return ConfirmedOutcome::Done("confirmed afterwards".to_owned());
                }
                Ok(Value::Boolean(false)) if before.is_none() => Some("its confirmation says so".to_owned()),
                Ok(now) => match before.as_ref().map(|before| (before, differs(before, &now))) {
                    Some((before, Some(true))) => {
                        return ConfirmedOutcome::Done(format!("confirmed afterwards: {before} became {now}"));
                    }
                    Some((_, Some(false))) => Some(format!("afterwards there was still {now}")),
                    Some((_, None)) => None,
                    // There is no earlier answer to compare with.
                    None => break,
                },
                // A missing setting will still be missing later.
                Err(Exit::Failed(error)) if error.kind == ErrorKind::Refused => break,
                Err(_) => None,
            };
            denials = if denial.is_some() { denials + 1 } else { 0 };
            if turn >= POLLS && scope.now() >= settled_by {
                match denial {
                    Some(how) if denials >= POLLS => return ConfirmedOutcome::NotDone(how),
                    _ => break,
                }
            }
            let next = after(scope.now(), POLL_INTERVAL);
            let next = if turn < POLLS { next } else { next.min(settled_by) };
            if shielded.pause(next, &at, || format!("whether {text} was carried out")).await.is_err() {
                break;
            }
            turn += 1;
        }
    }
    if scope.shielded { ConfirmedOutcome::Nothing } else { ask_whether_done(scope, text, address).await }
}

/// Whether an answer differs from the one before the call; nothing if the difference may come from a clock that was
/// set.
fn differs(before: &Value, now: &Value) -> Option<bool> {
    let time = |value: &Value| match value {
        Value::Time(time) => Some(*time),
        Value::Text(text) => text.parse::<Timestamp>().ok(),
        _ => None,
    };
    match (time(before), time(now)) {
        (Some(one), Some(other)) if one != other && other.duration_since(one).abs() <= CLOCK_TOLERANCE => None,
        _ => Some(before != now),
    }
}

async fn ask_whether_done(scope: &Scope<'_>, text: &str, at: &Address) -> ConfirmedOutcome {
    let Ok(world) = scope.world() else { return ConfirmedOutcome::Nothing };
    let message = format!("Was {text} carried out? Its answer was lost, and it must not be repeated blindly");
    let choices = vec!["done".into(), "not_done".into()];
    let deadline = earlier(after(scope.now(), PERSON_CONFIRMS_WITHIN), scope.deadline());
    scope.emit(EventKind::Asked {
        address: at.clone(),
        message: message.clone(),
        choices: choices.clone(),
        until: deadline,
    });
    let asking = Prompt { address: at.clone(), contact: scope.run.contact(), message, choices, by: 1, deadline };
    let Ok(reply) = reply(scope.tree, world.ask(asking), true).await else { return ConfirmedOutcome::Nothing };
    let reply = reply.result.ok();
    let by = reply.as_ref().map(|reply| reply.by.clone()).unwrap_or_default();
    let answer = reply.and_then(|reply| reply.answer);
    scope.emit(EventKind::Answered { address: at.clone(), answer: answer.clone(), by: by.clone() });
    match answer.as_deref() {
        Some("done") => ConfirmedOutcome::Done(format!("{} says so", by.join(", "))),
        Some("not_done") => ConfirmedOutcome::NotDone(format!("{} says so", by.join(", "))),
        _ => ConfirmedOutcome::Nothing,
    }
}
