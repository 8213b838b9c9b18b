//! Escaped text for XML and HTML.

use std::borrow::Cow;

/// Escapes text for an attribute or an element. Replaces characters that XML cannot represent. `apostrophe` is the
/// reference to `'`: HTML 4 does not know the one of XML.
pub fn escaped<'t>(text: &'t str, apostrophe: &str) -> Cow<'t, str> {
    let is_plain = |letter: char| !matches!(letter, '&' | '<' | '>' | '"' | '\'') && is_allowed(letter);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str(apostrophe),
            letter if is_allowed(letter) => safe.push(letter),
            _ => safe.push('\u{FFFD}'),
        }
    }
    Cow::Owned(safe)
}

/// Whether XML 1.0 allows the character; control characters are left out.
fn is_allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n') || !letter.is_control() && !matches!(letter, '\u{FFFE}' | '\u{FFFF}')
}
