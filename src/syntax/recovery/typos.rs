//! Forms that people write out of habit from other languages.

use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, Span};

/// A form of another language: how it is written, its replacement, and a sentence.
const HABITS: &[(&str, Option<&str>, &str)] = &[
    ("&&", Some("and"), "Conditions are joined with `and`."),
    ("||", Some("or"), "Conditions are joined with `or`."),
    ("===", Some("=="), "Values are compared with `==`."),
    ("=>", None, "An arm is a pattern and a block in braces, without an arrow."),
    ("=", Some("=="), "`==` compares; `=` stands after the name in `let` only."),
    (";", Some(""), "A statement ends where its line ends, without a semicolon."),
    ("//", Some("#"), "Comments begin with `#`."),
    ("/*", None, "Comments begin with `#` and end with their line."),
    ("'", None, "Texts stand in double quotes."),
    ("`", None, "Texts stand in double quotes."),
    ("++", None, "Nothing is changed in place; bind a new name with `let`."),
    ("+=", None, "Nothing is changed in place; bind a new name with `let`."),
    ("&", None, "Conditions are joined with `and`."),
    ("|", None, "Conditions are joined with `or`."),
    ("!", Some("not "), "A condition is negated with `not`."),
    ("?", None, "A value that depends on a condition is written `if condition then value else value`."),
    ("$", None, "Names are written without a dollar sign outside of texts."),
    ("@", None, "This sign means nothing here."),
    ("%", None, "There is no remainder of a division."),
];

/// A typo at a position in a line.
pub(super) fn typo_at(file: FileId, start: usize, text: &str, at: usize) -> Option<Diagnostic> {
    let rest = text.get(at..)?;
    let offset = at + rest.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    let (mark, instead, help) = HABITS.iter().find(|(mark, _, _)| rest.starts_with(mark))?;
    let from = (start + offset) as u32;
    let span = Span::new(file, from, from + mark.len() as u32);
    let diagnostic =
        Diagnostic::error(code::NOT_UNDERSTOOD, span, format!("`{mark}` is not understood here")).help(*help);
    Some(match instead {
        Some(instead) => diagnostic.fix(span, *instead),
        None => diagnostic,
    })
}

/// A typo at the beginning of a line.
pub(super) fn at_start(span: Span, text: &str) -> Option<Diagnostic> {
    typo_at(span.file, span.start as usize, text, 0)
}
