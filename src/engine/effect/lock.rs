//! Who acts on what: one call at a time in a run tree, and one run tree at a time in the world.

use crate::engine::address::Address;
use crate::engine::eval::driver::after;
use crate::engine::run::exit::Exit;
use crate::engine::run::scheduler::{reply, wait_until};
use crate::engine::run::scope::Scope;
use crate::engine::run::tree::RunTree;
use crate::value::{ErrorKind, SignedDuration, Timestamp};

/// How far apart a clean-up asks for a lock that somebody else holds.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// Locks that a run holds from start to end, or a call while it lasts; let go when dropped. The world lets go of a lock
/// when the last of the tree that holds it has.
pub(crate) struct Locks<'t> {
    tree: &'t RunTree<'t>,
    names: Vec<String>,
}

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        let mut free = Vec::new();
        {
            let mut held = self.tree.held.borrow_mut();
            for name in std::mem::take(&mut self.names) {
                match held.get_mut(&name) {
                    Some(count) if *count > 1 => *count -= 1,
                    _ => {
                        held.remove(&name);
                        free.push(name);
                    }
                }
            }
        }
        if let (false, Some(world)) = (free.is_empty(), self.tree.effect_world) {
            world.unlock(&free);
        }
    }
}

/// Takes locks for one more of the tree: those that somebody in it holds already once more, the others from the world.
async fn lock<'t>(scope: &Scope<'t>, mut names: Vec<String>, at: &Address) -> Result<Locks<'t>, Exit> {
    let tree = scope.tree;
    names.sort();
    names.dedup();
    // What another branch is just asking for is the tree's in a moment, or somebody else's.
    wait_until(|| !names.iter().any(|name| tree.asked_for.borrow().contains(name))).await;
    let mut locks = Locks { tree, names: Vec::new() };
    let mut missing = Vec::new();
    for name in names {
        match tree.held.borrow_mut().get_mut(&name) {
            Some(count) => {
                *count += 1;
                locks.names.push(name);
            }
            None => missing.push(name),
        }
    }
    if let (false, Some(world)) = (missing.is_empty(), tree.effect_world) {
        tree.asked_for.borrow_mut().extend(missing.iter().cloned());
        let answer = reply(tree, world.lock(at.clone(), missing.clone()), false).await;
        tree.asked_for.borrow_mut().retain(|name| !missing.contains(name));
        tree.wake();
        answer.map_err(|_| Exit::Cancelled)?.result?;
    }
    for name in missing {
        *tree.held.borrow_mut().entry(name.clone()).or_default() += 1;
        locks.names.push(name);
    }
    Ok(locks)
}

/// A target that is being acted on, and its lock; let go when dropped.
pub(crate) struct CallLock<'t> {
    tree: &'t RunTree<'t>,
    target: Option<String>,
    lock: Option<Locks<'t>>,
}

impl Drop for CallLock<'_> {
    fn drop(&mut self) {
        let Some(target) = self.target.take() else { return };
        self.lock = None;
        self.tree.busy.borrow_mut().retain(|busy| *busy != target);
        self.tree.wake();
    }
}

/// Takes the target of a call for as long as the call lasts. Another call of the same tree is waited for; another run
/// is not, but by a clean-up, until `until`.
pub(crate) async fn hold<'t>(
    scope: &Scope<'t>,
    target: Option<String>,
    at: &Address,
    until: Timestamp,
) -> Result<CallLock<'t>, Exit> {
    let tree = scope.tree;
    let mut held = CallLock { tree, target: None, lock: None };
    let Some(target) = target else { return Ok(held) };
    wait_until(|| {
        let mut busy = tree.busy.borrow_mut();
        let free = !busy.contains(&target);
        if free {
            busy.push(target.clone());
        }
        free
    })
    .await;
    held.target = Some(target.clone());
    let mut turn = 0;
    loop {
        let at = if turn == 0 { at.clone() } else { at.turn(turn) };
        match lock(scope, vec![target.clone()], &at).await {
            Ok(lock) => {
                held.lock = Some(lock);
                return Ok(held);
            }
            Err(Exit::Failed(error)) if error.kind == ErrorKind::Refused && scope.shielded && scope.now() < until => {
                scope.pause(after(scope.now(), ASK_AGAIN), &at, || format!("the lock of {target}")).await?;
                turn += 1;
            }
            Err(exit) => return Err(exit),
        }
    }
}

/// Takes the locks of a header. A run that an alert started waits for its turn while there is time.
pub(crate) async fn lock_in_turn<'t>(scope: &Scope<'t>, names: Vec<String>) -> Result<Locks<'t>, Exit> {
    let mut turn = 0;
    loop {
        let at = if turn == 0 { scope.address.clone() } else { scope.address.turn(turn) };
        match lock(scope, names.clone(), &at).await {
            Err(Exit::Failed(error))
                if error.kind == ErrorKind::Refused && scope.tree.by_alert && scope.run.deadline.is_some() =>
            {
                let next = after(scope.now(), ASK_AGAIN);
                match scope.pause(next, &at, || format!("its turn: {error}")).await {
                    // What stands in the way says more than that the time is over.
                    Err(Exit::TimedOut) => return Err(Exit::Failed(error)),
                    flow => flow?,
                }
                turn += 1;
            }
            answer => return answer,
        }
    }
}
