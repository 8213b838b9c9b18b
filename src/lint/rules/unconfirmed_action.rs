//! Hosts on which an action can be ordered, and nothing can tell whether it was carried out.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{Project, Rule, RuleScope};

pub const RULE: Rule = Rule {
    code: code::UNCONFIRMED_ACTION,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Project(check),
};

fn check(project: &Project<'_>, found: &mut Vec<Diagnostic>) {
    for entry in project.inventory.into_iter().flat_map(|inventory| &inventory.hosts) {
        let host = &entry.host.name;
        for unconfirmed in entry.host.settings.unconfirmed() {
            let message = format!("Nothing can tell whether `{}` of `{host}` was carried out", unconfirmed.action);
            let example = unconfirmed.example.replace("HOST", host);
            found.push(
                Diagnostic::warning(code::UNCONFIRMED_ACTION, entry.name_span, message)
                    .help(format!("Add `{}`, as in `{example}`", unconfirmed.missing)),
            );
        }
    }
}
