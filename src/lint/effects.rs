//! What calls do to the outside, by the names that a file has for them.

use super::rule::File;
use crate::check::program::{Block, Probe, Program, StatementKind};
use crate::source::Span;
use crate::syntax::ast::{self, Expression, ExpressionKind, Path};
use crate::value::Class;

impl<'a> File<'a> {
    /// The harm that the action of a path may do; nothing where it names no action.
    pub fn class_of(&self, path: &Path) -> Option<Class> {
        let (backend, name) = path.text.split_once('.')?;
        let action = self.program.actions.iter().find(|action| action.name == name && action.backend == backend);
        action.map(|action| action.class)
    }

    /// A probe by name.
    pub fn probe(&self, name: &str) -> Option<&'a Probe> {
        self.program.probes.iter().find(|probe| probe.name == name)
    }

    /// Every expression that stands in a part of the text.
    pub fn expressions_in(&self, part: Span) -> impl Iterator<Item = &'a Expression> + '_ {
        let expressions = &self.flat.expressions;
        // They are in the order of the text by their starts.
        expressions.iter().copied().filter(move |it| part.start <= it.span.start && it.span.end <= part.end)
    }

    /// Whether a part of the text asks the outside by an action.
    pub fn observes(&self, part: Span) -> bool {
        self.expressions_in(part).any(|expression| match &expression.kind {
            ExpressionKind::Call(call) => self.class_of(&call.path) == Some(Class::Observe),
            _ => false,
        })
    }

    /// The text of the file in a place.
    pub fn written(&self, span: Span) -> &'a str {
        self.source.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// The call of an action that a statement is, whatever word stands before it.
pub fn act_of(statement: &ast::Statement) -> Option<&ast::Call> {
    use ast::StatementKind as S;
    match &statement.kind {
        S::Call(call)
        | S::Temporarily { what: ast::Subject::Call(call), .. }
        | S::Permanently { what: ast::Subject::Call(call), .. } => Some(call),
        _ => None,
    }
}

/// Whether anything in a block may be noticed by users, in what it does and in what that does.
pub fn disrupts(program: &Program, block: &Block) -> bool {
    use StatementKind as S;
    let inside = |block: &Block| disrupts(program, block);
    let other = |block: &Option<Block>| block.as_ref().is_some_and(inside);
    block.statements.iter().any(|statement| match &statement.kind {
        S::Act { call, .. } => program.actions.get(call.action).is_some_and(|action| action.class >= Class::Disrupt),
        S::Do { procedure, .. } => program.procedures.get(*procedure).is_some_and(|it| inside(&it.block)),
        S::Step { block, .. } | S::For { block, .. } | S::Retry { block, .. } => inside(block),
        S::TemporarilyBlock { block, undo, .. } | S::Try { block, catch: undo, .. } => inside(block) || inside(undo),
        S::If { branches, otherwise } => branches.iter().any(|(_, block)| inside(block)) || other(otherwise),
        S::Match { arms, otherwise, .. } => arms.iter().any(|(_, block)| inside(block)) || other(otherwise),
        S::Repeat { block, otherwise, .. } => inside(block) || other(otherwise),
        S::Require { otherwise, .. }
        | S::RequireApproval { otherwise, .. }
        | S::WaitUntil { otherwise, .. }
        | S::Manual { otherwise, .. } => other(otherwise),
        S::Run { .. } => true,
        _ => false,
    })
}
