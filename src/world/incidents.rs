//! Incidents: a host about which a message to a contact was delivered a short time ago. A further escalation about it is a follow-up. It is
//! sent as well, and says what it follows, so that nobody is paged twice for one sick server.

use crate::engine::RunOutcome;
use crate::engine::event::{Event, EventKind};
use crate::engine::world::Notification;
use crate::value::{SignedDuration, Timestamp, hosts_in};
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An incident is over when a run of the host resolves, or when nobody was told about it for this long.
pub const OPEN_FOR: SignedDuration = SignedDuration::from_mins(60);

/// An incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// The contact.
    pub contact: String,
    /// The host.
    pub host: String,
    /// The run whose escalation was the first.
    pub run: String,
    /// The subject of that escalation. It contains no secret.
    pub subject: String,
    /// When the first message was delivered: to the contact, or to those who get its messages as well.
    pub since: Timestamp,
    /// When the last message was delivered.
    pub last: Timestamp,
}

impl Incident {
    /// The incident that an escalation opens.
    pub fn opened_by(notification: &Notification, host: &str, subject: String, now: Timestamp) -> Self {
        Self {
            contact: notification.contact.to_string(),
            host: host.to_owned(),
            run: notification.run.to_string(),
            subject,
            since: now,
            last: now,
        }
    }

    /// Whether a further escalation is a follow-up. A time that is far ahead comes from a wrong clock.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now.duration_since(self.last).abs() < OPEN_FOR
    }

    /// An escalation as a follow-up to the first.
    pub fn follow_up(&self, notification: &Notification) -> Notification {
        let Self { contact, host, run, subject, since, .. } = self;
        let subject =
            format!("A message to {contact} about {host} was delivered at {since:.0}, by run {run}:\n    {subject}");
        Notification {
            subject: format!("Follow-up: {}", notification.subject),
            body: format!("{subject}\n\n{}", notification.body),
            ..notification.clone()
        }
    }

    /// The event of a follow-up.
    pub fn event(&self, run: &EcoString, now: Timestamp) -> Event {
        let Self { contact, host, run: first, since, .. } = self.clone();
        let kind = EventKind::FollowUp { contact: contact.into(), host, first_run: first, since };
        Event { schema: 1, time: now, run: run.clone(), kind }
    }
}

/// The hosts of outermost runs that have begun, by run.
#[derive(Debug, Default)]
pub struct RunHosts(BTreeMap<EcoString, Vec<String>>);

impl RunHosts {
    /// Takes note of an event. Returns the hosts whose incidents are over with it: those of a run that ends resolved.
    pub fn after(&mut self, event: &Event) -> Vec<String> {
        match &event.kind {
            EventKind::RunStarted { arguments, parent: None, .. } => {
                let mut hosts = Vec::new();
                arguments.iter().for_each(|(_, value)| hosts_in(value, &mut hosts));
                self.0.insert(event.run.clone(), hosts);
                Vec::new()
            }
            EventKind::RunEnded { outcome, .. } => {
                let hosts = self.0.remove(&event.run).unwrap_or_default();
                if *outcome == RunOutcome::Resolved { hosts } else { Vec::new() }
            }
            _ => Vec::new(),
        }
    }
}
