//! A world that records the requests to another world.

use super::Effect;
use crate::engine::address::Address;
use crate::engine::event::{Event, EventKind};
use crate::engine::world::{
    ChangeNote, Charge, Notification, Pending, Prompt, PromptReply, Reached, ReadWorld, Request, World,
};
use crate::program::NodeId;
use crate::value::{Call, Class, Timestamp, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::task::{Context, Poll};

pub struct ObservedWorld<'w> {
    world: &'w dyn World,
    notes: RefCell<RunRecord>,
}

#[derive(Default)]
pub(super) struct RunRecord {
    pub events: Vec<Event>,
    /// Prompts that nobody has answered in time. One that the run has withdrawn needs no answer.
    pub unanswered: Vec<Prompt>,
    pub reached: BTreeSet<(NodeId, Reached)>,
    /// In the order in which the world received them.
    leaves: Vec<Call>,
}

impl RunRecord {
    /// The effects so far. The world receives each call at the time of its intent event.
    pub fn effects(&self) -> Vec<Effect> {
        let intended = self.events.iter().filter_map(|event| {
            if let EventKind::EffectIntended { call, .. } = &event.kind { Some((event.time, call)) } else { None }
        });
        let intended = intended.filter(|(_, call)| call.class > Class::Observe);
        let leaves = self.leaves.iter().map(Some).chain(std::iter::repeat(None));
        intended
            .zip(leaves)
            .map(|((at, call), leaf)| Effect { call: call.clone(), world_call: leaf.unwrap_or(call).clone(), at })
            .collect()
    }
}

impl<'w> ObservedWorld<'w> {
    pub fn new(world: &'w dyn World) -> Self {
        Self { world, notes: RefCell::default() }
    }

    pub(super) fn into_notes(self) -> RunRecord {
        self.notes.into_inner()
    }
}

impl ReadWorld for ObservedWorld<'_> {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        self.world.observe(request)
    }

    fn wait(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        self.world.wait(address, until)
    }

    fn record(&self, event: &Event) {
        self.notes.borrow_mut().events.push(event.clone());
        self.world.record(event);
    }

    fn reached(&self, statement: NodeId, how: Reached) {
        self.notes.borrow_mut().reached.insert((statement, how));
    }

    fn poll_cancel(&self, context: &mut Context<'_>) -> Poll<Timestamp> {
        self.world.poll_cancel(context)
    }
}

impl World for ObservedWorld<'_> {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        self.notes.borrow_mut().leaves.push(request.call.clone());
        self.world.act(request)
    }

    fn ask(&self, asking: Prompt) -> Pending<'_, PromptReply> {
        let pending = self.world.ask(asking.clone());
        Box::pin(async move {
            let reply = pending.await;
            if reply.result.as_ref().map_or(true, |reply| reply.answer.is_none()) {
                self.notes.borrow_mut().unanswered.push(asking);
            }
            reply
        })
    }

    fn notify(&self, notification: Notification) -> Pending<'_, ()> {
        self.world.notify(notification)
    }

    fn lock(&self, address: Address, names: Vec<String>, until: Timestamp) -> Pending<'_, ()> {
        self.world.lock(address, names, until)
    }

    fn unlock(&self, names: &[String]) {
        self.world.unlock(names);
    }

    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()> {
        self.world.note_change(note)
    }

    fn delete_change_note(&self, address: &Address) {
        self.world.delete_change_note(address);
    }

    fn admit(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        self.world.admit(address, until)
    }

    fn check_limits(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.world.check_limits(address, charges)
    }

    fn charge(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.world.charge(address, charges)
    }
}
