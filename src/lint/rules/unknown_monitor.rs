//! Names that no monitor has: no alert of that name arrives, and an observation of it finds nothing.

use super::monitor_of_another_group::observed_texts;
use crate::diagnostic::{Diagnostic, Level, code, did_you_mean, nearest};
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

/// Does nothing where rectify.yaml lists no monitors.
fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    let Some(monitors) = file.inventory.map(|inventory| &inventory.monitors).filter(|it| !it.is_empty()) else {
        return;
    };
    for text in file.runbooks().filter_map(|runbook| runbook.alert.as_ref()).flat_map(|alert| &alert.names) {
        let Some(name) = text.literal().filter(|name| !is_known(monitors, name)) else { continue };
        let help = match nearest_to(monitors, &name) {
            Some(near) => did_you_mean(near),
            None => "Add it to its group under `monitors:` in `rectify.yaml`, if there is such a monitor".to_owned(),
        };
        found.push(finding(text.span, &name, help));
    }
    // An argument may be any text. One that almost equals a monitor's name is meant to be that name.
    for call in observed_texts(file, None) {
        for (text, span) in call {
            if let Some(near) = nearest_to(monitors, &text).filter(|_| !is_known(monitors, &text)) {
                found.push(finding(span, &text, did_you_mean(near)));
            }
        }
    }
}

fn finding(span: Span, name: &str, help: String) -> Diagnostic {
    Diagnostic::warning(code::UNKNOWN_MONITOR, span, format!("Unknown monitor `{name}`")).help(help)
}

/// An alert may have the name of a monitor or of its group.
fn is_known(monitors: &Monitors, name: &str) -> bool {
    monitors.is_group(name) || !monitors.groups_of(name).is_empty()
}

fn nearest_to<'m>(monitors: &'m Monitors, name: &str) -> Option<&'m str> {
    nearest(name, monitors.names().map(|name| name.as_str()))
}
