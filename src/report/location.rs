//! Locations in the counting and spelling of other tools.

use crate::diagnostic::findings::file_name;
use crate::source::{SourceMap, Span};

/// A range of a file. Lines and columns start at 1; the end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// A span with columns in UTF-16 code units, as editors and code scanning count.
pub fn in_utf16(sources: &SourceMap, span: Span) -> Range {
    let Some(file) = sources.file(span.file) else { return Range { line: 1, column: 1, end_line: 1, end_column: 1 } };
    let at = |offset: u32| {
        let before = file.text.get(..(offset as usize).min(file.text.len())).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        (file.position(offset).line, line.chars().map(char::len_utf16).sum::<usize>() as u32 + 1)
    };
    let ((line, column), (end_line, end_column)) = (at(span.start), at(span.end));
    Range { line, column, end_line, end_column }
}

/// The path of a span's file with `/` as separator and without a leading `./`.
pub fn path(sources: &SourceMap, span: Span) -> &str {
    let name = file_name(sources, span);
    name.strip_prefix("./").unwrap_or(name)
}

/// A path as a URI reference. Percent-encodes everything outside the unreserved characters and `/`.
pub fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, SourceFile};

    #[test]
    fn columns_are_those_of_utf16() {
        let mut sources = SourceMap::new();
        sources.add(SourceFile::new("./a.runbook", "x\n重😀e\u{301}y"));
        let end = "x\n重😀e\u{301}".len() as u32;
        let range = in_utf16(&sources, Span::new(FileId(0), 2, end));
        assert_eq!(range, Range { line: 2, column: 1, end_line: 2, end_column: 6 });
        assert_eq!(path(&sources, Span::new(FileId(0), 0, 0)), "a.runbook");
    }

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri("a b/重#1.runbook"), "a%20b/%E9%87%8D%231.runbook");
        assert_eq!(uri("/srv/a.runbook"), "file:///srv/a.runbook");
        assert_eq!(uri("c:x?y"), "c%3Ax%3Fy");
    }
}
