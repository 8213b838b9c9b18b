//! The global stop: while somebody has paused effects, none begins.

use super::notify::notify_waiting_undo;
use crate::engine::address::Address;
use crate::engine::eval::driver::after;
use crate::engine::event::EventKind;
use crate::engine::run::exit::{Exit, Flow};
use crate::engine::run::scheduler::reply;
use crate::engine::run::scope::Scope;
use crate::engine::world::World;
use crate::value::{ErrorKind, SignedDuration, Timestamp};

/// How long an undo waits for the end of a pause before somebody is told.
const TELL_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Notes whether effects are paused when the outermost run begins.
pub(crate) async fn note_pause(scope: &Scope<'_>) -> Flow {
    let (tree, Some(world)) = (scope.tree, scope.tree.effect_world) else { return Ok(()) };
    if scope.run.parent.is_none() {
        let admitted = reply(tree, world.admit(scope.address.clone(), scope.now()), false).await;
        tree.began_paused.set(admitted.map_err(|_| Exit::Cancelled)?.result.is_err());
    }
    Ok(())
}

/// Waits until effects may begin: an undo for as long as it takes, of which the contact is told after a while; everything
/// else until the deadline of the run.
///
/// # Errors
/// A run that a person has started while effects were paused is refused at its first effect. At the deadline the run
/// escalates.
pub(super) async fn admit(scope: &Scope<'_>, world: &dyn World, call: &str, at: &Address) -> Flow {
    let tree = scope.tree;
    let first = reply(tree, world.admit(at.clone(), scope.now()), false).await;
    let paused = match first.map_err(|_| Exit::Cancelled)?.result {
        Err(error) if error.kind == ErrorKind::Refused => error,
        result => return Ok(result?),
    };
    let refused = || format!("{call} was not done: {paused}");
    if tree.began_paused.get() && !tree.by_alert && !tree.has_acted.get() && !scope.shielded {
        return Err(Exit::Refused(refused()));
    }
    let until = scope.deadline().unwrap_or_else(|| after(scope.now(), TELL_AFTER));
    scope.emit(EventKind::Waiting { address: at.clone(), what: format!("the end of a pause: {paused}"), until });
    let pending = world.admit(at.turn(1), until);
    match reply(tree, pending, !scope.shielded).await.map_err(|_| Exit::Cancelled)?.result {
        Err(error) if error.kind == ErrorKind::Refused && scope.shielded => {
            // Nothing else ends its wait, so somebody has to know of it.
            notify_waiting_undo(scope, at, call, &error.message).await;
            let pending = world.admit(at.turn(2), Timestamp::MAX);
            Ok(reply(tree, pending, false).await.map_err(|_| Exit::Cancelled)?.result?)
        }
        Err(error) if error.kind == ErrorKind::Refused => Err(scope.escalated(refused())),
        result => Ok(result?),
    }?;
    scope.check_stop()
}

/// Whether effects may begin now.
pub(super) async fn is_open(scope: &Scope<'_>, world: &dyn World, at: &Address) -> Result<bool, Exit> {
    let now = reply(scope.tree, world.admit(at.turn(3), scope.now()), false).await.map_err(|_| Exit::Cancelled)?;
    match now.result {
        Err(error) if error.kind == ErrorKind::Refused => Ok(false),
        result => Ok(result.map(|()| true)?),
    }
}
