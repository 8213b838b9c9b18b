//! Finds out whether a `once` call was carried out after its answer was lost.

use super::CallLevel;
use super::notify::notify_unknown_outcome;
use crate::engine::address::Address;
use crate::engine::eval::driver::{after, earlier};
use crate::engine::event::{Confirmation, EventKind};
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::Exit;
use crate::engine::run::scheduler::reply;
use crate::engine::run::scope::Scope;
use crate::engine::world::Prompt;
use crate::program::types::Type;
use crate::value::{ErrorKind, SignedDuration, Timestamp, Value, display_duration};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

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
    let Some(confirm) = layer.action.confirm.as_ref().map(|confirm| &confirm.call) else { return Ok(None) };
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
    /// Why the answer is not known.
    pub cause: Option<&'c str>,
    /// What `confirm` answered before the call.
    pub before: Option<Value>,
    /// When the effect of the call must be visible, by its signature.
    pub settled_by: Timestamp,
}

/// Finds out whether a call whose answer was lost was carried out: by its `confirm`, or by a person, whichever says so
/// first; and what the `confirm` saw. People are told and asked at once, while the `confirm` is polled. A cancelled run finds out as well.
///
/// An effect may take a while to become visible. So a single poll decides that it was carried out. That it was not
/// takes several polls in a row, the last of them at `settled_by` or later.
pub(crate) async fn confirm_outcome(
    scope: &Scope<'_>,
    level: Option<&mut CallLevel<'_>>,
    lost: LostAnswer<'_>,
) -> (ConfirmedOutcome, Confirmation) {
    let confirm = level.as_ref().and_then(|level| level.action.confirm.as_ref());
    let polls = confirm.and_then(|confirm| {
        let (action, every) = (scope.action(confirm.call.action).ok()?, display_duration(confirm.every));
        Some(format!(
            "{}.{} is asked every {every}, until {:.0} at least",
            action.backend, action.name, lost.settled_by
        ))
    });
    let after = Cell::new(None);
    let mut polling = pin!(poll(scope, level, &lost, &after));
    let mut asking = pin!(ask_people(scope, &lost, polls));
    let (mut polled, mut asked) = (false, false);
    let outcome = poll_fn(|context| {
        if !polled && let Poll::Ready(found) = polling.as_mut().poll(context) {
            polled = true;
            if let Some(outcome) = found {
                return Poll::Ready(outcome);
            }
        }
        if !asked && let Poll::Ready(answer) = asking.as_mut().poll(context) {
            asked = true;
            if let Some(outcome) = answer {
                return Poll::Ready(outcome);
            }
        }
        if polled && asked { Poll::Ready(ConfirmedOutcome::Nothing) } else { Poll::Pending }
    })
    .await;
    (outcome, Confirmation { before: lost.before.clone(), after: after.take() })
}

/// Polls `confirm`; nothing if it cannot tell. Stores its last answer.
async fn poll(
    scope: &Scope<'_>,
    level: Option<&mut CallLevel<'_>>,
    lost: &LostAnswer<'_>,
    last: &Cell<Option<Value>>,
) -> Option<ConfirmedOutcome> {
    let LostAnswer { text, address, before, settled_by, .. } = lost;
    let CallLevel { action, frame, .. } = level?;
    let confirm = action.confirm.as_ref()?;
    let shielded = scope.shielded(scope.address.clone());
    let (mut turn, mut denials) = (1, 0);
    loop {
        let at = address.child(confirm.call.node, turn);
        let mut context = StatementContext::new(&shielded, frame, at.clone());
        let answer = context.observe_call(&confirm.call).await;
        if let Ok(now) = &answer {
            last.set(Some(now.clone()));
        }
        let denial = match answer {
            // An answer with a missing part decides nothing.
            Ok(now) if now.loss().is_some() => None,
            Ok(Value::Boolean(true)) if before.is_none() => {
                return Some(ConfirmedOutcome::Done("confirmed afterwards".to_owned()));
            }
            Ok(Value::Boolean(false)) if before.is_none() => Some("its confirmation says so".to_owned()),
            Ok(now) => match before.as_ref().map(|before| (before, differs(before, &now))) {
                Some((before, Some(true))) => {
                    return Some(ConfirmedOutcome::Done(format!("confirmed afterwards: {before} became {now}")));
                }
                Some((_, Some(false))) => Some(format!("afterwards there was still {now}")),
                Some((_, None)) => None,
                // There is no earlier answer to compare with.
                None => return None,
            },
            // A missing setting will still be missing later.
            Err(Exit::Failed(error)) if error.kind == ErrorKind::Refused => return None,
            Err(_) => None,
        };
        denials = if denial.is_some() { denials + 1 } else { 0 };
        if turn >= POLLS && scope.now() >= *settled_by {
            return denial.filter(|_| denials >= POLLS).map(ConfirmedOutcome::NotDone);
        }
        let next = after(scope.now(), confirm.every);
        let next = if turn < POLLS { next } else { next.min(*settled_by) };
        shielded.pause(next, &at, || format!("whether {text} was carried out")).await.ok()?;
        turn += 1;
    }
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

/// Tells the contact of the run that an outcome is unknown, and asks whether the call was carried out; nothing if nobody
/// says. An undo only tells: nobody is asked during clean-up.
async fn ask_people(scope: &Scope<'_>, lost: &LostAnswer<'_>, polls: Option<String>) -> Option<ConfirmedOutcome> {
    let LostAnswer { text, address, cause, .. } = lost;
    let world = scope.world().ok()?;
    let prompt_until = earlier(after(scope.now(), PERSON_CONFIRMS_WITHIN), scope.deadline());
    notify_unknown_outcome(scope, address, text, *cause, polls).await;
    if scope.shielded {
        return None;
    }
    let message = format!("Was {text} carried out? Its answer was lost, and it must not be repeated blindly");
    let choices = vec!["done".into(), "not_done".into()];
    let mut open = OpenPrompt { scope, address, is_answered: false };
    scope.emit(EventKind::Asked {
        address: (*address).clone(),
        message: message.clone(),
        choices: choices.clone(),
        until: prompt_until,
    });
    let contact = scope.run.contact();
    let runbook = scope.run.called();
    let address = (*address).clone();
    let prompt = Prompt { address, runbook, contact, message, choices, by: 1, deadline: prompt_until };
    let answer = reply(scope.tree, world.ask(prompt), false).await.ok()?.result.ok();
    let by = answer.as_ref().map(|answer| answer.by.clone()).unwrap_or_default();
    let answer = answer.and_then(|answer| answer.answer);
    open.is_answered = true;
    scope.emit(EventKind::Answered { address: lost.address.clone(), answer: answer.clone(), by: by.clone() });
    let who = by.join(", ");
    match answer.as_deref() {
        Some("done") => Some(ConfirmedOutcome::Done(format!("{who} says so"))),
        Some("not_done") => Some(ConfirmedOutcome::NotDone(format!("{who} says so"))),
        _ => None,
    }
}

/// A prompt that is open. If it is dropped because the `confirm` was first, nobody has answered it.
struct OpenPrompt<'a, 't> {
    scope: &'a Scope<'t>,
    address: &'a Address,
    is_answered: bool,
}

impl Drop for OpenPrompt<'_, '_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.scope.emit(EventKind::Answered { address: self.address.clone(), answer: None, by: Vec::new() });
        }
    }
}
