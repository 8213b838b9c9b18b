//! The interface of the model: requests, answers, and time as a parameter.

pub(super) mod circumstances;
pub(super) mod components;
pub(super) mod databases;
pub(super) mod health_view;
pub(super) mod ledger;
pub(super) mod monitors;
pub(super) mod probes;
pub(super) mod protocol_log;
pub(super) mod services;
pub(super) mod state;

use self::ledger::Applied;
use self::state::{BACK_END, FRONT_END, Site, WEB};
use super::cmdlets::StartedCmdlet;
use super::oracle::{Account, Baseline, Request as Asked, Violation, is_sick, judge, judge_end};
use super::settings::duration::Moment;
use super::settings::{ServiceStatus, Settings};
use super::{build, cmdlets};
use crate::transport::powershell::{Envelope, ErrorRecord, ErrorStage, Request, SCHEMA};
use crate::value::{Host, Timestamp};
use std::collections::BTreeMap;

/// The site and its pending requests.
#[derive(Debug)]
pub struct Model {
    site: Site,
    baseline: Baseline,
    sent_requests: Vec<Asked>,
    /// Each with its index in `asked`.
    open: BTreeMap<Ticket, (StartedCmdlet, Request, usize)>,
    tickets: u64,
}

/// The result of a connection to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// It is accepted.
    Accepted,
    /// Nothing listens there.
    Refused,
    /// Nobody answers.
    Silent,
}

/// The number of a pending request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Ports that are open while a service runs.
const PORTS: [(u16, &str); 10] = [
    (993, FRONT_END),
    (143, FRONT_END),
    (1993, BACK_END),
    (1143, BACK_END),
    (995, "MSExchangePop3"),
    (110, "MSExchangePop3"),
    (1995, "MSExchangePOP3BE"),
    (80, WEB),
    (443, WEB),
    (25, "MSExchangeFrontEndTransport"),
];

/// Ports of the operating system.
const OWN_PORTS: [u16; 4] = [135, 445, 3389, 5985];

impl Model {
    /// Builds the site as it is at `start`.
    ///
    /// # Errors
    /// One sentence for each setting that does not fit: an unknown host, database or service, with the nearest name.
    pub fn new(settings: &Settings, hosts: &[Host], start: Timestamp, seed: u64) -> Result<Self, Vec<String>> {
        let site = build::site(settings, hosts, start, seed)?;
        let baseline = Baseline::for_site(&site);
        Ok(Self { site, baseline, sent_requests: Vec::new(), open: BTreeMap::new(), tickets: 0 })
    }

    /// Advances to a time. A time in the past changes nothing.
    pub fn advance(&mut self, now: Timestamp) {
        self.site.advance(Moment::from(now));
    }

    /// Starts a request. Its effect has begun even if nobody waits for the answer. Returns when the answer is ready.
    pub fn begin(&mut self, now: Timestamp, request: &Request) -> (Timestamp, Ticket) {
        self.advance(now);
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let begun = cmdlets::begin(&mut self.site, request);
        let ready = begun.ready.timestamp();
        self.open.insert(ticket, (begun, request.clone(), self.sent_requests.len()));
        self.sent_requests.push(Asked::parse(&self.site, request));
        (ready, ticket)
    }

    /// The answer to a request, once.
    pub fn finish(&mut self, now: Timestamp, ticket: Ticket) -> Envelope {
        self.advance(now);
        let Some((begun, request, at)) = self.open.remove(&ticket) else {
            let error = ErrorRecord {
                stage: ErrorStage::Connect,
                id: "PSSessionStateBroken".to_owned(),
                category: "OpenError".to_owned(),
                message: "There is no such request under way".to_owned(),
            };
            return Envelope { schema: SCHEMA, ok: false, errors: vec![error], ..Envelope::default() };
        };
        let envelope = cmdlets::finish(&mut self.site, begun, &request);
        if let Some(asked) = self.sent_requests.get_mut(at) {
            asked.answered = envelope.ok;
        }
        envelope
    }

    /// The result of a connection to a port of a host.
    pub fn accepts(&mut self, now: Timestamp, address: &str, port: u16) -> Accepts {
        self.advance(now);
        let Some(server) = self.site.server_named(address).map(|id| &self.site[id]) else { return Accepts::Silent };
        let listens = |name: &str| server.service(name).is_some_and(|service| service.status == ServiceStatus::Running);
        if !server.is_up() {
            Accepts::Silent
        } else if OWN_PORTS.contains(&port) || PORTS.iter().any(|(known, name)| *known == port && listens(name)) {
            Accepts::Accepted
        } else {
            Accepts::Refused
        }
    }

    /// Every effect, in the order of their beginnings, including those before the start.
    pub fn ledger(&self) -> &[Applied] {
        &self.site.ledger
    }

    /// Whether a monitor, or a health set, has a reason to be unhealthy on a server.
    pub fn is_sick(&self, alert: &str, server: &str) -> bool {
        is_sick(&self.site, alert, server)
    }

    /// What a run that has just ended says of the site and is not so.
    pub fn violations_at_end(&self, account: &Account) -> Vec<Violation> {
        judge_end(&self.site, account)
    }

    /// The violations of a run that gives this account.
    pub fn violations(&self, account: &Account) -> Vec<Violation> {
        judge(&self.site, &self.baseline, &self.sent_requests, account)
    }
}
