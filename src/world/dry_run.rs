//! A rehearsal's world: whatever world there is, cut down to the half that reads.
//!
//! The engine is handed nothing else in a rehearsal, so what the other half could do is out of reach by its type.

use crate::engine::address::Address;
use crate::engine::event::Event;
use crate::engine::world::{Pending, ReadWorld, Request};
use crate::value::{Timestamp, Value};
use std::task::{Context, Poll};

/// The half of a world that reads.
pub struct DryRun<'w>(&'w dyn ReadWorld);

impl<'w> DryRun<'w> {
    /// Cuts a world down.
    pub fn new(world: &'w dyn ReadWorld) -> Self {
        Self(world)
    }
}

impl ReadWorld for DryRun<'_> {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        self.0.observe(request)
    }

    fn wait(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        self.0.wait(address, until)
    }

    fn record(&self, event: &Event) {
        self.0.record(event);
    }

    fn poll_cancel(&self, context: &mut Context<'_>) -> Poll<Timestamp> {
        self.0.poll_cancel(context)
    }
}
