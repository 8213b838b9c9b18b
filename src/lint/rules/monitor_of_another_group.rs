//! Monitors named together with a group that they are not in: such an alert never arrives, and such an observation
//! finds nothing.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::inventory::Monitors;
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use crate::syntax::ast::{Expression, ExpressionKind, Runbook};
use crate::value::Class;
use ecow::EcoString;

pub const RULE: Rule = Rule {
    code: code::MONITOR_OF_ANOTHER_GROUP,
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
    file.runbooks().for_each(|runbook| judge_alerts(file, monitors, runbook, found));
    for call in observed_texts(file, None) {
        let groups: Vec<&EcoString> = call.iter().flat_map(|(text, _)| monitors.groups_like(text)).collect();
        for (name, span) in call.iter().filter(|_| !groups.is_empty()) {
            let own = monitors.groups_of(name);
            if !own.is_empty() && !own.iter().any(|group| groups.contains(group)) {
                let message =
                    format!("`{name}` is a monitor of {}, but is queried in {}", listed(&own), listed(&groups));
                found.push(
                    Diagnostic::warning(code::MONITOR_OF_ANOTHER_GROUP, *span, message)
                        .help("Query it in its own group, or query a monitor of this group"),
                );
            }
        }
    }
}

fn judge_alerts(file: &File<'_>, monitors: &Monitors, runbook: &Runbook, found: &mut Vec<Diagnostic>) {
    let Some(alert) = &runbook.alert else { return };
    let (groups, place, what) = match alert.group.as_ref().and_then(|group| Some((group.literal()?, group.span))) {
        Some((group, span)) => (vec![group], span, "this runbook handles alerts of"),
        None => match asked_groups(file, runbook) {
            Some((groups, span)) => (groups, span, "the goal checks"),
            None => return,
        },
    };
    for text in &alert.names {
        let Some(name) = text.literal() else { continue };
        let own = monitors.groups_of(&name);
        if own.is_empty() || own.iter().any(|group| groups.contains(group)) {
            continue;
        }
        let asked: Vec<&EcoString> = groups.iter().collect();
        let message = format!("`{name}` is a monitor of {}, but {what} {}", listed(&own), listed(&asked));
        found.push(
            Diagnostic::warning(code::MONITOR_OF_ANOTHER_GROUP, text.span, message)
                .also(place, "not its group")
                .help("Remove it, and handle it in a runbook of its own group"),
        );
    }
}

/// The groups of a goal's probes, where each has one.
fn asked_groups(file: &File<'_>, runbook: &Runbook) -> Option<(Vec<EcoString>, Span)> {
    let goal = runbook.goal.as_ref()?;
    let calls = file.expressions_in(goal.condition.span).filter_map(|expression| {
        if let ExpressionKind::Call(call) = &expression.kind { Some(&call.path.text) } else { None }
    });
    let groups: Option<Vec<EcoString>> = calls.map(|name| file.probe(name)?.group.clone()).collect();
    groups.filter(|groups| !groups.is_empty()).map(|groups| (groups, goal.condition.span))
}

fn listed(groups: &[&EcoString]) -> String {
    let mut names: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
    names.dedup();
    format!("`{}`", names.join("` and `"))
}

/// The literal texts among the arguments of observations, by call.
pub fn observed_texts(file: &File<'_>, part: Option<Span>) -> Vec<Vec<(EcoString, Span)>> {
    let inside = |expression: &Expression| {
        part.is_none_or(|part| part.start <= expression.span.start && expression.span.end <= part.end)
    };
    let calls = file
        .index
        .expressions
        .iter()
        .filter(|it| inside(it))
        .filter_map(|expression| if let ExpressionKind::Call(call) = &expression.kind { Some(call) } else { None });
    calls
        .filter(|call| file.class_of(&call.path) == Some(Class::Observe))
        .map(|call| {
            let values = call.arguments.iter().map(|argument| &argument.value);
            values.filter_map(|value| Some((value.literal_text()?, value.span))).collect()
        })
        .collect()
}
