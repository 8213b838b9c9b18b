//! The disguises in which a value comes back from other programs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A longer value is looked for in fewer forms: nobody quotes a whole key for a shell, and each form costs memory.
const ALL_FORMS_UP_TO: usize = 1024;

/// A line of a longer secret (a key file) is a secret of its own from this many bytes on.
const SHORTEST_LINE: usize = 8;

/// Everything to look for because of one value, in no order. Upper and lower case of ASCII letters is the searcher's.
pub(super) fn forms_of(value: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    add_forms(value, &mut forms);
    if value.trim_end().contains('\n') {
        for line in value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE) {
            add_forms(line, &mut forms);
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
    // Percent encoding: of a component, of a form, of a whole address.
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    add(bytes_as(value, "%", "", unreserved));
    add(bytes_as(value, "%", "", |byte| unreserved(byte) || b"!*'()".contains(&byte)));
    add(bytes_as(value, "%", "", |byte| unreserved(byte) || byte == b' ' || byte == b'*').replace(' ', "+"));
    add(bytes_as(value, "%", "", |byte| unreserved(byte) || b"!*'();:@&=+$,/?#".contains(&byte)));
    add(bytes_as(value, "%", "", |byte| unreserved(byte) || b"!*'();:@&=+$,/?#[]".contains(&byte)));
    // JSON: as a string inside a string, with escaped slashes, in ASCII only, safe inside HTML.
    let ascii = json_ascii(value);
    for form in [&json, &ascii] {
        add(json_again(form));
        add(form.replace('/', "\\/"));
        add(form.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"));
    }
    add(ascii);
    add(value.escape_debug().to_string());
    add(value.escape_default().to_string());
    add(value.replace('\\', "\\\\").replace('"', "\\\""));
    // XML and HTML, with the usual spellings of the two quotes.
    let text = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    add(text.clone());
    add(value.replace('&', "&amp;").replace('<', "&lt;"));
    for (double, single) in
        [("&quot;", "&apos;"), ("&quot;", "&#39;"), ("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "'")]
    {
        add(text.replace('"', double).replace('\'', single));
    }
    // Shells: inside single quotes (two ways), inside double quotes, with a backslash before what is special.
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

/// The letters of a longer base64 text that depend on the value alone, when it begins `alignment` bytes after a multiple
/// of three.
fn base64_within(value: &str, alignment: usize, engine: &impl Engine) -> String {
    let mut bytes = vec![0; alignment];
    bytes.extend_from_slice(value.as_bytes());
    let whole = bytes.len() * 8 / 6;
    let encoded = engine.encode(&bytes);
    // The first letters hold bits of the bytes before.
    let skipped = [0, 2, 3].get(alignment).copied().unwrap_or_default();
    encoded.get(skipped..whole).unwrap_or_default().to_owned()
}

/// Each byte as two hexadecimal digits with something before it, but for those that stay as they are.
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
