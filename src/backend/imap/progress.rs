//! The progress of a session: its phase, the time of each phase, and what was learnt.

use super::response::{CAPABILITIES, ServerText};
use super::session_end::{ImapResult, SessionEnd};
use crate::value::{ActionError, Loss, SignedDuration, Timestamp, Value};
use ecow::EcoString;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The phases, with the words of `ImapPhase`, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Connect,
    Tls,
    Greeting,
    Starttls,
    Capability,
    Login,
    Select,
    Append,
    Fetch,
    Remove,
}

impl Phase {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::Starttls => "starttls",
            Self::Capability => "capability",
            Self::Login => "login",
            Self::Select => "select",
            Self::Append => "append",
            Self::Fetch => "fetch",
            Self::Remove => "remove",
        }
    }

    /// What the phase waits for, in messages.
    const fn awaited(self) -> &'static str {
        match self {
            Self::Connect => "a connection",
            Self::Tls => "the TLS handshake",
            Self::Greeting => "a greeting",
            Self::Starttls => "the answer to STARTTLS",
            Self::Capability => "the answer to CAPABILITY",
            Self::Login => "the answer to LOGIN",
            Self::Select => "the mailbox to open",
            Self::Append => "the answer to APPEND",
            Self::Fetch => "the stored message",
            Self::Remove => "the removal of the message",
        }
    }
}

/// One call and its deadline.
pub(super) struct Progress {
    started: Instant,
    deadline: Instant,
    phase: Phase,
    spent: Vec<(Phase, Duration)>,
    pub capabilities: Vec<EcoString>,
    pub certificate_expires: Option<Timestamp>,
    pub messages: Option<u32>,
    /// The last text of the server.
    pub last_server_text: ServerText,
}

impl Progress {
    /// Starts now. The world ends a call after `time_left` without a result, so the deadline is a little earlier.
    pub fn new(time_left: Duration) -> Self {
        let started = Instant::now();
        let margin = (time_left / 10).min(Duration::from_millis(500));
        Self {
            started,
            deadline: started + time_left.saturating_sub(margin).min(Duration::from_hours(24)),
            phase: Phase::Connect,
            spent: Vec::new(),
            capabilities: Vec::new(),
            certificate_expires: None,
            messages: None,
            last_server_text: ServerText::default(),
        }
    }

    /// Starts the measurement: everything before was done on this machine.
    pub fn begin(&mut self) {
        self.started = Instant::now();
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Reserves a part of the remaining time until [`Self::release_reserve`].
    pub fn reserve(&mut self, part: u32) -> Instant {
        let whole = self.deadline;
        self.deadline = whole - whole.saturating_duration_since(Instant::now()) / part;
        whole
    }

    /// Releases the reserved time.
    pub fn release_reserve(&mut self, whole: Instant) {
        self.deadline = whole;
    }

    /// Runs one phase: measured, and ended by the deadline.
    pub async fn during<T>(
        &mut self,
        phase: Phase,
        work: impl Future<Output = Result<T, SessionEnd>>,
    ) -> Result<T, SessionEnd> {
        self.phase = phase;
        let begun = Instant::now();
        match timeout_at(self.deadline, work).await {
            Ok(result) => {
                self.spent.push((phase, begun.elapsed()));
                result
            }
            Err(_) => {
                let waited = crate::value::display_duration(signed(begun.elapsed()));
                let text = format!("timed out after {waited} waiting for {}", phase.awaited());
                Err(SessionEnd::answer(ImapResult::TimedOut, text))
            }
        }
    }

    /// The time spent in a phase; zero if it was not reached.
    pub fn phase_duration(&self, phase: Phase) -> Value {
        self.spent_in(phase).unwrap_or(Value::Duration(SignedDuration::ZERO))
    }

    /// Time since the start.
    pub fn total(&self) -> Value {
        Value::Duration(signed(self.started.elapsed()))
    }

    fn spent_in(&self, phase: Phase) -> Option<Value> {
        let mut times = self.spent.iter().filter(|(own, _)| *own == phase).map(|(_, time)| *time).peekable();
        times.peek()?;
        Some(Value::Duration(signed(times.sum())))
    }

    /// The result of an observation: an `ImapSession`.
    pub fn answer(&self, reached: Result<(), SessionEnd>) -> Result<Value, ActionError> {
        let (finding, code, text) = match reached {
            Ok(()) => {
                // Capabilities have a field of their own.
                let code = self.last_server_text.code.clone().filter(|code| code != "CAPABILITY");
                (ImapResult::Accepted, code, self.last_server_text.text.clone())
            }
            Err(SessionEnd::Answer { finding, code, text }) => (finding, code, text),
            Err(SessionEnd::Error(error)) => return Err(error),
        };
        let latency = |phase| self.spent_in(phase).unwrap_or(Value::Absent);
        let latency = Value::record(
            "ImapLatency",
            [
                ("connect", latency(Phase::Connect)),
                ("tls", latency(Phase::Tls)),
                ("greeting", latency(Phase::Greeting)),
                ("starttls", latency(Phase::Starttls)),
                ("capability", latency(Phase::Capability)),
                ("login", latency(Phase::Login)),
                ("select", latency(Phase::Select)),
                ("total", self.total()),
            ],
        );
        let loss = (self.capabilities.len() >= CAPABILITIES).then_some(Loss::LeftOut);
        Ok(Value::record(
            "ImapSession",
            [
                ("result", Value::word(finding.as_str())),
                ("phase", Value::word(self.phase.as_str())),
                ("code", code.map_or(Value::Absent, Value::Text)),
                ("text", Value::Text(text)),
                ("capabilities", Value::list(self.capabilities.iter().cloned().map(Value::Text)).with_loss_if(loss)),
                ("messages", self.messages.map_or(Value::Absent, Value::number)),
                ("certificate_expires", self.certificate_expires.map_or(Value::Absent, Value::Time)),
                ("latency", latency),
            ],
        ))
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
