//! Test results: text for people, JSON for programs, JUnit for CI.

mod json;
mod junit;
mod text;

#[cfg(test)]
mod tests;

pub use json::tests_as_json;
pub use junit::tests_as_junit;
pub use text::tests_as_text;

use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::value::SignedDuration;

/// The results of a `rectify test` command.
#[derive(Default)]
pub struct TestReport {
    /// The files that tests and diagnostics refer to.
    pub sources: Vec<SourceMap>,
    /// One result per test, in the order of files and text.
    pub tests: Vec<TestResult>,
    /// Coverage of each declaration. `None` unless all tests ran.
    pub coverage: Option<Vec<CoverageResult>>,
}

impl TestReport {
    /// The number of failed tests.
    pub fn failed(&self) -> usize {
        self.tests.iter().filter(|test| !test.failures.is_empty()).count()
    }

    /// Whether a step or an ending is not covered.
    pub fn misses(&self) -> bool {
        self.coverage.iter().flatten().any(|declared| !declared.missed.is_empty())
    }
}

/// The result of one test.
pub struct TestResult {
    /// The file's name as given.
    pub file: String,
    /// Line of the test, from 1.
    pub line: u32,
    /// The test's title.
    pub title: String,
    /// Name of the runbook under test.
    pub runbook: String,
    /// Duration of the run, in virtual time.
    pub took: SignedDuration,
    /// Unmet expectations; empty if the test passed.
    pub failures: Vec<Diagnostic>,
    /// Index into [`TestReport::sources`] of the files that `failures` refer to.
    pub sources: usize,
    /// The run as lines of text, with secrets masked.
    pub transcript: String,
}

/// Coverage of a runbook or procedure.
pub struct CoverageResult {
    /// The file's name as given.
    pub file: String,
    /// Name of the declaration.
    pub name: String,
    /// Number of steps.
    pub steps: usize,
    /// Number of endings.
    pub endings: usize,
    /// Steps and endings that no test reaches.
    pub missed: Vec<MissedLine>,
}

/// A step or an ending that no test reaches.
pub struct MissedLine {
    /// `step` or `ending`.
    pub what: &'static str,
    /// Line, from 1.
    pub line: u32,
    /// First line of its text.
    pub text: String,
}
