//! Turns untrusted bytes into text that cannot control a terminal, a log or what a reader sees.

use crate::value::is_invisible;

/// The longest escape sequence that is recognised, in bytes.
const LONGEST_SEQUENCE: usize = 4096;

/// The bytes as harmless text.
///
/// Escape sequences (colours, cursor movements, OSC) are removed. Other control characters, and those that reorder or
/// hide text, are escaped as `\u{202e}`. Lines end with `\n`. Bytes that are not UTF-8 become U+FFFD.
pub fn sanitised(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        rest = match letter {
            '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => {
                after.get(sequence_length(letter, after)..).unwrap_or_default()
            }
            '\r' => {
                clean.push('\n');
                after.strip_prefix('\n').unwrap_or(after)
            }
            '\n' | '\t' => {
                clean.push(letter);
                after
            }
            _ if letter.is_control() || is_invisible(letter) => {
                clean.extend(letter.escape_unicode());
                after
            }
            _ => {
                clean.push(letter);
                after
            }
        };
    }
    clean
}

/// The length of an escape sequence without its first character.
fn sequence_length(first: char, after: &str) -> usize {
    let (kind, lead) = match first {
        '\u{9b}' => ('[', 0),
        '\u{1b}' => match after.chars().next() {
            Some(kind @ ('[' | ']' | 'P' | 'X' | '^' | '_')) => (kind, 1),
            // Two characters, possibly with intermediate ones: `ESC ( B`.
            _ => {
                let between = after.bytes().take_while(|byte| (0x20..0x30).contains(byte)).count();
                let last = after.as_bytes().get(between).is_some_and(|byte| (0x30..0x7f).contains(byte));
                return between + usize::from(last);
            }
        },
        _ => (']', 0),
    };
    let body = after.get(lead..).unwrap_or_default();
    if kind == '[' {
        let parameters = body.bytes().take_while(|byte| (0x20..0x40).contains(byte)).count();
        let last = body.as_bytes().get(parameters).is_some_and(|byte| (0x40..0x7f).contains(byte));
        return lead + parameters + usize::from(last);
    }
    // A string up to BEL or ST. An unterminated one removes only its first two characters.
    let mut previous = ' ';
    for (position, letter) in body.char_indices().take(LONGEST_SEQUENCE) {
        if letter == '\u{7}' || letter == '\u{9c}' || (previous == '\u{1b}' && letter == '\\') {
            return lead + position + letter.len_utf8();
        }
        previous = letter;
    }
    lead
}
