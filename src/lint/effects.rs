//! What calls of a file do, by the names in its source.

use super::rule::File;
use crate::program::{Block, Probe, Program, StatementKind};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{Expression, ExpressionKind, Path};
use crate::value::Class;
use std::collections::BTreeSet;

impl<'a> File<'a> {
    /// The class of an action, from its path; `None` where the path names no action.
    pub fn class_of(&self, path: &Path) -> Option<Class> {
        self.classes.get(&path.text.split_once('.')?).copied()
    }

    pub fn probe(&self, name: &str) -> Option<&'a Probe> {
        self.probes.get(name).copied()
    }

    /// The expressions within a range of the file.
    pub fn expressions_in(&self, part: Span) -> impl Iterator<Item = &'a Expression> + '_ {
        let expressions = &self.index.expressions;
        let first = expressions.partition_point(|it| it.span.start < part.start);
        let inside = expressions.iter().skip(first).copied().take_while(move |it| it.span.start < part.end);
        inside.filter(move |it| it.span.end <= part.end)
    }

    /// Whether an observation is called within a range of the file.
    pub fn observes(&self, part: Span) -> bool {
        self.expressions_in(part).any(|expression| {
            matches!(&expression.kind, ExpressionKind::Call(call) if self.class_of(&call.path) == Some(Class::Observe))
        })
    }

    pub fn source_text(&self, span: Span) -> &'a str {
        self.source.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// The action call that a statement consists of, with or without `temporarily` or `permanently`.
pub fn act_of(statement: &ast::Statement) -> Option<&ast::Call> {
    use ast::StatementKind as S;
    if let S::Call(call)
    | S::Temporarily { what: ast::Subject::Call(call), .. }
    | S::Permanently { what: ast::Subject::Call(call), .. } = &statement.kind
    {
        Some(call)
    } else {
        None
    }
}

/// Whether users may notice something that a block does: an action of class `disrupt` or higher, or any run. Follows
/// procedures and their `undo`.
pub fn disrupts(program: &Program, block: &Block) -> bool {
    disrupts_within(program, block, &mut BTreeSet::new())
}

fn disrupts_within(program: &Program, block: &Block, visited: &mut BTreeSet<usize>) -> bool {
    block.statements.iter().any(|statement| {
        if statement.kind.started_runbook().is_some() {
            return true;
        }
        if let StatementKind::Act { call, .. } = &statement.kind {
            return program.actions.get(call.action).is_some_and(|action| action.class >= Class::Disrupt);
        }
        if let StatementKind::Do { procedure, .. } = &statement.kind {
            let procedure = program.procedures.get(*procedure).filter(|_| visited.insert(*procedure));
            let mut blocks = procedure.iter().flat_map(|procedure| procedure.undo.iter().chain([&procedure.block]));
            return blocks.any(|block| disrupts_within(program, block, visited));
        }
        statement.kind.blocks().any(|block| disrupts_within(program, block, visited))
    })
}
