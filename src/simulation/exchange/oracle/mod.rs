//! The judge of a run: from the ledger and the state of the model alone, apart from the engine (rule R7).
//!
//! Only what the run did is held against it. What Managed Availability, a fault or the site itself does is not.

mod health;
mod leftovers;
mod members;
mod rate;
mod reports;
mod requests;

pub(super) use health::is_sick;
pub(super) use requests::Request;

use super::model::components::state_word;
use super::model::ledger::{Actor, Applied, Effect};
use super::model::state::{Server, Site};
use super::settings::faults::Requester;

/// What a run says of itself at its end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    /// Whether it says that it is resolved.
    pub resolved: bool,
    /// The alerts that it was about: for each the monitor or health set, and the server by any of its names.
    pub alerts: Vec<(String, String)>,
    /// What it says it has left in place: for each the change, and the call that takes it back.
    pub left_in_place: Vec<String>,
    /// The texts of its escalations and notices: subject, body and evidence.
    pub told: Vec<String>,
    /// The calls that users may have noticed, as the runbook would write them.
    pub disruptions: Vec<String>,
}

/// A rule that a run has broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which: `reboot_with_active_copies`, `two_members_out`, `block_left`, `logging_left`, `hold_left`,
    /// `restart_storm`, `reboot_storm`, `resolved_while_sick`, `disruption_not_told`, `disruption_not_done`.
    pub rule: &'static str,
    /// A sentence for people.
    pub text: String,
}

impl Violation {
    fn new(rule: &'static str, text: impl Into<String>) -> Self {
        Self { rule, text: text.into() }
    }
}

/// What a run may leave as it found it.
#[derive(Debug, Clone)]
pub(super) struct Baseline {
    servers: Vec<Settings>,
}

/// What a run may change on a server for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settings {
    activation_blocked: bool,
    log_set: bool,
    log_loaded: bool,
    /// What is held: component, by whom, in what state. Active is not held.
    holds: Vec<(&'static str, Requester, &'static str)>,
}

impl Settings {
    fn for_server(server: &Server) -> Self {
        let holds = server.components.all().map(|(component, who, state)| (component, who, state_word(state)));
        Self {
            activation_blocked: server.activation_blocked,
            log_set: server.protocol_log_enabled,
            log_loaded: server.loaded_log(),
            holds: holds.filter(|(.., state)| *state != "Active").collect(),
        }
    }

    fn held(&self, component: &str, requester: Requester) -> &'static str {
        let found = self.holds.iter().find(|(known, who, _)| *known == component && *who == requester);
        found.map_or("Active", |(.., state)| state)
    }
}

impl Baseline {
    /// As things are now.
    pub fn for_site(site: &Site) -> Self {
        Self { servers: site.servers.iter().map(Settings::for_server).collect() }
    }
}

/// Holds a run against every rule.
pub(super) fn judge(site: &Site, before: &Baseline, asked: &[Request], account: &Account) -> Vec<Violation> {
    let mut violations = active_copies(site);
    violations.extend(members::two_out(site));
    violations.extend(leftovers::in_place(site, before, account));
    violations.extend(rate::restart_storms(site));
    violations.extend(health::resolved_while_sick(site, account));
    violations.extend(reports::differences(site, asked, account));
    violations
}

/// What the run did.
fn of_run(site: &Site) -> impl Iterator<Item = &Applied> {
    site.ledger.iter().filter(|applied| applied.by == Actor::Run)
}

/// A mailbox server that is rebooted takes its active databases away from users.
fn active_copies(site: &Site) -> Vec<Violation> {
    let reboots = of_run(site).filter_map(|applied| match &applied.what {
        Effect::RebootBegun { active } if !active.is_empty() => Some((applied, active)),
        _ => None,
    });
    reboots
        .map(|(applied, active)| {
            let text = format!("{} was rebooted while {} was active there", applied.on, active.join(", "));
            Violation::new("reboot_with_active_copies", text)
        })
        .collect()
}

/// Whether a text names something as a word of its own, whatever the case.
fn names(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    !name.is_empty()
        && text.match_indices(&name).any(|(at, _)| {
            let before = text.get(..at).and_then(|start| start.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|end| end.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}

/// Whether a text names a server by any of its names.
fn names_server(text: &str, server: &Server) -> bool {
    let own = [server.host.name.as_str(), &server.name, server.address()];
    own.into_iter().chain(server.host.aliases.iter().map(AsRef::as_ref)).any(|name| names(text, name))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_is_a_word_of_its_own() {
        assert!(names("exchange.activation_blocked(server: mbx1, blocked: false)", "MBX1"));
        assert!(names("mbx1.contoso.com is blocked", "mbx1.contoso.com"));
        assert!(!names("mbx10 is blocked", "mbx1"));
        assert!(!names("", ""));
    }
}
