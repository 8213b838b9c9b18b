//! The wish that a run stop, heard by everybody who waits.

use crate::value::Timestamp;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Shared: whoever holds one can ask for the run to stop.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    wanted: Cell<Option<Timestamp>>,
    wakers: RefCell<Vec<Waker>>,
}

impl Cancel {
    /// Asks for the run to stop; `at` is the world's clock. The first time counts.
    pub fn cancel(&self, at: Timestamp) {
        if self.0.wanted.get().is_none() {
            self.0.wanted.set(Some(at));
        }
        for waker in self.0.wakers.take() {
            waker.wake();
        }
    }

    /// When somebody did; if nobody has yet, the task is woken when somebody does.
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
