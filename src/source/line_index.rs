//! Offsets to lines and columns, by binary search.

/// A position as editors show it; both numbers start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// Where each line of a text begins.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Reads the text once. A line ends with `\n`; a `\r` before it belongs to the line.
    pub fn new(text: &str) -> Self {
        let after_breaks = text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        Self { starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The position of a byte offset in the indexed text; that of the end for an offset beyond it.
    pub fn position(&self, text: &str, offset: u32) -> LineColumn {
        let offset = (offset as usize).min(text.len()) as u32;
        let line = self.starts.partition_point(|start| *start <= offset) as u32;
        let start = self.starts[line as usize - 1] as usize;
        let before = text.as_bytes().get(start..offset as usize).unwrap_or_default();
        let column = before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count() as u32 + 1;
        LineColumn { line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "a\n重启 b\n";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 0), LineColumn { line: 1, column: 1 });
        assert_eq!(index.position(text, 9), LineColumn { line: 2, column: 4 });
        assert_eq!(index.position(text, 999), LineColumn { line: 3, column: 1 });
    }
}
