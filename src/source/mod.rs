//! Source files, and positions in them.

mod files;
mod line_index;
mod span;

pub use files::{FileError, Files, MAX_FILE_BYTES};
pub use line_index::{LineColumn, LineIndex};
pub use span::{FileId, Span};

use std::collections::BTreeMap;
use std::sync::Arc;

/// A file that was read, with the name that diagnostics show.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as people wrote it or as it was found, never made absolute.
    pub name: Arc<str>,
    /// The whole text, at most [`MAX_FILE_BYTES`] bytes.
    pub text: Arc<str>,
    lines: LineIndex,
}

impl SourceFile {
    /// Indexes the lines of `text`.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let lines = LineIndex::new(&text);
        Self { name: name.into(), text, lines }
    }

    /// Line and column, both from 1, of a byte offset; columns count characters.
    pub fn position(&self, offset: u32) -> LineColumn {
        self.lines.position(&self.text, offset)
    }
}

/// All files of one invocation; a [`Span`] refers to its file by the index here.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and returns its number.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    /// Adds the files of another map, except those that this one contains with the same name and text. Returns the
    /// number here of each of the other's files.
    pub fn absorb(&mut self, other: SourceMap) -> Vec<FileId> {
        let key = |file: &SourceFile| (Arc::clone(&file.name), Arc::clone(&file.text));
        let mut known: BTreeMap<_, FileId> = self.iter().map(|(id, file)| (key(file), id)).collect();
        let place = |file: SourceFile| *known.entry(key(&file)).or_insert_with(|| self.add(file));
        other.files.into_iter().map(place).collect()
    }

    /// The file that a span points into.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The text under a span; empty when the span points nowhere.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).and_then(|file| file.text.get(span.start as usize..span.end as usize)).unwrap_or("")
    }

    /// Every file, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().zip(0..).map(|(file, id)| (FileId(id), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_same_name_and_another_text_is_another_file() {
        let mut map = SourceMap::new();
        map.add(SourceFile::new("a", "1"));
        let mut other = SourceMap::new();
        for (name, text) in [("b", "2"), ("a", "1"), ("a", "3")] {
            other.add(SourceFile::new(name, text));
        }
        assert_eq!(map.absorb(other), [FileId(1), FileId(0), FileId(2)]);
        assert_eq!(map.file(FileId(2)).map(|file| &*file.text), Some("3"));
    }
}
