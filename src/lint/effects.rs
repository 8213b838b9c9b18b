//! What calls do to the outside, by the names that a file has for them.

use super::rule::File;
use crate::program::{Block, Probe, Program, StatementKind};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{Expression, ExpressionKind, Path};
use crate::value::Class;
use std::collections::BTreeSet;

impl<'a> File<'a> {
    /// The harm that the action of a path may do; nothing where it names no action.
    pub fn class_of(&self, path: &Path) -> Option<Class> {
        self.classes.get(&path.text.split_once('.')?).copied()
    }

    /// A probe by name.
    pub fn probe(&self, name: &str) -> Option<&'a Probe> {
        self.probes.get(name).copied()
    }

    /// Every expression that stands in a part of the text.
    pub fn expressions_in(&self, part: Span) -> impl Iterator<Item = &'a Expression> + '_ {
        let expressions = &self.index.expressions;
        let first = expressions.partition_point(|it| it.span.start < part.start);
        let inside = expressions.iter().skip(first).copied().take_while(move |it| it.span.start < part.end);
        inside.filter(move |it| it.span.end <= part.end)
    }

    /// Whether a part of the text asks the outside by an action.
    pub fn observes(&self, part: Span) -> bool {
        self.expressions_in(part).any(|expression| match &expression.kind {
            ExpressionKind::Call(call) => self.class_of(&call.path) == Some(Class::Observe),
            _ => false,
        })
    }

    /// The text of the file in a place.
    pub fn source_text(&self, span: Span) -> &'a str {
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
    disrupts_within(program, block, &mut BTreeSet::new())
}

/// The same, where some procedures were looked into already.
fn disrupts_within(program: &Program, block: &Block, seen: &mut BTreeSet<usize>) -> bool {
    use StatementKind as S;
    block.statements.iter().any(|statement| {
        let mut blocks: Vec<&Block> = Vec::new();
        match &statement.kind {
            S::Act { call, .. } => {
                return program.actions.get(call.action).is_some_and(|action| action.class >= Class::Disrupt);
            }
            S::Run { .. } => return true,
            S::Do { procedure, .. } if seen.insert(*procedure) => {
                blocks.extend(program.procedures.get(*procedure).map(|procedure| &procedure.block));
            }
            S::Step { block, .. } | S::For { block, .. } | S::Retry { block, .. } => blocks.push(block),
            S::TemporarilyBlock { block, undo: other, .. } | S::Try { block, catch: other, .. } => {
                blocks.extend([block, other]);
            }
            S::If { branches, otherwise } => blocks.extend(branches.iter().map(|(_, block)| block).chain(otherwise)),
            S::Match { arms, otherwise, .. } => blocks.extend(arms.iter().map(|(_, block)| block).chain(otherwise)),
            S::Repeat { block, otherwise, .. } => blocks.extend([block].into_iter().chain(otherwise)),
            S::Require { otherwise, .. }
            | S::RequireApproval { otherwise, .. }
            | S::WaitUntil { otherwise, .. }
            | S::Manual { otherwise, .. } => blocks.extend(otherwise),
            _ => {}
        }
        blocks.into_iter().any(|block| disrupts_within(program, block, seen))
    })
}
