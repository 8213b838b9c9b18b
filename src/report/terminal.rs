//! Diagnostics as text: code, location, message and help, with source lines. The only file that uses miette.

use super::sanitise::{same_length, sanitise_line};
use crate::diagnostic::findings::{Findings, file_name};
use crate::diagnostic::{Diagnostic, Label, Severity, rule_of};
use crate::source::{FileId, SourceFile, SourceMap};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};
use std::collections::BTreeSet;
use std::fmt::{Display, Write};

/// Longer lines, in bytes, are not shown.
const LONGEST_LINE: usize = 400;

/// Minimum width of findings, in columns.
const NARROWEST: usize = 40;

/// Text layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
    /// Maximum line width, in columns.
    pub width: usize,
}

/// All findings, then the number of omitted findings of each file.
pub fn findings_as_text(findings: &Findings, sources: &SourceMap, style: Style) -> String {
    let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width.max(NARROWEST)).with_links(false);
    let mut text = String::new();
    let hidden: BTreeSet<FileId> =
        findings.shown.iter().filter(|finding| finding.hides_source).map(|finding| finding.span().file).collect();
    for (position, finding) in findings.shown.iter().enumerate() {
        let shown = TerminalDiagnostic::new(finding, sources, &hidden);
        if handler.render_report(&mut text, &shown).is_err() {
            let _ = writeln!(text, "{}: {}", finding.code, finding.message);
        }
        let last_of_file = findings.shown.get(position + 1).is_none_or(|next| next.span().file != finding.span().file);
        let file = file_name(sources, finding.span());
        if let Some(more) = findings.more.iter().find(|more| last_of_file && more.file == file) {
            let _ = writeln!(text, "… and {} more in {}", more.count, sanitise_line(file));
        }
    }
    text
}

/// A diagnostic in miette's terms.
#[derive(Debug)]
struct TerminalDiagnostic<'a> {
    finding: &'a Diagnostic,
    message: String,
    help: Option<String>,
    source: Option<Lines>,
    labels: Vec<LabeledSpan>,
}

/// Source text whose columns count characters, as everywhere else; miette counts bytes.
#[derive(Debug)]
struct Lines {
    name: String,
    text: String,
}

impl SourceCode for Lines {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let bytes = self.text.read_span(span, lines_before, lines_after)?;
        let start = bytes.span().offset();
        let before = self.text.get(start.saturating_sub(bytes.column())..start);
        let column = before.map_or(bytes.column(), |before| before.chars().count());
        let (data, line, count) = (bytes.data(), bytes.line(), bytes.line_count());
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, data, *bytes.span(), line, column, count)))
    }
}

impl<'a> TerminalDiagnostic<'a> {
    /// Shows no line of the files in `hidden`, for any finding: a secret may be next to it.
    fn new(finding: &'a Diagnostic, sources: &SourceMap, hidden: &BTreeSet<FileId>) -> Self {
        let file = sources.file(finding.span().file);
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            finding.labels.iter().partition(|label| label.span.file == finding.span().file);
        let fits = file.is_some_and(|file| here.iter().all(|label| lines_fit(file, label)));
        let fits = fits && !hidden.contains(&finding.span().file);
        let mut message = sanitise_line(&finding.message).into_owned();
        let (mut source, mut labels) = (None, Vec::new());
        match file {
            Some(file) if fits => {
                let name = sanitise_line(&file.name).into_owned();
                source = Some(Lines { name, text: same_length(&file.text).into_owned() });
                labels = here.iter().enumerate().map(|(position, label)| label_of(label, position == 0)).collect();
            }
            Some(file) => {
                let at = file.position(finding.span().start);
                let _ = write!(message, " ({}:{}:{})", sanitise_line(&file.name), at.line, at.column);
            }
            None => {}
        }
        let mut help = finding.help.as_deref().map(|help| sanitise_line(help).into_owned());
        for label in elsewhere {
            let Some(file) = sources.file(label.span.file) else { continue };
            let at = file.position(label.span.start);
            let line = format!("See {}:{}:{}: {}", file.name, at.line, at.column, label.text);
            let help = help.get_or_insert_default();
            let _ = write!(help, "{}{}", if help.is_empty() { "" } else { "\n" }, sanitise_line(&line));
        }
        Self { finding, message, help, source, labels }
    }
}

fn label_of(label: &Label, main: bool) -> LabeledSpan {
    let text = (!label.text.is_empty()).then(|| sanitise_line(&label.text).into_owned());
    let range = label.span.start as usize..label.span.end.max(label.span.start) as usize;
    if main { LabeledSpan::new_primary_with_span(text, range) } else { LabeledSpan::new_with_span(text, range) }
}

/// Whether the file contains the label's range and its lines are short enough to show.
fn lines_fit(file: &SourceFile, label: &Label) -> bool {
    let text: &str = &file.text;
    let (start, end) = (label.span.start as usize, label.span.end as usize);
    let (Some(before), Some(after)) = (text.get(..start), text.get(end..)) else { return false };
    let left = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    let right = after.find('\n').unwrap_or(after.len());
    let within = text.get(start..end).unwrap_or_default().lines().map(str::len).max().unwrap_or(0);
    left + within + right <= LONGEST_LINE
}

impl Display for TerminalDiagnostic<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TerminalDiagnostic<'_> {}

impl miette::Diagnostic for TerminalDiagnostic<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let code = self.finding.code;
        Some(match rule_of(code) {
            Some(rule) => Box::new(format!("{code} {rule}")),
            None => Box::new(code),
        })
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_deref().map(|help| Box::new(help) as Box<dyn Display + 'a>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code;
    use crate::source::{FileId, Span};

    const PLAIN: Style = Style { colour: false, width: 80 };

    fn shown(text: &str, diagnostic: Diagnostic) -> String {
        let mut sources = SourceMap::new();
        sources.add(SourceFile::new("imap.runbook", text));
        findings_as_text(&Findings::new(vec![diagnostic], &sources), &sources, PLAIN)
    }

    fn span(start: u32, end: u32) -> Span {
        Span::new(FileId(0), start, end)
    }

    #[test]
    fn lines_up_under_chinese() {
        let text = "step \"重启服务\" { wiat 5m }\n";
        let start = text.find("wiat").unwrap() as u32;
        let out = shown(
            text,
            Diagnostic::error(code::NOT_UNDERSTOOD, span(start, start + 4), "No statement begins with wiat")
                .here("not a statement")
                .help("Write wait"),
        );
        let line = out.lines().find(|line| line.contains("wiat 5m")).unwrap();
        let under = out.lines().skip_while(|line| !line.contains("wiat 5m")).nth(1).unwrap();
        let columns = |text: &str| unicode_width::UnicodeWidthStr::width(text);
        assert_eq!(columns(&line[..line.find("wiat").unwrap()]), columns(&under[..under.find('─').unwrap()]), "{out}");
        assert!(out.contains("E0101") && out.contains("imap.runbook:1:15]") && out.contains("Write wait"), "{out}");
    }

    #[test]
    fn control_characters_of_a_file_are_escaped() {
        let text = "resolve \"\u{1b}[2J\u{202e}\"\n";
        let out = shown(text, Diagnostic::error(code::BAD_LITERAL, span(8, 16), "Bad \u{1b}[31m text"));
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{out:?}");
    }

    #[test]
    fn a_very_long_line_is_not_shown() {
        let text = "x".repeat(1_000_000);
        let out = shown(&text, Diagnostic::error(code::NOT_UNDERSTOOD, span(500_000, 500_001), "Not understood"));
        assert!(out.len() < 1000 && out.contains("imap.runbook:1:500001"), "{}", out.len());
    }

    #[test]
    fn a_location_in_another_file_is_named_in_the_text() {
        let mut sources = SourceMap::new();
        sources.add(SourceFile::new("a.runbook", "one\n"));
        sources.add(SourceFile::new("b.runbook", "\ntwo\n"));
        let diagnostic = Diagnostic::error(code::DUPLICATE_NAME, span(0, 3), "Two things are named one")
            .also(Span::new(FileId(1), 1, 4), "the other");
        let out = findings_as_text(&Findings::new(vec![diagnostic], &sources), &sources, PLAIN);
        assert!(out.contains("b.runbook:2:1: the other"), "{out}");
    }
}
