//! Goals that check the probe of another alert: they may pass while the reason of the alert persists.
//!
//! Decided by names alone: `XProbe` belongs to `XMonitor`.

use crate::diagnostic::{Diagnostic, Level, code, name_list};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::syntax::ast::{ExpressionKind, Runbook};

pub const RULE: Rule = Rule {
    code: code::GOAL_OF_ANOTHER_ALERT,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    file.runbooks().filter_map(|runbook| check_runbook(file, runbook)).for_each(|finding| found.push(finding));
}

fn check_runbook(file: &File<'_>, runbook: &Runbook) -> Option<Diagnostic> {
    let goal = runbook.goal.as_ref()?;
    let asked: Vec<&str> = file
        .expressions_in(goal.condition.span)
        .filter_map(|expression| {
            if let ExpressionKind::Call(call) = &expression.kind { Some(call.path.text.as_str()) } else { None }
        })
        .collect();
    let subjects: Vec<&str> = asked.iter().filter_map(|probe| probe.strip_suffix("Probe")).collect();
    // A probe with any other name may belong to any alert.
    if subjects.is_empty() || subjects.len() != asked.len() {
        return None;
    }
    let names =
        runbook.alert.iter().flat_map(|alert| &alert.names).filter_map(|name| Some((name.literal()?, name.span)));
    let alerts: Vec<_> = names.collect();
    let about = |name: &str| name.strip_suffix("Monitor").map(str::to_owned);
    let met = alerts.iter().filter_map(|(name, _)| about(name)).any(|about| subjects.contains(&about.as_str()));
    for (name, span) in &alerts {
        let Some(about) = about(name) else { continue };
        let own = format!("{about}Probe");
        let has_own = file.probe(&own).is_some() && !subjects.contains(&about.as_str());
        if has_own || !met {
            let message = format!("`{name}` is not what the goal checks: {}", name_list(&asked));
            let help = match has_own {
                true => format!("Check `{own}`, the probe of this alert"),
                false => "Check the probe of this alert: another probe says nothing about it".to_owned(),
            };
            return Some(
                Diagnostic::warning(code::GOAL_OF_ANOTHER_ALERT, goal.condition.span, message)
                    .also(*span, "the alert")
                    .help(help),
            );
        }
    }
    None
}
