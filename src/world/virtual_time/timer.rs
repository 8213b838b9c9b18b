//! Timers on virtual time.

use crate::value::Timestamp;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A clock that only jumps, and the timers that wait for it.
pub struct Timers {
    now: Cell<Timestamp>,
    pending: RefCell<BTreeMap<Timestamp, usize>>,
}

impl Timers {
    /// A clock at this time.
    pub fn new(now: Timestamp) -> Self {
        Self { now: Cell::new(now), pending: RefCell::default() }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// Sets the time.
    pub fn jump(&self, to: Timestamp) {
        self.now.set(to);
    }

    /// The earliest time that a timer waits for.
    pub fn next(&self) -> Option<Timestamp> {
        self.pending.borrow().keys().next().copied()
    }

    /// A timer for this time.
    pub fn timer(&self, until: Timestamp) -> Timer<'_> {
        *self.pending.borrow_mut().entry(until).or_default() += 1;
        Timer { timers: self, until }
    }
}

/// A timer; forgotten when dropped.
pub struct Timer<'w> {
    timers: &'w Timers,
    until: Timestamp,
}

impl Future for Timer<'_> {
    type Output = Timestamp;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Timestamp> {
        if self.timers.now() >= self.until { Poll::Ready(self.timers.now()) } else { Poll::Pending }
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        let mut pending = self.timers.pending.borrow_mut();
        if let Some(count) = pending.get_mut(&self.until) {
            *count -= 1;
            if *count == 0 {
                pending.remove(&self.until);
            }
        }
    }
}
