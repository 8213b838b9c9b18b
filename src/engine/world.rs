//! The two traits through which a run reaches the outside.
//!
//! Time is what the last reply said. The engine has no other clock, so the same replies give the same run.

use super::address::Address;
use super::event::{Event, ShownEvidence};
use crate::program::NodeId;
use crate::value::{ActionError, Call, Timestamp, Value};
use ecow::EcoString;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer of the world, and when it came.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reply<T> {
    /// The world's clock when the result was known.
    pub at: Timestamp,
    /// The result.
    pub result: Result<T, ActionError>,
}

/// A reply that is still to come. The engine may drop it: the world then abandons the request.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Reply<T>> + 'a>>;

/// A request to perform a call.
#[derive(Debug, Clone)]
pub struct Request {
    /// The address.
    pub address: Address,
    /// The call.
    pub call: Call,
    /// When to give up. The world then answers `TimedOut`, whatever the backend does.
    pub deadline: Timestamp,
}

/// A question to people.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The address.
    pub address: Address,
    /// The runbook that asks, with its arguments: `WebDown(server: web1)`.
    pub runbook: String,
    /// The contact of the run.
    pub contact: Option<EcoString>,
    /// The question.
    pub message: String,
    /// The possible answers. Approvals have `approve` and `deny`, manual work has `done` and `failed`.
    pub choices: Vec<EcoString>,
    /// How many different people must give the same answer; more than 1 only for approvals.
    pub by: u32,
    /// When the prompt ends without an answer.
    pub deadline: Timestamp,
}

/// The answer of people to a prompt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PromptReply {
    /// One of the choices; nothing if too few people answered in time.
    pub answer: Option<EcoString>,
    /// The people whose answers count. Without an answer: those who approved, if more approvals were required.
    pub by: Vec<String>,
}

/// A message to a contact: a notification during the run, or the escalation that ends it.
#[derive(Debug, Clone, Default)]
pub struct Notification {
    /// The address.
    pub address: Address,
    /// The name of the run.
    pub run: EcoString,
    /// Its runbook with its arguments: `WebDown(server: web1)`. Empty for a message of no run.
    pub runbook: String,
    /// What it is about: the name of the outermost runbook. Many escalations about one topic to one contact may be sent in
    /// one message.
    pub topic: EcoString,
    /// The hosts that an escalation is about: those of the run that escalates. Empty for other messages.
    pub hosts: Vec<String>,
    /// The contact.
    pub contact: EcoString,
    /// Whether it is the escalation of the run.
    pub escalation: bool,
    /// The subject, one line.
    pub subject: String,
    /// The message. That of an escalation lists what was tried, what is left in place and how to undo it.
    pub body: String,
    /// The evidence.
    pub evidence: Vec<ShownEvidence>,
}

/// A charge against a limit, made before the effect.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The limit as it reads, with the value of its key: `host.reboot 1 per 1d per dag=dag1`.
    pub name: String,
    /// What is counted, whatever the rule says of it: `host.reboot per dag=dag1`. A rule that is reworded applies to the
    /// charges that its counter has.
    pub counter: String,
    /// The highest count within a window; none for a limit of `apart` alone.
    pub rate: Option<(u32, crate::value::SignedDuration)>,
    /// The shortest time since the last charge.
    pub apart: Option<crate::value::SignedDuration>,
}

/// A change that is about to be made. A world keeps the note on disk until the change is over, so that it is found if
/// the run is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNote {
    /// The address.
    pub address: Address,
    /// The name of the run.
    pub run: EcoString,
    /// Its runbook with its arguments: `WebDown(server: web1)`.
    pub runbook: String,
    /// The host that it is made on, if the call has a target.
    pub host: Option<String>,
    /// The effect.
    pub change: String,
    /// What undoes it.
    pub undo: String,
}

/// How a run reached a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// The statement started.
    Started,
    /// The statement, or one inside it, ends the run resolved.
    Resolved,
    /// The statement, or one inside it, ends the run escalated.
    Escalated,
}

/// The half of a world that only reads.
pub trait ReadWorld {
    /// Makes an observation.
    fn observe(&self, request: Request) -> Pending<'_, Value>;

    /// Replies when the clock has reached `until`, and not before.
    fn wait(&self, address: Address, until: Timestamp) -> Pending<'_, ()>;

    /// Receives an event. The world decides who sees it.
    fn record(&self, event: &Event);

    /// Reports which statements are reached, and which of them end the run. Nothing in a run depends on it.
    fn reached(&self, _statement: NodeId, _how: Reached) {}

    /// Ready with the time at which the run was cancelled. Otherwise the task is woken when it is. The engine polls
    /// once at the start of each turn and sets its clock to the time.
    fn poll_cancel(&self, context: &mut Context<'_>) -> Poll<Timestamp>;
}

/// A whole world: it reads and has effects.
pub trait World: ReadWorld {
    /// Performs an effect.
    fn act(&self, request: Request) -> Pending<'_, Value>;

    /// Asks people, until the deadline of the prompt.
    fn ask(&self, prompt: Prompt) -> Pending<'_, PromptReply>;

    /// Sends a message. An error means that nobody was reached.
    fn notify(&self, notification: Notification) -> Pending<'_, ()>;

    /// Takes all of the locks or none. Other runs are waited for until `until`, in the order in which they came; then an
    /// error of kind `Refused` names the holder of one. They are held until [`unlock`](Self::unlock) or until the world
    /// is dropped. A request that is dropped no longer waits.
    fn lock(&self, address: Address, names: Vec<String>, until: Timestamp) -> Pending<'_, ()>;

    /// Releases locks: those of a call when it is over, those of a header when its run has ended.
    fn unlock(&self, names: &[String]);

    /// Notes a change that is about to be made. A note of the same address is replaced. The reply comes when the note
    /// is durable. An error means that the change may not be made.
    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()>;

    /// Deletes the note of a change: it was undone, was never made, or is permanent from now on.
    fn delete_change_note(&self, address: &Address);

    /// Whether effects may begin. While somebody has paused them, waits until `until` for the end of the pause; then an
    /// error of kind `Refused` says who has paused them and why.
    fn admit(&self, address: Address, until: Timestamp) -> Pending<'_, ()>;

    /// Checks whether all of the charges are allowed now, without charging. An error of kind `Limit` names the limit
    /// that is spent and says until when. One of kind `Refused` says that the charges made so far cannot be read.
    fn check_limits(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()>;

    /// Makes all of the charges, or none.
    ///
    /// # Errors
    /// Those of [`check_limits`](Self::check_limits).
    fn charge(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()>;
}
