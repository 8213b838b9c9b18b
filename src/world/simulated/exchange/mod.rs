//! A modelled Exchange site: servers, services, databases, probes, monitors, faults, and Managed Availability, moved on
//! by events on virtual time. The same settings, seed and requests give the same story, to the last millisecond.

mod assumptions;
mod faults;
mod ledger;
mod length;
mod menu;
mod oracle;
pub(super) mod random;
mod settings;

pub use assumptions::Assumptions;
pub use faults::{Cure, Fault, FaultKind, Part, Requester};
pub use ledger::{Actor, Applied, Effect};
pub use length::{Length, Range};
pub use menu::random_faults;
pub use oracle::{Account, Violation};
pub use settings::Settings;

use crate::transport::powershell::{Envelope, ErrorRecord, Request, SCHEMA, Stage};
use crate::value::{Host, Timestamp};

/// The site.
#[derive(Debug)]
pub struct Model {
    ledger: Vec<Applied>,
}

/// What became of a connection to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// It is accepted.
    Accepted,
    /// Nothing listens there.
    Refused,
    /// Nobody answers.
    Silent,
}

/// A request that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

impl Model {
    /// Builds the site.
    ///
    /// # Errors
    /// A sentence for everything that does not fit: an unknown host, database or service, with the nearest name.
    pub fn new(_settings: &Settings, _hosts: &[Host], _start: Timestamp, _seed: u64) -> Result<Self, Vec<String>> {
        Ok(Self { ledger: Vec::new() })
    }

    /// Everything that happens until then. A time that has passed already changes nothing.
    pub fn advance(&mut self, _now: Timestamp) {}

    /// Takes a request. Its effect has begun even if nobody waits for the answer, which is known at the time returned.
    pub fn begin(&mut self, now: Timestamp, _request: &Request) -> (Timestamp, Ticket) {
        (now, Ticket(0))
    }

    /// The answer to a request.
    pub fn finish(&mut self, _now: Timestamp, _ticket: Ticket) -> Envelope {
        let error = ErrorRecord {
            stage: Stage::Bind,
            id: "CommandNotFoundException".to_owned(),
            category: "ObjectNotFound".to_owned(),
            message: "Nothing is modelled yet".to_owned(),
        };
        Envelope { schema: SCHEMA, ok: false, errors: vec![error], ..Envelope::default() }
    }

    /// What becomes of a connection to a port of a host.
    pub fn accepts(&mut self, _now: Timestamp, _address: &str, _port: u16) -> Accepts {
        Accepts::Silent
    }

    /// Every effect, in the order in which they began.
    pub fn ledger(&self) -> &[Applied] {
        &self.ledger
    }

    /// What a run has done wrong.
    pub fn violations(&self, _account: &Account) -> Vec<Violation> {
        Vec::new()
    }
}
