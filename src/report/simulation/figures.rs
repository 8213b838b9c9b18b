//! Tables and distributions of many runs.

use super::html::{breakable, escaped};
use super::{RunEnd, RunReport};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The upper bounds of the bars of a distribution, in minutes. The last bar has no bound.
const BOUNDS: [f64; 8] = [1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 90.0, 120.0];

/// The endings of runs in which a kind of fault existed, by runbook: how many of how many were resolved.
pub fn endings_by_fault(body: &mut String, runs: &[RunReport]) {
    let runbooks: BTreeSet<&str> = runs.iter().map(|run| run.runbook.as_str()).collect();
    let mut kinds: BTreeSet<&str> = runs.iter().flat_map(|run| &run.fault_kinds).map(String::as_str).collect();
    if runs.iter().any(|run| run.fault_kinds.is_empty()) {
        kinds.insert("");
    }
    body.push_str("<p>Resolved runs of all runs in which such a fault existed. Cancelled runs are not counted.</p>\n");
    body.push_str("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">fault</th>");
    for runbook in &runbooks {
        let _ = write!(body, "<th scope=\"col\">{}</th>", breakable(runbook));
    }
    body.push_str("</tr></thead>\n<tbody>\n");
    for kind in kinds {
        let _ =
            write!(body, "<tr><th scope=\"row\">{}</th>", if kind.is_empty() { "none".into() } else { escaped(kind) });
        for runbook in &runbooks {
            let has = |run: &&RunReport| match kind {
                "" => run.fault_kinds.is_empty(),
                kind => run.fault_kinds.iter().any(|own| own == kind),
            };
            let ended = runs.iter().filter(|run| run.runbook == *runbook && run.end != RunEnd::Cancelled);
            let of_kind: Vec<&RunReport> = ended.filter(has).collect();
            let resolved = of_kind.iter().filter(|run| run.end == RunEnd::Resolved).count();
            match of_kind.len() {
                0 => body.push_str("<td>–</td>"),
                all => {
                    let share = 100 * resolved / all;
                    let _ = write!(body, "<td>{share} % <small>{resolved} of {all}</small></td>");
                }
            }
        }
        body.push_str("</tr>\n");
    }
    body.push_str("</tbody></table></div>\n");
}

/// How long runs took until they were resolved, and until they escalated.
pub fn times(body: &mut String, runs: &[RunReport]) {
    for end in [RunEnd::Resolved, RunEnd::Escalated] {
        let minutes: Vec<f64> = runs.iter().filter(|run| run.end == end).map(|run| run.minutes).collect();
        if minutes.is_empty() {
            continue;
        }
        let mut counts = [0_usize; BOUNDS.len() + 1];
        for minutes in &minutes {
            let bar = BOUNDS.iter().position(|bound| minutes < bound).unwrap_or(BOUNDS.len());
            if let Some(count) = counts.get_mut(bar) {
                *count += 1;
            }
        }
        let mut sorted = minutes.clone();
        sorted.sort_by(f64::total_cmp);
        // The nearest rank: the smallest time within which that share of the runs ended. Minutes are rounded up.
        let at = |share: usize| {
            let rank = (sorted.len() * share).div_ceil(100).saturating_sub(1);
            sorted.get(rank).copied().unwrap_or_default().ceil()
        };
        let _ = writeln!(
            body,
            "<h3>Until {}: half within {:.0} min, nine of ten within {:.0} min, the longest {:.0} min</h3>",
            end.as_str(),
            at(50),
            at(90),
            at(100)
        );
        body.push_str("<div class=\"wide\"><table class=\"bars\">\n<tbody>\n");
        let most = counts.iter().copied().max().unwrap_or(1).max(1);
        for (bar, count) in counts.iter().enumerate() {
            let label = match (bar.checked_sub(1).and_then(|before| BOUNDS.get(before)), BOUNDS.get(bar)) {
                (None, Some(bound)) => format!("under {bound} min"),
                (Some(before), Some(bound)) => format!("{before} to {bound} min"),
                (Some(before), None) => format!("{before} min and more"),
                (None, None) => String::new(),
            };
            let width = 100.0 * *count as f64 / most as f64;
            let _ = writeln!(
                body,
                "<tr><th scope=\"row\">{label}</th><td class=\"bar\"><span class=\"{}\" style=\"width:{width:.1}%\"></span></td><td>{count}</td></tr>",
                end.as_str()
            );
        }
        body.push_str("</tbody></table></div>\n");
    }
}

/// How often each host was disrupted, by action.
pub fn disruptions(body: &mut String, runs: &[RunReport]) {
    let mut by_host: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (host, action) in runs.iter().flat_map(|run| &run.disruptions) {
        *by_host.entry(host).or_default().entry(action).or_default() += 1;
    }
    let actions: BTreeSet<&str> = by_host.values().flat_map(|actions| actions.keys().copied()).collect();
    if actions.is_empty() {
        body.push_str("<p>Nothing was disrupted.</p>\n");
        return;
    }
    body.push_str("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">host</th>");
    for action in &actions {
        let _ = write!(body, "<th scope=\"col\">{}</th>", breakable(action));
    }
    body.push_str("</tr></thead>\n<tbody>\n");
    for (host, counts) in &by_host {
        let _ = write!(body, "<tr><th scope=\"row\">{}</th>", escaped(host));
        for action in &actions {
            match counts.get(action) {
                Some(count) => drop(write!(body, "<td>{count}</td>")),
                None => body.push_str("<td>–</td>"),
            }
        }
        body.push_str("</tr>\n");
    }
    body.push_str("</tbody></table></div>\n");
}
