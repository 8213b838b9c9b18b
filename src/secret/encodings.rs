//! The encodings in which other programs show a value.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Longer values are searched in fewer forms: nobody quotes a whole key for a shell, and each form costs memory.
const ALL_FORMS_UP_TO: usize = 1024;

/// The length in bytes from which a line of a longer secret (a key file) is searched as a secret of its own.
const SHORTEST_LINE: usize = 8;

/// All forms of a value, in no order. The search ignores the case of ASCII letters.
pub(super) fn forms_of(value: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    add_forms(value, &mut forms);
    if value.len() <= ALL_FORMS_UP_TO {
        add_separated(value, &mut forms);
    }
    if value.trim_end().contains('\n') {
        for line in value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE) {
            add_forms(line, &mut forms);
            // A long key has many lines, and nobody writes one of them byte by byte.
            if value.len() <= ALL_FORMS_UP_TO {
                add_separated(line, &mut forms);
            }
        }
    }
    forms
}

fn add_forms(value: &str, forms: &mut BTreeSet<Vec<u8>>) {
    let mut add = |form: String| {
        forms.insert(form.into_bytes());
    };
    add(value.to_owned());
    for alignment in 0..3 {
        add(base64_within(value, alignment, &STANDARD_NO_PAD));
        add(base64_within(value, alignment, &URL_SAFE_NO_PAD));
    }
    add(bytes_as(value, "", "", |_| false));
    let json = json(value, false);
    add(json.clone());
    if value.len() > ALL_FORMS_UP_TO {
        return;
    }
    add(value.to_lowercase());
    add(value.to_uppercase());
    // Hexadecimal: dumps, C and shell escapes, every byte percent-encoded.
    add(bytes_as(value, "", ":", |_| false));
    add(bytes_as(value, "", " ", |_| false));
    add(bytes_as(value, "\\x", "", |_| false));
    add(bytes_as(value, "%", "", |_| false));
    // Percent encoding of a component, a form, a path or a whole address. The unescaped characters differ: RFC 3986,
    // encodeURIComponent, encodeURI, Python's quote, Go's PathEscape, forms of browsers, Java and .NET.
    for stays in ["-_.~", "-_.~!*'()", "-_.~/", "-_./", "-_.", "-_.~$&+:=@", "-_.~$&+,/:;=@", "-_.~!*'();:@&=+$,/?#"] {
        add(percent(value, stays));
    }
    add(percent(value, "-_.~!*'();:@&=+$,/?#[]"));
    for stays in ["-_.~ ", "-_. ", "-_.~* ", "-_.* ", "-_.~/ ", "-_./ ", "-_.!*() "] {
        add(percent(value, stays).replace(' ', "+"));
    }
    // JSON: in ASCII only, safe inside HTML by several libraries and ConvertTo-Json, with escaped slashes, and each as
    // a string inside a string.
    let ascii = json_ascii(value);
    for form in [&json, &ascii] {
        for special in ["", "<>&", "'", "'<>&", "\"'<>&", "\"'<>&+", "\"'<>&+`", "\"'<>&`=-;\\"] {
            let form = json_hex(form, special);
            add(json_again(&form));
            let slashes = form.replace('/', "\\/");
            add(json_again(&slashes));
            add(slashes);
            add(form);
        }
    }
    add(value.escape_debug().to_string());
    add(value.escape_default().to_string());
    add(value.replace('\\', "\\\\").replace('"', "\\\""));
    // XML and HTML, with the usual forms of the two quotes and of characters beyond ASCII.
    for (double, single) in QUOTES {
        for greater in [">", "&gt;"] {
            for other in [None, Some(decimal_entity as fn(char) -> String), Some(hex_entity)] {
                add(entities(value, |letter| match letter {
                    '&' => Some("&amp;".to_owned()),
                    '<' => Some("&lt;".to_owned()),
                    '>' => Some(greater.to_owned()),
                    '"' => Some(double.to_owned()),
                    '\'' => Some(single.to_owned()),
                    _ if letter.is_ascii() => None,
                    _ => other.map(|entity| entity(letter)),
                }));
            }
        }
    }
    for single in ["&#39;", "&#x27;"] {
        let named = |letter| match letter {
            '&' => Some("&amp;".to_owned()),
            '<' => Some("&lt;".to_owned()),
            '>' => Some("&gt;".to_owned()),
            '"' => Some("&quot;".to_owned()),
            '\'' => Some(single.to_owned()),
            _ => None,
        };
        add(entities(value, |letter| named(letter).or_else(|| (letter == '/').then(|| hex_entity(letter)))));
        add(entities(value, |letter| named(letter).or_else(|| "/`=".contains(letter).then(|| hex_entity(letter)))));
    }
    for entity in [decimal_entity as fn(char) -> String, hex_entity] {
        for stays in ["", " ", "-_., "] {
            for beyond_ascii in [false, true] {
                let kept = |letter: char| match letter.is_ascii() {
                    true => letter.is_ascii_alphanumeric() || stays.contains(letter),
                    false => beyond_ascii,
                };
                add(entities(value, |letter| (!kept(letter)).then(|| entity(letter))));
            }
            // Some encoders treat letters of other scripts as alphanumeric.
            let kept = |letter: char| letter.is_alphanumeric() || stays.contains(letter);
            add(entities(value, |letter| (!kept(letter)).then(|| entity(letter))));
        }
        add(entities(value, |letter| "&<>\"'".contains(letter).then(|| entity(letter))));
        add(entities(value, |letter| (!letter.is_ascii() || "&<>\"'".contains(letter)).then(|| entity(letter))));
        add(entities(value, |letter| Some(entity(letter))));
    }
    // Shells: in single quotes (two ways), in double quotes, with backslashes before special characters.
    add(value.replace('\'', "'\\''"));
    add(value.replace('\'', "'\"'\"'"));
    add(value.replace('\'', "\\'"));
    add(value.replace('\'', "''"));
    add(escaped_before(value, |letter| "\"\\$`".contains(letter)));
    add(escaped_before(value, |letter| "\"\\$`!".contains(letter)));
    add(escaped_before(value, |letter| {
        letter.is_ascii() && !letter.is_ascii_alphanumeric() && !"_-./,:@%+=".contains(letter)
    }));
    add(escaped_before(value, |letter| letter.is_ascii() && !letter.is_ascii_alphanumeric()));
}

/// Each byte in hexadecimal with separators, as in lists in programs and in dumps.
fn add_separated(value: &str, forms: &mut BTreeSet<Vec<u8>>) {
    for (before, between) in [("", ", "), ("", ","), ("", "-"), ("0x", " "), ("0x", ", "), ("0x", ","), ("\\x", " ")] {
        // The prefix of the first byte is not part of the value.
        forms.insert(bytes_as(value, before, between, |_| false).into_bytes());
    }
    // Dumps with two bytes a group; the value begins at either.
    for first in [0, 1] {
        let mut text = String::with_capacity(value.len() * 3);
        for (position, byte) in value.bytes().enumerate() {
            if position > 0 && position % 2 == first {
                text.push(' ');
            }
            let _ = write!(text, "{byte:02x}");
        }
        forms.insert(text.into_bytes());
    }
}

/// Percent-encodes everything but letters, digits and the characters in `stays`.
fn percent(value: &str, stays: &str) -> String {
    bytes_as(value, "%", "", |byte| byte.is_ascii_alphanumeric() || stays.as_bytes().contains(&byte))
}

/// The forms of the two quotes in XML and HTML.
const QUOTES: [(&str, &str); 11] = [
    ("\"", "'"),
    ("\"", "&apos;"),
    ("\"", "&#39;"),
    ("&quot;", "'"),
    ("&quot;", "&apos;"),
    ("&quot;", "&#39;"),
    ("&quot;", "&#039;"),
    ("&quot;", "&#x27;"),
    ("&#34;", "&#39;"),
    ("&#34;", "'"),
    ("&#x22;", "&#x27;"),
];

fn decimal_entity(letter: char) -> String {
    format!("&#{};", u32::from(letter))
}

fn hex_entity(letter: char) -> String {
    format!("&#x{:x};", u32::from(letter))
}

/// Replaces some characters of a text.
fn entities(value: &str, entity: impl Fn(char) -> Option<String>) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        match entity(letter) {
            Some(entity) => text.push_str(&entity),
            None => text.push(letter),
        }
    }
    text
}

/// Writes more characters of a JSON string as `\u0027`. The quote and the backslash are escaped with a backslash
/// already.
fn json_hex(form: &str, special: &str) -> String {
    let mut text = String::with_capacity(form.len());
    let mut letters = form.chars();
    while let Some(letter) = letters.next() {
        let escaped = if letter == '\\' { letters.next() } else { None };
        match escaped {
            Some(escaped @ ('"' | '\\')) if special.contains(escaped) => {
                let _ = write!(text, "\\u{:04x}", u32::from(escaped));
            }
            Some(escaped) => text.extend(['\\', escaped]),
            None if letter != '\\' && special.contains(letter) => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            None => text.push(letter),
        }
    }
    text
}

/// The letters of a longer base64 text that depend on the value alone, when the value begins `alignment` bytes after a
/// multiple of three.
fn base64_within(value: &str, alignment: usize, engine: &impl Engine) -> String {
    let mut bytes = vec![0; alignment];
    bytes.extend_from_slice(value.as_bytes());
    let whole = bytes.len() * 8 / 6;
    let encoded = engine.encode(&bytes);
    // The first letters hold bits of the bytes before.
    let skipped = [0, 2, 3].get(alignment).copied().unwrap_or_default();
    encoded.get(skipped..whole).unwrap_or_default().to_owned()
}

/// Each byte as two hexadecimal digits with a prefix, except the ones that stay as they are.
fn bytes_as(value: &str, before: &str, between: &str, stays: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(value.len() * 3);
    for (position, byte) in value.bytes().enumerate() {
        if position > 0 {
            text.push_str(between);
        }
        if stays(byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "{before}{byte:02x}");
        }
    }
    text
}

/// As a JSON string without its quotes.
fn json(value: &str, ascii: bool) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !ascii {
        return inner.to_owned();
    }
    let mut text = String::new();
    for letter in inner.chars() {
        if letter.is_ascii() {
            text.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

fn json_ascii(value: &str) -> String {
    json(value, true)
}

fn json_again(form: &str) -> String {
    json(form, false)
}

fn escaped_before(value: &str, special: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        if special(letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}
