//! Recording: a world that logs its replies in the order in which the run takes them, so that the run can be replayed.

use crate::engine::address::Address;
use crate::engine::event::Event;
use crate::engine::world::{
    ChangeNote, Charge, Notification, Pending, Prompt, PromptReply, ReadWorld, Reply, Request, World,
};
use crate::value::{Call, Timestamp, Value};
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::task::{Context, Poll};

/// Everything that a run depended on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The replies and cancellations, in the order in which the run took them.
    pub entries: Vec<Entry>,
}

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// A reply to a request.
    Replied {
        /// The address of the request.
        address: Address,
        /// The request.
        asked: RecordedRequest,
        /// The reply.
        reply: RecordedReply,
    },
    /// The run was cancelled.
    Cancelled {
        /// The time of the cancellation.
        at: Timestamp,
    },
}

/// A request without its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "asked", rename_all = "snake_case")]
#[allow(missing_docs, reason = "as the requests of the world document them")]
pub enum RecordedRequest {
    Observe { call: Call, deadline: Timestamp },
    Act { call: Call, deadline: Timestamp },
    Wait { until: Timestamp },
    Ask { message: String, choices: Vec<EcoString>, by: u32, deadline: Timestamp },
    Notify { contact: EcoString, subject: String, body: String },
    Lock { names: Vec<String> },
    Admit { until: Timestamp },
    CheckLimits { names: Vec<String> },
    Charge { names: Vec<String> },
    Note { change: String, undo: String },
}

impl RecordedRequest {
    /// The kind of the request. An address has one pending request of a kind.
    pub(super) fn kind(&self) -> std::mem::Discriminant<Self> {
        std::mem::discriminant(self)
    }

    pub(super) fn observe(request: &Request) -> Self {
        Self::Observe { call: request.call.clone(), deadline: request.deadline }
    }

    pub(super) fn act(request: &Request) -> Self {
        Self::Act { call: request.call.clone(), deadline: request.deadline }
    }

    pub(super) fn ask(prompt: &Prompt) -> Self {
        let Prompt { message, choices, by, deadline, .. } = prompt.clone();
        Self::Ask { message, choices, by, deadline }
    }

    pub(super) fn notify(notification: &Notification) -> Self {
        let Notification { contact, subject, body, .. } = notification.clone();
        Self::Notify { contact, subject, body }
    }

    pub(super) fn note(note: &ChangeNote) -> Self {
        Self::Note { change: note.change.clone(), undo: note.undo.clone() }
    }

    pub(super) fn check_limits(charges: &[Charge]) -> Self {
        Self::CheckLimits { names: charges.iter().map(|charge| charge.name.clone()).collect() }
    }

    pub(super) fn charge(charges: &[Charge]) -> Self {
        Self::Charge { names: charges.iter().map(|charge| charge.name.clone()).collect() }
    }
}

/// A reply of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "reply", rename_all = "snake_case")]
pub enum RecordedReply {
    /// A value.
    Value(Reply<Value>),
    /// The answer of people.
    People(Reply<PromptReply>),
    /// The end of a request without a value.
    Over(Reply<()>),
}

/// A world that logs its replies.
pub struct Recording<W> {
    world: W,
    log: RefCell<Log>,
}

impl<W> Recording<W> {
    /// Logs the replies of this world.
    pub fn new(world: W) -> Self {
        Self { world, log: RefCell::default() }
    }

    /// The log so far.
    pub fn log(&self) -> Log {
        self.log.borrow().clone()
    }

    /// The recorded world.
    pub fn world(&self) -> &W {
        &self.world
    }

    fn recorded<'w, T: Clone + 'w>(
        &'w self,
        address: Address,
        asked: RecordedRequest,
        pending: Pending<'w, T>,
        wrap: fn(Reply<T>) -> RecordedReply,
    ) -> Pending<'w, T> {
        Box::pin(async move {
            let reply = pending.await;
            let entry = Entry::Replied { address, asked, reply: wrap(reply.clone()) };
            self.log.borrow_mut().entries.push(entry);
            reply
        })
    }
}

impl<W: ReadWorld> ReadWorld for Recording<W> {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        let (address, asked) = (request.address.clone(), RecordedRequest::observe(&request));
        self.recorded(address, asked, self.world.observe(request), RecordedReply::Value)
    }

    fn wait(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        self.recorded(
            address.clone(),
            RecordedRequest::Wait { until },
            self.world.wait(address, until),
            RecordedReply::Over,
        )
    }

    fn record(&self, event: &Event) {
        self.world.record(event);
    }

    fn poll_cancel(&self, context: &mut Context<'_>) -> Poll<Timestamp> {
        let cancelled = self.world.poll_cancel(context);
        if let Poll::Ready(at) = cancelled {
            self.log.borrow_mut().entries.push(Entry::Cancelled { at });
        }
        cancelled
    }
}

impl<W: World> World for Recording<W> {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        let (address, asked) = (request.address.clone(), RecordedRequest::act(&request));
        self.recorded(address, asked, self.world.act(request), RecordedReply::Value)
    }

    fn ask(&self, prompt: Prompt) -> Pending<'_, PromptReply> {
        let (address, asked) = (prompt.address.clone(), RecordedRequest::ask(&prompt));
        self.recorded(address, asked, self.world.ask(prompt), RecordedReply::People)
    }

    fn notify(&self, notification: Notification) -> Pending<'_, ()> {
        let (address, asked) = (notification.address.clone(), RecordedRequest::notify(&notification));
        self.recorded(address, asked, self.world.notify(notification), RecordedReply::Over)
    }

    fn lock(&self, address: Address, names: Vec<String>, until: Timestamp) -> Pending<'_, ()> {
        let asked = RecordedRequest::Lock { names: names.clone() };
        self.recorded(address.clone(), asked, self.world.lock(address, names, until), RecordedReply::Over)
    }

    fn unlock(&self, names: &[String]) {
        self.world.unlock(names);
    }

    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()> {
        let (address, asked) = (note.address.clone(), RecordedRequest::note(&note));
        self.recorded(address, asked, self.world.note_change(note), RecordedReply::Over)
    }

    fn delete_change_note(&self, address: &Address) {
        self.world.delete_change_note(address);
    }

    fn admit(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        let asked = RecordedRequest::Admit { until };
        self.recorded(address.clone(), asked, self.world.admit(address, until), RecordedReply::Over)
    }

    fn check_limits(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        let asked = RecordedRequest::check_limits(&charges);
        self.recorded(address.clone(), asked, self.world.check_limits(address, charges), RecordedReply::Over)
    }

    fn charge(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        let asked = RecordedRequest::charge(&charges);
        self.recorded(address.clone(), asked, self.world.charge(address, charges), RecordedReply::Over)
    }
}
