//! The scheduler: one reply a turn.
//!
//! A run is one future, a tree of branches. In each turn it is polled once from the root, in the order of the text, and
//! takes at most one reply. The branch that gets the reply proceeds as far as it can; everything else waits for the
//! next turn. So a run depends on the sequence of its replies alone, not on how many are ready at once or in which
//! order branches are polled.

use super::tree::RunTree;
use crate::engine::address::Address;
use crate::engine::world::{Pending, Reply};
use crate::value::Timestamp;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Polls `inner` turn by turn until it ends.
pub(crate) async fn drive<T>(tree: &RunTree<'_>, inner: impl Future<Output = T>) -> T {
    let mut inner = pin!(inner);
    poll_fn(|context| {
        loop {
            let cancelled = if tree.cancelled.get() { Poll::Pending } else { tree.read_world.poll_cancel(context) };
            tree.reply_taken.set(cancelled.is_ready());
            tree.progressed.set(cancelled.is_ready());
            if let Poll::Ready(at) = cancelled {
                tree.cancelled.set(true);
                tree.clock.set(tree.clock.get().max(at));
            }
            if let Poll::Ready(value) = inner.as_mut().poll(context) {
                return Poll::Ready(value);
            }
            if !tree.progressed.get() {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// The run was cancelled before the reply came. The reply is abandoned.
pub(crate) struct Interrupted;

/// Waits for a reply and sets the clock to it.
pub(crate) async fn reply<T>(
    tree: &RunTree<'_>,
    mut pending: Pending<'_, T>,
    interruptible: bool,
) -> Result<Reply<T>, Interrupted> {
    poll_fn(|context| {
        if interruptible && tree.cancelled.get() {
            return Poll::Ready(Err(Interrupted));
        }
        if tree.reply_taken.get() {
            return Poll::Pending;
        }
        let Poll::Ready(reply) = pending.as_mut().poll(context) else { return Poll::Pending };
        tree.reply_taken.set(true);
        tree.progressed.set(true);
        tree.work.set(0);
        tree.clock.set(tree.clock.get().max(reply.at));
        Poll::Ready(Ok(reply))
    })
    .await
}

/// Waits for a condition inside the run, at most until then. Returns whether it came true.
pub(crate) async fn wait_until_by(
    tree: &RunTree<'_>,
    at: &Address,
    until: Timestamp,
    interruptible: bool,
    mut ready: impl FnMut() -> bool,
) -> Result<bool, Interrupted> {
    if ready() {
        return Ok(true);
    }
    let mut timer = pin!(reply(tree, tree.read_world.wait(at.clone(), until), interruptible));
    poll_fn(|context| match ready() {
        true => Poll::Ready(Ok(true)),
        false => timer.as_mut().poll(context).map_ok(|_| false),
    })
    .await
}

/// Waits for a condition inside the run. The code that makes it true calls [`RunTree::wake`].
pub(crate) async fn wait_until(mut ready: impl FnMut() -> bool) {
    poll_fn(|_| if ready() { Poll::Ready(()) } else { Poll::Pending }).await;
}
