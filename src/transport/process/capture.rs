//! Output that is kept to its beginning and its end.

use super::sanitised;
use std::collections::VecDeque;

/// So many bytes are kept from the beginning.
pub const HEAD: usize = 256 * 1024;

/// So many bytes are kept from the end.
pub const TAIL: usize = 64 * 1024;

/// So much of it is evidence in an error.
const LAST_LINES: usize = 2 * 1024;

/// What a process wrote: all of it, or its first [`HEAD`] and last [`TAIL`] bytes and how many there were.
#[derive(Debug, Default, Clone)]
pub struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
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

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Every byte that was kept.
    pub fn bytes(&self) -> Vec<u8> {
        self.head.iter().chain(&self.tail).copied().collect()
    }

    /// As text for people and for the language; see [`sanitised`]. A line says where something was left out.
    pub fn text(&self) -> String {
        match self.left_out() {
            0 => sanitised(&self.bytes()),
            left_out => {
                let tail: Vec<u8> = self.tail.iter().copied().collect();
                format!("{}\n[{left_out} bytes left out]\n{}", sanitised(&self.head), sanitised(&tail))
            }
        }
    }

    /// The end of the text: what evidence needs.
    pub fn last_lines(&self) -> String {
        let bytes = self.bytes();
        let text = sanitised(bytes.get(bytes.len().saturating_sub(LAST_LINES)..).unwrap_or_default());
        text.trim_end().to_owned()
    }
}
