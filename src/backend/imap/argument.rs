//! Arguments of commands: what may be sent, and the encoding of mailbox names.

use crate::value::{ActionError, ErrorKind};

/// The longest user name, password or mailbox name, in bytes.
const LIMIT: usize = 1024;

/// Refuses texts that could end a command and begin another.
pub(super) fn check(parameter: &str, text: &str) -> Result<(), ActionError> {
    let problem = if text.is_empty() {
        "is empty".to_owned()
    } else if text.len() > LIMIT {
        format!("is longer than {LIMIT} bytes")
    } else if text.contains(['\r', '\n', '\0']) {
        "contains a line end or a NUL character".to_owned()
    } else {
        return Ok(());
    };
    Err(ActionError::new(ErrorKind::Refused, format!("the {parameter} {problem}, which IMAP cannot send")))
}

/// The name of a mailbox in the modified UTF-7 of RFC 3501, 5.1.3.
pub(super) fn mailbox_name(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut foreign: Vec<u8> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            shift(&mut foreign, &mut encoded);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            foreign.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    shift(&mut foreign, &mut encoded);
    encoded
}

/// Writes buffered UTF-16 as `&…-`: base64 with `,` for `/` and without padding.
fn shift(foreign: &mut Vec<u8>, encoded: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    if foreign.is_empty() {
        return;
    }
    encoded.push('&');
    for group in foreign.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            let digit = (bits >> (18 - 6 * place)) & 63;
            encoded.extend(DIGITS.get(digit as usize).map(|digit| char::from(*digit)));
        }
    }
    encoded.push('-');
    foreign.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_is_refused() {
        for bad in ["a\rb", "a\nb", "a\0b", "", &"x".repeat(1025)] {
            assert_eq!(check("user", bad).map_err(|error| error.kind), Err(ErrorKind::Refused), "{bad:?}");
        }
        assert_eq!(check("user", "a\"\\}{1}"), Ok(()));
    }

    #[test]
    fn mailbox_names_are_in_modified_utf7() {
        for (name, encoded) in [
            ("INBOX", "INBOX"),
            ("R&D", "R&-D"),
            ("台北", "&U,BTFw-"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("é", "&AOk-"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(mailbox_name(name), encoded);
        }
    }
}
