//! What worlds on virtual time have in common: the clock, people, locks, limits and cancellation.
//!
//! It needs no runtime: [`VirtualEnvironment::drive`] polls until everything is pending and jumps to the next time at which something
//! happens.

mod limits;
mod person;
mod timer;

pub use person::Person;

use crate::engine::world::{Charge, Notification, Pending, Prompt, PromptReply, Reply};
use crate::value::{ActionError, Contact, ErrorKind, SignedDuration, Timestamp};
use limits::Limits;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use timer::{Timer, Timers};

/// A stage on which a run can be played.
pub struct VirtualEnvironment {
    timers: Timers,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    people: Vec<Person>,
    /// Who hears of what others hear of.
    contacts: Vec<Contact>,
    unreachable: BTreeSet<String>,
    nobody_is_reachable: bool,
    /// Locks of other runs, and until when they are held.
    taken: BTreeMap<String, Timestamp>,
    held: BTreeSet<String>,
    limits: Limits,
    cancel_at: Option<Timestamp>,
    asked: Vec<Prompt>,
    told: Vec<SentMessage>,
}

/// What somebody was told.
#[derive(Debug, Clone)]
pub struct SentMessage {
    /// When.
    pub at: Timestamp,
    /// What.
    pub telling: Notification,
    /// Whether it arrived.
    pub delivered: bool,
}

/// Everything waits, and nothing will ever happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlock;

impl std::fmt::Display for Deadlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the run waits for something that will never happen")
    }
}

impl std::error::Error for Deadlock {}

impl VirtualEnvironment {
    /// A stage with nobody on it; its clock starts there.
    pub fn new(start: Timestamp) -> Self {
        Self { timers: Timers::new(start), state: RefCell::default() }
    }

    /// Adds somebody who answers. Of several whom a question fits the one added last is taken.
    pub fn add_person(&self, person: Person) {
        self.state.borrow_mut().people.push(person);
    }

    /// Whom an inventory names: a message reaches a contact if it reaches one of those that hear of everything it does.
    pub fn know_contacts(&self, contacts: &[Contact]) {
        self.state.borrow_mut().contacts = contacts.to_vec();
    }

    /// A contact that cannot be reached.
    pub fn make_unreachable(&self, contact: &str) {
        self.state.borrow_mut().unreachable.insert(contact.to_owned());
    }

    /// No contact can be reached.
    pub fn make_everybody_unreachable(&self) {
        self.state.borrow_mut().nobody_is_reachable = true;
    }

    /// A lock that another run holds until that time.
    pub fn take_until(&self, lock: &str, until: Timestamp) {
        self.state.borrow_mut().taken.insert(lock.to_owned(), until);
    }

    /// A limit that was charged before, at that time.
    pub fn charged(&self, name: &str, at: Timestamp) {
        self.state.borrow_mut().limits.charged(name, at);
    }

    /// Somebody cancels at that time; at once, where it is past.
    pub fn cancel_at(&self, at: Timestamp) {
        self.state.borrow_mut().cancel_at = Some(at);
    }

    /// The clock.
    pub fn now(&self) -> Timestamp {
        self.timers.now()
    }

    /// What people were asked, in order.
    pub fn asked(&self) -> Vec<Prompt> {
        self.state.borrow().asked.clone()
    }

    /// What people were told, in order.
    pub fn told(&self) -> Vec<SentMessage> {
        self.state.borrow().told.clone()
    }

    /// The locks that are held.
    pub fn held(&self) -> Vec<String> {
        self.state.borrow().held.iter().cloned().collect()
    }

    /// Runs a future on this stage's time.
    ///
    /// # Errors
    /// When it waits and nothing will ever happen.
    pub fn drive<T>(&self, future: impl Future<Output = T>) -> Result<T, Deadlock> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return Ok(value);
            }
            let cancel = { self.state.borrow() }.cancel_at.filter(|at| *at > self.now());
            let next = self.timers.next().into_iter().chain(cancel).min().ok_or(Deadlock)?;
            if next <= self.now() {
                return Err(Deadlock);
            }
            self.timers.jump(next);
        }
    }

    /// Waits until the clock has reached a time, never less; then says what it shows.
    pub fn timer(&self, until: Timestamp) -> Timer<'_> {
        self.timers.timer(until)
    }

    /// A time from now; the end of time where it would be later.
    pub fn in_time(&self, takes: SignedDuration) -> Timestamp {
        self.now().checked_add(takes).unwrap_or(Timestamp::MAX)
    }

    /// A reply that is known already and comes at a time.
    pub fn reply_at<'w, T: 'w>(&'w self, at: Timestamp, result: Result<T, ActionError>) -> Pending<'w, T> {
        let timer = self.timer(at);
        Box::pin(async move { Reply { at: timer.await, result } })
    }

    /// As [`ReadWorld::wait`](crate::engine::world::Observing::wait).
    pub fn wait(&self, until: Timestamp) -> Pending<'_, ()> {
        self.reply_at(until, Ok(()))
    }

    /// As [`ReadWorld::poll_cancel`](crate::engine::world::Observing::poll_cancel).
    pub fn poll_cancel(&self) -> Poll<Timestamp> {
        let cancelled = self.state.borrow().cancel_at.is_some_and(|at| at <= self.now());
        if cancelled { Poll::Ready(self.now()) } else { Poll::Pending }
    }

    /// Whether there is somebody who answers a question.
    pub fn is_answered(&self, asking: &Prompt) -> bool {
        self.state.borrow().people.iter().any(|person| person.fits(asking))
    }

    /// As [`World::ask`](crate::engine::world::World::ask).
    pub fn ask(&self, asking: Prompt) -> Pending<'_, PromptReply> {
        let mut state = self.state.borrow_mut();
        let person = state.people.iter().rev().find(|person| person.fits(&asking)).cloned();
        let deadline = asking.deadline;
        let (enough, too_few): (Vec<_>, Vec<_>) = person.into_iter().partition(|person| person.is_enough(&asking));
        let (person, too_few) = (enough.into_iter().next(), too_few.into_iter().next());
        state.asked.push(asking.clone());
        drop(state);
        let answer = person.and_then(|person| {
            let at = self.now().checked_add(person.takes).ok()?;
            let answer = Some(person.answer.clone());
            (at <= deadline).then_some((at, PromptReply { answer, by: person.names(&asking) }))
        });
        let by = too_few.map(|person| person.names(&asking)).unwrap_or_default();
        let (at, answer) = answer.unwrap_or((deadline, PromptReply { answer: None, by }));
        self.reply_at(at, Ok(answer))
    }

    /// As [`World::tell`](crate::engine::world::World::tell).
    pub fn tell(&self, telling: Notification) -> Pending<'_, ()> {
        let mut state = self.state.borrow_mut();
        let circle = Contact::circle(&state.contacts, &telling.contact);
        let is_reachable = |name: &str| !state.nobody_is_reachable && !state.unreachable.contains(name);
        let delivered = match circle.as_slice() {
            [] => is_reachable(&telling.contact),
            circle => circle.iter().any(|contact| is_reachable(&contact.name)),
        };
        let message = format!("{} cannot be reached", telling.contact);
        state.told.push(SentMessage { at: self.now(), telling, delivered });
        drop(state);
        let result = if delivered { Ok(()) } else { Err(ActionError::new(ErrorKind::Unreachable, message)) };
        self.reply_at(self.now(), result)
    }

    /// As [`World::lock`](crate::engine::world::World::lock).
    pub fn lock(&self, names: Vec<String>) -> Pending<'_, ()> {
        let now = self.now();
        let mut state = self.state.borrow_mut();
        let others = |name: &String| state.taken.get(name).is_some_and(|until| now < *until);
        let other = names.iter().find(|name| others(name) || state.held.contains(*name)).cloned();
        let result = match other {
            Some(name) => Err(ActionError::new(ErrorKind::Refused, format!("another run holds the lock of {name}"))),
            None => {
                state.held.extend(names);
                Ok(())
            }
        };
        drop(state);
        self.reply_at(now, result)
    }

    /// As [`World::unlock`](crate::engine::world::World::unlock).
    pub fn unlock(&self, names: &[String]) {
        let mut state = self.state.borrow_mut();
        for name in names {
            state.held.remove(name);
        }
    }

    /// As [`World::check_limits`](crate::engine::world::World::check_limits).
    pub fn check_limits(&self, charges: &[Charge]) -> Pending<'_, ()> {
        let result = self.state.borrow().limits.check(charges, self.now());
        self.reply_at(self.now(), result)
    }

    /// As [`World::charge`](crate::engine::world::World::charge).
    pub fn charge(&self, charges: &[Charge]) -> Pending<'_, ()> {
        let result = self.state.borrow_mut().limits.charge(charges, self.now());
        self.reply_at(self.now(), result)
    }
}
