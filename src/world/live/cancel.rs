//! The wish that a run stop, heard by everybody who waits.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

/// Shared: whoever holds one can ask for the run to stop.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    wanted: Cell<bool>,
    wakers: RefCell<Vec<Waker>>,
}

impl Cancel {
    /// Asks for the run to stop.
    pub fn cancel(&self) {
        self.0.wanted.set(true);
        for waker in self.0.wakers.take() {
            waker.wake();
        }
    }

    /// Whether somebody has; if not, the task is woken when somebody does.
    pub fn poll(&self, context: &mut Context<'_>) -> bool {
        if self.0.wanted.get() {
            return true;
        }
        let mut wakers = self.0.wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        false
    }
}
