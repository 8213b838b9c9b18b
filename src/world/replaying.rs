//! Replaying: a world that gives a run the recorded replies of another run, in their order.
//!
//! Only the next entry of the log is ready at any time. If the run makes another request, or does not make the recorded
//! one, log and run do not belong together; that is an error.

use super::recording::{Entry, Log, RecordedReply, RecordedRequest};
use crate::engine::address::Address;
use crate::engine::event::Event;
use crate::engine::world::{
    ChangeNote, Charge, Notification, Pending, Prompt, PromptReply, ReadWorld, Reply, Request, World,
};
use crate::value::{Call, Timestamp, Value};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Why a run cannot be replayed from a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The run makes another request than the recorded one.
    #[error("at {address} the run asks for {asked:?}, and {recorded:?} was recorded")]
    Different {
        /// The address of the request.
        address: Address,
        /// The recorded request.
        recorded: Box<RecordedRequest>,
        /// The request of the run.
        asked: Box<RecordedRequest>,
    },
    /// The run waits, but not for the next entry.
    #[error("the run does not ask for entry {position} of its record: {next:?}")]
    Unrequested {
        /// The number of entries before it.
        position: usize,
        /// The next entry.
        next: Box<Entry>,
    },
    /// The log ends before the run does.
    #[error("the record ends before the run does")]
    Ended,
    /// The run ended before the log did.
    #[error("the run ended, and {entries} entries of its record are left over")]
    LeftOver {
        /// The number of entries that the run did not take.
        entries: usize,
    },
}

/// A world that replays a log.
pub struct Replaying {
    log: Log,
    cursor: Cell<usize>,
    mismatch: RefCell<Option<Mismatch>>,
    events: RefCell<Vec<Event>>,
    effects: RefCell<Vec<Call>>,
}

impl Replaying {
    /// Replays this log.
    pub fn new(log: Log) -> Self {
        Self {
            log,
            cursor: Cell::new(0),
            mismatch: RefCell::default(),
            events: RefCell::default(),
            effects: RefCell::default(),
        }
    }

    /// The events of the run.
    pub fn events(&self) -> Vec<Event> {
        self.events.borrow().clone()
    }

    /// The effects that the run requested, in order.
    pub fn effects(&self) -> Vec<Call> {
        self.effects.borrow().clone()
    }

    /// Runs a future on the log.
    ///
    /// # Errors
    /// The future does not make exactly the recorded requests.
    pub fn drive<T>(&self, future: impl Future<Output = T>) -> Result<T, Mismatch> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        let ended = future.as_mut().poll(&mut context);
        if let Some(mismatch) = self.mismatch.borrow_mut().take() {
            return Err(mismatch);
        }
        let position = self.cursor.get();
        match (ended, self.log.entries.get(position)) {
            (Poll::Ready(value), None) => Ok(value),
            (Poll::Ready(_), Some(_)) => Err(Mismatch::LeftOver { entries: self.log.entries.len() - position }),
            (Poll::Pending, None) => Err(Mismatch::Ended),
            // The engine continues as long as replies are ready. Now it waits for something other than the next entry.
            (Poll::Pending, Some(next)) => Err(Mismatch::Unrequested { position, next: Box::new(next.clone()) }),
        }
    }

    fn next_reply<'w, T: 'w>(
        &'w self,
        address: Address,
        asked: RecordedRequest,
        unwrap: fn(&RecordedReply) -> Option<Reply<T>>,
    ) -> Pending<'w, T> {
        Box::pin(poll_fn(move |_| match self.log.entries.get(self.cursor.get()) {
            Some(Entry::Replied { address: place, asked: recorded, reply })
                if *place == address && recorded.kind() == asked.kind() && self.mismatch.borrow().is_none() =>
            {
                let reply = if *recorded == asked { unwrap(reply) } else { None };
                match reply {
                    Some(reply) => {
                        self.cursor.set(self.cursor.get() + 1);
                        Poll::Ready(reply)
                    }
                    None => {
                        *self.mismatch.borrow_mut() = Some(Mismatch::Different {
                            address: address.clone(),
                            recorded: Box::new(recorded.clone()),
                            asked: Box::new(asked.clone()),
                        });
                        Poll::Pending
                    }
                }
            }
            _ => Poll::Pending,
        }))
    }
}

fn value(reply: &RecordedReply) -> Option<Reply<Value>> {
    if let RecordedReply::Value(reply) = reply { Some(reply.clone()) } else { None }
}

fn prompt_reply(reply: &RecordedReply) -> Option<Reply<PromptReply>> {
    if let RecordedReply::People(reply) = reply { Some(reply.clone()) } else { None }
}

fn no_value(reply: &RecordedReply) -> Option<Reply<()>> {
    if let RecordedReply::Over(reply) = reply { Some(reply.clone()) } else { None }
}

impl ReadWorld for Replaying {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        let asked = RecordedRequest::observe(&request);
        self.next_reply(request.address, asked, value)
    }

    fn wait(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        self.next_reply(address, RecordedRequest::Wait { until }, no_value)
    }

    fn record(&self, event: &Event) {
        self.events.borrow_mut().push(event.clone());
    }

    fn poll_cancel(&self, _: &mut Context<'_>) -> Poll<Timestamp> {
        match self.log.entries.get(self.cursor.get()) {
            Some(Entry::Cancelled { at }) => {
                self.cursor.set(self.cursor.get() + 1);
                Poll::Ready(*at)
            }
            _ => Poll::Pending,
        }
    }
}

impl World for Replaying {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        self.effects.borrow_mut().push(request.call.clone());
        let asked = RecordedRequest::act(&request);
        self.next_reply(request.address, asked, value)
    }

    fn ask(&self, prompt: Prompt) -> Pending<'_, PromptReply> {
        let asked = RecordedRequest::ask(&prompt);
        self.next_reply(prompt.address, asked, prompt_reply)
    }

    fn notify(&self, notification: Notification) -> Pending<'_, ()> {
        let asked = RecordedRequest::notify(&notification);
        self.next_reply(notification.address, asked, no_value)
    }

    fn lock(&self, address: Address, names: Vec<String>, _: Timestamp) -> Pending<'_, ()> {
        self.next_reply(address, RecordedRequest::Lock { names }, no_value)
    }

    fn unlock(&self, _: &[String]) {}

    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()> {
        let asked = RecordedRequest::note(&note);
        self.next_reply(note.address, asked, no_value)
    }

    fn delete_change_note(&self, _: &Address) {}

    fn admit(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        self.next_reply(address, RecordedRequest::Admit { until }, no_value)
    }

    fn check_limits(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.next_reply(address, RecordedRequest::check_limits(&charges), no_value)
    }

    fn charge(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.next_reply(address, RecordedRequest::charge(&charges), no_value)
    }
}
