//! Tree to text: how a runbook is laid out.
//!
//! Two blanks indent. Headers of a runbook and clauses of a probe stand in two columns. What was written on one line
//! stays there if it fits into [`WIDTH`] columns; what does not is broken at its brackets, before `and` and `or`, and
//! after `{`. Texts and numbers stay as their author wrote them. One empty line is kept where there was one or more.

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

/// No line is longer, if it can be broken.
pub const WIDTH: usize = 120;

/// The text of a file, laid out. `file` is what [`parse`](crate::syntax::parse()) made of `text`, without an error.
///
/// Laying out is idempotent, keeps every comment, and never changes what the file says.
pub fn format(text: &str, file: &File) -> String {
    let mut layout = Layout { text, comments: &file.comments, depth: 0 };
    let document = layout.file(file);
    document::print(&document)
}

/// The walk over the tree, in the order of the text: every comment is taken when the walk passes it.
struct Layout<'a> {
    text: &'a str,
    comments: &'a [Comment],
    /// How many bodies of statements or arms stand around.
    depth: usize,
}

impl Layout<'_> {
    /// What is written at a place, as it is.
    fn written(&self, span: Span) -> Document {
        let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        Document::text(if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() })
    }

    fn quoted(&self, text: &Text) -> Document {
        self.written(text.span)
    }

    fn amount(&self, amount: &Amount) -> Document {
        self.written(amount.span)
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

    /// The same, after a blank.
    fn spaced_timings(&self, timings: &Timings) -> Document {
        match *timings == Timings::default() {
            true => Document::empty(),
            false => Document::Sequence(vec![Document::text(" "), self.timings(timings)]),
        }
    }
}
