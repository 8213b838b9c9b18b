//! Findings as JUnit XML for CI servers: one suite per file, one failed case per finding.

use super::json::place;
use super::location::path;
use super::markup;
use crate::diagnostic::findings::{Findings, file_name};
use crate::diagnostic::{Diagnostic, Severity, rule_of};
use crate::source::{SourceMap, Span};
use std::borrow::Cow;
use std::fmt::Write;

/// One document. Without findings it has one passed case, because servers reject an empty document.
pub fn findings_as_junit(sets: &[(Findings, SourceMap)]) -> String {
    let all = || sets.iter().flat_map(|(found, sources)| found.shown.iter().map(move |finding| (finding, sources)));
    let failures = all().count();
    let tests = failures.max(1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ =
        writeln!(text, "<testsuites name=\"rectify check\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    if failures == 0 {
        suite(&mut text, "rectify check", &[]);
    }
    let mut of_file: Vec<(&Diagnostic, &SourceMap)> = Vec::new();
    let mut findings = all().peekable();
    while let Some((finding, sources)) = findings.next() {
        of_file.push((finding, sources));
        let file = |span: Span, sources: &SourceMap| file_name(sources, span).to_owned();
        let own = file(finding.span(), sources);
        if findings.peek().is_none_or(|(next, sources)| file(next.span(), sources) != own) {
            suite(&mut text, path(sources, finding.span()), &of_file);
            of_file.clear();
        }
    }
    text.push_str("</testsuites>\n");
    text
}

fn suite(text: &mut String, name: &str, findings: &[(&Diagnostic, &SourceMap)]) {
    let (name, failures) = (escaped(name), findings.len());
    let tests = failures.max(1);
    let _ = writeln!(text, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    if findings.is_empty() {
        let _ = writeln!(text, "    <testcase classname=\"{name}\" name=\"nothing to report\"/>");
    }
    for (finding, sources) in findings {
        case(text, finding, sources);
    }
    text.push_str("  </testsuite>\n");
}

fn case(text: &mut String, finding: &Diagnostic, sources: &SourceMap) {
    let at = place(finding.span(), sources);
    let file = escaped(path(sources, finding.span()));
    let code = match rule_of(finding.code) {
        Some(rule) => format!("{} {rule}", finding.code),
        None => finding.code.to_string(),
    };
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let message = escaped(&finding.message);
    let _ = writeln!(
        text,
        "    <testcase classname=\"{file}\" name=\"{code} at {line}:{column}\" file=\"{file}\" line=\"{line}\">",
        line = at.line,
        column = at.column
    );
    let _ = write!(text, "      <failure type=\"{kind}\" message=\"{message}\">{file}:{}:{}", at.line, at.column);
    let _ = write!(text, "\n{message}");
    if let Some(help) = &finding.help {
        let _ = write!(text, "\n{}", escaped(help));
    }
    text.push_str("</failure>\n    </testcase>\n");
}

fn escaped(text: &str) -> Cow<'_, str> {
    markup::escaped(text, "&apos;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("a<b> & \"c\"'\u{0}"), "a&lt;b&gt; &amp; &quot;c&quot;&apos;\u{FFFD}");
        assert!(matches!(escaped("重启 IMAP4"), Cow::Borrowed(_)));
    }
}
