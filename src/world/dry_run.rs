//! The world of a dry run: another world without its effects.
//!
//! The engine gets nothing else in a dry run, so effects are impossible by type.

use crate::engine::address::Address;
use crate::engine::event::Event;
use crate::engine::world::{Pending, ReadWorld, Request};
use crate::value::{Timestamp, Value};
use std::task::{Context, Poll};

/// The reading half of a world.
pub struct DryRun<'w>(&'w dyn ReadWorld);

impl<'w> DryRun<'w> {
    /// The reading half of this world.
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
