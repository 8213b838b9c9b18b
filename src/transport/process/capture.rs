//! Output that is kept to its beginning and its end.

use super::sanitised;
use crate::value::{Loss, Value};
use std::collections::VecDeque;

/// So many bytes are kept from the beginning.
pub const HEAD: usize = 256 * 1024;

/// So many bytes are kept from the end.
pub const TAIL: usize = 64 * 1024;

/// So much of it is evidence in an error.
const LAST_LINES: usize = 2 * 1024;

/// The bytes without the character at their end that a cut has left incomplete. As U+FFFD it would stand between a cut
/// and what it has left of a secret.
fn without_broken_end(bytes: &[u8]) -> &[u8] {
    let Some(last) = bytes.utf8_chunks().last() else { return bytes };
    // What could still become a character, and is not wrong already.
    let broken = last.invalid();
    let wanted = match broken.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return bytes,
    };
    if broken.len() < wanted { bytes.get(..bytes.len() - broken.len()).unwrap_or_default() } else { bytes }
}

/// The bytes without the end of a character whose beginning a cut has taken away.
fn without_broken_start(bytes: &[u8]) -> &[u8] {
    let broken = bytes.iter().take(3).take_while(|byte| matches!(byte, 0x80..=0xbf)).count();
    bytes.get(broken..).unwrap_or_default()
}

/// What a process wrote: all of it, or its first [`HEAD`] and last [`TAIL`] bytes and how many there were.
#[derive(Debug, Default, Clone)]
pub struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
    /// Whether whoever wrote it was stopped before it had written all.
    stopped: bool,
}

impl Captured {
    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let (head, tail) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        let tail = tail.get(tail.len().saturating_sub(TAIL)..).unwrap_or_default();
        self.tail.drain(..(self.tail.len() + tail.len()).saturating_sub(TAIL));
        self.tail.extend(tail);
    }

    /// How many bytes were written, kept or not.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes between head and tail were not kept.
    pub fn left_out(&self) -> u64 {
        self.total - (self.head.len() + self.tail.len()) as u64
    }

    /// Whoever writes is stopped now: what comes last may be half of something.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Why a part of it is missing.
    pub fn loss(&self) -> Option<Loss> {
        (self.stopped || self.left_out() > 0).then_some(Loss::LeftOut)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Every byte that was kept.
    pub fn bytes(&self) -> Vec<u8> {
        self.head.iter().chain(&self.tail).copied().collect()
    }

    /// As text for people and for the language; see [`sanitised`]. A line says where something was left out. The sign
    /// `…` stands at every cut: secrets are masked later, and what a cut has left of one is looked for beside it.
    pub fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let mut text = match self.left_out() {
            0 => {
                let bytes = self.bytes();
                sanitised(if self.stopped { without_broken_end(&bytes) } else { &bytes })
            }
            left_out => {
                let head = sanitised(without_broken_end(&self.head));
                let tail = without_broken_start(&tail);
                let tail = sanitised(if self.stopped { without_broken_end(tail) } else { tail });
                format!("{head}…\n[{left_out} bytes left out]\n…{tail}")
            }
        };
        if self.stopped && !text.is_empty() && !text.ends_with('\n') {
            text.push('…');
        }
        text
    }

    /// The text as a value, marked where it is not all that was written.
    pub fn value(&self) -> Value {
        Value::text(self.text()).losing_if(self.loss())
    }

    /// The end of the text: what evidence needs.
    pub fn last_lines(&self) -> Value {
        let text = self.text();
        let text = text.trim_end();
        let start = text.len().saturating_sub(LAST_LINES - '…'.len_utf8());
        match (start..=text.len()).find(|start| text.is_char_boundary(*start)) {
            Some(start @ 1..) if text.len() > LAST_LINES => {
                Value::text(format!("…{}", text.get(start..).unwrap_or_default())).losing(Loss::LeftOut)
            }
            _ => Value::text(text).losing_if(self.loss()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cut_leaves_half_a_character() {
        let text = "äöKx9Zq€W7vJ😀";
        for cut in 0..=text.len() {
            let (head, tail) = text.as_bytes().split_at(cut);
            let whole = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
            let (head, tail) = (whole(without_broken_end(head)).unwrap(), whole(without_broken_start(tail)).unwrap());
            assert!(text.starts_with(&head) && text.ends_with(&tail) && head.len() + tail.len() + 4 >= text.len());
        }
        assert_eq!(without_broken_end(b"a\xff"), b"a\xff");
        assert_eq!(without_broken_end(b"a\xc3\xff"), b"a\xc3\xff");
    }
}
