//! `--fix`: cures that are certain, made in the files.

use crate::cli::atomic_write::replace;
use crate::cli::output::report;
use crate::diagnostic::{Code, Diagnostic, Fix, code};
use crate::lint::Rule;
use crate::project::check::ProjectFindings;
use crate::project::files::read_text;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Makes the cures that do not overlap; how many they were. Those that do are for the next round.
///
/// # Errors
/// A sentence, when a file cannot be written.
pub fn apply_fixes(found: &[ProjectFindings]) -> Result<usize, String> {
    let mut cured = 0;
    for looked in found {
        let mut by_file: BTreeMap<&Path, (&str, Vec<&Fix>)> = BTreeMap::new();
        for fix in looked.diagnostics.iter().filter(|finding| is_certain(finding)).filter_map(|it| it.fix.as_ref()) {
            let Some(file) = looked.sources.file(fix.span.file) else { continue };
            let path = Path::new(&*file.name);
            if looked.named.iter().map(PathBuf::as_path).any(|named| named == path) {
                by_file.entry(path).or_insert((&file.text, Vec::new())).1.push(fix);
            }
        }
        for (path, (text, fixes)) in by_file {
            // Somebody may have written it since, and what was found is about the text that was read.
            if read_text(path).is_ok_and(|now| now == text) {
                let (cure, count) = applied(text, fixes);
                if count > 0 {
                    replace(path, &cure).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
                    let word = if count == 1 { "cure" } else { "cures" };
                    report(&format!("{}: {count} {word} made", path.display()));
                }
                cured += count;
            }
        }
    }
    Ok(cured)
}

/// Slips of form with one cure. What else is suggested stays a suggestion: which action a runbook calls, whether a change
/// is temporary and where a line should have ended is nothing to be guessed.
const CERTAIN: [Code; 5] =
    [code::NOT_UNDERSTOOD, code::BRACES, code::BAD_LITERAL, code::WIDE_PUNCTUATION, code::FORBIDDEN_CHARACTER];

fn is_certain(finding: &Diagnostic) -> bool {
    CERTAIN.contains(&finding.code) || Rule::by_code(finding.code).is_some_and(|rule| rule.fixable)
}

/// A text with those fixes made that stand apart, and how many they are.
fn applied(text: &str, mut fixes: Vec<&Fix>) -> (String, usize) {
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end, &fix.replacement));
    fixes.dedup();
    let mut cured = String::with_capacity(text.len());
    let (mut done, mut count) = (0, 0);
    for fix in fixes {
        let (start, end) = (fix.span.start as usize, fix.span.end as usize);
        // Two that begin in one place may mean the same slip.
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
    fn what_overlaps_waits() {
        let fixes = [fix(2, 4, "X"), fix(0, 3, "Y"), fix(4, 4, "Z"), fix(6, 7, ""), fix(6, 7, ""), fix(90, 99, "")];
        let (cured, count) = applied("abcdefgh", fixes.iter().collect());
        assert_eq!((cured.as_str(), count), ("YdZefh", 3));
    }

    #[test]
    fn a_place_inside_a_letter_is_left_alone() {
        assert_eq!(applied("é", vec![&fix(1, 2, "e")]), ("é".to_owned(), 0));
    }
}
