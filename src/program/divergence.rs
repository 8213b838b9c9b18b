//! Divergence: which statements control never falls through.

use super::{Block, Program, Statement, StatementKind};

/// Decides divergence and remembers the answer for each procedure.
pub struct Divergence<'p> {
    program: &'p Program,
    procedures: Vec<Option<bool>>,
}

impl<'p> Divergence<'p> {
    pub fn new(program: &'p Program) -> Self {
        Self { program, procedures: vec![None; program.procedures.len()] }
    }

    /// Whether control never reaches the end of a block.
    pub fn block(&mut self, block: &Block) -> bool {
        block.statements.iter().any(|statement| self.diverges(statement))
    }

    fn procedure(&mut self, procedure: usize) -> bool {
        if let Some(Some(known)) = self.procedures.get(procedure) {
            return *known;
        }
        let program = self.program;
        let leaves = program.procedures.get(procedure).is_some_and(|it| self.block(&it.block));
        if let Some(place) = self.procedures.get_mut(procedure) {
            *place = Some(leaves);
        }
        leaves
    }

    /// Whether control never reaches what follows a statement. A loop may have no turn, so it never diverges.
    pub fn diverges(&mut self, statement: &Statement) -> bool {
        match &statement.kind {
            StatementKind::Resolve { .. } | StatementKind::Escalate { .. } => true,
            StatementKind::Step { block, .. }
            | StatementKind::Lock { block, .. }
            | StatementKind::TemporarilyBlock { block, .. } => self.block(block),
            StatementKind::Do { procedure, .. } => self.procedure(*procedure),
            StatementKind::If { branches, otherwise: Some(otherwise) } => {
                branches.iter().all(|(_, branch)| self.block(branch)) && self.block(otherwise)
            }
            StatementKind::Match { arms, otherwise, .. } => {
                arms.iter().map(|(_, arm)| arm).chain(otherwise).all(|arm| self.block(arm))
            }
            StatementKind::Try { block, catch, .. } => self.block(block) && self.block(catch),
            StatementKind::ResolveIfFixed { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Require { .. }
            | StatementKind::RequireApproval { .. }
            | StatementKind::Wait { .. }
            | StatementKind::WaitUntil { .. }
            | StatementKind::Act { .. }
            | StatementKind::TemporarilyIf { .. }
            | StatementKind::Let { .. }
            | StatementKind::If { otherwise: None, .. }
            | StatementKind::For { .. }
            | StatementKind::Repeat { .. }
            | StatementKind::Retry { .. }
            | StatementKind::Run { .. }
            | StatementKind::Manual { .. } => false,
        }
    }
}
