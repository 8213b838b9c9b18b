//! Formats an AST as text.
//!
//! Indentation is two blanks. Headers of a runbook and clauses of a probe have two columns. What was written on one
//! line stays there if it fits in [`WIDTH`] columns; otherwise it is broken at its brackets, before `and` and `or`, and
//! after `{`. Texts and numbers stay as written. Of several empty lines one is kept.

#![warn(clippy::wildcard_enum_match_arm)]

mod bodies;
mod declarations;
mod document;
mod expressions;
mod statements;
mod test_blocks;

use crate::source::Span;
use crate::syntax::ast::{Amount, Comment, File, Text, Timings};
use document::Document;

/// The width that no line exceeds if it can be broken.
pub const WIDTH: usize = 120;

/// Formats a file. `file` must be what [`parse`](crate::syntax::parse()) made of `text`, without errors.
///
/// Formatting is idempotent, keeps every comment, and never changes the program.
pub fn format(text: &str, file: &File) -> String {
    let mut layout = Layout { text, comments: &file.comments, depth: 0 };
    let document = layout.file(file);
    document::print(&document)
}

/// Walks the AST in the order of the text and takes every comment on its way.
struct Layout<'a> {
    text: &'a str,
    comments: &'a [Comment],
    /// The number of enclosing blocks and arms.
    depth: usize,
}

impl Layout<'_> {
    /// The source under a span, unchanged.
    fn source_text(&self, span: Span) -> Document {
        let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        Document::text(if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() })
    }

    fn quoted(&self, text: &Text) -> Document {
        self.source_text(text.span)
    }

    fn amount(&self, amount: &Amount) -> Document {
        self.source_text(amount.span)
    }

    /// `after D within D for D every D`.
    fn timings(&self, timings: &Timings) -> Document {
        let all = [
            ("after ", &timings.after),
            ("within ", &timings.within),
            ("for ", &timings.hold),
            ("every ", &timings.every),
        ];
        let mut parts = Vec::new();
        for (word, amount) in all {
            if let Some(amount) = amount {
                parts.extend((!parts.is_empty()).then(|| Document::text(" ")));
                parts.push(Document::text(word));
                parts.push(self.amount(amount));
            }
        }
        Document::Sequence(parts)
    }

    /// Like [`timings`](Self::timings), after a blank.
    fn spaced_timings(&self, timings: &Timings) -> Document {
        match *timings == Timings::default() {
            true => Document::empty(),
            false => Document::Sequence(vec![Document::text(" "), self.timings(timings)]),
        }
    }
}
