//! The author's comments, by the text that they precede or follow. Pages show them as prose.

use super::source_text::Source;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Comment, Declaration, File};
use std::collections::BTreeMap;

pub struct Comments<'a> {
    source: Source<'a>,
    /// In the order of the text.
    of: BTreeMap<FileId, &'a [Comment]>,
}

impl<'a> Comments<'a> {
    pub fn new(source: Source<'a>, trees: impl Iterator<Item = &'a File>) -> Self {
        Self { source, of: trees.map(|tree| (tree.span.file, tree.comments.as_slice())).collect() }
    }

    /// The lines of the comment directly above a span.
    pub fn above(&self, what: Span) -> Vec<&'a str> {
        let comments = self.of.get(&what.file).copied().unwrap_or_default();
        let before = comments.partition_point(|comment| comment.span.end <= what.start);
        let mut from = what.start;
        let mut lines = Vec::new();
        for comment in comments.iter().take(before).rev() {
            if comment.trailing || !self.only_a_line_end(Span::new(what.file, comment.span.end, from)) {
                break;
            }
            lines.extend(prose(comment));
            from = comment.span.start;
        }
        lines.reverse();
        lines
    }

    /// The comment at the end of the last line of a span.
    pub fn behind(&self, what: Span) -> Option<&'a str> {
        let comments = self.of.get(&what.file).copied().unwrap_or_default();
        let next = comments.get(comments.partition_point(|comment| comment.span.start < what.end))?;
        let gap = self.source.0.text(Span::new(what.file, what.end, next.span.start));
        (next.trailing && gap.chars().all(|c| c == ' ' || c == '\t')).then(|| prose(next))?
    }

    /// The lines of the comment at the start of a file, unless it belongs to the first declaration.
    pub fn at_head(&self, file: &File) -> Vec<&'a str> {
        let comments = self.of.get(&file.span.file).copied().unwrap_or_default();
        let first = file.declarations.iter().find(|it| !matches!(it, Declaration::Import(_)));
        let first = first.map(Declaration::span);
        let mut lines = Vec::new();
        let mut end = None;
        for comment in comments {
            let follows = match end {
                None => file.declarations.first().is_none_or(|it| comment.span.start < it.span().start),
                Some(end) => self.only_a_line_end(Span::new(file.span.file, end, comment.span.start)),
            };
            if !follows {
                break;
            }
            lines.extend(prose(comment));
            end = Some(comment.span.end);
        }
        let is_of_first = match (end, first) {
            (Some(end), Some(first)) if end <= first.start => {
                self.only_a_line_end(Span::new(file.span.file, end, first.start))
            }
            _ => false,
        };
        if is_of_first { Vec::new() } else { lines }
    }

    fn only_a_line_end(&self, gap: Span) -> bool {
        let gap = self.source.0.text(gap);
        gap.chars().all(char::is_whitespace) && gap.matches('\n').count() == 1
    }
}

/// The prose of a comment. `None` where it is for `check`: `# allow: RULE — because …`.
fn prose(comment: &Comment) -> Option<&str> {
    let words = comment.text.trim_start_matches('#').trim();
    (!words.starts_with("allow:")).then_some(words)
}
