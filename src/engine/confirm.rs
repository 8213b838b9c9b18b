//! Whether a call that must not be repeated was carried out, when its answer was lost.

use super::act::Layer;
use super::address::Address;
use super::event::EventKind;
use super::exit::Exit;
use super::observe::{after, earlier};
use super::scope::Scope;
use super::turn::reply;
use super::world::Asking;
use crate::check::types::Type;
use crate::value::{SignedDuration, Value};

/// How often, and how far apart, `confirm` is asked before a person is.
const CONFIRM: (u32, SignedDuration) = (3, SignedDuration::from_secs(30));
/// How long a person has to say whether a call was carried out.
const PERSON_CONFIRMS_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// What `confirm` answers before the call, where its answer must be compared. An error is no answer.
pub(super) async fn read_before(scope: &Scope<'_>, layer: &mut Layer<'_>, at: &Address) -> Result<Option<Value>, Exit> {
    let Some(confirm) = &layer.action.confirm else { return Ok(None) };
    if scope.action(confirm.action)?.returns == Type::Boolean {
        return Ok(None);
    }
    match scope.observe_call(confirm, &mut layer.frame, &at.child(confirm.node, 0)).await {
        Ok(value) => Ok(Some(value)),
        Err(Exit::Failed(_)) => Ok(None),
        Err(exit) => Err(exit),
    }
}

/// What was found out.
pub(super) enum Found {
    Done(String),
    NotDone(String),
    Nothing,
}

/// Finds out whether a call whose answer was lost was carried out: by its `confirm`, or by a person. A cancelled run
/// finds out all the same.
pub(super) async fn find_out(
    scope: &Scope<'_>,
    layer: Option<&mut Layer<'_>>,
    before: Option<Value>,
    text: &str,
    at: &Address,
) -> Found {
    let sheltered = scope.shielded(scope.address.clone());
    if let Some(Layer { action, frame, .. }) = layer
        && let Some(confirm) = &action.confirm
    {
        for turn in 1..=CONFIRM.0 {
            let at = at.child(confirm.node, turn);
            match (sheltered.observe_call(confirm, frame, &at).await, &before) {
                (Ok(Value::Boolean(true)), None) => return Found::Done("it was confirmed afterwards".to_owned()),
                (Ok(Value::Boolean(false)), None) => return Found::NotDone("its confirmation says so".to_owned()),
                (Ok(now), Some(before)) if now != *before => {
                    return Found::Done(format!("confirmed afterwards: {before} became {now}"));
                }
                (Ok(now), Some(_)) => return Found::NotDone(format!("afterwards there was still {now}")),
                (Ok(_), None) => break,
                (Err(_), _) if turn < CONFIRM.0 => {
                    let until = after(scope.now(), CONFIRM.1);
                    let what = || format!("whether {text} was carried out");
                    if sheltered.pause(until, &at, what).await.is_err() {
                        break;
                    }
                }
                (Err(_), _) => break,
            }
        }
    }
    if scope.shielded { Found::Nothing } else { ask_whether_done(scope, text, at).await }
}

async fn ask_whether_done(scope: &Scope<'_>, text: &str, at: &Address) -> Found {
    let Ok(world) = scope.world() else { return Found::Nothing };
    let message = format!("Was {text} carried out? Its answer was lost, and it must not be repeated blindly");
    let choices = vec!["done".into(), "not_done".into()];
    let deadline = earlier(after(scope.now(), PERSON_CONFIRMS_WITHIN), scope.deadline());
    scope.record(EventKind::Asked {
        address: at.clone(),
        message: message.clone(),
        choices: choices.clone(),
        until: deadline,
    });
    let asking = Asking { address: at.clone(), contact: scope.run.contact(), message, choices, by: 1, deadline };
    let Ok(reply) = reply(scope.tree, world.ask(asking), true).await else { return Found::Nothing };
    let said = reply.result.ok();
    let by = said.as_ref().map(|said| said.by.clone()).unwrap_or_default();
    let answer = said.and_then(|said| said.answer);
    scope.record(EventKind::Answered { address: at.clone(), answer: answer.clone(), by: by.clone() });
    match answer.as_deref() {
        Some("done") => Found::Done(format!("{} says so", by.join(", "))),
        Some("not_done") => Found::NotDone(format!("{} says so", by.join(", "))),
        _ => Found::Nothing,
    }
}
