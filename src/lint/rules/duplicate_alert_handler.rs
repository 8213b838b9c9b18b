//! Two runbooks for one alert: such an alert starts neither.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{Project, Rule, RuleScope};
use crate::lint::summary::AlertHandler;
use crate::source::Span;
use ecow::EcoString;
use std::collections::BTreeMap;

pub const RULE: Rule = Rule {
    code: code::DUPLICATE_ALERT_HANDLER,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Project(check),
};

fn check(project: &Project<'_>, found: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<&EcoString, Vec<(&AlertHandler, Span)>> = BTreeMap::new();
    for runbook in project.files.iter().filter(|file| file.linted).flat_map(|file| &file.runbooks) {
        for (name, span) in &runbook.alerts {
            let others = known.entry(name).or_default();
            let same_group =
                |other: &AlertHandler| other.group.is_none() || runbook.group.is_none() || other.group == runbook.group;
            if let Some((other, first)) = others.iter().find(|(other, _)| same_group(other)) {
                let message =
                    format!("The alert `{name}` already starts `{}`, so it would start neither runbook", other.name);
                found.push(
                    Diagnostic::warning(code::DUPLICATE_ALERT_HANDLER, *span, message)
                        .also(*first, "first handled here")
                        .help("Let one of them handle it, or tell the alerts apart with `in \"GROUP\"`"),
                );
            }
            others.push((runbook, *span));
        }
    }
}
