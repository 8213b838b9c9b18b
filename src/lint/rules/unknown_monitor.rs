//! A name that no monitor has: nothing ever starts the runbook by it, and who is asked for it has no answer.

use super::monitor_of_another_group::observed_texts;
use crate::diagnostic::{Diagnostic, Level, code, nearest};
use crate::inventory::Monitors;
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;

pub const RULE: Rule = Rule {
    code: code::UNKNOWN_MONITOR,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

/// Says nothing where rectify.yaml does not say what monitors there are.
fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    let Some(monitors) = file.inventory.map(|inventory| &inventory.monitors).filter(|it| !it.is_empty()) else {
        return;
    };
    for text in file.runbooks().filter_map(|runbook| runbook.alert.as_ref()).flat_map(|alert| &alert.names) {
        let Some(name) = text.literal().filter(|name| !is_known(monitors, name)) else { continue };
        let help = match nearest_to(monitors, &name) {
            Some(near) => format!("Did you mean {near}?"),
            None => "Put it under its group in `monitors:` of rectify.yaml, if there is such a monitor".to_owned(),
        };
        found.push(finding(text.span, &name, help));
    }
    // A text that is asked for may be anything; one that is nearly a monitor's name is meant to be it.
    for call in observed_texts(file, None) {
        for (text, span) in call {
            if let Some(near) = nearest_to(monitors, &text).filter(|_| !is_known(monitors, &text)) {
                found.push(finding(span, &text, format!("Did you mean {near}?")));
            }
        }
    }
}

fn finding(span: Span, name: &str, help: String) -> Diagnostic {
    Diagnostic::warning(code::UNKNOWN_MONITOR, span, format!("No monitor is named {name}")).help(help)
}

/// Alerts go by the name of a monitor or of its group.
fn is_known(monitors: &Monitors, name: &str) -> bool {
    monitors.is_group(name) || !monitors.groups_of(name).is_empty()
}

fn nearest_to<'m>(monitors: &'m Monitors, name: &str) -> Option<&'m str> {
    nearest(name, monitors.names().map(|name| name.as_str()))
}
