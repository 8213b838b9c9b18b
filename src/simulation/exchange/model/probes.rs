//! Probes: pure functions of the state of the site (rule R2).

use super::state::{BACK_END, DatabaseId, FRONT_END, Power, STORE, ServerId, Site};
use crate::simulation::exchange::settings::ServiceStatus;
use crate::simulation::exchange::settings::faults::{DatabasePart, FaultKind};

/// The four probes of IMAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation::exchange) enum ProbeKind {
    /// ImapCTPProbe: logs in to a health mailbox through the front end.
    CustomerTouchPoint,
    /// ImapProxyTestProbe: greets the front end.
    ProxyTest,
    /// ImapDeepTestProbe: logs in at the back end, where the database is active.
    DeepTest,
    /// ImapSelfTestProbe: greets the back end.
    SelfTest,
}

impl ProbeKind {
    pub const ALL: [Self; 4] = [Self::CustomerTouchPoint, Self::ProxyTest, Self::DeepTest, Self::SelfTest];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustomerTouchPoint => "ImapCTPProbe",
            Self::ProxyTest => "ImapProxyTestProbe",
            Self::DeepTest => "ImapDeepTestProbe",
            Self::SelfTest => "ImapSelfTestProbe",
        }
    }

    /// Its health set.
    pub const fn health_set(self) -> &'static str {
        match self {
            Self::CustomerTouchPoint => "IMAP",
            Self::ProxyTest => "IMAP.Proxy",
            Self::DeepTest | Self::SelfTest => "IMAP.Protocol",
        }
    }

    /// Whether it connects to the front end of its server.
    pub const fn of_front_end(self) -> bool {
        matches!(self, Self::CustomerTouchPoint | Self::ProxyTest)
    }

    /// The service that it connects to.
    pub const fn service(self) -> &'static str {
        if self.of_front_end() { FRONT_END } else { BACK_END }
    }

    /// Whether it logs in.
    pub const fn logs_in(self) -> bool {
        matches!(self, Self::CustomerTouchPoint | Self::DeepTest)
    }
}

/// Why a probe fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulation::exchange) enum Cause {
    /// Nothing listens.
    Refused,
    /// The connection is accepted, but the service does not answer.
    Silence,
    /// The certificate has expired.
    Certificate,
    /// The directory does not answer.
    Directory,
    /// The password of the health mailbox is wrong.
    Password,
    /// The front end cannot proxy the login.
    ProxyPath,
    /// The back end refuses the connection.
    BackEnd,
    /// The database is not mounted.
    Offline,
    /// The store takes too long.
    Store,
}

/// The result of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulation::exchange) struct ProbeResult {
    /// Why it failed; `None` if it succeeded.
    pub cause: Option<Cause>,
    /// Whether the service greeted.
    pub greeted: bool,
    /// The mailbox server, if the front end found it.
    pub back_end: Option<ServerId>,
    /// The account used for the login.
    pub user: Option<String>,
    /// Whether the database was elsewhere, which is a success of a probe on demand.
    pub elsewhere: bool,
    /// Whether it only read the greeting, because there was no database to log in to.
    pub skipped: bool,
}

impl ProbeResult {
    fn from_cause(cause: Option<Cause>) -> Self {
        let greeted = !matches!(cause, Some(Cause::Refused | Cause::Silence | Cause::Certificate));
        Self { cause, greeted, back_end: None, user: None, elsewhere: false, skipped: false }
    }
}

/// Whose login it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    /// A health mailbox of the Health Manager.
    HealthMailbox,
    /// The user that `New-TestCasConnectivityUser.ps1` creates.
    TestUser,
}

/// How the state is sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulation::exchange) enum ProbeSample {
    /// The current state.
    AsItIs,
    /// The state after pending starts, for the oracle, which must not judge by a restart.
    Settled,
}

impl Site {
    /// Whether an IMAP service greets, and if not, why.
    fn greets(&self, server: ServerId, service: &str, taken: ProbeSample) -> Option<Cause> {
        let known = &self[server];
        let status = known.service(service).map_or(ServiceStatus::Stopped, |service| service.status);
        let booting = known.power == Power::Down || (known.power == Power::Up && known.booting);
        let runs = match taken {
            ProbeSample::AsItIs => known.is_up() && status == ServiceStatus::Running,
            ProbeSample::Settled if booting => self.starts_by_itself(server, service),
            ProbeSample::Settled => known.power != Power::Lost && status != ServiceStatus::Stopped,
        };
        let part = if service == FRONT_END { DatabasePart::FrontEnd } else { DatabasePart::BackEnd };
        if !runs {
            Some(Cause::Refused)
        } else if self.service_hangs(server, service) || self.host_is_unresponsive(server, part) {
            Some(Cause::Silence)
        } else if part == DatabasePart::FrontEnd && self.has_fault(server, FaultKind::ExpiredCertificate) {
            Some(Cause::Certificate)
        } else {
            None
        }
    }

    /// Whether a login to a database works at a back end that greets.
    fn login(&self, database: DatabaseId, server: ServerId, user: User, taken: ProbeSample) -> Option<Cause> {
        let store = self[server].runs(STORE) || taken == ProbeSample::Settled;
        if self.has_fault_anywhere(FaultKind::DirectoryDown) {
            Some(Cause::Directory)
        } else if user == User::HealthMailbox && self.has_database_fault(database, FaultKind::WrongPassword) {
            Some(Cause::Password)
        } else if self[database].dismounted || !store {
            Some(Cause::Offline)
        } else if self.has_fault(server, FaultKind::StoreSlow) {
            Some(Cause::Store)
        } else {
            None
        }
    }

    /// The result of a probe of a server. A login needs a database. `skips` is for the recurring deep test, which logs
    /// in only where the database is active.
    pub fn probe(
        &self,
        server: ServerId,
        kind: ProbeKind,
        database: Option<DatabaseId>,
        skips: bool,
        taken: ProbeSample,
    ) -> ProbeResult {
        let mut verdict = ProbeResult::from_cause(self.greets(server, kind.service(), taken));
        if verdict.cause.is_some() || !kind.logs_in() {
            return verdict;
        }
        let Some(database) = database else {
            verdict.skipped = true;
            return verdict;
        };
        let active = self[database].active;
        if kind == ProbeKind::DeepTest {
            if active != server {
                (verdict.elsewhere, verdict.skipped) = (!skips, skips);
                return verdict;
            }
            verdict.cause = self.login(database, server, User::HealthMailbox, taken);
        } else {
            verdict.cause = self.passed_on(server, database, User::HealthMailbox, taken);
            // The front end finds the server through the directory and checks the password first.
            let found = !matches!(verdict.cause, Some(Cause::Directory | Cause::Password));
            verdict.back_end = found.then_some(active);
        }
        verdict.user = self.health_mailbox(database);
        verdict
    }

    /// Why the test user, whose mailbox is in a database, cannot log in through a front end (`Test-ImapConnectivity`).
    pub fn test_user_login(&self, front_end: ServerId, database: DatabaseId) -> Option<Cause> {
        let taken = ProbeSample::AsItIs;
        // It trusts any certificate.
        let greets = self.greets(front_end, FRONT_END, taken).filter(|cause| *cause != Cause::Certificate);
        greets.or_else(|| self.passed_on(front_end, database, User::TestUser, taken))
    }

    /// Why a login that the front end passes on to where the database is active fails.
    fn passed_on(&self, server: ServerId, database: DatabaseId, user: User, taken: ProbeSample) -> Option<Cause> {
        let active = self[database].active;
        let first = self.login(database, active, user, taken);
        if matches!(first, Some(Cause::Directory | Cause::Password)) {
            return first;
        }
        if self.has_fault(server, FaultKind::ProxyPath) {
            return Some(Cause::ProxyPath);
        }
        self.greets(active, BACK_END, taken).map(|_| Cause::BackEnd).or(first)
    }

    /// The next health mailbox of a database.
    fn health_mailbox(&self, database: DatabaseId) -> Option<String> {
        let mailboxes = &self[database].mailboxes;
        let turn = usize::try_from(self.now.since(self.start).as_milliseconds() / 1000).unwrap_or(0);
        mailboxes.get(turn % mailboxes.len().max(1)).cloned()
    }

    /// The database for the login of a probe on demand: one that is active on the server if there is one.
    pub fn database_on_demand(&self, server: ServerId, kind: ProbeKind) -> Option<DatabaseId> {
        match kind {
            ProbeKind::CustomerTouchPoint => self[server].touch_points.first().copied(),
            ProbeKind::DeepTest => self.copies_on(server).first().copied(),
            ProbeKind::ProxyTest | ProbeKind::SelfTest => None,
        }
    }

    /// Whether the Health Manager has work items of a kind.
    pub fn has_items(&self, server: ServerId, kind: ProbeKind) -> bool {
        let health = &self[server].health;
        let watched = if kind.of_front_end() { health.front_end_items } else { health.back_end_items };
        // Probes with a login exist for each database: without a database there is none, and nothing that is healthy.
        watched
            && match kind {
                ProbeKind::CustomerTouchPoint => !self[server].touch_points.is_empty(),
                ProbeKind::DeepTest => !self.copies_on(server).is_empty(),
                ProbeKind::ProxyTest | ProbeKind::SelfTest => true,
            }
    }
}
