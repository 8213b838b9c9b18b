//! A world that says what a script says, on virtual time.
//!
//! It needs no runtime: [`Scripted::drive`] polls until everything is pending and jumps to the next time at which
//! something happens. Apart from the engine it keeps a ledger of every effect that was asked of it.

mod ledger;
mod limits;
mod script;
mod timer;

pub use ledger::{Effect, Told};
pub use script::{Person, Rule, Says};

use crate::engine::address::Address;
use crate::engine::event::Event;
use crate::engine::world::{Answered, Asking, Charge, Observing, Pending, Reply, Request, Telling, World};
use crate::value::{ActionError, ErrorKind, Outcome, SignedDuration, Timestamp, Value};
use limits::Limits;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use timer::{Timer, Timers};

/// A world that says what a script says.
pub struct Scripted {
    timers: Timers,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    people: Vec<Person>,
    unreachable: BTreeSet<String>,
    /// Locks of other runs, and until when they are held.
    taken: BTreeMap<String, Timestamp>,
    held: BTreeSet<String>,
    limits: Limits,
    cancel_at: Option<Timestamp>,
    cancel_at_effect: Option<usize>,
    cancelled: bool,
    effects: Vec<Effect>,
    asked: Vec<Asking>,
    told: Vec<Told>,
    observed: usize,
    events: Vec<Event>,
}

/// Everything waits, and nothing will ever happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stuck;

impl std::fmt::Display for Stuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the run waits for something that will never happen")
    }
}

impl std::error::Error for Stuck {}

impl Scripted {
    /// An empty script; its clock starts there.
    pub fn new(start: Timestamp) -> Self {
        Self { timers: Timers::new(start), state: RefCell::default() }
    }

    /// Adds a rule. Of several that fit a call the one added last is taken.
    #[must_use]
    pub fn with(self, rule: Rule) -> Self {
        self.state.borrow_mut().rules.push(rule);
        self
    }

    /// Adds somebody who answers. Of several whom a question fits the one added last is taken.
    #[must_use]
    pub fn person(self, person: Person) -> Self {
        self.state.borrow_mut().people.push(person);
        self
    }

    /// A contact that cannot be reached.
    #[must_use]
    pub fn unreachable(self, contact: &str) -> Self {
        self.state.borrow_mut().unreachable.insert(contact.to_owned());
        self
    }

    /// A lock that another run holds.
    #[must_use]
    pub fn taken(self, lock: &str) -> Self {
        self.taken_until(lock, Timestamp::MAX)
    }

    /// A lock that another run holds until that time.
    #[must_use]
    pub fn taken_until(self, lock: &str, until: Timestamp) -> Self {
        self.state.borrow_mut().taken.insert(lock.to_owned(), until);
        self
    }

    /// A limit that was charged before, at that time.
    #[must_use]
    pub fn charged(self, name: &str, at: Timestamp) -> Self {
        self.state.borrow_mut().limits.charged(name, at);
        self
    }

    /// Somebody cancels at that time.
    #[must_use]
    pub fn cancel_at(self, at: Timestamp) -> Self {
        self.state.borrow_mut().cancel_at = Some(at);
        self
    }

    /// Somebody cancels as soon as the nth effect, counted from 1, has begun.
    #[must_use]
    pub fn cancel_at_effect(self, nth: usize) -> Self {
        self.state.borrow_mut().cancel_at_effect = Some(nth);
        self
    }

    /// The clock.
    pub fn now(&self) -> Timestamp {
        self.timers.now()
    }

    /// Every effect that was asked for, in the order in which they began.
    pub fn effects(&self) -> Vec<Effect> {
        self.state.borrow().effects.clone()
    }

    /// What people were told, in order.
    pub fn told(&self) -> Vec<Told> {
        self.state.borrow().told.clone()
    }

    /// What people were asked, in order.
    pub fn asked(&self) -> Vec<Asking> {
        self.state.borrow().asked.clone()
    }

    /// How many observations were made.
    pub fn observed(&self) -> usize {
        self.state.borrow().observed
    }

    /// What the run told.
    pub fn events(&self) -> Vec<Event> {
        self.state.borrow().events.clone()
    }

    /// The locks that are held.
    pub fn held(&self) -> Vec<String> {
        self.state.borrow().held.iter().cloned().collect()
    }

    /// Runs a future on this world's virtual time.
    pub fn drive<T>(&self, future: impl Future<Output = T>) -> Result<T, Stuck> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return Ok(value);
            }
            let cancel = { self.state.borrow() }.cancel_at.filter(|at| *at > self.now());
            let next = self.timers.next().into_iter().chain(cancel).min().ok_or(Stuck)?;
            if next <= self.now() {
                return Err(Stuck);
            }
            self.timers.jump(next);
        }
    }

    fn after<'w, T: 'w>(&'w self, takes: SignedDuration, result: Result<T, ActionError>) -> Pending<'w, T> {
        let timer = self.timers.timer(self.now().checked_add(takes).unwrap_or(Timestamp::MAX));
        Box::pin(async move { Reply { at: timer.await, result } })
    }

    /// What a call comes to, and when.
    fn answer(&self, request: &Request) -> (Timestamp, Result<Value, ActionError>) {
        let says = self.state.borrow_mut().says(&request.call);
        let (takes, result) = says.come_to();
        let late = self.now().checked_add(takes).unwrap_or(Timestamp::MAX);
        if late > request.deadline {
            let message = format!("{} did not answer in time", request.call);
            return (request.deadline.max(self.now()), Err(ActionError::new(ErrorKind::TimedOut, message)));
        }
        (late, result)
    }
}

impl State {
    fn says(&mut self, call: &crate::value::Call) -> Says {
        match self.rules.iter_mut().rev().find(|rule| rule.fits(call)) {
            Some(rule) => rule.next(),
            None => script::unscripted(call),
        }
    }
}

impl Observing for Scripted {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        self.state.borrow_mut().observed += 1;
        let (at, result) = self.answer(&request);
        let timer = self.timers.timer(at);
        Box::pin(async move { Reply { at: timer.await, result } })
    }

    fn wait(&self, _: Address, until: Timestamp) -> Pending<'_, ()> {
        let timer = self.timers.timer(until);
        Box::pin(async move { Reply { at: timer.await, result: Ok(()) } })
    }

    fn record(&self, event: &Event) {
        self.state.borrow_mut().events.push(event.clone());
    }

    fn poll_cancel(&self, _: &mut Context<'_>) -> Poll<Timestamp> {
        let state = self.state.borrow();
        let cancelled = state.cancelled || state.cancel_at.is_some_and(|at| at <= self.now());
        if cancelled { Poll::Ready(self.now()) } else { Poll::Pending }
    }
}

impl World for Scripted {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        let (at, result) = self.answer(&request);
        let mut state = self.state.borrow_mut();
        let position = state.effects.len();
        state.effects.push(Effect { call: request.call, started: self.now(), ended: None });
        if state.cancel_at_effect == Some(position + 1) {
            state.cancelled = true;
        }
        drop(state);
        let timer: Timer<'_> = self.timers.timer(at);
        Box::pin(async move {
            let at = timer.await;
            let outcome = result.as_ref().map_or_else(ActionError::outcome, |_| Outcome::Done);
            if let Some(effect) = self.state.borrow_mut().effects.get_mut(position) {
                effect.ended = Some((at, outcome));
            }
            Reply { at, result }
        })
    }

    fn ask(&self, asking: Asking) -> Pending<'_, Answered> {
        let mut state = self.state.borrow_mut();
        let person = state.people.iter().rev().find(|person| person.fits(&asking)).cloned();
        let deadline = asking.deadline;
        let (enough, too_few): (Vec<_>, Vec<_>) = person.into_iter().partition(|person| person.is_enough(&asking));
        let (person, too_few) = (enough.into_iter().next(), too_few.into_iter().next());
        state.asked.push(asking);
        drop(state);
        let answer = person.and_then(|person| {
            let at = self.now().checked_add(person.takes).ok()?;
            (at <= deadline).then_some((at, Answered { answer: Some(person.answer), by: person.by }))
        });
        let (at, answer) = answer
            .unwrap_or((deadline, Answered { answer: None, by: too_few.map(|person| person.by).unwrap_or_default() }));
        let timer = self.timers.timer(at);
        Box::pin(async move { Reply { at: timer.await, result: Ok(answer) } })
    }

    fn tell(&self, telling: Telling) -> Pending<'_, ()> {
        let mut state = self.state.borrow_mut();
        let delivered = !state.unreachable.contains(telling.contact.as_str());
        let message = format!("{} cannot be reached", telling.contact);
        state.told.push(Told { at: self.now(), telling, delivered });
        drop(state);
        let result = if delivered { Ok(()) } else { Err(ActionError::new(ErrorKind::Unreachable, message)) };
        self.after(SignedDuration::ZERO, result)
    }

    fn lock(&self, _: Address, names: Vec<String>) -> Pending<'_, ()> {
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
        self.after(SignedDuration::ZERO, result)
    }

    fn unlock(&self, names: &[String]) {
        let mut state = self.state.borrow_mut();
        for name in names {
            state.held.remove(name);
        }
    }

    fn charge(&self, _: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        let result = self.state.borrow_mut().limits.charge(&charges, self.now());
        self.after(SignedDuration::ZERO, result)
    }
}
