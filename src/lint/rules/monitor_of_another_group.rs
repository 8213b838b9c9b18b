//! A monitor beside a group that it is not in: its alert never comes here, or what is asked for does not exist.

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

/// Says nothing where rectify.yaml does not say what monitors there are.
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
                    format!("{name} is a monitor of {}, and is asked for in {}", listed(&own), listed(&groups));
                found.push(
                    Diagnostic::warning(code::MONITOR_OF_ANOTHER_GROUP, *span, message)
                        .help("Ask for it in its own group, or for a monitor of this one"),
                );
            }
        }
    }
}

fn judge_alerts(file: &File<'_>, monitors: &Monitors, runbook: &Runbook, found: &mut Vec<Diagnostic>) {
    let Some(alert) = &runbook.alert else { return };
    let (groups, place, what) = match alert.group.as_ref().and_then(|group| Some((group.literal()?, group.span))) {
        Some((group, span)) => (vec![group], span, "this runbook answers alerts of"),
        None => match asked_groups(file, runbook) {
            Some((groups, span)) => (groups, span, "the goal asks about"),
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
        let message = format!("{name} is a monitor of {}, and {what} {}", listed(&own), listed(&asked));
        found.push(
            Diagnostic::warning(code::MONITOR_OF_ANOTHER_GROUP, text.span, message)
                .also(place, "not its group")
                .help("Take it out: a runbook of its own group is for it"),
        );
    }
}

/// The groups of the probes that a goal asks, if each says its group.
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
    names.join(" and ")
}

/// The texts that are written out in what observations are asked for, call by call.
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
