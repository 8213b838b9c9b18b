//! Sorts diagnostics by position, removes duplicates, and limits their number for each file.

use super::{Diagnostic, MAX_PER_FILE, Severity};
use crate::source::{SourceMap, Span};

/// Diagnostics as they are reported.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is shown, sorted by file name and place.
    pub shown: Vec<Diagnostic>,
    /// How many diagnostics of each file are not shown.
    pub more: Vec<TruncatedFile>,
    /// How many errors there are, shown or not.
    pub errors: usize,
    /// How many warnings there are, shown or not.
    pub warnings: usize,
}

/// How many diagnostics of a file are not shown.
#[derive(Debug, PartialEq, Eq)]
pub struct TruncatedFile {
    /// The file, as [`SourceFile::name`](crate::source::SourceFile) has it.
    pub file: String,
    /// How many.
    pub count: usize,
}

impl Findings {
    /// Sorts, removes duplicates (a file that several others import is checked with each of them), and keeps the first
    /// [`MAX_PER_FILE`] of each file.
    pub fn new(mut diagnostics: Vec<Diagnostic>, sources: &SourceMap) -> Self {
        let place = |span: Span| (file_name(sources, span), span.start, span.end);
        diagnostics.sort_by(|one, other| {
            (place(one.span()), one.code, &one.message).cmp(&(place(other.span()), other.code, &other.message))
        });
        diagnostics.dedup_by(|one, other| {
            place(one.span()) == place(other.span()) && one.code == other.code && one.message == other.message
        });
        let errors = diagnostics.iter().filter(|finding| finding.severity == Severity::Error).count();
        let warnings = diagnostics.len() - errors;
        let mut shown = Vec::with_capacity(diagnostics.len().min(MAX_PER_FILE));
        let mut more: Vec<TruncatedFile> = Vec::new();
        let mut of_file = (String::new(), 0);
        for finding in diagnostics {
            let file = file_name(sources, finding.span());
            if of_file.0 != file {
                of_file = (file.to_owned(), 0);
            }
            of_file.1 += 1;
            if of_file.1 <= MAX_PER_FILE {
                shown.push(finding);
            } else if let Some(last) = more.last_mut().filter(|last| last.file == file) {
                last.count += 1;
            } else {
                more.push(TruncatedFile { file: file.to_owned(), count: 1 });
            }
        }
        Self { shown, more, errors, warnings }
    }

    /// Whether there is nothing to report.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }
}

/// `3 errors and 1 warning`: the sum of all findings; `None` where there is nothing to report.
pub fn count_of<'a>(findings: impl Iterator<Item = &'a Findings>) -> Option<String> {
    let (errors, warnings) =
        findings.fold((0, 0), |(errors, warnings), found| (errors + found.errors, warnings + found.warnings));
    let counted = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        count => Some(format!("{count} {word}s")),
    };
    match (counted(errors, "error"), counted(warnings, "warning")) {
        (Some(errors), Some(warnings)) => Some(format!("{errors} and {warnings}")),
        (errors, warnings) => errors.or(warnings),
    }
}

/// The name of the file that a span points into; empty for a span that points nowhere.
pub fn file_name(sources: &SourceMap, span: Span) -> &str {
    sources.file(span.file).map_or("", |file| &file.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code;
    use crate::source::{FileId, SourceFile};

    fn sources() -> SourceMap {
        let mut sources = SourceMap::new();
        sources.add(SourceFile::new("b.runbook", "x".repeat(200)));
        sources.add(SourceFile::new("a.runbook", "y"));
        sources
    }

    fn at(file: u32, start: u32) -> Diagnostic {
        Diagnostic::error(code::UNKNOWN_NAME, Span::new(FileId(file), start, start + 1), "Nothing is named x")
    }

    #[test]
    fn sorts_by_place_and_drops_doubles() {
        let findings = Findings::new(vec![at(0, 9), at(0, 2), at(1, 0), at(0, 2)], &sources());
        let places: Vec<_> = findings.shown.iter().map(|it| (it.span().file.0, it.span().start)).collect();
        assert_eq!(places, [(1, 0), (0, 2), (0, 9)]);
        assert_eq!(count_of([&findings].into_iter()).as_deref(), Some("3 errors"));
    }

    #[test]
    fn counts_what_is_past_the_limit() {
        let findings = Findings::new((0..123).map(|start| at(0, start)).collect(), &sources());
        assert_eq!(findings.shown.len(), MAX_PER_FILE);
        assert_eq!(findings.more, [TruncatedFile { file: "b.runbook".into(), count: 23 }]);
        assert_eq!(findings.errors, 123);
    }
}
