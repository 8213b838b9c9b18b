//! Test results as JUnit XML for CI systems: one suite per file, one case per test.

use super::{TestReport, TestResult};
use crate::diagnostic::findings::Findings;
use crate::report::terminal::{Style, findings_as_text};
use crate::source::SourceMap;
use std::fmt::Write;

/// Line width of findings in the document, in columns.
const WIDTH: usize = 100;

/// The whole document.
pub fn tests_as_junit(report: &TestReport) -> String {
    let mut page = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failed) = (report.tests.len(), report.failed());
    let _ = writeln!(page, "<testsuites name=\"rectify\" tests=\"{tests}\" failures=\"{failed}\">");
    for suite in report.tests.chunk_by(|one, other| one.file == other.file) {
        let failed = suite.iter().filter(|test| !test.failures.is_empty()).count();
        let name = suite.first().map(|test| attribute(&test.file)).unwrap_or_default();
        let time: f64 = suite.iter().map(seconds).sum();
        let _ = writeln!(
            page,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" time=\"{time:.3}\">",
            suite.len()
        );
        suite.iter().for_each(|test| case(&mut page, test, report));
        page.push_str("  </testsuite>\n");
    }
    page.push_str("</testsuites>\n");
    page
}

fn case(page: &mut String, test: &TestResult, report: &TestReport) {
    let _ = write!(
        page,
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3}\"",
        attribute(&test.title),
        attribute(&test.runbook),
        attribute(&test.file),
        test.line,
        seconds(test)
    );
    if test.failures.is_empty() {
        page.push_str("/>\n");
        return;
    }
    page.push_str(">\n");
    let nowhere = SourceMap::new();
    let sources = report.sources.get(test.sources).unwrap_or(&nowhere);
    let first = test.failures.first();
    let message = first.map(|finding| attribute(&finding.message)).unwrap_or_default();
    let kind = first.map_or("", |finding| finding.code.0);
    let findings = Findings::new(test.failures.clone(), sources);
    let style = Style { colour: false, width: WIDTH };
    let shown = findings_as_text(&findings, sources, style);
    let _ = writeln!(
        page,
        "      <failure message=\"{message}\" type=\"{kind}\">{}\n{}</failure>",
        content(&shown),
        content(&test.transcript)
    );
    page.push_str("    </testcase>\n");
}

fn seconds(test: &TestResult) -> f64 {
    test.took.as_millis() as f64 / 1000.0
}

/// Escapes the text of an element. Replaces characters that XML cannot represent.
fn content(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' | '\t' => escaped.push(character),
            '\r' => escaped.push_str("&#13;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Escapes an attribute, including line ends, which a parser would normalise.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}
