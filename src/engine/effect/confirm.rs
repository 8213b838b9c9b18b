//! Whether a call that must not be repeated was carried out, when its answer was lost.

use super::Layer;
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

/// How far apart `confirm` is asked.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// So many looks must say, one after the other, that a call was not carried out.
const LOOKS: u32 = 3;
/// Two times that are no further apart may be one, told by a clock that was set meanwhile.
const SAME_TIME: SignedDuration = SignedDuration::from_secs(10);
/// How long a person has to say whether a call was carried out.
const PERSON_CONFIRMS_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// What `confirm` answers before the call, where its answer must be compared. An error is no answer.
pub(crate) async fn read_before(scope: &Scope<'_>, layer: &mut Layer<'_>, at: &Address) -> Result<Option<Value>, Exit> {
    let Some(confirm) = &layer.action.confirm else { return Ok(None) };
    if scope.action(confirm.action)?.returns == Type::Boolean {
        return Ok(None);
    }
    let mut context = StatementContext::new(scope, &mut layer.frame, at.child(confirm.node, 0));
    match context.observe_call(confirm).await {
        // Of two answers that have both lost a part nobody can tell whether they are the same.
        Ok(value) => Ok(Some(value).filter(|value| value.loss().is_none())),
        Err(Exit::Failed(_)) => Ok(None),
        Err(exit) => Err(exit),
    }
}

/// What was found out.
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
    /// When the call has taken all the time that its signature allows.
    pub settled_by: Timestamp,
}

/// Finds out whether a call whose answer was lost was carried out: by its `confirm`, or by a person. A cancelled run
/// finds out all the same.
///
/// What was ordered may take a while to show. So one look that finds it done suffices, and "not done" is said only when
/// the time of the call is over, `settled_by`, and the last looks all say so.
pub(crate) async fn confirm_outcome(
    scope: &Scope<'_>,
    layer: Option<&mut Layer<'_>>,
    lost: LostAnswer<'_>,
) -> ConfirmedOutcome {
    let LostAnswer { text, address, before, settled_by } = lost;
    if let Some(Layer { action, frame, .. }) = layer
        && let Some(confirm) = &action.confirm
    {
        let sheltered = scope.shielded(scope.address.clone());
        let (mut turn, mut says_no) = (1, 0);
        loop {
            let at = address.child(confirm.node, turn);
            let mut context = StatementContext::new(&sheltered, frame, at.clone());
            let seen = match context.observe_call(confirm).await {
                // What is not whole says nothing.
                Ok(now) if now.loss().is_some() => None,
                Ok(Value::Boolean(true)) if before.is_none() => {
                    return ConfirmedOutcome::Done("it was confirmed afterwards".to_owned());
                }
                Ok(Value::Boolean(false)) if before.is_none() => Some("its confirmation says so".to_owned()),
                Ok(now) => match before.as_ref().map(|before| (before, is_another(before, &now))) {
                    Some((before, Some(true))) => {
                        return ConfirmedOutcome::Done(format!("confirmed afterwards: {before} became {now}"));
                    }
                    Some((_, Some(false))) => Some(format!("afterwards there was still {now}")),
                    Some((_, None)) => None,
                    // There is nothing to compare with, now or later.
                    None => break,
                },
                // What lacks a setting lacks it later as well.
                Err(Exit::Failed(error)) if error.kind == ErrorKind::Refused => break,
                Err(_) => None,
            };
            says_no = if seen.is_some() { says_no + 1 } else { 0 };
            if turn >= LOOKS && scope.now() >= settled_by {
                match seen {
                    Some(how) if says_no >= LOOKS => return ConfirmedOutcome::NotDone(how),
                    _ => break,
                }
            }
            let next = after(scope.now(), LOOK_AGAIN);
            let next = if turn < LOOKS { next } else { next.min(settled_by) };
            if sheltered.pause(next, &at, || format!("whether {text} was carried out")).await.is_err() {
                break;
            }
            turn += 1;
        }
    }
    if scope.shielded { ConfirmedOutcome::Nothing } else { ask_whether_done(scope, text, address).await }
}

/// Whether an answer differs from the one before the call; nothing where only a clock may have been set.
fn is_another(before: &Value, now: &Value) -> Option<bool> {
    let time = |value: &Value| match value {
        Value::Time(time) => Some(*time),
        Value::Text(text) => text.parse::<Timestamp>().ok(),
        _ => None,
    };
    match (time(before), time(now)) {
        (Some(one), Some(other)) if one != other && other.duration_since(one).abs() <= SAME_TIME => None,
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
    let said = reply.result.ok();
    let by = said.as_ref().map(|said| said.by.clone()).unwrap_or_default();
    let answer = said.and_then(|said| said.answer);
    scope.emit(EventKind::Answered { address: at.clone(), answer: answer.clone(), by: by.clone() });
    match answer.as_deref() {
        Some("done") => ConfirmedOutcome::Done(format!("{} says so", by.join(", "))),
        Some("not_done") => ConfirmedOutcome::NotDone(format!("{} says so", by.join(", "))),
        _ => ConfirmedOutcome::Nothing,
    }
}
