//! Forms that people write out of habit from other languages.

use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, Span};

/// A form of another language: how it is written, its replacement, and a sentence.
const HABITS: &[(&str, Option<&str>, &str)] = &[
    ("&&", Some("and"), "Write `and`"),
    ("||", Some("or"), "Write `or`"),
    ("===", Some("=="), "Compare values with `==`"),
    ("=>", None, "Write an arm without an arrow, as in `passed { … }`"),
    ("=", Some("=="), "Compare values with `==`; `=` is only used in `let`, after the name"),
    (";", Some(""), "Remove the semicolon: a statement ends at the end of its line"),
    ("//", Some("#"), "Start a comment with `#`"),
    ("/*", None, "Start each line of a comment with `#`"),
    ("'", None, "Write texts in double quotes"),
    ("`", None, "Write texts in double quotes"),
    ("++", None, "Bind a new name with `let`: values never change"),
    ("+=", None, "Bind a new name with `let`: values never change"),
    ("&", None, "Write `and`"),
    ("|", None, "Write `or`"),
    ("!", Some("not "), "Write `not`"),
    ("?", None, "Write `if condition then value else value`"),
    ("$", None, "Write a name without a dollar sign; only texts need one, as in `\"${name}\"`"),
    ("@", None, "Remove it: `@` has no meaning here"),
    ("%", None, "Remove it: there is no remainder operator"),
];

/// A typo at a position in a line.
pub(super) fn typo_at(file: FileId, start: usize, text: &str, at: usize) -> Option<Diagnostic> {
    let rest = text.get(at..)?;
    let offset = at + rest.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    let (mark, instead, help) = HABITS.iter().find(|(mark, _, _)| rest.starts_with(mark))?;
    let from = (start + offset) as u32;
    let span = Span::new(file, from, from + mark.len() as u32);
    let diagnostic = Diagnostic::error(code::NOT_UNDERSTOOD, span, format!("Unexpected `{mark}`")).help(*help);
    Some(match instead {
        Some(instead) => diagnostic.fix(span, *instead),
        None => diagnostic,
    })
}

/// A typo at the beginning of a line.
pub(super) fn at_start(span: Span, text: &str) -> Option<Diagnostic> {
    typo_at(span.file, span.start as usize, text, 0)
}
