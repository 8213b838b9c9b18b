//! All that a run can do to the outside, in two halves.
//!
//! Time is what the last reply said: the engine has no other clock, so whoever feeds back the replies of a run gets the
//! same run again.

use super::address::Address;
use super::event::{Event, ShownEvidence};
use crate::program::NodeId;
use crate::value::{ActionError, Call, Timestamp, Value};
use ecow::EcoString;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What came back, and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reply<T> {
    /// The world's clock when it was known.
    pub at: Timestamp,
    /// What.
    pub result: Result<T, ActionError>,
}

/// A reply, later. The engine may drop it: then nobody waits for the reply any more, and the world lets go of whatever
/// it was doing.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Reply<T>> + 'a>>;

/// A call to make.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where in the run it stands.
    pub address: Address,
    /// What to do.
    pub call: Call,
    /// When to give up: the world answers `TimedOut` then, whatever the backend does.
    pub deadline: Timestamp,
}

/// A question to people.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Where in the run it stands.
    pub address: Address,
    /// Whom the run would tell.
    pub contact: Option<EcoString>,
    /// What is asked.
    pub message: String,
    /// What may be answered; `approve` and `deny`, or `done` and `failed`, for approvals and manual work.
    pub choices: Vec<EcoString>,
    /// How many different people must give the same answer: 1 but for approvals.
    pub by: u32,
    /// When silence is the answer.
    pub deadline: Timestamp,
}

/// What people said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PromptReply {
    /// One of the choices; nothing when too few answered in time.
    pub answer: Option<EcoString>,
    /// Whose answers count. Without an answer: who approved, when more were asked for.
    pub by: Vec<String>,
}

/// News or an escalation.
#[derive(Debug, Clone)]
pub struct Notification {
    /// Where in the run it stands.
    pub address: Address,
    /// The run.
    pub run: EcoString,
    /// To whom.
    pub contact: EcoString,
    /// An escalation ends a run; news do not.
    pub escalation: bool,
    /// One line.
    pub subject: String,
    /// What is said: for an escalation what was tried, what is still in place and how to undo it.
    pub body: String,
    /// What was seen.
    pub evidence: Vec<ShownEvidence>,
}

/// A charge against a limit, made at the intent.
#[derive(Debug, Clone)]
pub struct Charge {
    /// What is limited, with the key's value: `host.reboot per dag=dag1`.
    pub name: String,
    /// At most so many in the window; none for "apart" alone.
    pub rate: Option<(u32, crate::value::SignedDuration)>,
    /// No sooner than this after the last.
    pub apart: Option<crate::value::SignedDuration>,
}

/// A change that is about to be made: what a world keeps in writing until it is over, so that it is found though the run
/// is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNote {
    /// Where in the run it stands.
    pub address: Address,
    /// The run.
    pub run: EcoString,
    /// Its runbook with its arguments: `WebDown(server: web1)`.
    pub runbook: String,
    /// The host that it is made on, where it is made on one.
    pub host: Option<String>,
    /// What is done.
    pub change: String,
    /// What takes it back.
    pub undo: String,
}

/// What became of a run at one of its statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// It was begun.
    Started,
    /// The run is to end resolved, as something in it says.
    Resolved,
    /// The run is to end escalated, as something in it says.
    Escalated,
}

/// The half that reads.
pub trait ReadWorld {
    /// Asks something.
    fn observe(&self, request: Request) -> Pending<'_, Value>;

    /// Replies when the clock has reached `until`, never sooner.
    fn wait(&self, address: Address, until: Timestamp) -> Pending<'_, ()>;

    /// Takes an event. The engine stamps it; a world decides who sees it.
    fn record(&self, event: &Event);

    /// Hears which statements are reached, and at which a run comes to its end. Nothing that a run does depends on it.
    fn reached(&self, _statement: NodeId, _how: Reached) {}

    /// When somebody wanted the run to stop; if nobody did yet, wakes the task when somebody does. The engine looks once
    /// at the start of each of its turns, and sets its clock to it.
    fn poll_cancel(&self, context: &mut Context<'_>) -> Poll<Timestamp>;
}

/// Both halves.
pub trait World: ReadWorld {
    /// Does something.
    fn act(&self, request: Request) -> Pending<'_, Value>;

    /// Asks people.
    fn ask(&self, asking: Prompt) -> Pending<'_, PromptReply>;

    /// Tells people. An error means that nobody could be reached.
    fn notify(&self, telling: Notification) -> Pending<'_, ()>;

    /// Takes all the locks, in name order, or none: an error of kind `Refused` names who holds one. They are held until
    /// [`unlock`](Self::unlock), or until the world is dropped.
    fn lock(&self, address: Address, names: Vec<String>) -> Pending<'_, ()>;

    /// Lets go of locks: a call's when it is over, a header's when its run has ended.
    fn unlock(&self, names: &[String]);

    /// Keeps a note of a change that is about to be made; another note of the same address is replaced. It must be kept
    /// for good before the reply comes: an error means that the change may not be made.
    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()>;

    /// The change is over: it was taken back, it was never made, or it is meant to stay from here on.
    fn change_over(&self, address: &Address);

    /// Says whether all of them could be charged now, and charges nothing: an error of kind `Limit` says which is spent
    /// and until when, one of kind `Refused` that nobody can tell.
    fn check_limits(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()>;

    /// Charges all of them, or none; errors are those of [`check_limits`](Self::check_limits).
    fn charge(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()>;
}
