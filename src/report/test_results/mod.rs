//! What came of tests: lines for people, JSON for programs, JUnit for CI.

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

/// All that there is to tell.
#[derive(Default)]
pub struct TestReport {
    /// The files that tests and findings point into.
    pub sources: Vec<SourceMap>,
    /// The tests, in the order of files and text.
    pub tests: Vec<TestResult>,
    /// What they reach; none where not all tests were run.
    pub coverage: Option<Vec<CoverageResult>>,
}

impl TestReport {
    /// How many tests failed.
    pub fn failed(&self) -> usize {
        self.tests.iter().filter(|test| !test.failures.is_empty()).count()
    }

    /// Whether there is a step or an ending that no test reaches.
    pub fn misses(&self) -> bool {
        self.coverage.iter().flatten().any(|declared| !declared.missed.is_empty())
    }
}

/// One test.
pub struct TestResult {
    /// Its file, as it was named.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// What it shows.
    pub title: String,
    /// The runbook that it runs.
    pub runbook: String,
    /// How long its run took, on virtual time.
    pub took: SignedDuration,
    /// What was not as expected; nothing when it passed.
    pub failures: Vec<Diagnostic>,
    /// Which of the sources these point into.
    pub sources: usize,
    /// Its run in lines, without secrets.
    pub story: String,
}

/// What tests have reached of a runbook or procedure.
pub struct CoverageResult {
    /// Its file, as it was named.
    pub file: String,
    /// Its name.
    pub name: String,
    /// How many steps it has.
    pub steps: usize,
    /// How many endings it has.
    pub endings: usize,
    /// What no test reaches.
    pub missed: Vec<MissedLine>,
}

/// A step or an ending that no test reaches.
pub struct MissedLine {
    /// `step` or `ending`.
    pub what: &'static str,
    /// Its line, from 1.
    pub line: u32,
    /// The first line of its text.
    pub text: String,
}
