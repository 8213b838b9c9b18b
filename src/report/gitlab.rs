//! Findings as a GitLab code quality report.

use super::fingerprint::Fingerprints;
use super::json::place;
use super::location::path;
use crate::diagnostic::findings::Findings;
use crate::diagnostic::{Severity, rule_of};
use crate::source::SourceMap;
use serde_json::json;

/// One array with one object per finding.
pub fn findings_as_gitlab(sets: &[(Findings, SourceMap)]) -> String {
    let mut fingerprints = Fingerprints::default();
    let mut issues = Vec::new();
    for (found, sources) in sets {
        for finding in &found.shown {
            let at = place(finding.span(), sources);
            issues.push(json!({
                "description": finding.message,
                "check_name": rule_of(finding.code).unwrap_or(finding.code.0),
                "fingerprint": fingerprints.fingerprint(finding, sources),
                "severity": match finding.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                },
                "location": {
                    "path": path(sources, finding.span()),
                    "lines": {"begin": at.line, "end": at.end_line},
                },
            }));
        }
    }
    serde_json::Value::Array(issues).to_string()
}
