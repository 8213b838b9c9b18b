//! Diagnostics as JSON, for programs.

use crate::diagnostic::findings::{Findings, file_name};
use crate::diagnostic::{Diagnostic, Severity, rule_of};
use crate::source::{LineColumn, SourceMap, Span};
use serde::Serialize;

/// One document: `schema`, `findings`, and `more` for files with too many findings to list.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    findings: Vec<Finding<'a>>,
    more: Vec<MoreInFile<'a>>,
}

/// A diagnostic as JSON.
#[derive(Serialize)]
pub(super) struct Finding<'a> {
    code: &'a str,
    /// Name of the lint rule; `null` for diagnostics of the language itself.
    rule: Option<&'a str>,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(flatten)]
    place: JsonLocation<'a>,
    /// Related locations, in the order in which they explain the finding.
    path: Vec<Stop<'a>>,
    /// Replacements that certainly fix it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: JsonLocation<'a>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Stop<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: JsonLocation<'a>,
}

/// Lines and columns start at 1; columns count characters; the end is exclusive.
#[derive(Serialize)]
pub(super) struct JsonLocation<'a> {
    pub file: &'a str,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

#[derive(Serialize)]
struct MoreInFile<'a> {
    file: &'a str,
    count: usize,
}

/// The findings of `check --format json`, one document on one line. Each set comes with the files that it refers to.
pub fn findings_as_json(sets: &[(Findings, SourceMap)]) -> String {
    let findings = sets.iter().flat_map(|(found, sources)| found.shown.iter().map(|finding| shape(finding, sources)));
    let more = sets.iter().flat_map(|(found, _)| &found.more);
    let document = Document {
        schema: 1,
        findings: findings.collect(),
        more: more.map(|more| MoreInFile { file: &more.file, count: more.count }).collect(),
    };
    serde_json::to_string(&document).unwrap_or_default()
}

/// Converts a diagnostic; `sources` are the files that it refers to.
pub(super) fn shape<'a>(finding: &'a Diagnostic, sources: &'a SourceMap) -> Finding<'a> {
    Finding {
        code: finding.code.0,
        rule: rule_of(finding.code),
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &finding.message,
        help: finding.help.as_deref(),
        place: place(finding.span(), sources),
        path: finding
            .labels
            .iter()
            .skip(1)
            .map(|label| Stop { message: &label.text, place: place(label.span, sources) })
            .collect(),
        edits: finding
            .fix
            .iter()
            .map(|fix| Edit { place: place(fix.span, sources), replacement: &fix.replacement })
            .collect(),
    }
}

/// Converts a span to lines and columns.
pub(super) fn place<'a>(span: Span, sources: &'a SourceMap) -> JsonLocation<'a> {
    let at = |offset| match sources.file(span.file) {
        Some(file) => file.position(offset),
        None => LineColumn { line: 1, column: 1 },
    };
    let (start, end) = (at(span.start), at(span.end));
    JsonLocation {
        file: file_name(sources, span),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
