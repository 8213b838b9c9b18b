//! The AST of a runbook file: unresolved, with comments, spans as byte ranges.
//!
//! What the grammar could not read was reported. A missing part is `None` or [`ExpressionKind::Invalid`], about which
//! later phases report nothing.

#![allow(missing_docs, reason = "a field is what its name and the syntax above it say")]

mod declaration;
mod expression;
mod statement;
mod test_block;

pub use declaration::{
    ActionBody, Alert, Backend, Confirm, Declaration, Ends, Enumeration, Field, Goal, Import, Limit, LimitPart, Lock,
    Parameter, Probe, Procedure, Retries, Runbook, Saves, Shape, Signature, Type, TypeName,
};
pub use expression::{
    Amount, AmountKind, Argument, Call, Comprehension, Expression, ExpressionKind, Operator, Quantifier, Question,
    Text, TextPart, Timings,
};
pub use statement::{Arm, Block, LetElse, Pattern, Statement, StatementKind, Subject};
pub use test_block::{Expectation, GivenAnswer, GivenSubject, Test, TestLine, Times};

use crate::source::Span;
use ecow::EcoString;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    /// In the order of the text.
    pub declarations: Vec<Declaration>,
    /// In the order of the text.
    pub comments: Vec<Comment>,
    pub span: Span,
}

/// A comment, from its `#` to the end of the line.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    pub span: Span,
    /// What follows the `#`, without trailing blanks.
    pub text: EcoString,
    /// Whether something precedes it on its line.
    pub trailing: bool,
}

/// A single word that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub text: EcoString,
    pub span: Span,
}

/// One word or several, joined by dots: `goal.answer`, `service.restart`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The whole path. No dot is first, last or doubled.
    pub text: EcoString,
    pub span: Span,
}

impl Path {
    /// The words with their spans. In a path over several lines, each word has the span of the path.
    pub fn segments(&self) -> impl Iterator<Item = Name> + '_ {
        let mut start = self.span.start;
        let together = (self.span.end - self.span.start) as usize == self.text.len();
        self.text.split('.').map(move |word| {
            let own = Span::new(self.span.file, start, start + word.len() as u32);
            let span = if together { own } else { self.span };
            start += word.len() as u32 + 1;
            Name { text: word.into(), span }
        })
    }
}
