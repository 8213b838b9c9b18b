//! Test results as JSON lines.

use super::TestReport;
use crate::diagnostic::findings::Findings;
use crate::report::json::{Finding, shape};
use crate::source::SourceMap;
use crate::value::SignedDuration;
use serde::Serialize;

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'t> {
    TestEnded {
        schema: u32,
        file: &'t str,
        line: u32,
        test: &'t str,
        runbook: &'t str,
        result: &'static str,
        /// Virtual time, in seconds.
        duration: f64,
        failures: Vec<Finding<'t>>,
        /// The lines of a failed test's run.
        story: Vec<&'t str>,
    },
    Coverage {
        schema: u32,
        file: &'t str,
        runbook: &'t str,
        steps: usize,
        endings: usize,
        missed: Vec<Missed<'t>>,
    },
    TestsEnded {
        schema: u32,
        passed: usize,
        failed: usize,
    },
}

#[derive(Serialize)]
struct Missed<'t> {
    what: &'static str,
    line: u32,
    text: &'t str,
}

/// One object per test, then the coverage, then the totals.
pub fn tests_as_json(report: &TestReport) -> String {
    let nowhere = SourceMap::new();
    let mut page = String::new();
    let mut write = |line: &Line<'_>| {
        if let Ok(line) = serde_json::to_string(line) {
            page.push_str(&line);
            page.push('\n');
        }
    };
    for test in &report.tests {
        let sources = report.sources.get(test.sources).unwrap_or(&nowhere);
        let failures = Findings::new(test.failures.clone(), sources);
        let failed = !test.failures.is_empty();
        write(&Line::TestEnded {
            schema: 1,
            file: &test.file,
            line: test.line,
            test: &test.title,
            runbook: &test.runbook,
            result: if failed { "failed" } else { "passed" },
            duration: seconds(test.took),
            failures: failures.shown.iter().map(|finding| shape(finding, sources)).collect(),
            story: if failed { test.transcript.lines().collect() } else { Vec::new() },
        });
    }
    for declared in report.coverage.iter().flatten() {
        let missed = declared.missed.iter();
        write(&Line::Coverage {
            schema: 1,
            file: &declared.file,
            runbook: &declared.name,
            steps: declared.steps,
            endings: declared.endings,
            missed: missed.map(|it| Missed { what: it.what, line: it.line, text: &it.text }).collect(),
        });
    }
    let failed = report.failed();
    write(&Line::TestsEnded { schema: 1, passed: report.tests.len() - failed, failed });
    page
}

fn seconds(duration: SignedDuration) -> f64 {
    duration.as_millis() as f64 / 1000.0
}
