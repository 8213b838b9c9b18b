//! Locks: one call at a time acts on a target within a run tree, and one run tree at a time in the world.

use crate::engine::address::Address;
use crate::engine::eval::driver::{after, earlier};
use crate::engine::event::EventKind;
use crate::engine::run::exit::Exit;
use crate::engine::run::scheduler::{reply, wait_until, wait_until_by};
use crate::engine::run::scope::Scope;
use crate::engine::run::tree::RunTree;
use crate::value::{ActionError, ErrorKind, SignedDuration, Timestamp, lock_name};

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

/// Takes locks for one more holder in the tree. Those that the tree does not hold yet are requested from the world, which
/// waits for other runs until `until`: whoever came first is served first.
pub(crate) async fn lock<'t>(
    scope: &Scope<'t>,
    names: impl IntoIterator<Item = String>,
    at: &Address,
    until: Timestamp,
) -> Result<Locks<'t>, Exit> {
    let tree = scope.tree;
    // One machine has one lock, whatever it is called.
    let mut names: Vec<String> =
        names.into_iter().map(|name| lock_name(&tree.program.hosts, &name).to_string()).collect();
    names.sort();
    names.dedup();
    // Another branch has requested one of them: wait for its reply.
    let is_free = || !names.iter().any(|name| tree.requested_locks.borrow().contains(name));
    // An undo takes its lock although the run is cancelled.
    if !wait_until_by(tree, at, until, !scope.shielded, is_free).await.map_err(|_| Exit::Cancelled)? {
        let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        let message = format!("another branch of this run has waited for the lock {} since before", names.join(", "));
        return Err(ActionError::new(ErrorKind::Refused, message).into());
    }
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
    if !missing.is_empty() && tree.effect_world.is_some() {
        let _requested = RequestedLocks::new(tree, &missing);
        take(scope, &missing, at, until).await?;
    }
    for name in missing {
        *tree.held.borrow_mut().entry(name.clone()).or_default() += 1;
        locks.names.push(name);
    }
    Ok(locks)
}

/// Requests locks from the world: at once, and if another run holds one, until `until`. In between the run says what it
/// waits for.
async fn take(scope: &Scope<'_>, names: &[String], at: &Address, until: Timestamp) -> Result<(), Exit> {
    let (tree, world) = (scope.tree, scope.world()?);
    let first = reply(tree, world.lock(at.clone(), names.to_vec(), scope.now()), false).await;
    let held = match first.map_err(|_| Exit::Cancelled)?.result {
        Err(error) if error.kind == ErrorKind::Refused && scope.now() < until => error,
        result => return Ok(result?),
    };
    scope.emit(EventKind::Waiting { address: at.clone(), what: format!("its turn: {held}"), until });
    let pending = world.lock(at.turn(1), names.to_vec(), until);
    Ok(reply(tree, pending, !scope.shielded).await.map_err(|_| Exit::Cancelled)?.result?)
}

/// Locks that were requested from the world; no longer when dropped.
struct RequestedLocks<'t, 'n> {
    tree: &'t RunTree<'t>,
    names: &'n [String],
}

impl<'t, 'n> RequestedLocks<'t, 'n> {
    fn new(tree: &'t RunTree<'t>, names: &'n [String]) -> Self {
        tree.requested_locks.borrow_mut().extend(names.iter().cloned());
        Self { tree, names }
    }
}

impl Drop for RequestedLocks<'_, '_> {
    fn drop(&mut self) {
        self.tree.requested_locks.borrow_mut().retain(|name| !self.names.contains(name));
        self.tree.wake();
    }
}

/// The target of a call that is under way, and its lock; released when dropped.
pub(crate) struct CallLock<'t> {
    tree: &'t RunTree<'t>,
    /// The number of the call in the queue of its target.
    number: Option<u64>,
    lock: Option<Locks<'t>>,
}

impl Drop for CallLock<'_> {
    fn drop(&mut self) {
        let Some(number) = self.number.take() else { return };
        self.lock = None;
        self.tree.target_queue.borrow_mut().leave(number);
        self.tree.wake();
    }
}

/// Takes the target of a call while the call lasts. Calls of the tree take turns; then other runs are waited for, at most
/// for as long as `within`.
pub(crate) async fn hold<'t>(
    scope: &Scope<'t>,
    target: Option<&str>,
    at: &Address,
    within: SignedDuration,
) -> Result<CallLock<'t>, Exit> {
    let tree = scope.tree;
    let mut held = CallLock { tree, number: None, lock: None };
    let Some(target) = target else { return Ok(held) };
    let target = lock_name(&tree.program.hosts, target);
    let number = tree.target_queue.borrow_mut().enter(&target);
    held.number = Some(number);
    wait_until(|| tree.target_queue.borrow().is_first(&target, number)).await;
    let until = earlier(after(scope.now(), within), scope.deadline());
    held.lock = Some(lock(scope, [target.into()], at, until).await?);
    Ok(held)
}

/// Takes the locks of a header. A run that an alert started waits for them until its deadline.
pub(crate) async fn lock_in_turn<'t>(scope: &Scope<'t>, names: Vec<String>) -> Result<Locks<'t>, Exit> {
    let until = scope.run.deadline.filter(|_| scope.tree.by_alert).unwrap_or_else(|| scope.now());
    lock(scope, names, &scope.address, until).await
}
