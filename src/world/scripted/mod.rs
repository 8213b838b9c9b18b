//! The scripted world: answers by rules, on virtual time.
//!
//! It records every requested effect, independently of the engine.

mod ledger;
mod script;

pub use super::virtual_time::{Deadlock, Person, SentMessage};
pub use ledger::Effect;
pub use script::{Rule, ScriptedAnswer};

use super::virtual_time::VirtualEnvironment;
use crate::engine::address::Address;
use crate::engine::event::Event;
use crate::engine::world::{
    ChangeNote, Charge, Notification, Pending, Prompt, PromptReply, ReadWorld, Reply, Request, World,
};
use crate::value::{ActionError, Call, Class, EffectOutcome, ErrorKind, Timestamp, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::task::{Context, Poll};

/// A world that answers by rules.
pub struct Scripted {
    environment: VirtualEnvironment,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    cancel_at_effect: Option<usize>,
    effects: Vec<Effect>,
    observations: Vec<Call>,
    unanswered: Vec<Call>,
    events: Vec<Event>,
    notes: BTreeMap<Address, ChangeNote>,
    notes_fail: bool,
}

impl Scripted {
    /// A world without rules. Its clock starts at this time.
    pub fn new(start: Timestamp) -> Self {
        Self { environment: VirtualEnvironment::new(start), state: RefCell::default() }
    }

    /// Adds a rule. If several match a call, the last one added applies.
    #[must_use]
    pub fn with(self, rule: Rule) -> Self {
        self.state.borrow_mut().rules.push(rule);
        self
    }

    /// Adds a person who answers prompts. If several match a prompt, the last one added applies.
    #[must_use]
    pub fn person(self, person: Person) -> Self {
        self.environment.add_person(person);
        self
    }

    /// Makes a contact unreachable.
    #[must_use]
    pub fn unreachable(self, contact: &str) -> Self {
        self.environment.make_unreachable(contact);
        self
    }

    /// Has another run hold a lock.
    #[must_use]
    pub fn with_lock_held(self, lock: &str) -> Self {
        self.with_lock_held_until(lock, Timestamp::MAX)
    }

    /// Has another run hold a lock until a time.
    #[must_use]
    pub fn with_lock_held_until(self, lock: &str, until: Timestamp) -> Self {
        self.environment.take_until(lock, until);
        self
    }

    /// Adds an earlier charge of a counter.
    #[must_use]
    pub fn charged(self, counter: &str, at: Timestamp) -> Self {
        self.environment.charged(counter, at);
        self
    }

    /// Makes every note of a change fail.
    #[must_use]
    pub fn without_notes(self) -> Self {
        self.state.borrow_mut().notes_fail = true;
        self
    }

    /// Pauses effects between two times.
    #[must_use]
    pub fn paused(self, from: Timestamp, until: Timestamp) -> Self {
        self.environment.pause(from, until);
        self
    }

    /// Cancels the run at a time.
    #[must_use]
    pub fn cancel_at(self, at: Timestamp) -> Self {
        self.environment.cancel_at(at);
        self
    }

    /// Cancels the run as soon as the nth effect, counted from 1, has started.
    #[must_use]
    pub fn cancel_at_effect(self, nth: usize) -> Self {
        self.state.borrow_mut().cancel_at_effect = Some(nth);
        self
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.environment.now()
    }

    /// The requested effects, in the order in which they started.
    pub fn effects(&self) -> Vec<Effect> {
        self.state.borrow().effects.clone()
    }

    /// The messages that were sent, in order.
    pub fn sent_messages(&self) -> Vec<SentMessage> {
        self.environment.sent_messages()
    }

    /// The prompts, in order.
    pub fn prompts(&self) -> Vec<Prompt> {
        self.environment.prompts()
    }

    /// The observations, in the order in which they were requested.
    pub fn observations(&self) -> Vec<Call> {
        self.state.borrow().observations.clone()
    }

    /// The number of observations.
    pub fn observed(&self) -> usize {
        self.state.borrow().observations.len()
    }

    /// Observations without a rule, in order.
    pub fn unanswered(&self) -> Vec<Call> {
        self.state.borrow().unanswered.clone()
    }

    /// Whether a person answers this prompt.
    pub fn is_answered(&self, prompt: &Prompt) -> bool {
        self.environment.is_answered(prompt)
    }

    /// The events of the run.
    pub fn events(&self) -> Vec<Event> {
        self.state.borrow().events.clone()
    }

    /// Notes of changes that are not over.
    pub fn notes(&self) -> Vec<ChangeNote> {
        self.state.borrow().notes.values().cloned().collect()
    }

    /// The locks that are held.
    pub fn held(&self) -> Vec<String> {
        self.environment.held()
    }

    /// Runs a future on the virtual time of this world.
    ///
    /// # Errors
    /// It waits for something that will never happen.
    pub fn drive<T>(&self, future: impl Future<Output = T>) -> Result<T, Deadlock> {
        self.environment.drive(future)
    }

    /// The result of a call, and when it comes.
    fn answer(&self, request: &Request) -> (Timestamp, Result<Value, ActionError>) {
        let answer = self.state.borrow_mut().next_answer(&request.call);
        let (takes, result) = answer.delay_and_result();
        let late = self.environment.in_time(takes);
        if late > request.deadline {
            let message = format!("{} did not answer in time", request.call);
            return (request.deadline.max(self.now()), Err(ActionError::new(ErrorKind::TimedOut, message)));
        }
        (late, result)
    }
}

impl State {
    fn next_answer(&mut self, call: &Call) -> ScriptedAnswer {
        match self.rules.iter_mut().rev().find(|rule| rule.fits(call)) {
            Some(rule) => rule.next(),
            None => {
                if call.class == Class::Observe {
                    self.unanswered.push(call.clone());
                }
                script::unscripted(call)
            }
        }
    }
}

impl ReadWorld for Scripted {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        self.state.borrow_mut().observations.push(request.call.clone());
        let (at, result) = self.answer(&request);
        self.environment.reply_at(at, result)
    }

    fn wait(&self, _: Address, until: Timestamp) -> Pending<'_, ()> {
        self.environment.wait(until)
    }

    fn record(&self, event: &Event) {
        self.state.borrow_mut().events.push(event.clone());
    }

    fn poll_cancel(&self, _: &mut Context<'_>) -> Poll<Timestamp> {
        self.environment.poll_cancel()
    }
}

impl World for Scripted {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        let (at, result) = self.answer(&request);
        let mut state = self.state.borrow_mut();
        let position = state.effects.len();
        state.effects.push(Effect { call: request.call, started: self.now(), ended: None });
        if state.cancel_at_effect == Some(position + 1) {
            self.environment.cancel_at(self.now());
        }
        drop(state);
        let timer = self.environment.timer(at);
        Box::pin(async move {
            let at = timer.await;
            let outcome = result.as_ref().map_or_else(ActionError::outcome, |_| EffectOutcome::Done);
            if let Some(effect) = self.state.borrow_mut().effects.get_mut(position) {
                effect.ended = Some((at, outcome));
            }
            Reply { at, result }
        })
    }

    fn ask(&self, prompt: Prompt) -> Pending<'_, PromptReply> {
        self.environment.ask(prompt)
    }

    fn notify(&self, notification: Notification) -> Pending<'_, ()> {
        self.environment.notify(notification)
    }

    fn lock(&self, _: Address, names: Vec<String>, until: Timestamp) -> Pending<'_, ()> {
        self.environment.lock(0, names, until)
    }

    fn unlock(&self, names: &[String]) {
        self.environment.unlock(names);
    }

    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()> {
        let mut state = self.state.borrow_mut();
        let result = match state.notes_fail {
            true => Err(ActionError::new(ErrorKind::Refused, "the script lets no note be kept")),
            false => {
                state.notes.insert(note.address.clone(), note);
                Ok(())
            }
        };
        drop(state);
        self.environment.reply_at(self.now(), result)
    }

    fn delete_change_note(&self, address: &Address) {
        self.state.borrow_mut().notes.remove(address);
    }

    fn admit(&self, _: Address, until: Timestamp) -> Pending<'_, ()> {
        self.environment.admit(until)
    }

    fn check_limits(&self, _: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.environment.check_limits(&charges)
    }

    fn charge(&self, _: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.environment.charge(&charges)
    }
}
