//! Observations restricted to some of the groups whose alerts start the runbook: problems in the others look healthy.

use super::monitor_of_another_group::observed_texts;
use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use ecow::EcoString;

pub const RULE: Rule = Rule {
    code: code::OVERNARROW_FILTER,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

/// Does nothing where rectify.yaml lists no monitors. Observations of unrelated groups are ignored.
fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    let Some(monitors) = file.inventory.map(|inventory| &inventory.monitors).filter(|it| !it.is_empty()) else {
        return;
    };
    for runbook in file.runbooks() {
        let Some(alert) = &runbook.alert else { continue };
        let mut started_by: Vec<EcoString> = Vec::new();
        for name in alert.names.iter().filter_map(|name| name.literal()) {
            started_by.extend(monitors.groups_of(&name).into_iter().cloned());
            started_by.extend(Some(name).filter(|name| monitors.is_group(name)));
        }
        if let Some(group) = alert.group.as_ref().and_then(|group| group.literal()) {
            started_by.retain(|started| *started == group);
        }
        for (text, span) in observed_texts(file, Some(runbook.span)).into_iter().flatten() {
            let shown = monitors.groups_like(&text);
            let mut hidden: Vec<&str> =
                started_by.iter().filter(|group| !shown.contains(group)).map(EcoString::as_str).collect();
            hidden.dedup();
            if hidden.is_empty() || !started_by.iter().any(|group| shown.contains(&group)) {
                continue;
            }
            let message = format!(
                "`\"{text}\"` leaves out `{}`, whose alerts start this runbook as well",
                hidden.join("` and `")
            );
            found.push(
                Diagnostic::warning(code::OVERNARROW_FILTER, span, message)
                    .also(alert.span, "alerts handled here")
                    .help("Query all groups: an unhealthy monitor in a group left out looks healthy"),
            );
        }
    }
}
