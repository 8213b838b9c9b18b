//! Texts in quotes: where they end, and where they should.

use super::{Patch, Scanner};
use crate::diagnostic::{Diagnostic, code};
use std::ops::Range;

impl Scanner<'_> {
    /// A text whose opening quote is at the current position.
    pub(super) fn quoted_text(&mut self) {
        let start = self.at;
        match self.closing_quote(start + 1, true).or_else(|| self.over_lines(start + 1, "\"")) {
            Some(end) => self.end_text(start, end),
            None => self.unterminated(start, start + 1),
        }
    }

    /// The end of `r"…"` at its quote, or of `r#"…"#` at its `#`.
    pub(super) fn raw_text(&mut self, hash: bool) {
        let (inside, close) = if hash { (self.at + 2, "\"#") } else { (self.at + 1, "\"") };
        let line_end = self.end_of_line(inside);
        let line = self.text.get(inside..line_end).unwrap_or("");
        let on_line = line.find(close).map(|offset| inside + offset + close.len());
        match on_line.or_else(|| if hash { self.over_lines(inside, close) } else { None }) {
            Some(end) => self.end_text(self.at, end),
            None => self.unterminated(self.at, inside),
        }
    }

    /// A text in full-width quotes, or after one.
    pub(super) fn wide_quotes(&mut self) {
        let start = self.at;
        let end = self.end_of_line(start);
        let inside = self.text.get(start + 3..end).unwrap_or("");
        self.replace_wide(start..start + 3, '"', false);
        match inside.char_indices().find(|(_, c)| matches!(c, '“' | '”' | '"')) {
            Some((offset, '"')) => self.end_text(start, start + 3 + offset + 1),
            Some((offset, _)) => {
                let close = start + 3 + offset;
                self.replace_wide(close..close + 3, '"', true);
                self.end_text(start, close + 3);
            }
            None => {
                self.patches.pop();
                self.wide = None;
                self.unterminated(start, start + 3);
            }
        }
    }

    fn end_text(&mut self, start: usize, end: usize) {
        self.inspect(start..end);
        if self.text.get(start..end).is_some_and(|text| text.contains('\n')) {
            self.line_start = self.text.get(..end).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
        }
        self.last = b'"';
        self.at = end;
    }

    /// The position after the closing quote; optionally on the same line only.
    fn closing_quote(&self, from: usize, one_line: bool) -> Option<usize> {
        let mut at = from;
        loop {
            match self.bytes.get(at)? {
                b'"' => return Some(at + 1),
                b'\\' if self.bytes.get(at + 1) != Some(&b'\n') => at += 2,
                b'\n' if one_line => return None,
                _ => at += 1,
            }
        }
    }

    /// The end of a text over several lines, which must be the whole argument of a call.
    fn over_lines(&self, inside: usize, close: &str) -> Option<usize> {
        if !matches!(self.last, b'(' | b',' | b':') {
            return None;
        }
        let end = match close {
            "\"" => self.closing_quote(inside, false)?,
            _ => inside + self.text.get(inside..)?.find(close)? + close.len(),
        };
        let mut next = self.text.get(end..)?.trim_start();
        while next.starts_with('#') {
            next = next.split_once('\n')?.1.trim_start();
        }
        next.starts_with([')', ',']).then_some(end)
    }

    /// Reports a text without an end, and ends it at the most likely place: before closing or opening brackets.
    fn unterminated(&mut self, start: usize, inside: usize) {
        let line_end = self.end_of_line(start);
        let line = self.text.get(inside..line_end).unwrap_or("");
        self.plain.reported.push(self.line_start..line_end + 1);
        if let Some(close) = line.find('”').map(|offset| inside + offset) {
            self.replace_wide(close..close + 3, '"', true);
            self.last = b'"';
            self.at = close + 3;
            return;
        }
        let span = self.span(start..start + line.trim_end().len() + (inside - start));
        self.plain.diagnostics.push(Diagnostic::error(code::BAD_LITERAL, span, "Unterminated text").help(
            "Write `\"` at the end of the text; only a text that is the whole argument of a call may span several lines",
        ));
        let kept = line.trim_end_matches([')', ']', '{', '}', ',', ' ', '\t', '\r']);
        self.last = b'"';
        self.at = match kept.char_indices().next_back() {
            Some((offset, c)) if inside == start + 1 => {
                let range = inside + offset..inside + offset + c.len_utf8();
                if kept.get(..offset).is_some_and(|before| before.ends_with('\\')) {
                    self.patch(range.start - 1..range.start, ' ');
                }
                self.close_at(range.clone());
                range.end
            }
            _ => line_end,
        };
    }

    fn close_at(&mut self, range: Range<usize>) {
        self.patches.push(Patch { range, by: '"', blanks_first: true });
    }
}
