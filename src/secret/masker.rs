//! A writer that masks secrets in a stream, however the stream is split into writes.

use super::{MASK, Secrets};
use std::io::Write;

/// Passes bytes on with secrets masked. It holds back as many bytes as the longest form of a secret has;
/// [`finish`](Self::finish) or dropping it writes them.
pub struct Masker<'a, W: Write> {
    secrets: &'a Secrets,
    sink: W,
    held: Vec<u8>,
    /// How many of the held bytes belong to a secret whose mask has been written already.
    covered: usize,
}

impl<'a, W: Write> Masker<'a, W> {
    pub(super) fn new(secrets: &'a Secrets, sink: W) -> Self {
        Self { secrets, sink, held: Vec::new(), covered: 0 }
    }

    /// Writes what was held back.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.settle(true)?;
        self.sink.flush()
    }

    #[cfg(test)]
    pub(super) fn held_for_test(&self) -> usize {
        self.held.len()
    }

    fn settle(&mut self, at_end: bool) -> std::io::Result<()> {
        let patterns = self.secrets.patterns();
        let settled = if at_end { self.held.len() } else { patterns.unsettled(&self.held) };
        let mut passed = std::mem::take(&mut self.covered);
        let mut output = Vec::with_capacity(settled);
        for range in patterns.find(&self.held) {
            if range.start >= settled {
                break;
            }
            if range.start > passed || passed == 0 {
                output.extend_from_slice(self.held.get(passed..range.start).unwrap_or_default());
                output.extend_from_slice(MASK.as_bytes());
            }
            passed = passed.max(range.end);
        }
        if passed < settled {
            output.extend_from_slice(self.held.get(passed..settled).unwrap_or_default());
            passed = settled;
        }
        self.covered = passed - settled;
        self.held.drain(..settled);
        self.sink.write_all(&output)
    }
}

impl<W: Write> Write for Masker<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.held.extend_from_slice(bytes);
        self.settle(false)?;
        Ok(bytes.len())
    }

    /// Flushes the sink, but not the bytes that are held back: half a secret must not be shown.
    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

impl<W: Write> Drop for Masker<'_, W> {
    fn drop(&mut self) {
        let _ = self.settle(true);
    }
}
