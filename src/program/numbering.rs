//! The numbers of steps: by their place in the text, whatever branch is taken, procedures written out.

use super::{Block, NodeId, Program, Statement, StatementKind};
use ecow::{EcoString, eco_format};

/// How many steps stand before each step or `do` within the step, runbook or procedure around it.
#[derive(Debug, Clone, Default)]
pub struct Numbering {
    /// By node.
    before: Vec<u32>,
    /// How many steps each procedure has, those of the procedures that it does included.
    steps: Vec<u32>,
}

impl Numbering {
    /// Counts the steps of a program.
    pub fn new(program: &Program) -> Self {
        let mut counter = Counter {
            program,
            before: vec![0; program.nodes as usize + 1],
            steps: vec![None; program.procedures.len()],
        };
        for block in program.runbooks.iter().map(|it| &it.block).chain(program.procedures.iter().map(|it| &it.block)) {
            counter.block(block, 0);
        }
        for undo in program.procedures.iter().filter_map(|it| it.undo.as_ref()) {
            counter.block(undo, 0);
        }
        let steps = (0..program.procedures.len()).map(|procedure| counter.steps_of(procedure)).collect();
        Self { before: counter.before, steps }
    }

    /// How many numbers a procedure takes where it is done.
    pub fn steps_of(&self, procedure: usize) -> u32 {
        self.steps.get(procedure).copied().unwrap_or(0)
    }

    /// How many stand before this one.
    fn before(&self, node: NodeId) -> u32 {
        self.before.get(node.0 as usize).copied().unwrap_or(0)
    }
}

/// What the steps of a block are numbered after: the step around it, and the steps before the procedure that it is in.
#[derive(Debug, Clone, Default)]
pub struct StepPrefix {
    /// What their numbers begin with: `2.`.
    prefix: EcoString,
    /// How many stand before those that are counted here.
    offset: u32,
}

impl StepPrefix {
    /// The number of a step here (`2.1`), and what the steps in it are numbered after.
    pub fn step(&self, numbering: &Numbering, step: NodeId) -> (EcoString, Self) {
        let place = self.offset.saturating_add(numbering.before(step)).saturating_add(1);
        let number = eco_format!("{}{place}", self.prefix);
        let inner = Self { prefix: eco_format!("{number}."), offset: 0 };
        (number, inner)
    }

    /// What the steps of a procedure are numbered after that a `do` here does.
    pub fn procedure(&self, numbering: &Numbering, do_it: NodeId) -> Self {
        Self { prefix: self.prefix.clone(), offset: self.offset.saturating_add(numbering.before(do_it)) }
    }
}

struct Counter<'a> {
    program: &'a Program,
    before: Vec<u32>,
    /// How many steps each procedure has, once it is known: procedures that do others twice would be counted without end.
    steps: Vec<Option<u32>>,
}

impl Counter<'_> {
    /// Numbers a block whose first step has `count` before it; gives the count after its last.
    fn block(&mut self, block: &Block, count: u32) -> u32 {
        block.statements.iter().fold(count, |count, statement| self.statement(statement, count))
    }

    fn statement(&mut self, statement: &Statement, count: u32) -> u32 {
        if let Some(place) = self.before.get_mut(statement.node.0 as usize) {
            *place = count;
        }
        if let StatementKind::Step { block, .. } = &statement.kind {
            self.block(block, 0);
            return count.saturating_add(1);
        }
        if let StatementKind::Do { procedure, .. } = &statement.kind {
            return count.saturating_add(self.steps_of(*procedure));
        }
        statement.kind.blocks().fold(count, |count, block| self.block(block, count))
    }

    fn steps_of(&mut self, procedure: usize) -> u32 {
        if let Some(Some(known)) = self.steps.get(procedure) {
            return *known;
        }
        let program = self.program;
        let steps = program.procedures.get(procedure).map_or(0, |it| self.steps_in(&it.block));
        if let Some(place) = self.steps.get_mut(procedure) {
            *place = Some(steps);
        }
        steps
    }

    fn steps_in(&mut self, block: &Block) -> u32 {
        block.statements.iter().fold(0, |count: u32, statement| {
            let steps = if let StatementKind::Step { .. } = &statement.kind {
                1
            } else if let StatementKind::Do { procedure, .. } = &statement.kind {
                self.steps_of(*procedure)
            } else {
                statement.kind.blocks().fold(0, |count: u32, block| count.saturating_add(self.steps_in(block)))
            };
            count.saturating_add(steps)
        })
    }
}
