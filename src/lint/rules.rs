//! The registry: every rule, in the order of the codes.

mod alert_answered_twice;
mod confusable_name;
mod escalation_through_repaired_host;
mod escalation_without_evidence;
mod filter_that_hides_alerts;
mod goal_of_another_alert;
mod impossible_pattern;
mod literal_secret;
mod monitor_of_another_group;
mod shell_command;
mod single_look_after_change;
mod step_reference_by_number;
mod unanswered_alert;
mod undone_by_hand;
mod unexplained_lasting_change;
mod unknown_monitor;
mod unused_declaration;
mod unused_import;
mod unused_parameter;
mod unused_value;
mod window_shorter_than_retries;

use super::rule::{Look, Rule};
use crate::diagnostic::{Code, Level, code};

/// A rule about allows or the baseline, which have no file of their own.
const fn of_findings(code: Code, fixable: bool) -> Rule {
    Rule { code, level: Level::Warning, since: "0.1.0", fixable, look: Look::Findings }
}

/// Every rule.
pub const RULES: &[Rule] = &[
    of_findings(code::ALLOW_WITHOUT_REASON, false),
    of_findings(code::UNKNOWN_RULE, true),
    of_findings(code::USELESS_ALLOW, true),
    of_findings(code::EXPIRED_ALLOW, false),
    of_findings(code::STALE_BASELINE, false),
    step_reference_by_number::RULE,
    escalation_without_evidence::RULE,
    escalation_through_repaired_host::RULE,
    unexplained_lasting_change::RULE,
    window_shorter_than_retries::RULE,
    single_look_after_change::RULE,
    literal_secret::RULE,
    shell_command::RULE,
    confusable_name::RULE,
    impossible_pattern::RULE,
    undone_by_hand::RULE,
    unused_parameter::RULE,
    unused_value::RULE,
    unused_declaration::RULE,
    unused_import::RULE,
    alert_answered_twice::RULE,
    unanswered_alert::RULE,
    goal_of_another_alert::RULE,
    unknown_monitor::RULE,
    monitor_of_another_group::RULE,
    filter_that_hides_alerts::RULE,
];
