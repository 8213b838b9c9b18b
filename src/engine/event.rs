//! What a run tells while it goes on: the lines of `--format json`, and what a journal will keep.

use super::address::Address;
use crate::value::{Call, Outcome, SignedDuration, Timestamp, Value, plain};
use ecow::EcoString;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Version of this form: 1.
    pub schema: u32,
    /// When, by the run's clock.
    pub time: Timestamp,
    /// Which run; a child run has its own.
    pub run: EcoString,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// The goal held after the last effect, clean-up included.
    Resolved,
    /// Somebody was told, or nobody could be.
    Escalated,
    /// Somebody stopped it.
    Cancelled,
    /// A lock or limit turned it down before it began, or it could not begin.
    Refused,
    /// It was only shown.
    Rehearsed,
}

/// A change that the run leaves behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftInPlace {
    /// What was done, as the runbook would write it.
    pub change: String,
    /// The call or block that takes it back, by hand; none for a permanent change without an undo.
    pub undo: Option<String>,
    /// Why it is still there: `kept on failure`, `its undo failed: …`.
    pub why: String,
}

/// A change that an earlier run has left behind, as this machine's notes have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundChange {
    /// The run that made it.
    pub run: String,
    /// Its runbook with its arguments.
    pub runbook: String,
    /// The host that it was made on, where it was made on one.
    pub host: Option<String>,
    /// When.
    pub since: Timestamp,
    /// What was done, or was about to be.
    pub change: String,
    /// What takes it back, by hand.
    pub undo: Option<String>,
    /// The file to delete when it has been dealt with.
    pub note: String,
}

impl FoundChange {
    /// As one of the things that are left in place.
    pub fn left(&self) -> LeftInPlace {
        let Self { run, runbook, since, note, .. } = self;
        let on = self.host.as_deref().map(|host| format!(" on {host}")).unwrap_or_default();
        let why = format!(
            "left{on} by run {run} of {runbook}, begun at {since:.0}; delete {note} when it has been dealt with"
        );
        LeftInPlace { change: self.change.clone(), undo: self.undo.clone(), why }
    }
}

/// Evidence, worked out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownEvidence {
    /// As written.
    pub label: EcoString,
    /// The value, or what went wrong when it was looked for.
    pub value: Value,
}

/// What may happen. Calls are shown as the runbook would write them.
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
    },
    RunRefused {
        reason: String,
    },
    /// What earlier runs have left behind on this machine; told before anything else, where there is something.
    ChangesFound {
        changes: Vec<FoundChange>,
    },
    /// A lock was free because the process of the run that held it is gone without having let go of it.
    LockTakenOver {
        lock: String,
        holder: String,
        process: u32,
        since: Timestamp,
    },
    /// `number` is the tool's own numbering: `2`, `2.1`.
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
        result: Outcome,
        detail: Option<String>,
        #[serde(serialize_with = "plain::optional")]
        evidence: Option<Value>,
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
    /// `what`: what is waited for, in words; `until`: when it is given up.
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
        result: Outcome,
        detail: Option<String>,
    },
    Notified {
        contact: EcoString,
        message: String,
        delivered: bool,
        detail: Option<String>,
    },
    EscalationSent {
        contact: EcoString,
        message: String,
        delivered: bool,
        detail: Option<String>,
    },
    /// In a rehearsal, after its first effect: what would happen next, and on what that depends.
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
    /// The next one follows.
    Done,
    /// The run ended in it, resolved.
    Resolved,
    /// The run ended in it, escalated.
    Escalated,
    /// The run was cancelled in it.
    Cancelled,
    /// An error left it.
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
