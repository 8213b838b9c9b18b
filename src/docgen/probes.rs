//! The table of a page's probes: what each asks, when it passes, and whose goal it is.

use super::escape::{TITLE, cell, code, inline, paragraphs};
use super::header_table::RunbookRef;
use crate::program::{Probe, Retention, Runbook, Statement, StatementKind};
use crate::value::display_duration;
use std::fmt::Write;

const COLUMNS: [&str; 10] =
    ["probe", "title", "group", "depends on", "one asking", "asks", "passes if", "unknown if", "goal of", "alerts"];

impl RunbookRef<'_, '_> {
    /// The table without its empty columns, followed by the comments on each probe.
    pub fn probes(&self) -> String {
        let rows: Vec<[String; 10]> = self.document.probes().map(|probe| self.row(probe)).collect();
        let is_used = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
        let used: Vec<usize> = (0..COLUMNS.len()).filter(|column| is_used(*column)).collect();
        let mut text = line(&used, COLUMNS) + "|" + &"---|".repeat(used.len()) + "\n";
        rows.iter().for_each(|row| text.push_str(&line(&used, row.each_ref().map(String::as_str))));
        for probe in self.document.probes() {
            let prose = paragraphs(self.library.comments.above(probe.span));
            if !prose.is_empty() {
                let _ = write!(text, "\n{}: {prose}\n", code(&probe.name));
            }
        }
        text
    }

    fn row(&self, probe: &Probe) -> [String; 10] {
        let source = self.library.source;
        let served = self.library.with_goal(probe);
        let title = if probe.title == probe.name { String::new() } else { inline(&probe.title, TITLE) };
        let asking = match &probe.retries {
            Some((count, every)) => {
                let again = if *count == 1 { "once more".to_owned() } else { format!("{count} times more") };
                format!(
                    "{}; {again}, {} apart, while it does not pass",
                    display_duration(probe.timeout),
                    display_duration(*every)
                )
            }
            None => display_duration(probe.timeout),
        };
        let mut asks: Vec<String> = probe.statements.iter().map(|it| self.before_asking(it)).collect();
        asks.extend(probe.ask.as_ref().map(|(call, _)| source.code(call.span)));
        [
            code(&source.signature(&probe.name, &probe.parameters)),
            title,
            probe.group.as_ref().map(|group| inline(group, TITLE)).unwrap_or_default(),
            probe.depends_on.iter().map(|it| inline(it, TITLE)).collect::<Vec<_>>().join(", "),
            asking,
            asks.join("; "),
            source.expression(&probe.passed_if),
            probe.unknown_if.as_ref().map(|it| source.expression(it)).unwrap_or_default(),
            served.iter().map(|it| self.runbook(it)).collect::<Vec<_>>().join(", "),
            alerts(served),
        ]
    }

    /// A statement of a probe that comes before its `ask`.
    fn before_asking(&self, statement: &Statement) -> String {
        let code = self.library.source.code(statement.span);
        if let StatementKind::Act { retention: Retention::Temporarily { .. }, .. } = &statement.kind {
            format!("{code}, undone after the probe")
        } else {
            code
        }
    }
}

/// A row of the table, reduced to some columns.
fn line(columns: &[usize], cells: [&str; 10]) -> String {
    let cells = columns.iter().filter_map(|column| cells.get(*column)).map(|it| cell(it));
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// The alerts that start the runbooks.
fn alerts(runbooks: &[&Runbook]) -> String {
    let mut names: Vec<String> = Vec::new();
    for runbook in runbooks {
        let own = std::slice::from_ref(&runbook.name);
        let started_by = if runbook.alerts.is_empty() { own } else { runbook.alerts.as_slice() };
        for name in started_by.iter().map(|name| inline(name, TITLE)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.join(", ")
}
