//! Scans every byte before parsing: comments, brackets and misplaced characters.
//!
//! Rejected characters are also replaced, byte for byte, by what was probably meant. So one full-width colon gives one
//! diagnostic, and the rest of its line can be read. Offsets into the normalized text are offsets into the original.

mod characters;
mod quotes;

pub use characters::is_forbidden;

use super::ast::Comment;
use super::limits;
use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, Span};
use std::borrow::Cow;
use std::ops::Range;

/// A text in which blanks are spaces, lines end with `\n`, and punctuation outside of texts is ASCII.
pub(super) struct Normalized<'a> {
    pub text: Cow<'a, str>,
    pub comments: Vec<Comment>,
    pub diagnostics: Vec<Diagnostic>,
    /// Lines with a reported mistake, from which other mistakes there follow.
    pub reported: Vec<Range<usize>>,
    /// The first bracket that is nested too deeply. The scan stops there.
    pub too_deep: Option<Span>,
}

/// Normalizes a text.
pub(super) fn prescan(file: FileId, text: &str) -> Normalized<'_> {
    let mut scanner = Scanner {
        file,
        text,
        bytes: text.as_bytes(),
        at: 0,
        line_start: 0,
        only_blanks: true,
        line: 0..0,
        last: b'\n',
        depth: 0,
        patches: Vec::new(),
        wide: None,
        plain: Normalized {
            text: Cow::Borrowed(text),
            comments: Vec::new(),
            diagnostics: Vec::new(),
            reported: Vec::new(),
            too_deep: None,
        },
    };
    scanner.run();
    scanner.finish()
}

/// Bytes to replace by one ASCII character, padded with blanks to the old length.
struct Patch {
    range: Range<usize>,
    by: char,
    /// Whether the padding precedes the character.
    blanks_first: bool,
}

struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line_start: usize,
    /// Whether only blanks precede on this line.
    only_blanks: bool,
    /// The rest of the line, from the last lookup.
    line: Range<usize>,
    /// The last byte outside of comments that is not blank.
    last: u8,
    depth: usize,
    patches: Vec<Patch>,
    /// The patches for full-width punctuation on this line that is not reported yet.
    wide: Option<Range<usize>>,
    plain: Normalized<'a>,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        if self.text.starts_with('\u{FEFF}') {
            self.patch(0..3, ' ');
            self.at = 3;
        }
        while let Some(byte) = self.bytes.get(self.at).copied() {
            if self.plain.too_deep.is_some() {
                return;
            }
            match byte {
                b' ' => self.at += 1,
                b'\n' => {
                    self.end_line();
                    self.at += 1;
                    self.line_start = self.at;
                    self.only_blanks = true;
                    continue;
                }
                b'\t' => self.tabs(),
                b'\r' => self.carriage_return(),
                b'#' if self.raw_prefix(self.at) && self.bytes.get(self.at + 1) == Some(&b'"') => self.raw_text(true),
                b'#' => self.comment(),
                b'"' if self.raw_prefix(self.at) => self.raw_text(false),
                b'"' => self.quoted_text(),
                0..0x20 | 0x7F => self.refuse(self.at..self.at + 1, false),
                0x80.. => self.wide_character(),
                _ => {
                    self.bracket(byte, self.at);
                    self.last = byte;
                    self.at += 1;
                }
            }
            self.only_blanks &= matches!(byte, b' ' | b'\t' | b'\r');
        }
        self.end_line();
    }

    /// Whether an `r` that is a word of its own precedes directly.
    fn raw_prefix(&self, at: usize) -> bool {
        let before = self.text.get(..at).and_then(|before| before.strip_suffix('r'));
        before.is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')))
    }

    fn bracket(&mut self, byte: u8, at: usize) {
        match byte {
            b'{' | b'(' | b'[' => {
                self.depth += 1;
                if self.depth > limits::NESTING && self.plain.too_deep.is_none() {
                    self.plain.too_deep = Some(self.span(at..at + 1));
                }
            }
            b'}' | b')' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let end = self.end_of_line(start);
        let text = self.text.get(start + 1..end).unwrap_or("").trim_end();
        let kept = start..start + 1 + text.len();
        self.inspect(kept.clone());
        let text = ecow::EcoString::from(text);
        self.plain.comments.push(Comment { span: self.span(kept), text, trailing: !self.only_blanks });
        self.at = end;
    }

    /// The end of the line that contains a byte.
    fn end_of_line(&mut self, from: usize) -> usize {
        if !self.line.contains(&from) {
            let rest = self.text.get(from..).unwrap_or("");
            self.line = from..rest.find('\n').map_or(self.text.len(), |offset| from + offset);
        }
        self.line.end
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start as u32, range.end as u32)
    }

    fn patch(&mut self, range: Range<usize>, by: char) {
        self.patches.push(Patch { range, by, blanks_first: false });
    }

    fn end_line(&mut self) {
        let Some(patches) = self.wide.take() else { return };
        let patches = self.patches.get(patches).unwrap_or_default();
        let (Some(first), Some(last)) = (patches.first(), patches.last()) else { return };
        let range = first.range.start..last.range.end;
        let mut replacement = String::new();
        let mut from = range.start;
        for patch in patches {
            replacement.push_str(self.text.get(from..patch.range.start).unwrap_or(""));
            replacement.push(patch.by);
            from = patch.range.end;
        }
        let wide = self.text.get(first.range.clone()).unwrap_or("");
        let message = match patches.len() {
            1 => format!("Full-width `{wide}` instead of `{}`", first.by),
            _ => format!("`{wide}` and other characters on this line are full-width punctuation"),
        };
        let diagnostic = Diagnostic::error(code::WIDE_PUNCTUATION, self.span(range.clone()), message)
            .help("Write half-width punctuation outside of texts and comments")
            .fix(self.span(range), replacement);
        self.plain.diagnostics.push(diagnostic);
    }

    fn finish(mut self) -> Normalized<'a> {
        if self.patches.is_empty() {
            return self.plain;
        }
        self.patches.sort_by_key(|patch| patch.range.start);
        let mut plain = String::with_capacity(self.text.len());
        for patch in &self.patches {
            if patch.range.start < plain.len() {
                continue;
            }
            plain.push_str(self.text.get(plain.len()..patch.range.start).unwrap_or(""));
            let blanks = patch.range.len().saturating_sub(1);
            if !patch.blanks_first {
                plain.push(patch.by);
            }
            plain.extend(std::iter::repeat_n(' ', blanks));
            if patch.blanks_first {
                plain.push(patch.by);
            }
        }
        plain.push_str(self.text.get(plain.len()..).unwrap_or(""));
        self.plain.text = Cow::Owned(plain);
        self.plain
    }
}
