//! Text in HTML.

use crate::report::sanitise_line;
use std::borrow::Cow;

/// A text between tags.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let line = sanitise_line(text);
    if !line.contains(['&', '<', '>', '"', '\'']) {
        return line;
    }
    let mut safe = String::with_capacity(line.len() + 16);
    for letter in line.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    Cow::Owned(safe)
}

/// A name between tags, with places to break it: before a capital letter, and after a dot or an underscore.
pub fn breakable(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 32);
    let mut last = ' ';
    for letter in escaped(name).chars() {
        if (letter.is_uppercase() && last.is_lowercase()) || matches!(last, '.' | '_') {
            text.push_str("<wbr>");
        }
        text.push(letter);
        last = letter;
    }
    text
}

/// A text in a quoted attribute: the same escapes do.
pub fn attribute(text: &str) -> String {
    escaped(text).into_owned()
}
