//! Alerts listed in rectify.yaml that no runbook answers.

use crate::diagnostic::{Diagnostic, Level, code, did_you_mean, nearest};
use crate::lint::rule::{Project, Rule, RuleScope};
use std::collections::BTreeSet;

pub const RULE: Rule = Rule {
    code: code::UNANSWERED_ALERT,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Project(check),
};

/// Does nothing where some files of the project were not named, since one of them may answer the alert.
fn check(project: &Project<'_>, found: &mut Vec<Diagnostic>) {
    let Some(inventory) = project.inventory.filter(|_| project.whole) else { return };
    let runbooks = project.files.iter().flat_map(|file| &file.runbooks);
    let answered: BTreeSet<&str> =
        runbooks.flat_map(|runbook| &runbook.alerts).map(|(name, _)| name.as_str()).collect();
    for alert in inventory.alerts.iter().filter(|alert| !answered.contains(alert.name.as_str())) {
        let message = format!("No runbook handles the alert `{}`", alert.name);
        let help = match nearest(&alert.name, answered.iter().copied()) {
            Some(near) => did_you_mean(near),
            None => format!("Add a runbook with the header `alert \"{}\"`", alert.name),
        };
        found.push(Diagnostic::warning(code::UNANSWERED_ALERT, alert.span, message).help(help));
    }
}
