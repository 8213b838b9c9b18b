//! The real world: backends, people, the machine's clock, and locks and limits that every run on this machine shares.
//!
//! It enforces deadlines around whatever a backend does, and lets nothing come back with a secret in it. Its clock
//! starts at the wall's and then only goes forward, so that a wait lasts as long as it says though the wall's clock is
//! set meanwhile.

mod cancel;
mod channels;
mod ledger;
mod locks;
mod open_changes;
mod state;

#[cfg(test)]
mod tests;

pub use cancel::Cancel;
pub use channels::{Channels, Terminal, last_resort};
pub use open_changes::found;

use super::Dispatcher;
use crate::engine::address::Address;
use crate::engine::event::{Event, EventKind};
use crate::engine::world::{
    ChangeNote, Charge, Notification, Pending, Prompt, PromptReply, ReadWorld, Reply, Request, World,
};
use crate::transport::process;
use crate::transport::system::LocalSystem;
use crate::value::{ActionError, SignedDuration, Timestamp, Value};
use ledger::Ledger;
use locks::{Holder, Locks};
use open_changes::OpenChanges;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// What a live world is made of.
pub struct LiveConfig<'a> {
    /// What carries out calls.
    pub calls: Dispatcher<'a>,
    /// How contacts are reached.
    pub channels: Channels<'a>,
    /// The folder for locks, limits and what could not be delivered; it is made when it is needed.
    pub state: PathBuf,
    /// The run, for whoever finds its locks.
    pub run: String,
    /// Whether somebody wants the run to stop.
    pub cancel: Cancel,
    /// Who hears of events.
    pub listener: Box<dyn Fn(&Event) + 'a>,
}

/// The world as it is.
pub struct Live<'a> {
    equipment: LiveConfig<'a>,
    outside: LocalSystem,
    clock: Clock,
    locks: Locks,
    notes: OpenChanges,
    /// Locks of runs that are gone, in words.
    taken_over: RefCell<Vec<String>>,
    ledger: Ledger,
}

/// The wall's clock at the start, and what has passed since.
#[derive(Debug, Clone, Copy)]
struct Clock {
    wall: Timestamp,
    start: Instant,
}

impl Clock {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.start.elapsed()).unwrap_or(SignedDuration::MAX);
        self.wall.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// How long until then; nothing if that is past.
    fn until(&self, then: Timestamp) -> Duration {
        Duration::try_from(then.duration_since(self.now())).unwrap_or(Duration::ZERO)
    }
}

impl<'a> Live<'a> {
    /// A world. Nothing is touched yet.
    pub fn new(equipment: LiveConfig<'a>) -> Self {
        Self {
            clock: Clock { wall: Timestamp::now(), start: Instant::now() },
            locks: Locks::new(equipment.state.join("locks"), equipment.run.clone()),
            notes: OpenChanges::new(&equipment.state, equipment.run.clone()),
            taken_over: RefCell::default(),
            ledger: Ledger::new(equipment.state.clone()),
            outside: LocalSystem::default(),
            equipment,
        }
    }

    /// The world's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn reply<T>(&self, result: Result<T, ActionError>) -> Reply<T> {
        Reply { at: self.clock.now(), result: result.map_err(|error| self.equipment.calls.masked(error)) }
    }

    /// Tells of a lock that was free because its holder is gone: what that run was doing is not known to be over.
    fn takes_over(&self, holder: Holder) {
        let Holder { lock, run, process, since } = holder;
        tracing::warn!(%lock, holder = %run, process, "took the lock of a run that is gone");
        let text = format!("the lock {lock:?} of run {run} (process {process}, since {since:.0}), which is gone");
        self.taken_over.borrow_mut().push(text);
        (self.equipment.listener)(&Event {
            schema: 1,
            time: self.clock.now(),
            run: self.equipment.run.as_str().into(),
            kind: EventKind::LockTakenOver { lock, holder: run, process, since },
        });
    }

    async fn effect(&self, request: Request) -> Reply<Value> {
        let result = self.equipment.calls.perform(&request, self.now(), &self.outside).await;
        // A command that was given up may still act: only when it has ended may anything else begin.
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
                // A run that has calculated for long asks for the time: now signals are heard.
                tokio::task::yield_now().await;
            }
            while !self.clock.until(until).is_zero() {
                tokio::time::sleep(self.clock.until(until)).await;
            }
            self.reply(Ok(()))
        })
    }

    fn record(&self, event: &Event) {
        (self.equipment.listener)(event);
    }

    fn poll_cancel(&self, context: &mut Context<'_>) -> Poll<Timestamp> {
        self.equipment.cancel.poll(context)
    }
}

impl World for Live<'_> {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        Box::pin(self.effect(request))
    }

    fn ask(&self, asking: Prompt) -> Pending<'_, PromptReply> {
        Box::pin(async move {
            let answered = channels::ask(self, &asking).await;
            self.reply(Ok(answered))
        })
    }

    fn notify(&self, telling: Notification) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = channels::tell(self, &telling).await;
            self.reply(result)
        })
    }

    fn lock(&self, _address: Address, names: Vec<String>) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = self.locks.take(names, self.clock.now());
            self.reply(result.map(|gone| gone.into_iter().for_each(|holder| self.takes_over(holder))))
        })
    }

    fn unlock(&self, names: &[String]) {
        process::wait_for_dropped_groups();
        self.locks.release(names);
    }

    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = self.notes.make(&note, self.equipment.calls.secrets, self.clock.now()).await;
            self.reply(result)
        })
    }

    fn change_over(&self, address: &Address) {
        self.notes.over(address);
    }

    fn check_limits(&self, _address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = self.ledger.check(&charges, &self.clock).await;
            self.reply(result)
        })
    }

    fn charge(&self, _address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        Box::pin(async move {
            let result = self.ledger.charge(&charges, &self.equipment.run, &self.clock).await;
            self.reply(result)
        })
    }
}

/// The folder for state that outlives a run: `$XDG_STATE_HOME/rectify`, or below the home folder.
///
/// # Errors
/// A sentence, when neither variable says where.
pub fn state_folder(state_home: Option<&Path>, home: Option<&Path>) -> Result<PathBuf, String> {
    let absolute = |path: &&Path| path.is_absolute();
    match (state_home.filter(absolute), home.filter(absolute)) {
        (Some(state), _) => Ok(state.join("rectify")),
        (None, Some(home)) => Ok(home.join(".local/state/rectify")),
        (None, None) => Err("Neither XDG_STATE_HOME nor HOME says where locks and limits may be kept".to_owned()),
    }
}
