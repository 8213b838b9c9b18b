//! Two hosts of `rectify.yaml` at one address: one machine with two locks, on which two runs could act at once.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{Project, Rule, RuleScope};
use crate::value::{Host, canonical_address};
use std::collections::HashMap;

pub const RULE: Rule = Rule {
    code: code::UNDECLARED_MACHINE,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Project(check),
};

fn check(project: &Project<'_>, found: &mut Vec<Diagnostic>) {
    let Some(inventory) = project.inventory else { return };
    let mut by_address = HashMap::new();
    for entry in &inventory.hosts {
        let host = &entry.host;
        let first = *by_address.entry(address(host)).or_insert(entry);
        if first.host.machine() == host.machine() || are_separate(&first.host, host) {
            continue;
        }
        let message = format!(
            "`{}` and `{}` have the same address `{}`, and do not say that they are one machine",
            first.host.name, host.name, host.address
        );
        found.push(
            Diagnostic::warning(code::UNDECLARED_MACHINE, entry.name_span, message)
                .also(first.name_span, "the other host")
                .help(format!("Add `same_machine_as: {}`, so that they share locks and limits", first.host.machine())),
        );
    }
}

/// The address in its only form.
fn address(host: &Host) -> String {
    let name = || host.address.trim_end_matches('.').to_ascii_lowercase();
    canonical_address(&host.address).map_or_else(name, |address| address.to_string())
}

/// Entries on loopback that name different ports stand for different machines, as in a lab.
fn are_separate(one: &Host, other: &Host) -> bool {
    let is_loopback = |host: &Host| {
        host.address == "localhost" || canonical_address(&host.address).is_some_and(|address| address.is_loopback())
    };
    let ports = |host: &Host| host.settings.ports().collect::<Vec<_>>();
    let (ours, theirs) = (ports(one), ports(other));
    is_loopback(one) && !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|port| theirs.contains(port))
}
