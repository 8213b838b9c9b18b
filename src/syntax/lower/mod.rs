//! Lowers the grammar's pairs to the AST.
//!
//! Each construct takes its known children in the order of its grammar rule. Any other child is an error node of the
//! grammar's last section, which [`Lowering::report_error_node`] turns into a diagnostic.
//!
//! Statement and expression kinds are built here, not matched, and unknown grammar rules are errors, so
//! `clippy::wildcard_enum_match_arm` is not on in this module.

pub(super) mod amounts;
mod backends;
mod declarations;
mod error_nodes;
mod expressions;
mod statements;
mod test_blocks;
mod texts;
mod types;

use super::ast::{File, Name, Path};
use super::grammar::{Node, Rule};
use super::recovery::Context;
use super::{limits, recovery};
use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, Span};
use pest::iterators::Pairs;
use std::iter::Peekable;
use std::ops::Range;

/// Lowers one file.
pub(super) struct Lowering<'a> {
    file: FileId,
    /// The author's text, from which quoted texts are taken.
    original: &'a str,
    /// The text that was parsed.
    plain: &'a str,
    reported: &'a [Range<usize>],
    diagnostics: Vec<Diagnostic>,
    /// Number of enclosing constructs.
    depth: usize,
    /// Number of operators and members above the current expression.
    links: usize,
    /// What the enclosing body may contain.
    context: Context,
    /// Bodies without `}`: where they begin, and where they should end.
    unclosed: Vec<(usize, usize)>,
    /// Where the previous declaration begins, until an extra brace after it is reported.
    before: Option<usize>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(file: FileId, original: &'a str, plain: &'a str, reported: &'a [Range<usize>]) -> Self {
        Self {
            file,
            original,
            plain,
            reported,
            diagnostics: Vec::new(),
            depth: 0,
            links: 0,
            context: Context::File,
            unclosed: Vec::new(),
            before: None,
        }
    }

    /// Lowers the whole file.
    pub(super) fn file(&mut self, pairs: Pairs<'a, Rule>) -> File {
        let mut declarations = Vec::new();
        for node in pairs.flat_map(|file| children(file)) {
            let start = node.as_span().start();
            if let Some(declaration) = self.declaration(node) {
                declarations.push(declaration);
                self.before = Some(start);
            }
        }
        self.report_unclosed();
        File { declarations, comments: Vec::new(), span: Span::new(self.file, 0, self.original.len() as u32) }
    }

    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        for diagnostic in &mut diagnostics {
            for label in &mut diagnostic.labels {
                label.span = self.whole_characters(label.span);
            }
            if let Some(fix) = &mut diagnostic.fix {
                fix.span = self.whole_characters(fix.span);
            }
        }
        diagnostics
    }

    /// Adds a diagnostic, unless the previous one reports the same at the same place.
    fn report(&mut self, diagnostic: Diagnostic) {
        let same = |last: &Diagnostic| last.code == diagnostic.code && last.span() == diagnostic.span();
        if !self.diagnostics.last().is_some_and(same) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn span(&self, node: &Node<'a>) -> Span {
        let span = node.as_span();
        self.whole_characters(Span::new(self.file, span.start() as u32, span.end() as u32))
    }

    /// Extends a span to whole characters of the original, where a full-width character has three bytes and its
    /// replacement one.
    fn whole_characters(&self, span: Span) -> Span {
        let start = self.original.floor_char_boundary(span.start as usize) as u32;
        let end = self.original.ceil_char_boundary(span.end as usize) as u32;
        Span { start, end, ..span }
    }

    fn name(&mut self, node: Option<Node<'a>>) -> Name {
        node.map(|node| Name { text: node.as_str().into(), span: self.span(&node) })
            .unwrap_or_else(|| Name { text: "".into(), span: Span::default() })
    }

    /// A path. Misplaced dots are reported and left out.
    fn path(&mut self, node: Option<Node<'a>>) -> Path {
        let Some(node) = node else { return Path { text: "".into(), span: Span::default() } };
        let span = self.span(&node);
        let text = node.as_str();
        if !text.contains('.') || text.split('.').all(is_name) {
            return Path { text: text.into(), span };
        }
        self.report(
            Diagnostic::error(code::NOT_UNDERSTOOD, span, format!("`{text}` is not a name"))
                .help("Write letters, digits and `_`, joined by single dots; no part starts with a digit"),
        );
        let words: Vec<&str> = text.split('.').take_while(|word| is_name(word)).collect();
        let text = words.join(".");
        let end = span.start + text.len() as u32;
        Path { text: text.into(), span: Span { end, ..span } }
    }

    /// Lowers the content of a construct; `None`, with a diagnostic, where nesting is too deep.
    fn nested<T>(&mut self, span: Span, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= limits::NESTING {
            self.report(recovery::nesting::diagnostic(Span { end: span.end.min(span.start + 1), ..span }));
            return None;
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        Some(done)
    }

    /// The same for a body, whose lines belong to `context`.
    fn body<T>(&mut self, span: Span, context: Context, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let around = std::mem::replace(&mut self.context, context);
        let done = self.nested(span, work);
        self.context = around;
        done
    }

    /// Keeps the first of a clause that must not be repeated.
    fn once<T>(&mut self, slot: &mut Option<T>, first: impl Fn(&T) -> Span, value: T, span: Span, what: &str) {
        match slot {
            None => *slot = Some(value),
            Some(kept) => {
                let place = first(kept);
                self.report_duplicate(span, place, what);
            }
        }
    }

    fn report_duplicate(&mut self, span: Span, first: Span, what: &str) {
        self.report(
            Diagnostic::error(code::DUPLICATE_CLAUSE, span, format!("`{what}` is given twice"))
                .also(first, "first given here")
                .help("Remove one of them"),
        );
    }
}

fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(|c| !c.is_numeric())
}

type Children<'a> = std::iter::Filter<Pairs<'a, Rule>, fn(&Node<'a>) -> bool>;

/// The children of a node without comments, which are found before parsing.
fn children(node: Node<'_>) -> Children<'_> {
    node.into_inner().filter(|child| child.as_rule() != Rule::comment)
}

struct Inner<'a>(Peekable<Children<'a>>);

impl<'a> Inner<'a> {
    fn new(node: Node<'a>) -> Self {
        Self(children(node).peekable())
    }

    fn next(&mut self) -> Option<Node<'a>> {
        self.0.next()
    }

    fn peek(&mut self) -> Option<Rule> {
        self.0.peek().map(|node| node.as_rule())
    }

    /// The next child, if it is an expression.
    fn take_expression(&mut self) -> Option<Node<'a>> {
        let is_expression = |node: &Node<'a>| !matches!(node.as_rule(), Rule::timing | Rule::block);
        self.0.next_if(is_expression)
    }

    /// The next child, if it has this rule.
    fn take(&mut self, rule: Rule) -> Option<Node<'a>> {
        self.0.next_if(|node| node.as_rule() == rule)
    }
}
