//! Texts that are nested too deeply to be parsed.

use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, Span};
use crate::syntax::limits;

/// Reports the first construct that is nested too deeply.
pub(in crate::syntax) fn diagnostic(span: Span) -> Diagnostic {
    Diagnostic::error(code::TOO_DEEP, span, format!("Too much nesting (limit {})", limits::NESTING))
        .help("Bind inner values with `let`, or move inner blocks to a procedure")
}

/// For a text on which the parser gave up for stack or time. Brackets were counted before, so this is nesting by words
/// and signs: `not not …`, `if if …`, `- - …`, `list<list<…`.
pub(in crate::syntax) fn unreadable(file: FileId, text: &str) -> Diagnostic {
    let mut run = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blanks = rest.len() - rest.trim_start_matches([' ', '\n']).len();
        if blanks > 0 {
            at += blanks;
            continue;
        }
        let word = super::first_word(rest);
        let length = if word.is_empty() { rest.chars().next().map_or(1, char::len_utf8) } else { word.len() };
        let sign = rest.get(..length).unwrap_or("");
        match sign {
            "not" | "-" | "<" | "if" | "check" | "run" => run += 1,
            "{" | "}" | "(" | ")" | "[" | "]" | "," | "resolve" | "let" | "\"" => run = 0,
            _ => {}
        }
        if run > limits::NESTING {
            return diagnostic(Span::new(file, at as u32, (at + length) as u32));
        }
        at += length;
    }
    let first = text.lines().next().unwrap_or("").len() as u32;
    Diagnostic::error(code::TOO_DEEP, Span::new(file, 0, first), "This file takes too long to parse")
        .help("Split the file: something in it is nested or repeated far too often")
}
