//! Findings as SARIF 2.1.0, for code scanning.

use super::fingerprint::Fingerprints;
use super::location::{in_utf16, path, uri};
use crate::diagnostic::findings::Findings;
use crate::diagnostic::{CODES, CodePage, Diagnostic, Fix, Label, Severity};
use crate::source::{SourceMap, Span};
use serde_json::{Value, json};

/// The published schema of SARIF 2.1.0.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run of one tool, with every rule that has a finding.
pub fn findings_as_sarif(sets: &[(Findings, SourceMap)]) -> String {
    let mut rules: Vec<&CodePage> = Vec::new();
    let mut results = Vec::new();
    let mut fingerprints = Fingerprints::default();
    for (found, sources) in sets {
        for finding in &found.shown {
            let Some(page) = CODES.iter().find(|page| page.code == finding.code) else { continue };
            let index = rules.iter().position(|known| known.code == page.code).unwrap_or_else(|| {
                rules.push(page);
                rules.len() - 1
            });
            results.push(result(finding, index, sources, fingerprints.fingerprint(finding, sources)));
        }
    }
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "rectify",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|page| rule(page)).collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    });
    document.to_string()
}

fn rule(page: &CodePage) -> Value {
    let mut rule = json!({
        "id": page.code.0,
        "shortDescription": {"text": page.title},
        "help": {"text": format!("rectify explain {}", page.code)},
    });
    if let Some(name) = page.rule {
        rule["name"] = json!(name);
    }
    rule
}

fn result(finding: &Diagnostic, rule: usize, sources: &SourceMap, fingerprint: String) -> Value {
    let sentence = |text: &str| if text.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") };
    let text = match &finding.help {
        Some(help) => format!("{} {}", sentence(&finding.message), sentence(help)),
        None => sentence(&finding.message),
    };
    let mut result = json!({
        "ruleId": finding.code.0,
        "ruleIndex": rule,
        "level": match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": {"text": text},
        "locations": [location(finding.span(), sources)],
        "partialFingerprints": {"rectify/v1": fingerprint},
    });
    let others: Vec<Value> = finding.labels.iter().skip(1).map(|label| related(label, sources)).collect();
    if !others.is_empty() {
        result["relatedLocations"] = json!(others);
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([fix_of(fix, sources)]);
    }
    result
}

fn artifact(span: Span, sources: &SourceMap) -> Value {
    json!({"uri": uri(path(sources, span))})
}

fn region(span: Span, sources: &SourceMap) -> Value {
    let range = in_utf16(sources, span);
    json!({
        "startLine": range.line,
        "startColumn": range.column,
        "endLine": range.end_line,
        "endColumn": range.end_column,
    })
}

fn location(span: Span, sources: &SourceMap) -> Value {
    json!({"physicalLocation": {"artifactLocation": artifact(span, sources), "region": region(span, sources)}})
}

fn related(label: &Label, sources: &SourceMap) -> Value {
    let mut location = location(label.span, sources);
    location["message"] = json!({"text": label.text});
    location
}

fn fix_of(fix: &Fix, sources: &SourceMap) -> Value {
    json!({
        "artifactChanges": [{
            "artifactLocation": artifact(fix.span, sources),
            "replacements": [{
                "deletedRegion": region(fix.span, sources),
                "insertedContent": {"text": fix.replacement},
            }],
        }],
    })
}
