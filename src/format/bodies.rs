//! Lists of items in braces or brackets, with the comments before, between and after them.

use super::Layout;
use super::document::Document;
use crate::source::Span;
use crate::syntax::ast::{Block, Comment, Statement};

/// Lines under construction.
pub(super) struct Lines {
    parts: Vec<Document>,
    /// Where the last item ends in the source.
    end: u32,
    first: bool,
    /// Whether a line end precedes the first line.
    leading: bool,
}

impl Lines {
    pub(super) fn from(start: u32) -> Self {
        Self { parts: Vec::new(), end: start, first: true, leading: true }
    }

    /// The lines of a file.
    pub(super) fn of_file() -> Self {
        Self { leading: false, ..Self::from(0) }
    }

    pub(super) fn into_parts(self) -> Vec<Document> {
        self.parts
    }
}

impl<'a> Layout<'a> {
    /// Takes the next comment if it precedes a position.
    fn comment_before(&mut self, place: u32) -> Option<&'a Comment> {
        let (comment, rest) = self.comments.split_first()?;
        if comment.span.start >= place {
            return None;
        }
        self.comments = rest;
        Some(comment)
    }

    pub(super) fn has_comment_in(&self, span: Span) -> bool {
        let next = self.comments.partition_point(|comment| comment.span.start < span.start);
        self.comments.get(next).is_some_and(|comment| comment.span.start < span.end)
    }

    /// Adds the comments before a position, on their own lines or at the end of the previous line.
    pub(super) fn comments_before(&mut self, lines: &mut Lines, place: u32) {
        let mut trailing_allowed = true;
        while let Some(comment) = self.comment_before(place) {
            let trailing = comment.trailing && trailing_allowed;
            trailing_allowed = false;
            if !trailing {
                self.begin_line(lines, comment.span.start);
            }
            lines.parts.push(Document::Comment { text: comment.text.to_string(), trailing });
            lines.end = lines.end.max(comment.span.end);
        }
    }

    /// Adds a line, after an empty one where the author left one.
    fn begin_line(&mut self, lines: &mut Lines, start: u32) {
        let between = self.text.get(lines.end as usize..start as usize).unwrap_or("");
        let inner = between.split_once('\n').and_then(|(_, rest)| rest.rsplit_once('\n'));
        let empty = inner.is_some_and(|(lines, _)| lines.split('\n').any(|line| line.trim().is_empty()));
        if empty && !lines.first {
            lines.parts.push(Document::Empty);
        }
        if lines.leading || !lines.first {
            lines.parts.push(Document::Hard);
        }
        lines.first = false;
    }

    /// Adds a line. `document` is built after the comments before it are taken.
    pub(super) fn line(&mut self, lines: &mut Lines, span: Span, document: impl FnOnce(&mut Self) -> Document) {
        self.comments_before(lines, span.start);
        self.begin_line(lines, span.start);
        lines.parts.push(document(self));
        lines.end = lines.end.max(span.end);
    }

    /// Puts lines in braces.
    pub(super) fn braces(&mut self, mut lines: Lines, body: Span) -> Document {
        self.comments_before(&mut lines, body.end.saturating_sub(1));
        if lines.parts.is_empty() {
            return Document::text("{ }");
        }
        Document::Sequence(vec![
            Document::text("{"),
            Document::Indent(lines.into_parts()),
            Document::Hard,
            Document::text("}"),
        ])
    }

    /// Adds the last comments of a file.
    pub(super) fn rest_of_file(&mut self, mut lines: Lines) -> Document {
        self.comments_before(&mut lines, u32::MAX);
        Document::Sequence(lines.into_parts())
    }

    /// Whether the author wrote it on one line and nothing in it needs more.
    pub(super) fn on_one_line(&self, span: Span) -> bool {
        let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        !text.contains('\n') && !self.has_comment_in(span)
    }

    pub(super) fn block(&mut self, block: &Block) -> Document {
        self.depth += 1;
        let document = self.inside_braces(block);
        self.depth -= 1;
        document
    }

    fn inside_braces(&mut self, block: &Block) -> Document {
        match block.statements.as_slice() {
            [] if !self.has_comment_in(block.span) => Document::text("{ }"),
            [statement] if self.on_one_line(block.span) => {
                let inside = self.statement(statement);
                one_line(inside)
            }
            statements => {
                let mut lines = Lines::from(block.span.start + 1);
                self.statements(&mut lines, statements);
                self.braces(lines, block.span)
            }
        }
    }

    pub(super) fn statements(&mut self, lines: &mut Lines, statements: &[Statement]) {
        for statement in statements {
            self.line(lines, statement.span, |layout| layout.statement(statement));
        }
    }

    /// Items in brackets, separated by commas: all on one line, or each on its own.
    pub(super) fn bracketed<T>(
        &mut self,
        brackets: (&'static str, &'static str),
        place: Span,
        items: &[T],
        span: impl Fn(&T) -> Span,
        document: impl Fn(&mut Self, &T) -> Document,
    ) -> Document {
        let mut inside = Vec::new();
        let mut first = true;
        for item in items {
            self.comments_inside(&mut inside, place.start, span(item).start);
            if !std::mem::take(&mut first) {
                inside.push(Document::Line);
            } else {
                inside.push(Document::Soft);
            }
            inside.push(document(self, item));
            inside.push(if std::ptr::eq(item, items.last().unwrap_or(item)) {
                Document::Broken(",")
            } else {
                Document::text(",")
            });
        }
        self.comments_inside(&mut inside, place.start, place.end.saturating_sub(1));
        if inside.is_empty() {
            return Document::text(format!("{}{}", brackets.0, brackets.1));
        }
        Document::Group(vec![
            Document::text(brackets.0),
            Document::Indent(inside),
            Document::Soft,
            Document::text(brackets.1),
        ])
    }

    /// Adds the comments between two positions of a construct. Where earlier comments wait for the end of the
    /// statement, these do as well.
    pub(super) fn comments_inside(&mut self, parts: &mut Vec<Document>, from: u32, place: u32) {
        if self.comments.first().is_some_and(|comment| comment.span.start < from) {
            return;
        }
        let mut trailing_allowed = true;
        while let Some(comment) = self.comment_before(place) {
            let trailing = comment.trailing && trailing_allowed;
            trailing_allowed = false;
            if !trailing {
                parts.push(Document::Hard);
            }
            parts.push(Document::Comment { text: comment.text.to_string(), trailing });
        }
    }
}

/// `{ … }`, on one line where the surrounding group fits.
pub(super) fn one_line(inside: Document) -> Document {
    Document::Sequence(vec![
        Document::text("{"),
        Document::Indent(vec![Document::Line, inside]),
        Document::Line,
        Document::text("}"),
    ])
}
