//! What the worlds on virtual time share: the clock, people, locks, limits and cancellation.
//!
//! It needs no runtime: [`VirtualEnvironment::drive`] polls until everything is pending and jumps to the time of the
//! next timer.

mod limits;
mod person;
mod timer;

pub use person::Person;

use super::incidents::{Incident, RunHosts};
use crate::engine::event::Event;
use crate::engine::world::{Charge, Notification, Pending, Prompt, PromptReply, Reply};
use crate::value::{ActionError, Contact, ErrorKind, SignedDuration, Timestamp};
use limits::Limits;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use timer::{Timer, Timers};

/// Virtual time, and the people, locks and limits in it.
pub struct VirtualEnvironment {
    timers: Timers,
    /// Whether a lock was released since the futures were polled: one that waits for it may go on.
    released: Cell<bool>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    people: Vec<Person>,
    /// The contacts of the inventory.
    contacts: Vec<Contact>,
    unreachable: BTreeSet<String>,
    nobody_is_reachable: bool,
    /// Locks of other runs, and when they are released.
    taken: BTreeMap<String, Timestamp>,
    /// The locks that are held, and by which run.
    held: BTreeMap<String, usize>,
    limits: Limits,
    /// When effects are paused, and until when.
    pause: Option<(Timestamp, Timestamp)>,
    cancel_at: Option<Timestamp>,
    asked: Vec<Prompt>,
    sent: Vec<SentMessage>,
    incidents: Vec<Incident>,
    /// The hosts of the runs.
    hosts: RunHosts,
}

impl State {
    fn note_incidents(&mut self, notification: &Notification, now: Timestamp) {
        for host in &notification.hosts {
            let about = |incident: &&mut Incident| incident.contact == notification.contact && incident.host == *host;
            match self.incidents.iter_mut().find(about).filter(|incident| incident.is_open(now)) {
                Some(open) => open.last = now,
                None => {
                    let opened = Incident::opened_by(notification, host, notification.subject.clone(), now);
                    self.incidents.retain(|incident| incident.contact != opened.contact || incident.host != *host);
                    self.incidents.push(opened);
                }
            }
        }
    }
}

/// A message that was sent.
#[derive(Debug, Clone)]
pub struct SentMessage {
    /// When it was sent.
    pub at: Timestamp,
    /// The message.
    pub notification: Notification,
    /// Whether it was delivered.
    pub delivered: bool,
}

/// The run waits, and no timer is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run waits for something that never happens")]
pub struct Deadlock;

impl VirtualEnvironment {
    /// An environment without people. Its clock starts at this time.
    pub fn new(start: Timestamp) -> Self {
        Self { timers: Timers::new(start), released: Cell::default(), state: RefCell::default() }
    }

    /// Adds a person who answers prompts. If several match a prompt, the last one added applies.
    pub fn add_person(&self, person: Person) {
        self.state.borrow_mut().people.push(person);
    }

    /// Sets the contacts of the inventory. A message reaches a contact if it reaches one of those that it includes.
    pub fn know_contacts(&self, contacts: &[Contact]) {
        self.state.borrow_mut().contacts = contacts.to_vec();
    }

    /// Makes a contact unreachable.
    pub fn make_unreachable(&self, contact: &str) {
        self.state.borrow_mut().unreachable.insert(contact.to_owned());
    }

    /// Makes every contact unreachable.
    pub fn make_everybody_unreachable(&self) {
        self.state.borrow_mut().nobody_is_reachable = true;
    }

    /// Has another run hold a lock until a time.
    pub fn take_until(&self, lock: &str, until: Timestamp) {
        self.state.borrow_mut().taken.insert(lock.to_owned(), until);
    }

    /// Adds an earlier charge of a counter.
    pub fn charged(&self, counter: &str, at: Timestamp) {
        self.state.borrow_mut().limits.charged(counter, at);
    }

    /// Pauses effects between two times.
    pub fn pause(&self, from: Timestamp, until: Timestamp) {
        self.state.borrow_mut().pause = Some((from, until));
    }

    /// Cancels the run at a time; at once if it has passed.
    pub fn cancel_at(&self, at: Timestamp) {
        self.state.borrow_mut().cancel_at = Some(at);
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.timers.now()
    }

    /// The prompts, in order.
    pub fn prompts(&self) -> Vec<Prompt> {
        self.state.borrow().asked.clone()
    }

    /// The messages that were sent, in order.
    pub fn sent_messages(&self) -> Vec<SentMessage> {
        self.state.borrow().sent.clone()
    }

    /// The locks that are held.
    pub fn held(&self) -> Vec<String> {
        self.state.borrow().held.keys().cloned().collect()
    }

    /// Runs a future on virtual time.
    ///
    /// # Errors
    /// It waits for something that will never happen.
    pub fn drive<T>(&self, future: impl Future<Output = T>) -> Result<T, Deadlock> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return Ok(value);
            }
            if self.released.take() {
                continue;
            }
            let cancel = { self.state.borrow() }.cancel_at.filter(|at| *at > self.now());
            let next = self.timers.next().into_iter().chain(cancel).min().ok_or(Deadlock)?;
            if next <= self.now() {
                return Err(Deadlock);
            }
            self.timers.jump(next);
        }
    }

    /// A timer that ends with the time, not before `until`.
    pub fn timer(&self, until: Timestamp) -> Timer<'_> {
        self.timers.timer(until)
    }

    /// A time from now, at most the last that there is.
    pub fn in_time(&self, takes: SignedDuration) -> Timestamp {
        self.now().checked_add(takes).unwrap_or(Timestamp::MAX)
    }

    /// A reply with a known result that comes at a time.
    pub fn reply_at<'w, T: 'w>(&'w self, at: Timestamp, result: Result<T, ActionError>) -> Pending<'w, T> {
        let timer = self.timer(at);
        Box::pin(async move { Reply { at: timer.await, result } })
    }

    /// As [`ReadWorld::wait`](crate::engine::world::ReadWorld::wait).
    pub fn wait(&self, until: Timestamp) -> Pending<'_, ()> {
        self.reply_at(until, Ok(()))
    }

    /// As [`ReadWorld::poll_cancel`](crate::engine::world::ReadWorld::poll_cancel).
    pub fn poll_cancel(&self) -> Poll<Timestamp> {
        let cancelled = self.state.borrow().cancel_at.is_some_and(|at| at <= self.now());
        if cancelled { Poll::Ready(self.now()) } else { Poll::Pending }
    }

    /// Whether a person answers this prompt.
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
            (at <= deadline).then_some((at, PromptReply { answer, by: person.names() }))
        });
        let by = too_few.map(|person| person.names()).unwrap_or_default();
        let (at, answer) = answer.unwrap_or((deadline, PromptReply { answer: None, by }));
        self.reply_at(at, Ok(answer))
    }

    /// As [`World::notify`](crate::engine::world::World::notify).
    pub fn notify(&self, notification: Notification) -> Pending<'_, ()> {
        let incident = self.followed_by(&notification);
        let notification = incident.map_or_else(|| notification.clone(), |incident| incident.follow_up(&notification));
        let mut state = self.state.borrow_mut();
        let circle = Contact::recipients(&state.contacts, &notification.contact);
        let is_reachable = |name: &str| !state.nobody_is_reachable && !state.unreachable.contains(name);
        let delivered = match circle.as_slice() {
            [] => is_reachable(&notification.contact),
            circle => circle.iter().any(|contact| is_reachable(&contact.name)),
        };
        let message = format!("{} cannot be reached", notification.contact);
        if notification.escalation && delivered {
            state.note_incidents(&notification, self.now());
        }
        state.sent.push(SentMessage { at: self.now(), notification, delivered });
        drop(state);
        let result = if delivered { Ok(()) } else { Err(ActionError::new(ErrorKind::Unreachable, message)) };
        self.reply_at(self.now(), result)
    }

    /// The oldest incident that an escalation follows up.
    pub fn followed_by(&self, notification: &Notification) -> Option<Incident> {
        let state = self.state.borrow();
        let known = state
            .incidents
            .iter()
            .filter(|incident| notification.contact == incident.contact && notification.hosts.contains(&incident.host));
        let open = known.filter(|incident| incident.is_open(self.now()) && incident.run != notification.run);
        open.filter(|_| notification.escalation).min_by_key(|incident| incident.since).cloned()
    }

    /// Closes the incidents of a run that ends resolved.
    pub fn close_incidents(&self, event: &Event) {
        let mut state = self.state.borrow_mut();
        let over = state.hosts.after(event);
        state.incidents.retain(|incident| !over.contains(&incident.host));
    }

    /// As [`World::lock`](crate::engine::world::World::lock), for one of the runs of this world.
    pub fn lock(&self, run: usize, names: Vec<String>, until: Timestamp) -> Pending<'_, ()> {
        let until = until.max(self.now());
        let ends = names.iter().filter_map(|name| self.state.borrow().taken.get(name).copied());
        // The times at which it is tried again; a run of this world that releases a lock is no timer.
        let timers: Vec<Timer<'_>> =
            ends.filter(|end| *end <= until).chain([until]).map(|time| self.timer(time)).collect();
        Box::pin(poll_fn(move |_| {
            let _ = &timers;
            let (now, mut state) = (self.now(), self.state.borrow_mut());
            let is_taken = |name: &&String| {
                state.taken.get(*name).is_some_and(|end| now < *end)
                    || state.held.get(*name).is_some_and(|holder| *holder != run)
            };
            match names.iter().find(is_taken) {
                None => {
                    state.held.extend(names.iter().map(|name| (name.clone(), run)));
                    Poll::Ready(Reply { at: now, result: Ok(()) })
                }
                Some(name) if now >= until => {
                    let error = ActionError::new(ErrorKind::Refused, format!("another run holds the lock of {name}"));
                    Poll::Ready(Reply { at: now, result: Err(error) })
                }
                Some(_) => Poll::Pending,
            }
        }))
    }

    /// As [`World::unlock`](crate::engine::world::World::unlock).
    pub fn unlock(&self, names: &[String]) {
        let mut state = self.state.borrow_mut();
        for name in names {
            state.held.remove(name);
        }
        self.released.set(true);
    }

    /// As [`World::admit`](crate::engine::world::World::admit).
    pub fn admit(&self, until: Timestamp) -> Pending<'_, ()> {
        let now = self.now();
        let pause = { self.state.borrow() }.pause.filter(|(from, end)| *from <= now && now < *end);
        match pause {
            None => self.reply_at(now, Ok(())),
            Some((_, end)) if end <= until => self.reply_at(end, Ok(())),
            Some(_) => {
                let error = ActionError::new(ErrorKind::Refused, "effects are paused");
                self.reply_at(until.max(now), Err(error))
            }
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
