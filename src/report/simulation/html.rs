//! Text in HTML.

use crate::report::{markup, sanitise_line};
use std::borrow::Cow;

/// A text between tags or in a quoted attribute, in one line.
pub fn escaped(text: &str) -> Cow<'_, str> {
    match sanitise_line(text) {
        Cow::Borrowed(line) => markup::escaped(line, "&#39;"),
        Cow::Owned(line) => Cow::Owned(markup::escaped(&line, "&#39;").into_owned()),
    }
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
