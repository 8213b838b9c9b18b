//! The way of an unknown answer through a body, for people: where it was asked, and the names that hold it.

use super::scope::BodyScope;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::ExpressionKind;
use crate::syntax::visit::{Visitor, walk_expression};

/// The names of a path that are shown, beside the question.
const MOST_NAMES: usize = 4;

/// Where an answer was asked, and the names that hold it or something computed from it, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct VerdictPath {
    asked: Option<Span>,
    names: Vec<Span>,
}

impl VerdictPath {
    /// The path of an answer to a question.
    pub fn of_question(asked: Span) -> Self {
        Self { asked: Some(asked), names: Vec::new() }
    }

    /// The path of an answer that a parameter brings.
    pub fn of_parameter(name: Span) -> Self {
        Self { asked: None, names: vec![name] }
    }

    pub fn is_empty(&self) -> bool {
        self.asked.is_none() && self.names.is_empty()
    }

    /// The path of a name that is bound to a value with this path.
    pub fn bound_to(mut self, name: Span) -> Self {
        if !self.is_empty() && self.names.len() < MOST_NAMES {
            self.names.push(name);
        }
        self
    }

    /// Adds the path to a diagnostic, without what is inside `shown`.
    pub fn show(&self, mut diagnostic: Diagnostic, shown: Span) -> Diagnostic {
        let is_shown = |span: Span| span.file == shown.file && span.start >= shown.start && span.end <= shown.end;
        if let Some(asked) = self.asked.filter(|asked| !is_shown(*asked)) {
            diagnostic = diagnostic.also(asked, "this answer may be `unknown`");
        }
        for (position, name) in self.names.iter().filter(|name| !is_shown(**name)).enumerate() {
            let is_origin = position == 0 && self.asked.is_none();
            diagnostic = diagnostic.also(*name, if is_origin { "this may be `unknown`" } else { "this depends on it" });
        }
        diagnostic
    }
}

/// The path of the first answer that an expression asks for or names.
pub(super) fn verdict_path(body: &BodyScope<'_>, expression: &ast::Expression) -> VerdictPath {
    let mut walk = PathWalk { body, found: VerdictPath::default() };
    walk.expression(expression);
    walk.found
}

struct PathWalk<'b, 'a> {
    body: &'b BodyScope<'a>,
    found: VerdictPath,
}

impl<'v> Visitor<'v> for PathWalk<'_, '_> {
    fn expression(&mut self, expression: &'v ast::Expression) {
        if !self.found.is_empty() {
            return;
        }
        if let ExpressionKind::Check(_) | ExpressionKind::Run(_) = &expression.kind {
            self.found.asked = Some(expression.span);
            return;
        }
        walk_expression(self, expression);
    }

    fn path(&mut self, path: &'v ast::Path) {
        if self.found.is_empty()
            && let Some(first) = path.segments().next()
        {
            self.found = self.body.verdict_path(&first.text);
        }
    }
}
