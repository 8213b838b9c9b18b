//! Cancellation of a run, shared by everything that waits for it.

use crate::value::Timestamp;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A shared handle that can cancel the run.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    wanted: Cell<Option<Timestamp>>,
    wakers: RefCell<Vec<Waker>>,
}

impl Cancel {
    /// Cancels the run; `at` is the world's clock. Only the first call counts.
    pub fn cancel(&self, at: Timestamp) {
        if self.0.wanted.get().is_none() {
            self.0.wanted.set(Some(at));
        }
        for waker in self.0.wakers.take() {
            waker.wake();
        }
    }

    /// Ready with the time of the cancellation. Otherwise the task is woken when the run is cancelled.
    pub fn poll(&self, context: &mut Context<'_>) -> Poll<Timestamp> {
        if let Some(at) = self.0.wanted.get() {
            return Poll::Ready(at);
        }
        let mut wakers = self.0.wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}
