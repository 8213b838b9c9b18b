//! Who acts on what: one call at a time in a run tree, and one run tree at a time in the world.

use super::address::Address;
use super::exit::Exit;
use super::observe::after;
use super::scope::Scope;
use super::tree::Tree;
use super::turn::{inside, reply};
use crate::value::{ErrorKind, SignedDuration, Timestamp};

/// How far apart a clean-up asks for a lock that somebody else holds.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// A target that is being acted on; let go when dropped.
pub(super) struct Held<'t> {
    tree: &'t Tree<'t>,
    target: Option<String>,
    locked: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(target) = self.target.take() else { return };
        self.tree.busy.borrow_mut().retain(|busy| *busy != target);
        if let (true, Some(world)) = (self.locked, self.tree.acting) {
            world.unlock(&[target]);
        }
        self.tree.nudge();
    }
}

/// Takes the target of a call for as long as the call lasts. Another call of the same tree is waited for; another run
/// is not, but by a clean-up, until `until`.
pub(super) async fn hold<'t>(
    scope: &Scope<'t>,
    target: Option<String>,
    at: &Address,
    until: Timestamp,
) -> Result<Held<'t>, Exit> {
    let tree = scope.tree;
    let mut held = Held { tree, target: None, locked: false };
    let Some(target) = target else { return Ok(held) };
    inside(|| {
        let mut busy = tree.busy.borrow_mut();
        let free = !busy.contains(&target);
        if free {
            busy.push(target.clone());
        }
        free
    })
    .await;
    held.target = Some(target.clone());
    if tree.held.borrow().contains_key(&target) {
        return Ok(held);
    }
    let world = scope.world()?;
    let mut turn = 0;
    loop {
        let at = if turn == 0 { at.clone() } else { at.child(at.last().unwrap_or_default(), turn) };
        let pending = world.lock(at.clone(), vec![target.clone()]);
        let answer = reply(tree, pending, false).await.map_err(|_| Exit::Cancelled)?;
        match answer.result {
            Ok(()) => {
                held.locked = true;
                return Ok(held);
            }
            Err(error) if error.kind == ErrorKind::Refused && scope.shielded && scope.now() < until => {
                scope.pause(after(scope.now(), ASK_AGAIN), &at, || format!("the lock of {target}")).await?;
                turn += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The locks of a header, held until dropped.
pub(super) struct Locks<'t> {
    tree: &'t Tree<'t>,
    names: Vec<String>,
}

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        let mut held = self.tree.held.borrow_mut();
        let mut free = Vec::new();
        for name in std::mem::take(&mut self.names) {
            match held.get_mut(&name) {
                Some(count) if *count > 1 => *count -= 1,
                _ => {
                    held.remove(&name);
                    free.push(name);
                }
            }
        }
        if let (false, Some(world)) = (free.is_empty(), self.tree.acting) {
            world.unlock(&free);
        }
    }
}

/// Takes the locks of a header. A run that an alert started waits for its turn while there is time.
pub(super) async fn lock_in_turn<'t>(scope: &Scope<'t>, names: Vec<String>) -> Result<Locks<'t>, Exit> {
    let node = scope.address.last().unwrap_or_default();
    let mut turn = 0;
    loop {
        let at = if turn == 0 { scope.address.clone() } else { scope.address.child(node, turn) };
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

/// Takes locks from the start of a run to its end, those that its tree holds already once more.
async fn lock<'t>(scope: &Scope<'t>, mut names: Vec<String>, at: &Address) -> Result<Locks<'t>, Exit> {
    let tree = scope.tree;
    names.sort();
    names.dedup();
    let missing: Vec<String> = names.iter().filter(|name| !tree.held.borrow().contains_key(*name)).cloned().collect();
    if let (false, Some(world)) = (missing.is_empty(), tree.acting) {
        let pending = world.lock(at.clone(), missing);
        reply(tree, pending, false).await.map_err(|_| Exit::Cancelled)?.result?;
    }
    let mut held = tree.held.borrow_mut();
    for name in &names {
        *held.entry(name.clone()).or_default() += 1;
    }
    drop(held);
    Ok(Locks { tree, names })
}
