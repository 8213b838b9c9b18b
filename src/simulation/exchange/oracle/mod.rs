//! The oracle: judges a run by the ledger and the state of the model alone, independently of the engine (rule R7).
//!
//! Only the effects of the run count. Those of Managed Availability, of faults and of the site itself do not.

mod conduct;
mod health;
mod leftovers;
mod members;
mod rate;
mod reports;
mod requests;

pub(super) use health::{is_server_sick, is_sick};
pub(super) use requests::Request;

use super::model::components::state_word;
use super::model::ledger::{Actor, Applied, Effect};
use super::model::state::{Server, Site};
use super::settings::faults::Requester;

/// The account that a run gives of itself at its end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    /// Whether it reports `resolved`.
    pub resolved: bool,
    /// The alerts of the run: for each the monitor or health set, and the server by any of its names.
    pub alerts: Vec<(String, String)>,
    /// The changes that it reports as left in place: for each the change, and the call that undoes it.
    pub left_in_place: Vec<String>,
    /// The texts of its escalations and notices: subject, body and evidence.
    pub messages: Vec<String>,
    /// The disruptions that it reports, as calls in the language.
    pub disruptions: Vec<String>,
}

/// A violated rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule: `reboot_with_active_copies`, `two_members_out`, `block_left`, `logging_left`, `hold_left`,
    /// `restart_storm`, `reboot_storm`, `restart_before_reboot`, `acted_on_held`, `moved_onto_unfit`,
    /// `disruption_for_nothing`, `resolved_while_sick`, `resolved_while_customers_out`, `disruption_not_told`,
    /// `disruption_not_done`.
    pub rule: &'static str,
    /// A sentence for people.
    pub text: String,
}

impl Violation {
    fn new(rule: &'static str, text: impl Into<String>) -> Self {
        Self { rule, text: text.into() }
    }
}

/// The state before the run.
#[derive(Debug, Clone)]
pub(super) struct Baseline {
    servers: Vec<ServerBaseline>,
}

/// What a run may change temporarily on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ServerBaseline {
    activation_blocked: bool,
    log_set: bool,
    log_loaded: bool,
    /// The holds: component, requester, state. Active is no hold.
    holds: Vec<(&'static str, Requester, &'static str)>,
}

impl ServerBaseline {
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
    /// The current state.
    pub fn for_site(site: &Site) -> Self {
        Self { servers: site.servers.iter().map(ServerBaseline::for_server).collect() }
    }
}

/// Checks a run against every rule.
pub(super) fn judge(site: &Site, before: &Baseline, asked: &[Request], account: &Account) -> Vec<Violation> {
    let mut violations = active_copies(site);
    violations.extend(members::two_out(site));
    violations.extend(conduct::member_out_beside_others(site));
    violations.extend(conduct::acted_on_held(site, before));
    violations.extend(conduct::moved_onto_unfit(site));
    // Whoever starts a run without an alert has a reason of their own.
    if account.alerts.iter().any(|(alert, _)| health::is_known(alert)) {
        violations.extend(conduct::for_nothing(site, before));
    }
    violations.extend(conduct::restarts_before_reboots(site));
    violations.extend(leftovers::in_place(site, before, account));
    violations.extend(rate::restart_storms(site));
    violations.extend(judge_end(site, account));
    violations.extend(reports::differences(site, asked, account));
    violations
}

/// Checks whether a run may say what it says at its end.
pub(super) fn judge_end(site: &Site, account: &Account) -> Vec<Violation> {
    let sick = health::resolved_while_sick(site, account);
    sick.or_else(|| health::resolved_while_customers_out(site, account)).into_iter().collect()
}

/// The effects of the run.
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

/// Whether a text contains a name as a whole word, in any case.
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
