//! Bounded capture of output: the beginning and the end are kept.

use super::sanitised;
use crate::value::{Loss, Value};
use std::collections::VecDeque;

/// The number of bytes kept from the beginning.
pub const HEAD: usize = 256 * 1024;

/// The number of bytes kept from the end.
pub const TAIL: usize = 64 * 1024;

/// The number of bytes that an error takes as evidence.
const LAST_LINES: usize = 2 * 1024;

/// The bytes without an incomplete character at their end. As U+FFFD it would stand between a cut and what the cut left
/// of a secret.
fn without_broken_end(bytes: &[u8]) -> &[u8] {
    let Some(last) = bytes.utf8_chunks().last() else { return bytes };
    // Incomplete, but valid so far.
    let broken = last.invalid();
    let wanted = match broken.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return bytes,
    };
    if broken.len() < wanted { bytes.get(..bytes.len() - broken.len()).unwrap_or_default() } else { bytes }
}

/// The bytes without the rest of a character whose beginning was cut off.
fn without_broken_start(bytes: &[u8]) -> &[u8] {
    let broken = bytes.iter().take(3).take_while(|byte| matches!(byte, 0x80..=0xbf)).count();
    bytes.get(broken..).unwrap_or_default()
}

/// The output of a process: all of it, or its first `HEAD` and last `TAIL` bytes and the total count.
#[derive(Debug, Default, Clone)]
pub struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
    /// Whether the process was stopped before it had written everything.
    stopped: bool,
}

impl Captured {
    /// Adds bytes that were read.
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

    /// Records that the process is being stopped: its last bytes may be incomplete.
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

    /// The output as text for people and for the language; see [`sanitised`]. A line says how much was left out. `…`
    /// stands at every cut, because masking looks for remains of secrets there.
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

    /// The text as a value, marked where a part is missing.
    pub fn value(&self) -> Value {
        Value::text(self.text()).with_loss_if(self.loss())
    }

    /// The last lines, for evidence.
    pub fn last_lines(&self) -> Value {
        let text = self.text();
        let text = text.trim_end();
        let start = text.len().saturating_sub(LAST_LINES - '…'.len_utf8());
        match (start..=text.len()).find(|start| text.is_char_boundary(*start)) {
            Some(start @ 1..) if text.len() > LAST_LINES => {
                Value::text(format!("…{}", text.get(start..).unwrap_or_default())).with_loss(Loss::LeftOut)
            }
            _ => Value::text(text).with_loss_if(self.loss()),
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
