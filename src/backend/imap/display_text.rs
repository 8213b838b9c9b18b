//! Makes text of a server safe to show: bounded, and without control characters.

use crate::value::{Loss, Value};
use ecow::EcoString;

/// The most characters of a text.
const LIMIT: usize = 500;

/// The text for values, messages and logs.
pub(super) fn display_text(bytes: &[u8]) -> EcoString {
    let text = String::from_utf8_lossy(bytes);
    let mut characters = text.chars();
    let mut kept: EcoString = characters
        .by_ref()
        .take(LIMIT)
        .map(|c| if is_unsafe_to_show(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if characters.next().is_some() {
        kept.push('…');
    }
    kept
}

/// The value with every truncated text marked as partial. Only those are one character longer than the limit.
pub(super) fn marked(value: Value) -> Value {
    value.with_loss_where(Loss::LeftOut, &is_cut)
}

/// Whether a text was truncated.
pub(super) fn is_cut(text: &str) -> bool {
    text.ends_with('…') && text.chars().count() > LIMIT
}

/// Whether a character controls a terminal, ends a line, or reorders or hides text.
fn is_unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::display_text;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(display_text(b"\x1b]52;c;aGk=\x07 a\rb\0"), "\u{FFFD}]52;c;aGk=\u{FFFD} a\u{FFFD}b\u{FFFD}");
        assert_eq!(display_text("a\u{202E}b 不可用".as_bytes()), "a\u{FFFD}b 不可用");
        assert_eq!(display_text(b"\xff"), "\u{FFFD}");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(display_text(&[b'x'; 501]).chars().count(), 501);
        assert!(display_text(&[b'x'; 501]).ends_with('…'));
        assert!(!display_text(&[b'x'; 500]).ends_with('…'));
    }
}
