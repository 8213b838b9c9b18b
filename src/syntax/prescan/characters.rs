//! Characters that are not allowed in a runbook, or only in texts and comments.

use super::{Patch, Scanner};
use crate::diagnostic::{Diagnostic, code};
use std::ops::Range;

/// Full-width punctuation and its replacement. All of it is three bytes long.
fn half_width(wide: char) -> Option<char> {
    Some(match wide {
        '\u{FF01}'..='\u{FF5E}' if !wide.is_alphanumeric() => char::from_u32(wide as u32 - 0xFEE0)?,
        '。' => '.',
        '、' => ',',
        '【' => '[',
        '】' => ']',
        '“' | '”' => '"',
        '−' => '-',
        _ => return None,
    })
}

/// Bidirectional control characters, with which a line can differ from its appearance.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

/// Whether a character is allowed nowhere in a file: it is invisible or changes others.
pub fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{200B}')
        || turns_direction(c)
}

impl Scanner<'_> {
    /// A carriage return outside of texts and comments.
    pub(super) fn carriage_return(&mut self) {
        let range = self.at..self.at + 1;
        match self.bytes.get(range.end) {
            Some(b'\n') => {
                self.patch(range, ' ');
                self.at += 1;
            }
            _ => self.refuse(range, false),
        }
    }

    /// Tabs, and the blanks between them, outside of texts and comments. They may indent a line and end it.
    pub(super) fn tabs(&mut self) {
        let start = self.at;
        let run = self.text.get(start..).unwrap_or("").bytes().take_while(|byte| matches!(byte, b'\t' | b' ')).count();
        self.at += run;
        for at in start..self.at {
            if self.bytes.get(at) == Some(&b'\t') {
                self.patch(at..at + 1, ' ');
            }
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let ends = rest.is_empty() || rest.starts_with(b"\n") || rest.starts_with(b"#") || rest.starts_with(b"\r\n");
        if !ends && !self.only_blanks {
            let span = self.span(start..self.at);
            self.plain.diagnostics.push(
                Diagnostic::error(code::FORBIDDEN_CHARACTER, span, "Tab in the middle of a line")
                    .help("Write spaces between words; tabs are allowed for indentation only")
                    .fix(span, " "),
            );
        }
    }

    /// A non-ASCII character outside of texts and comments.
    pub(super) fn wide_character(&mut self) {
        let Some(c) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
            self.at += 1;
            return;
        };
        let range = self.at..self.at + c.len_utf8();
        if matches!(c, '“' | '”') {
            return self.wide_quotes();
        }
        if let Some(by) = half_width(c) {
            self.replace_wide(range.clone(), by, false);
            if by.is_ascii() {
                self.bracket(by as u8, range.start);
                self.last = by as u8;
            }
        } else if is_forbidden(c) || (c.is_whitespace() && !c.is_ascii()) {
            return self.refuse(range, false);
        } else {
            self.last = b'x';
        }
        self.at = range.end;
    }

    /// Notes full-width punctuation, which is reported once for each line.
    pub(super) fn replace_wide(&mut self, range: Range<usize>, by: char, blanks_first: bool) {
        // Blanks between the characters may have been replaced. They are part of the range and stay.
        let start = self.wide.as_ref().map_or(self.patches.len(), |wide| wide.start);
        self.patches.push(Patch { range, by, blanks_first });
        self.wide = Some(start..self.patches.len());
    }

    /// Scans a comment or the inside of a text.
    pub(super) fn inspect(&mut self, range: Range<usize>) {
        let Some(text) = self.text.get(range.clone()) else { return };
        if text.bytes().all(|byte| (0x20..0x7F).contains(&byte)) {
            return;
        }
        let found: Vec<_> = text.char_indices().filter(|(_, c)| is_forbidden(*c) && *c != '\n').collect();
        for (offset, c) in found {
            let start = range.start + offset;
            if c == '\r' && self.bytes.get(start + 1) == Some(&b'\n') {
                continue;
            }
            let at = self.at;
            self.refuse(start..start + c.len_utf8(), true);
            self.at = at;
        }
    }

    /// Reports a forbidden character and replaces it by a blank.
    pub(super) fn refuse(&mut self, range: Range<usize>, inside: bool) {
        let c = self.text.get(range.clone()).and_then(|text| text.chars().next()).unwrap_or(' ');
        let span = self.span(range.clone());
        let number = format!("U+{:04X}", c as u32);
        let (message, help) = if turns_direction(c) {
            (format!("The invisible character {number} changes the reading direction"), "Remove it")
        } else if c == '\r' {
            (
                "Carriage return without a line feed".to_owned(),
                "End lines with a line feed, or with a carriage return and a line feed",
            )
        } else if c.is_whitespace() && !c.is_control() {
            (format!("The whitespace character {number} is not a space"), "Write ordinary spaces between words")
        } else {
            (format!("The invisible character {number} is not allowed in a runbook"), "Remove it")
        };
        let help = match inside {
            true if c != '\r' => format!("{help}, or write it as `\\u{{{:X}}}` in a text", c as u32),
            _ => help.to_owned(),
        };
        let replacement = if c.is_whitespace() && c != '\r' && !inside { " " } else { "" };
        let by = if c == '\r' && !inside { '\n' } else { ' ' };
        let known = self.plain.reported.last().is_some_and(|line| line.end > range.start);
        if by == '\n' && !known {
            let line_end = self.end_of_line(range.end);
            self.plain.reported.push(self.line_start..line_end + 1);
        }
        self.patch(range.clone(), by);
        let diagnostic = Diagnostic::error(code::FORBIDDEN_CHARACTER, span, message).help(help).fix(span, replacement);
        self.plain.diagnostics.push(diagnostic);
        self.at = range.end;
    }
}
