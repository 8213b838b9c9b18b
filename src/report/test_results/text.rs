//! Test results as text.

use super::{CoverageResult, TestReport};
use crate::diagnostic::findings::Findings;
use crate::report::sanitise::sanitise_line;
use crate::report::terminal::{Style, findings_as_text};
use crate::source::SourceMap;
use anstyle::{AnsiColor, Style as Paint};
use std::fmt::Write;

/// One line per test, with the failures and the run of a failed test; then what no test covers.
pub fn tests_as_text(report: &TestReport, style: Style) -> String {
    let mut page = String::new();
    let paint = |colour: AnsiColor| if style.colour { colour.on_default() } else { Paint::new() };
    let (good, bad) = (paint(AnsiColor::Green), paint(AnsiColor::Red));
    let mut file = None;
    let nowhere = SourceMap::new();
    for test in &report.tests {
        if file != Some(&test.file) {
            let _ = writeln!(page, "{}", sanitise_line(&test.file));
            file = Some(&test.file);
        }
        let title = sanitise_line(&test.title);
        if test.failures.is_empty() {
            let _ = writeln!(page, "  {good}ok{good:#}      {title}");
            continue;
        }
        let _ = writeln!(page, "  {bad}FAILED{bad:#}  {title}\n");
        let sources = report.sources.get(test.sources).unwrap_or(&nowhere);
        page.push_str(&findings_as_text(&Findings::new(test.failures.clone(), sources), sources, style));
        page.push_str("\n  Log of the run, in virtual time:\n");
        for line in test.transcript.lines() {
            let _ = writeln!(page, "    {line}");
        }
        page.push('\n');
    }
    let failed = report.failed();
    let counted = |count: usize| format!("{count} test{}", if count == 1 { "" } else { "s" });
    let _ = match failed {
        0 => writeln!(page, "{good}{} passed{good:#}", counted(report.tests.len())),
        _ => writeln!(page, "{bad}{} failed{bad:#}, {} passed", counted(failed), report.tests.len() - failed),
    };
    if let Some(coverage) = &report.coverage {
        reached(&mut page, coverage);
    }
    page
}

fn reached(page: &mut String, coverage: &[CoverageResult]) {
    let sum = |count: fn(&CoverageResult) -> usize| coverage.iter().map(count).sum::<usize>();
    let missed = |what: &str| coverage.iter().flat_map(|it| &it.missed).filter(|it| it.what == what).count();
    let (steps, endings) = (sum(|it| it.steps), sum(|it| it.endings));
    let _ = writeln!(
        page,
        "{} of {steps} steps and {} of {endings} endings reached",
        steps - missed("step"),
        endings - missed("ending")
    );
    for declared in coverage {
        for missed in &declared.missed {
            let (file, text) = (sanitise_line(&declared.file), sanitise_line(&missed.text));
            let _ = writeln!(page, "  no test reaches {file}:{}: {text}", missed.line);
        }
    }
}
