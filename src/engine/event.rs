//! Events: what a run reports while it proceeds. `--format json` prints one per line.

use super::address::Address;
use crate::value::{Call, EffectOutcome, SignedDuration, Timestamp, Value, plain};
use ecow::EcoString;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// One event of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// The version of this format: 1.
    pub schema: u32,
    /// The time, by the run's clock.
    pub time: Timestamp,
    /// The run. A child run has its own events.
    pub run: EcoString,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// The goal held after the last effect, clean-up included.
    Resolved,
    /// A contact was notified, or nobody could be reached.
    Escalated,
    /// A person or a signal stopped it.
    Cancelled,
    /// It did not begin: another run holds a lock, a limit is spent, or its header failed.
    Refused,
    /// It was a dry run.
    Rehearsed,
}

/// A change that the run leaves in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftInPlace {
    /// The effect, in the syntax of runbooks.
    pub change: String,
    /// The call or block that undoes it by hand; none for a permanent change without an undo.
    pub undo: Option<String>,
    /// Why it was not undone: `kept on failure`, `its undo failed: …`.
    pub why: String,
}

/// A change that an earlier run left in place, according to the notes on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundChange {
    /// The run that made it.
    pub run: String,
    /// Its runbook with its arguments.
    pub runbook: String,
    /// The host that it was made on, if the call has a target.
    pub host: Option<String>,
    /// When it was made.
    pub since: Timestamp,
    /// The effect. It may not have been made: the note is written before it.
    pub change: String,
    /// What undoes it by hand.
    pub undo: Option<String>,
    /// The note's file, to be deleted when somebody has dealt with the change.
    pub note: String,
}

impl FoundChange {
    /// The change as an entry of `left_in_place`.
    pub fn left(&self) -> LeftInPlace {
        let Self { run, runbook, since, note, .. } = self;
        let on = self.host.as_deref().map(|host| format!(" on {host}")).unwrap_or_default();
        let why =
            format!("left{on} by run {run} of {runbook}, started at {since:.0}; delete {note} once this is dealt with");
        LeftInPlace { change: self.change.clone(), undo: self.undo.clone(), why }
    }
}

/// What the `confirm` of a call answered: before the call, if that had to be compared, and last after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confirmation {
    /// Before the call.
    #[serde(serialize_with = "plain::optional")]
    pub before: Option<Value>,
    /// After it, the last answer.
    #[serde(serialize_with = "plain::optional")]
    pub after: Option<Value>,
}

/// A piece of evidence and its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownEvidence {
    /// The expression as the runbook has it.
    pub label: EcoString,
    /// The value, or the error of its evaluation as a text.
    #[serde(serialize_with = "plain::value")]
    pub value: Value,
}

/// What can happen in a run. Texts of calls have the syntax of runbooks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the contract's, and their fields say themselves")]
pub enum EventKind {
    RunStarted {
        runbook: EcoString,
        title: EcoString,
        #[serde(serialize_with = "plain::object")]
        arguments: Vec<(EcoString, Value)>,
        parent: Option<EcoString>,
        deadline: Option<Timestamp>,
        /// The folder of its locks, limits and notes; absent in a child run and where there is none.
        store: Option<EcoString>,
    },
    RunRefused {
        reason: String,
    },
    /// An alert that its sender reports as resolved: it starts nothing. It comes before any run.
    AlertResolved {
        alert: EcoString,
        labels: BTreeMap<EcoString, EcoString>,
    },
    /// What earlier runs left in place on this machine. It is the first event, if there is anything.
    ChangesFound {
        changes: Vec<FoundChange>,
    },
    /// A lock was free because the process of the run that held it died without releasing it.
    LockTakenOver {
        lock: String,
        holder: String,
        process: u32,
        since: Timestamp,
    },
    /// `number` is that of the documents and transcripts: `2`, `2.1`.
    StepStarted {
        number: String,
        title: String,
    },
    StepEnded {
        number: String,
        title: String,
        result: StepResult,
    },
    EffectIntended {
        address: Address,
        #[serde(serialize_with = "plain_call")]
        call: Call,
        text: String,
    },
    EffectDone {
        address: Address,
        text: String,
        result: EffectOutcome,
        detail: Option<String>,
        #[serde(serialize_with = "plain::optional")]
        evidence: Option<Value>,
        /// Where the answer of the call was lost.
        confirmation: Option<Confirmation>,
    },
    /// `verdict` is `passed`, `failed` or `unknown`.
    ProbeAnswered {
        address: Address,
        probe: EcoString,
        title: EcoString,
        verdict: EcoString,
        reason: String,
        #[serde(serialize_with = "plain::value")]
        answer: Value,
    },
    /// `what` describes what the run waits for, `until` is when it gives up.
    Waiting {
        address: Address,
        what: String,
        until: Timestamp,
    },
    Asked {
        address: Address,
        message: String,
        choices: Vec<EcoString>,
        until: Timestamp,
    },
    Answered {
        address: Address,
        answer: Option<EcoString>,
        by: Vec<String>,
    },
    ChangeOpened {
        address: Address,
        change: String,
        undo: Option<String>,
        permanent: bool,
    },
    ChangeUndone {
        address: Address,
        change: String,
        undo: String,
        result: EffectOutcome,
        detail: Option<String>,
    },
    Notified {
        contact: EcoString,
        message: String,
        delivered: bool,
        detail: Option<String>,
    },
    /// The escalation that is about to be sent follows up one about the same host, which another run sent to the same
    /// contact a short time ago.
    FollowUp {
        contact: EcoString,
        host: String,
        first_run: String,
        since: Timestamp,
    },
    EscalationSent {
        contact: EcoString,
        message: String,
        delivered: bool,
        detail: Option<String>,
        /// What was sent with it; a long value is cut.
        evidence: Vec<ShownEvidence>,
    },
    /// In a dry run, from its first effect on: what can happen next, and what that depends on.
    Shown {
        depth: u32,
        text: String,
        depends_on: Option<String>,
    },
    RunEnded {
        outcome: RunOutcome,
        reason: String,
        left_in_place: Vec<LeftInPlace>,
        disruptions: Vec<String>,
        /// In seconds, with fractions.
        #[serde(serialize_with = "seconds")]
        duration: SignedDuration,
    },
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// Control fell through it.
    Done,
    /// The run ended in it, resolved.
    Resolved,
    /// The run ended in it, escalated.
    Escalated,
    /// The run was cancelled in it.
    Cancelled,
    /// An error ended it.
    Failed,
}

fn plain_call<S: Serializer>(call: &Call, serializer: S) -> Result<S::Ok, S::Error> {
    struct Arguments<'c>(&'c Call);
    impl Serialize for Arguments<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            plain::object(&self.0.arguments, serializer)
        }
    }
    let mut fields = serializer.serialize_struct("Call", 4)?;
    fields.serialize_field("backend", &call.backend)?;
    fields.serialize_field("action", &call.action)?;
    fields.serialize_field("class", &call.class)?;
    fields.serialize_field("arguments", &Arguments(call))?;
    fields.end()
}

fn seconds<S: Serializer>(duration: &SignedDuration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_millis() as f64 / 1000.0)
}
