//! Coverage points: the steps and endings of runbooks and procedures, which tests should reach.

use crate::engine::world::Reached;
use crate::program::{Block, NodeId, Program, Statement, StatementKind};
use crate::source::Span;
use ecow::EcoString;

/// A runbook or procedure with its coverage points.
#[derive(Debug, Clone)]
pub struct DeclarationCoverage {
    pub name: EcoString,
    pub span: Span,
    pub points: Vec<CoveragePoint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PointKind {
    Step,
    Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoveragePoint {
    pub node: NodeId,
    /// The event that counts as reaching it.
    pub by: Reached,
    pub what: PointKind,
    pub span: Span,
}

/// Every step and ending of a program.
pub fn coverage_points(program: &Program) -> Vec<DeclarationCoverage> {
    let runbooks = program.runbooks.iter().map(|it| (&it.name, it.span, &it.block, None));
    let procedures = program.procedures.iter().map(|it| (&it.name, it.span, &it.block, it.undo.as_ref()));
    runbooks
        .chain(procedures)
        .map(|(name, span, block, undo)| {
            let mut points = Vec::new();
            collect_points(block, &mut points);
            undo.into_iter().for_each(|undo| collect_points(undo, &mut points));
            DeclarationCoverage { name: name.clone(), span, points }
        })
        .collect()
}

fn collect_points(block: &Block, points: &mut Vec<CoveragePoint>) {
    for statement in &block.statements {
        if let Some((what, by)) = point_kind(statement) {
            points.push(CoveragePoint { node: statement.node, by, what, span: statement.span });
        }
        statement.kind.blocks().for_each(|block| collect_points(block, points));
    }
}

fn point_kind(statement: &Statement) -> Option<(PointKind, Reached)> {
    match &statement.kind {
        StatementKind::Step { .. } => Some((PointKind::Step, Reached::Started)),
        StatementKind::Resolve { .. } | StatementKind::ResolveIfFixed { .. } => {
            Some((PointKind::Ending, Reached::Resolved))
        }
        StatementKind::Escalate { .. }
        | StatementKind::Require { otherwise: None, .. }
        | StatementKind::RequireApproval { otherwise: None, .. }
        | StatementKind::WaitUntil { otherwise: None, .. }
        | StatementKind::Manual { otherwise: None, .. } => Some((PointKind::Ending, Reached::Escalated)),
        StatementKind::Notify { .. }
        | StatementKind::Require { .. }
        | StatementKind::RequireApproval { .. }
        | StatementKind::Wait { .. }
        | StatementKind::WaitUntil { .. }
        | StatementKind::Act { .. }
        | StatementKind::Do { .. }
        | StatementKind::TemporarilyBlock { .. }
        | StatementKind::TemporarilyIf { .. }
        | StatementKind::Let { .. }
        | StatementKind::If { .. }
        | StatementKind::Match { .. }
        | StatementKind::For { .. }
        | StatementKind::Repeat { .. }
        | StatementKind::Retry { .. }
        | StatementKind::Lock { .. }
        | StatementKind::Try { .. }
        | StatementKind::Run { .. }
        | StatementKind::Manual { .. } => None,
    }
}
