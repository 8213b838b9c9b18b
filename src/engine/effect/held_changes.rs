//! Temporary changes that several blocks of a run tree hold at once. The first holder finds what was there before, and
//! the last one undoes the change.
//!
//! Two branches of a parallel loop may drain the same pool. Without a count, the end of the first branch would undo the
//! change under the second, and the second would restore what the first had changed.

use crate::engine::address::Address;
use crate::engine::eval::frame::Frame;
use crate::engine::run::scheduler::wait_until;
use crate::engine::run::tree::RunTree;
use crate::value::Call;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The temporary changes of a run tree, by what they change.
#[derive(Default)]
pub(crate) struct HeldChanges(RefCell<BTreeMap<String, HeldChange>>);

#[derive(Default)]
struct HeldChange {
    /// Blocks that hold it, also those that are still making it.
    holders: u32,
    /// Where it was made and what undoes it, once it may have been made.
    made: Option<(Address, FoundState)>,
    /// Whether it was made for certain.
    done: bool,
    /// Whether it stays: a holder keeps it on failure and ended badly, or it was made permanently as well.
    kept: bool,
    /// Whether it is being undone.
    closing: bool,
}

/// What an undo needs to restore the state before a change.
#[derive(Clone)]
pub(crate) enum FoundState {
    /// The call that undoes a call, with its action.
    Call(usize, Call),
    /// The locals of a block with an `undo`.
    Block(Frame),
}

/// A block's hold on a change; given up when dropped.
pub(crate) struct Holder<'t> {
    tree: &'t RunTree<'t>,
    key: String,
}

impl<'t> Holder<'t> {
    /// Holds the change that a block makes. Waits for an undo of it that is under way.
    pub async fn of_block(tree: &'t RunTree<'t>, key: String) -> Self {
        Self::new(tree, key, |change| !change.closing).await
    }

    /// Holds the change that a call makes. Waits for a call that is making it, too: it reads the state before.
    pub async fn of_call(tree: &'t RunTree<'t>, key: String) -> Self {
        Self::new(tree, key, |change| !change.closing && change.made.is_some()).await
    }

    async fn new(tree: &'t RunTree<'t>, key: String, may_join: impl Fn(&HeldChange) -> bool) -> Self {
        wait_until(|| tree.held_changes.0.borrow().get(&key).is_none_or(&may_join)).await;
        tree.held_changes.0.borrow_mut().entry(key.clone()).or_default().holders += 1;
        Self { tree, key }
    }

    fn change<T>(&self, use_it: impl FnOnce(&mut HeldChange) -> T) -> T {
        use_it(self.tree.held_changes.0.borrow_mut().entry(self.key.clone()).or_default())
    }

    /// Where the change was made and what was found before, if it may be in place.
    pub fn made(&self) -> Option<(Address, FoundState)> {
        self.change(|change| change.made.clone())
    }

    /// Notes that the change may be in place. False if another holder has made it before.
    pub fn note_made(&self, at: &Address, found: FoundState, done: bool) -> bool {
        self.change(|change| {
            change.done |= done;
            let first = change.made.is_none();
            change.made.get_or_insert_with(|| (at.clone(), found));
            first
        })
    }

    /// Whether the change was made for certain.
    pub fn is_done(&self) -> bool {
        self.change(|change| change.done)
    }

    /// Notes that the change stays. False if that was known.
    pub fn keep(&self) -> bool {
        self.change(|change| !std::mem::replace(&mut change.kept, true))
    }

    /// Whether the change is to be undone now: this is its only holder, and it does not stay. If so, blocks that want
    /// the same change wait until this holder is dropped.
    pub fn closes(&self) -> bool {
        self.change(|change| {
            change.closing = change.holders <= 1 && !change.kept;
            change.closing
        })
    }
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        let mut changes = self.tree.held_changes.0.borrow_mut();
        if let Some(change) = changes.get_mut(&self.key) {
            change.holders -= 1;
            if change.holders == 0 {
                changes.remove(&self.key);
            }
        }
        drop(changes);
        self.tree.wake();
    }
}

impl HeldChanges {
    /// A change is made permanently: where it is held as a temporary one, it stays. Returns what was found before it.
    pub fn keep(&self, key: &str) -> Option<FoundState> {
        let mut changes = self.0.borrow_mut();
        let change = changes.get_mut(key)?;
        change.kept = true;
        change.made.as_ref().map(|(_, found)| found.clone())
    }
}
