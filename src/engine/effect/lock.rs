//! Locks: one call at a time acts on a target within a run tree, and one run tree at a time in the world.

use crate::engine::address::Address;
use crate::engine::eval::driver::after;
use crate::engine::run::exit::Exit;
use crate::engine::run::scheduler::{reply, wait_until};
use crate::engine::run::scope::Scope;
use crate::engine::run::tree::RunTree;
use crate::value::{ErrorKind, SignedDuration, Timestamp};

/// The interval at which a lock of another run is requested again.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// Locks that a run holds from start to end, or a call while it lasts; released when dropped. The world releases a lock
/// when nothing in the tree holds it.
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

/// Takes locks for one more holder in the tree. Those that the tree does not hold yet are requested from the world.
async fn lock<'t>(scope: &Scope<'t>, mut names: Vec<String>, at: &Address) -> Result<Locks<'t>, Exit> {
    let tree = scope.tree;
    names.sort();
    names.dedup();
    // Another branch has requested one of them: wait for its reply.
    wait_until(|| !names.iter().any(|name| tree.requested_locks.borrow().contains(name))).await;
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
        tree.requested_locks.borrow_mut().extend(missing.iter().cloned());
        let answer = reply(tree, world.lock(at.clone(), missing.clone()), false).await;
        tree.requested_locks.borrow_mut().retain(|name| !missing.contains(name));
        tree.wake();
        answer.map_err(|_| Exit::Cancelled)?.result?;
    }
    for name in missing {
        *tree.held.borrow_mut().entry(name.clone()).or_default() += 1;
        locks.names.push(name);
    }
    Ok(locks)
}

/// The target of a call that is under way, and its lock; released when dropped.
pub(crate) struct CallLock<'t> {
    tree: &'t RunTree<'t>,
    target: Option<String>,
    lock: Option<Locks<'t>>,
}

impl Drop for CallLock<'_> {
    fn drop(&mut self) {
        let Some(target) = self.target.take() else { return };
        self.lock = None;
        self.tree.busy_targets.borrow_mut().retain(|busy| *busy != target);
        self.tree.wake();
    }
}

/// Takes the target of a call while the call lasts. Another call of the tree is waited for. For another run only an
/// undo waits, until `until`.
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
        let mut busy = tree.busy_targets.borrow_mut();
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
                scope.pause(after(scope.now(), RETRY_INTERVAL), &at, || format!("the lock of {target}")).await?;
                turn += 1;
            }
            Err(exit) => return Err(exit),
        }
    }
}

/// Takes the locks of a header. A run that an alert started waits for them until its deadline.
pub(crate) async fn lock_in_turn<'t>(scope: &Scope<'t>, names: Vec<String>) -> Result<Locks<'t>, Exit> {
    let mut turn = 0;
    loop {
        let at = if turn == 0 { scope.address.clone() } else { scope.address.turn(turn) };
        match lock(scope, names.clone(), &at).await {
            Err(Exit::Failed(error))
                if error.kind == ErrorKind::Refused && scope.tree.by_alert && scope.run.deadline.is_some() =>
            {
                let next = after(scope.now(), RETRY_INTERVAL);
                match scope.pause(next, &at, || format!("its turn: {error}")).await {
                    // The holder of the lock says more than the deadline.
                    Err(Exit::TimedOut) => return Err(Exit::Failed(error)),
                    flow => flow?,
                }
                turn += 1;
            }
            answer => return answer,
        }
    }
}
