//! The numbers of steps. They follow the text: no branch that a run takes changes them, and a `do` numbers the steps of
//! its procedure as if they stood in its place.

use super::{Block, NodeId, Program, Statement, StatementKind};
use ecow::{EcoString, eco_format};

/// The number of steps before each step or `do`, within the step, runbook or procedure around it.
#[derive(Debug, Clone, Default)]
pub struct Numbering {
    /// Indexed by node.
    before: Vec<u32>,
    /// Steps of each procedure, with those of the procedures that it calls.
    steps: Vec<u32>,
}

impl Numbering {
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

    /// How many numbers a `do` of a procedure takes.
    pub fn steps_of(&self, procedure: usize) -> u32 {
        self.steps.get(procedure).copied().unwrap_or(0)
    }

    fn before(&self, node: NodeId) -> u32 {
        self.before.get(node.0 as usize).copied().unwrap_or(0)
    }
}

/// Where a block stands: its steps continue the numbers of the step around it and of the `do` that led there.
#[derive(Debug, Clone, Default)]
pub struct StepPrefix {
    /// What the numbers begin with: `2.`.
    prefix: EcoString,
    /// The number of steps before the first one counted here.
    offset: u32,
}

impl StepPrefix {
    /// The number of a step here (`2.1`) and the prefix for the steps inside it.
    pub fn step(&self, numbering: &Numbering, step: NodeId) -> (EcoString, Self) {
        let place = self.offset.saturating_add(numbering.before(step)).saturating_add(1);
        let number = eco_format!("{}{place}", self.prefix);
        let inner = Self { prefix: eco_format!("{number}."), offset: 0 };
        (number, inner)
    }

    /// The prefix for the steps of a procedure that a `do` here calls.
    pub fn procedure(&self, numbering: &Numbering, do_it: NodeId) -> Self {
        Self { prefix: self.prefix.clone(), offset: self.offset.saturating_add(numbering.before(do_it)) }
    }
}

struct Counter<'a> {
    program: &'a Program,
    before: Vec<u32>,
    /// Cached, since procedures that call each other twice would take exponential time.
    steps: Vec<Option<u32>>,
}

impl Counter<'_> {
    /// Numbers a block with `count` steps before it; returns the count after it.
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
