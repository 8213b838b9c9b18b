//! Makes text from outside safe for a terminal: it cannot move the cursor, set a title or reverse the reading
//! direction.

use crate::value::is_invisible;
use std::borrow::Cow;

/// Whether a terminal would interpret this character, or a reader would not see it.
fn is_harmful(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t') || is_invisible(character)
}

/// Escapes harmful characters (`\u{1b}`). Keeps line ends and tabs; drops a carriage return before a line end.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            harmful if is_harmful(harmful) => clean.extend(harmful.escape_unicode()),
            harmless => clean.push(harmless),
        }
    }
    Cow::Owned(clean)
}

/// Like [`sanitise`], for one line: line ends become ` ⏎ `, tabs become spaces.
pub fn sanitise_line(text: &str) -> Cow<'_, str> {
    let clean = sanitise(text);
    if !clean.contains(['\n', '\t']) {
        return clean;
    }
    Cow::Owned(clean.trim_end_matches('\n').replace('\n', " ⏎ ").replace('\t', " "))
}

/// Replaces harmful characters with harmless ones of the same length in bytes, so that offsets stay valid.
pub fn same_length(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| is_harmful(character) && character != '\r') {
        return Cow::Borrowed(text);
    }
    let replace = |character: char| match (is_harmful(character) && character != '\r', character.len_utf8()) {
        (false, _) => character,
        (true, 1) => '?',
        (true, 2) => '¿',
        (true, 3) => '\u{FFFD}',
        (true, _) => '\u{1FBC4}',
    };
    Cow::Owned(text.chars().map(replace).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_obeys() {
        assert_eq!(sanitise("a\u{1b}]52;c;x\u{7}b"), "a\\u{1b}]52;c;x\\u{7}b");
        assert_eq!(sanitise("one\r\ntwo\rthree"), "one\ntwo\\u{d}three");
        assert_eq!(sanitise("user\u{202e}txt"), "user\\u{202e}txt");
        assert_eq!(sanitise("a\u{200b}b\u{2066}c\u{ad}d"), "a\\u{200b}b\\u{2066}c\\u{ad}d");
        assert!(matches!(sanitise("重启 IMAP4"), Cow::Borrowed(_)));
    }

    #[test]
    fn one_line_stays_one_line() {
        assert_eq!(sanitise_line("a\nb\tc\n"), "a ⏎ b c");
    }

    #[test]
    fn offsets_stay_true() {
        let text = "a\u{1b}b\u{85}c\u{202e}d\u{0}e\u{e0001}";
        let clean = same_length(text);
        assert_eq!(clean.len(), text.len());
        assert_eq!(clean, "a?b¿c\u{FFFD}d?e\u{1FBC4}");
    }
}
