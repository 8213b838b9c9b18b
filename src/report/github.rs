//! Findings as GitHub workflow commands, which become annotations.

use super::location::{in_utf16, path};
use super::sanitise::sanitise_line;
use crate::diagnostic::findings::{Findings, count_of};
use crate::diagnostic::{Diagnostic, Severity, rule_of};
use crate::source::SourceMap;
use std::fmt::Write;

/// One line per finding, then a line with their number for readers of the log.
pub fn findings_as_github(sets: &[(Findings, SourceMap)]) -> String {
    let mut text = String::new();
    for (found, sources) in sets {
        found.shown.iter().for_each(|finding| annotation(&mut text, finding, sources));
    }
    if let Some(count) = count_of(sets.iter().map(|(found, _)| found)) {
        let _ = writeln!(text, "{count}");
    }
    text
}

fn annotation(text: &mut String, finding: &Diagnostic, sources: &SourceMap) {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let range = in_utf16(sources, finding.span());
    let title = match rule_of(finding.code) {
        Some(rule) => format!("{} {rule}", finding.code),
        None => finding.code.to_string(),
    };
    let _ = write!(
        text,
        "::{word} file={},line={},endLine={}",
        property(path(sources, finding.span())),
        range.line,
        range.end_line
    );
    // GitHub accepts columns only within one line.
    if range.line == range.end_line {
        let _ = write!(text, ",col={},endColumn={}", range.column, range.end_column);
    }
    let mut message = sanitise_line(&finding.message).into_owned();
    if let Some(help) = &finding.help {
        let _ = write!(message, "\n{}", sanitise_line(help));
    }
    let _ = writeln!(text, ",title={}::{}", property(&title), data(&message));
}

/// Escapes what ends a command or starts an escape in its text.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property, which also ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code;
    use crate::source::{FileId, SourceFile, Span};

    #[test]
    fn nothing_in_a_finding_ends_the_command() {
        let mut sources = SourceMap::new();
        sources.add(SourceFile::new("./a,b:c.runbook", "let x\n"));
        let finding = Diagnostic::warning(code::UNUSED_VALUE, Span::new(FileId(0), 4, 5), "100% of\n::error::x")
            .help("Take it out");
        let found = vec![(Findings::new(vec![finding], &sources), sources)];
        let expected = "::warning file=a%2Cb%3Ac.runbook,line=1,endLine=1,col=5,endColumn=6,title=L0402 unused-value\
                        ::100%25 of ⏎ ::error::x%0ATake it out\n1 warning\n";
        assert_eq!(findings_as_github(&found), expected);
    }
}
