//! The registry of rules, in the order of their codes.

mod confusable_name;
mod duplicate_alert_handler;
mod escalation_via_target;
mod escalation_without_evidence;
mod goal_of_another_alert;
mod impossible_pattern;
mod literal_secret;
mod manual_undo;
mod monitor_of_another_group;
mod no_poll_after_change;
mod overnarrow_filter;
mod shell_command;
mod ssh_command;
mod step_reference_by_number;
mod unanswered_alert;
mod unattainable_approval;
mod unconfirmed_action;
mod undeclared_machine;
mod unexplained_lasting_change;
mod unknown_monitor;
mod unused_declaration;
mod unused_import;
mod unused_parameter;
mod unused_value;
mod window_shorter_than_retries;

use super::rule::{Rule, RuleScope};
use crate::diagnostic::{Code, Level, code};

/// A rule about allows or the baseline, which has no file of its own.
const fn of_findings(code: Code, fixable: bool) -> Rule {
    Rule { code, level: Level::Warning, since: "0.1.0", fixable, scope: RuleScope::Findings }
}

pub const RULES: &[Rule] = &[
    of_findings(code::ALLOW_WITHOUT_REASON, false),
    of_findings(code::UNKNOWN_RULE, true),
    of_findings(code::USELESS_ALLOW, true),
    of_findings(code::EXPIRED_ALLOW, false),
    of_findings(code::STALE_BASELINE, false),
    step_reference_by_number::RULE,
    escalation_without_evidence::RULE,
    escalation_via_target::RULE,
    unexplained_lasting_change::RULE,
    window_shorter_than_retries::RULE,
    no_poll_after_change::RULE,
    literal_secret::RULE,
    shell_command::RULE,
    confusable_name::RULE,
    impossible_pattern::RULE,
    manual_undo::RULE,
    unattainable_approval::RULE,
    unconfirmed_action::RULE,
    undeclared_machine::RULE,
    ssh_command::RULE,
    unused_parameter::RULE,
    unused_value::RULE,
    unused_declaration::RULE,
    unused_import::RULE,
    duplicate_alert_handler::RULE,
    unanswered_alert::RULE,
    goal_of_another_alert::RULE,
    unknown_monitor::RULE,
    monitor_of_another_group::RULE,
    overnarrow_filter::RULE,
];
