//! The live world: backends, people, the machine's clock, and the locks and limits that all runs on this machine share.
//!
//! It enforces deadlines on backends and masks secrets in everything that comes back. Its clock starts at the wall
//! clock and is monotonic from there, so a wait has the right length even if the wall clock is set.

mod cancel;
mod channels;
mod digest;
mod file_lock;
mod incident_files;
mod ledger;
mod lock_queue;
mod locks;
mod open_changes;
mod pause;
mod store;

#[cfg(test)]
mod tests;

pub use cancel::Cancel;
pub use channels::{Channels, Terminal, last_resort};
pub use digest::keep_unsent;
pub use ledger::{CounterState, Ledger, Reset};
pub use open_changes::found;
pub use pause::{Pause, current as current_pause, pause, unpause};
pub use store::{MACHINE_STORE, Store, StoreError, StorePlaces};

use super::Dispatcher;
use super::incidents::RunHosts;
use crate::engine::address::Address;
use crate::engine::event::{Event, EventKind};
use crate::engine::world::{
    ChangeNote, Charge, Notification, Pending, Prompt, PromptReply, ReadWorld, Reply, Request, World,
};
use crate::transport::process;
use crate::transport::system::LocalSystem;
use crate::value::{ActionError, SignedDuration, Timestamp, Value};
use incident_files::IncidentFiles;
use locks::{Holder, Locks};
use open_changes::OpenChanges;
use std::cell::{Cell, RefCell};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How many calls of this process are under way at the same time. Others wait for their turn, within their own deadlines.
pub const MOST_CALLS: usize = 64;

static CALLS: Semaphore = Semaphore::const_new(MOST_CALLS);

/// The parts of a live world.
pub struct LiveConfig<'a> {
    /// Performs calls.
    pub calls: Dispatcher<'a>,
    /// The channels to contacts.
    pub channels: Channels<'a>,
    /// The store for locks, limits and undelivered messages; created when it is needed.
    pub store: Store,
    /// The name of the run, which its locks contain.
    pub run: String,
    /// Cancels the run.
    pub cancel: Cancel,
    /// Receives events.
    pub listener: Box<dyn Fn(&Event) + 'a>,
}

/// The live world.
pub struct Live<'a> {
    config: LiveConfig<'a>,
    system: LocalSystem,
    clock: Clock,
    locks: Locks,
    notes: OpenChanges,
    /// Sets the messages of this world apart from those of another run of the same name.
    attempt: u64,
    /// The number of messages so far, which sets them apart from each other. One that is tried again keeps its number.
    deliveries: Cell<u32>,
    /// The number of whole messages that were kept so far.
    whole_messages: Cell<u32>,
    /// Locks that were taken over from dead runs, in words.
    taken_over: RefCell<Vec<String>>,
    ledger: Ledger,
    incidents: IncidentFiles,
    /// The hosts of the run.
    hosts: RefCell<RunHosts>,
}

/// A monotonic clock that starts at the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: Timestamp,
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self { wall: Timestamp::now(), start: Instant::now() }
    }

    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.start.elapsed()).unwrap_or(SignedDuration::MAX);
        self.wall.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// The time until then; zero if it has passed.
    fn until(&self, then: Timestamp) -> Duration {
        Duration::try_from(then.duration_since(self.now())).unwrap_or(Duration::ZERO)
    }
}

impl<'a> Live<'a> {
    /// A live world. It creates no file yet.
    pub fn new(config: LiveConfig<'a>) -> Self {
        Self {
            clock: Clock::start(),
            locks: Locks::new(&config.store, config.run.clone()),
            notes: OpenChanges::new(&config.store, config.run.clone()),
            attempt: getrandom::u64().unwrap_or_else(|_| std::process::id().into()),
            deliveries: Cell::default(),
            whole_messages: Cell::default(),
            taken_over: RefCell::default(),
            ledger: Ledger::new(config.store.clone()),
            incidents: IncidentFiles::new(&config.store),
            hosts: RefCell::default(),
            system: LocalSystem::default(),
            config,
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn reply<T>(&self, result: Result<T, ActionError>) -> Reply<T> {
        Reply { at: self.clock.now(), result: result.map_err(|error| self.config.calls.masked(error)) }
    }

    /// Reports a lock whose holder died: what that run was doing may not be finished.
    fn report_takeover(&self, holder: Holder) {
        let Holder { lock, run, process, since } = holder;
        tracing::warn!(%lock, holder = %run, process, "took the lock of a run that is gone");
        let text = format!("the lock {lock:?} of run {run} (process {process}, since {since:.0}), which is gone");
        self.taken_over.borrow_mut().push(text);
        (self.config.listener)(&Event {
            schema: 1,
            time: self.clock.now(),
            run: self.config.run.as_str().into(),
            kind: EventKind::LockTakenOver { lock, holder: run, process, since },
        });
    }

    async fn effect(&self, request: Request) -> Reply<Value> {
        // Runs of one process share this limit; without it a storm of alerts would start as many commands at once.
        let _permit = CALLS.acquire().await;
        let result = self.config.calls.perform(&request, self.now(), &self.system).await;
        // A command that timed out may still act. Nothing else may start before it has ended.
        process::dropped_groups_have_ended().await;
        self.reply(result)
    }
}

impl ReadWorld for Live<'_> {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        Box::pin(self.effect(request))
    }

    fn wait(&self, _address: Address, until: Timestamp) -> Pending<'_, ()> {
        Box::pin(async move {
            if self.clock.until(until).is_zero() {
                // The engine asks for the time after much computation. Yield, so that signals are handled.
                tokio::task::yield_now().await;
            }
            while !self.clock.until(until).is_zero() {
                tokio::time::sleep(self.clock.until(until)).await;
            }
            self.reply(Ok(()))
        })
    }

    fn record(&self, event: &Event) {
        let over = self.hosts.borrow_mut().after(event);
        self.incidents.close(&over);
        (self.config.listener)(event);
    }

    fn poll_cancel(&self, context: &mut Context<'_>) -> Poll<Timestamp> {
        self.config.cancel.poll(context)
    }
}

impl World for Live<'_> {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        Box::pin(self.effect(request))
    }

    fn ask(&self, prompt: Prompt) -> Pending<'_, PromptReply> {
        Box::pin(async move {
            let answered = channels::ask(self, &prompt).await;
            self.reply(Ok(answered))
        })
    }

    fn notify(&self, notification: Notification) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = channels::notify(self, &notification).await;
            self.reply(result)
        })
    }

    fn lock(&self, _address: Address, names: Vec<String>, until: Timestamp) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = self.locks.take(names, until, &self.clock).await;
            self.reply(result.map(|gone| gone.into_iter().for_each(|holder| self.report_takeover(holder))))
        })
    }

    fn unlock(&self, names: &[String]) {
        process::wait_for_dropped_groups();
        self.locks.release(names);
    }

    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = self.notes.make(&note, self.config.calls.secrets, self.clock.now()).await;
            self.reply(result)
        })
    }

    fn delete_change_note(&self, address: &Address) {
        self.notes.over(address);
    }

    fn admit(&self, _address: Address, until: Timestamp) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = pause::admit(&self.config.store, until, &self.clock).await;
            self.reply(result)
        })
    }

    fn check_limits(&self, _address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = self.ledger.check(&charges, &self.clock).await;
            self.reply(result)
        })
    }

    fn charge(&self, _address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = self.ledger.charge(&charges, &self.config.run, &self.clock).await;
            self.reply(result)
        })
    }
}
