//! `--fix`: applies unambiguous fixes in place.

use crate::cli::UsageError;
use crate::cli::atomic_write::replace;
use crate::cli::output::report;
use crate::diagnostic::{Code, Diagnostic, Fix, code};
use crate::lint::Rule;
use crate::project::check::ProjectFindings;
use crate::project::files::read_text;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Applies fixes that do not overlap, and returns their number. Overlapping fixes wait for the next round.
///
/// # Errors
/// A file cannot be written.
pub fn apply_fixes(found: &[ProjectFindings]) -> Result<usize, UsageError> {
    let mut count_of_all = 0;
    for findings in found {
        let mut by_file: BTreeMap<&Path, (&str, Vec<&Fix>)> = BTreeMap::new();
        for fix in findings.diagnostics.iter().filter(|finding| is_certain(finding)).filter_map(|it| it.fix.as_ref()) {
            let Some(file) = findings.sources.file(fix.span.file) else { continue };
            let path = Path::new(&*file.name);
            if findings.named.iter().map(PathBuf::as_path).any(|named| named == path) {
                by_file.entry(path).or_insert((&file.text, Vec::new())).1.push(fix);
            }
        }
        for (path, (text, fixes)) in by_file {
            // Skip a file that has changed since it was checked: the spans no longer fit.
            if read_text(path).is_ok_and(|now| now == text) {
                let (fixed, count) = fixed(text, fixes);
                if count > 0 {
                    replace(path, &fixed).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
                    let word = if count == 1 { "fix" } else { "fixes" };
                    report(&format!("{}: {count} {word} applied", path.display()));
                }
                count_of_all += count;
            }
        }
    }
    Ok(count_of_all)
}

/// Errors with exactly one possible fix: of syntax, and a command of ssh that `remote` can send. Other suggestions need an author's decision: which action a runbook
/// calls, whether a change is temporary, where a line should have ended.
const CERTAIN: [Code; 6] = [
    code::NOT_UNDERSTOOD,
    code::BRACES,
    code::BAD_LITERAL,
    code::WIDE_PUNCTUATION,
    code::FORBIDDEN_CHARACTER,
    code::OUTSIDE_TEXT_AS_CODE,
];

fn is_certain(finding: &Diagnostic) -> bool {
    CERTAIN.contains(&finding.code) || Rule::by_code(finding.code).is_some_and(|rule| rule.fixable)
}

/// Applies fixes that do not overlap; returns the text and their number.
fn fixed(text: &str, mut fixes: Vec<&Fix>) -> (String, usize) {
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end, &fix.replacement));
    fixes.dedup();
    let mut cured = String::with_capacity(text.len());
    let (mut done, mut count) = (0, 0);
    for fix in fixes {
        let (start, end) = (fix.span.start as usize, fix.span.end as usize);
        // Two fixes at one position may be for the same mistake.
        if start < done || count > 0 && start == done {
            continue;
        }
        let (Some(between), Some(old)) = (text.get(done..start), text.get(start..end)) else { continue };
        if old == fix.replacement {
            continue;
        }
        cured.push_str(between);
        cured.push_str(&fix.replacement);
        (done, count) = (end, count + 1);
    }
    cured.push_str(text.get(done..).unwrap_or_default());
    (cured, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn fix(start: u32, end: u32, replacement: &str) -> Fix {
        Fix { span: Span::new(FileId(0), start, end), replacement: replacement.to_owned() }
    }

    #[test]
    fn overlapping_fixes_wait() {
        let fixes = [fix(2, 4, "X"), fix(0, 3, "Y"), fix(4, 4, "Z"), fix(6, 7, ""), fix(6, 7, ""), fix(90, 99, "")];
        let (cured, count) = fixed("abcdefgh", fixes.iter().collect());
        assert_eq!((cured.as_str(), count), ("YdZefh", 3));
    }

    #[test]
    fn a_place_inside_a_letter_is_left_alone() {
        assert_eq!(fixed("é", vec![&fix(1, 2, "e")]), ("é".to_owned(), 0));
    }
}
