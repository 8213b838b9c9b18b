//! Makes the chart of a runbook from its statements: steps as nodes, decisions as questions, and the ways in which a
//! run ends.
//!
//! A chart gives an overview. A step without inner steps is one node with its effects and endings. Observations and
//! notifications are left to the list below the chart.

use super::chart::{Chart, Id, Shape};
use super::chart_builder::{ChartBuilder, Open, with_effects};
use super::outcomes::{OutcomeCollector, effect_label};
use super::source_text::Source;
use crate::program::divergence::Divergence;
use crate::program::numbering::{Numbering, StepPrefix};
use crate::program::{
    Block, Expression, ExpressionKind, LetElse, Locals, Program, Runbook, Slot, Statement, StatementKind, Subject,
};
use crate::value::Value;
use ecow::EcoString;

pub fn runbook_chart<'p>(
    program: &'p Program,
    runbook: &'p Runbook,
    numbering: &'p Numbering,
    source: Source<'p>,
) -> Chart {
    let (drawing, open) = ChartBuilder::new(&runbook.title);
    let mut flow = Flow {
        program,
        source,
        numbering,
        locals: runbook.locals.clone(),
        contact: runbook.contact.as_deref().unwrap_or("nobody"),
        leaving: Divergence::new(program),
        drawing,
    };
    flow.block(&runbook.block, &StepPrefix::default(), open);
    flow.drawing.finish()
}

struct Flow<'p> {
    program: &'p Program,
    source: Source<'p>,
    numbering: &'p Numbering,
    /// The names of the slots of the current runbook or procedure.
    locals: Locals,
    contact: &'p str,
    leaving: Divergence<'p>,
    drawing: ChartBuilder,
}

impl Flow<'_> {
    fn gathering(&self) -> OutcomeCollector<'_> {
        OutcomeCollector::new(self.program, self.source, self.contact)
    }

    /// Whether a block contains steps, directly or through procedures.
    fn has_steps(&self, block: &Block) -> bool {
        block.statements.iter().any(|statement| {
            if let StatementKind::Do { procedure, .. } = &statement.kind {
                return self.numbering.steps_of(*procedure) > 0;
            }
            matches!(statement.kind, StatementKind::Step { .. })
                || statement.kind.blocks().any(|block| self.has_steps(block))
        })
    }

    fn local(&self, slot: Slot) -> &str {
        self.locals.get(slot).map(EcoString::as_str).unwrap_or_default()
    }

    fn line(&self, expression: &Expression) -> String {
        self.source.line(expression.span)
    }

    /// Draws a block that the open edges lead into; returns the edges that lead out of it.
    fn block(&mut self, block: &Block, numbered: &StepPrefix, mut open: Open) -> Open {
        for (position, statement) in block.statements.iter().enumerate() {
            if open.is_empty() {
                break;
            }
            if self.drawing.is_full() {
                return self.rest(block.statements.get(position..).unwrap_or_default(), open);
            }
            open = self.statement(statement, numbered, open);
        }
        open
    }

    /// Draws the remaining statements of a block as one node, where the chart is full.
    fn rest(&mut self, statements: &[Statement], open: Open) -> Open {
        let reasons = self.gathering().statements(statements);
        let leaves = statements.iter().any(|statement| self.leaving.diverges(statement));
        self.drawing.more(&reasons, leaves, open)
    }

    /// Draws a block in a frame. The identifier is `None` where the frame is empty.
    fn framed(&mut self, label: String, block: &Block, numbered: &StepPrefix, open: Open) -> (Open, Option<Id>) {
        self.drawing.open_frame();
        let out = self.block(block, numbered, open);
        (out, self.drawing.close_frame(label))
    }

    /// Draws a block as one node with its endings. The identifier is `None` where there is nothing to show.
    fn block_node(&mut self, shape: Shape, head: Vec<String>, block: &Block, open: Open) -> (Open, Option<Id>) {
        let reasons = self.gathering().blocks([block]);
        if reasons.is_empty() {
            return (open, None);
        }
        let id = self.drawing.node(shape, with_effects(head, &reasons), open);
        self.drawing.ends(&id, &reasons);
        let out = if self.leaving.block(block) { Vec::new() } else { vec![(id.clone(), None)] };
        (out, Some(id))
    }

    /// Draws a block in a frame if it contains steps, else as one node.
    fn block_or_frame(
        &mut self,
        label: String,
        block: &Block,
        numbered: &StepPrefix,
        open: Open,
    ) -> (Open, Option<Id>) {
        if self.has_steps(block) {
            self.framed(label, block, numbered, open)
        } else {
            self.block_node(Shape::Doing, vec![label], block, open)
        }
    }

    /// Draws a question: the run continues after "yes", and `otherwise` or an escalation follows after `no`.
    fn gate(
        &mut self,
        label: Vec<String>,
        no: &str,
        otherwise: Option<&Block>,
        numbered: &StepPrefix,
        open: Open,
    ) -> Open {
        let id = self.drawing.node(Shape::Question, label, open);
        let missed = vec![(id.clone(), Some(no.to_owned()))];
        let mut out = vec![(id, Some("yes".to_owned()))];
        match otherwise {
            Some(block) => out.extend(self.block(block, numbered, missed)),
            None => self.drawing.escalate(missed, self.contact, no),
        }
        out
    }

    fn statement(&mut self, statement: &Statement, numbered: &StepPrefix, open: Open) -> Open {
        match &statement.kind {
            StatementKind::Step { title, block } => {
                let (number, inner) = numbered.step(self.numbering, statement.node);
                let label = format!("{number} {}", self.source.plain_text(title));
                if self.has_steps(block) {
                    return self.framed(label, block, &inner, open).0;
                }
                let reasons = self.gathering().blocks([block]);
                let id = self.drawing.node(Shape::Doing, with_effects(vec![label], &reasons), open);
                self.drawing.ends(&id, &reasons);
                if self.leaving.block(block) { Vec::new() } else { vec![(id, None)] }
            }
            StatementKind::ResolveIfFixed { window, .. } => {
                let mut label = vec!["Is it fixed?".to_owned()];
                label.extend(window.as_ref().map(|window| format!("for up to {}", self.line(&window.within))));
                let id = self.drawing.node(Shape::Question, label, open);
                self.drawing.resolve(vec![(id.clone(), Some("yes".to_owned()))], "yes");
                vec![(id, Some("no".to_owned()))]
            }
            StatementKind::Resolve { message, .. } => {
                let why = self.source.plain_text(message);
                self.drawing.resolve(open, &why);
                Vec::new()
            }
            StatementKind::Escalate { contact, message, .. } => {
                let why = self.source.plain_text(message);
                self.drawing.escalate(open, contact, &why);
                Vec::new()
            }
            StatementKind::Notify { .. } => open,
            StatementKind::Require { condition, otherwise } => {
                let label = vec![format!("{}?", self.line(condition))];
                self.gate(label, "no", otherwise.as_ref(), numbered, open)
            }
            StatementKind::RequireApproval { message, otherwise, .. } => {
                let label = vec!["Approved?".to_owned(), self.source.plain_text(message)];
                self.gate(label, "no", otherwise.as_ref(), numbered, open)
            }
            StatementKind::WaitUntil { condition, window, otherwise, .. } => {
                let within = format!("for up to {}", self.line(&window.within));
                let label = vec![format!("Wait until {}", self.line(condition)), within];
                self.gate(label, "not in time", otherwise.as_ref(), numbered, open)
            }
            StatementKind::Manual { message, otherwise, .. } => {
                let label = vec!["By hand:".to_owned(), self.source.plain_text(message)];
                self.gate(label, "not done", otherwise.as_ref(), numbered, open)
            }
            StatementKind::Wait { duration } => self.drawing.doing(format!("wait {}", self.line(duration)), open),
            StatementKind::Act { call, retention } => {
                self.drawing.doing(effect_label(self.source, *retention, call.span), open)
            }
            StatementKind::Do { procedure, .. } => self.do_procedure(statement, *procedure, numbered, open),
            StatementKind::TemporarilyBlock { block, .. } => {
                self.block_or_frame("temporarily".to_owned(), block, numbered, open).0
            }
            StatementKind::TemporarilyIf { condition, change } => {
                if self.shows_nothing([change]) {
                    return open;
                }
                let id = self.drawing.node(Shape::Question, vec![format!("{}?", self.line(condition))], open);
                let mut out = self.block(change, numbered, vec![(id.clone(), Some("yes".to_owned()))]);
                out.push((id, Some("no".to_owned())));
                out
            }
            StatementKind::Let { value, otherwise, .. } => {
                let open = match value {
                    Subject::Value(_) => open,
                    subject @ (Subject::Ask(_) | Subject::Run { .. }) => {
                        let (shape, label) = self.subject(subject);
                        vec![(self.drawing.node(shape, label, open), None)]
                    }
                };
                match (otherwise, value) {
                    (Some(LetElse::Block(block)), Subject::Value(value)) => {
                        let label = vec![format!("Is there {}?", self.line(value))];
                        self.gate(label, "no", Some(block), numbered, open)
                    }
                    _ => open,
                }
            }
            StatementKind::If { branches, otherwise } => self.branches(branches, otherwise.as_ref(), numbered, open),
            StatementKind::Match { subject, arms, otherwise } => {
                self.cases(subject, arms, otherwise.as_ref(), numbered, open)
            }
            StatementKind::For { slot, list, block, .. } => {
                let label = format!("for each {} in {}", self.local(*slot), self.line(list));
                let (mut out, drawn) = self.block_or_frame(label, block, numbered, open.clone());
                if out.is_empty() && drawn.is_some() {
                    // Where every turn diverges, the run continues only after an empty list.
                    out = open.into_iter().map(|(from, _)| (from, Some("nothing to go through".to_owned()))).collect();
                }
                out
            }
            StatementKind::Repeat { count, until, block, otherwise, .. } => {
                let label = format!("up to {} times", self.line(count));
                let (open, _) = self.block_or_frame(label, block, numbered, open);
                match (until, otherwise) {
                    _ if open.is_empty() => open,
                    (Some(until), otherwise) => {
                        let label = vec![format!("In the end {}?", self.line(until))];
                        self.gate(label, "never", otherwise.as_ref(), numbered, open)
                    }
                    (None, Some(block)) => self.block(block, numbered, open),
                    (None, None) => open,
                }
            }
            StatementKind::Retry { count, block, .. } => {
                self.block_or_frame(format!("up to {} tries", self.line(count)), block, numbered, open).0
            }
            StatementKind::Lock { names, block, .. } => {
                let names: Vec<String> = names.iter().map(|name| self.line(name)).collect();
                self.block_or_frame(format!("lock {}", names.join(", ")), block, numbered, open).0
            }
            StatementKind::Try { block, catch, .. } => {
                let (mut out, id) = self.block_or_frame("try".to_owned(), block, numbered, open);
                let id = match id {
                    Some(id) => id,
                    None if self.shows_nothing([catch]) => return out,
                    None => {
                        let id = self.drawing.node(Shape::Doing, vec!["try to look".to_owned()], out);
                        out = vec![(id.clone(), None)];
                        id
                    }
                };
                out.extend(self.block(catch, numbered, vec![(id, Some("an error".to_owned()))]));
                out
            }
            StatementKind::Run { runbook, .. } => {
                let (shape, label) = self.run(*runbook);
                let id = self.drawing.node(shape, label, open);
                self.drawing.escalate(vec![(id.clone(), None)], self.contact, "not resolved");
                vec![(id, Some("resolved".to_owned()))]
            }
        }
    }

    /// Draws a procedure without steps as one node.
    fn procedure_node(&mut self, statement: &Statement, procedure: usize, open: Open) -> Open {
        let reasons = self.gathering().statements([statement]);
        if reasons.is_empty() {
            return open;
        }
        let name = self.program.procedures.get(procedure).map(|it| it.name.as_str()).unwrap_or_default();
        let head = if reasons.effects.is_empty() { vec![format!("do {name}")] } else { Vec::new() };
        let id = self.drawing.node(Shape::Part, with_effects(head, &reasons), open);
        self.drawing.ends(&id, &reasons);
        if self.leaving.diverges(statement) { Vec::new() } else { vec![(id, None)] }
    }

    fn branches(
        &mut self,
        branches: &[(Expression, Block)],
        otherwise: Option<&Block>,
        numbered: &StepPrefix,
        mut open: Open,
    ) -> Open {
        let all = || branches.iter().map(|(_, block)| block).chain(otherwise);
        if self.shows_nothing(all()) {
            return open;
        }
        let mut out = Vec::new();
        for (place, (condition, block)) in branches.iter().enumerate() {
            if self.drawing.is_full() {
                let reasons = self.gathering().blocks(all().skip(place));
                let leaves = otherwise.is_some() && all().skip(place).all(|block| self.leaving.block(block));
                out.extend(self.drawing.more(&reasons, leaves, open));
                return out;
            }
            let id = self.drawing.node(Shape::Question, vec![format!("{}?", self.line(condition))], open);
            out.extend(self.block(block, numbered, vec![(id.clone(), Some("yes".to_owned()))]));
            open = vec![(id, Some("no".to_owned()))];
        }
        match otherwise {
            Some(block) => out.extend(self.block(block, numbered, open)),
            None => out.extend(open),
        }
        out
    }

    fn cases(
        &mut self,
        subject: &Subject,
        arms: &[(Vec<Value>, Block)],
        otherwise: Option<&Block>,
        numbered: &StepPrefix,
        open: Open,
    ) -> Open {
        let all = arms.iter().map(|(_, block)| block).chain(otherwise);
        if matches!(subject, Subject::Value(_)) && self.shows_nothing(all) {
            return open;
        }
        let (shape, label) = self.subject(subject);
        let id = self.drawing.node(shape, label, open);
        let mut out = Vec::new();
        for (values, block) in arms {
            let words: Vec<String> = values.iter().map(ToString::to_string).collect();
            out.extend(self.block(block, numbered, vec![(id.clone(), Some(words.join(", ")))]));
        }
        if let Some(block) = otherwise {
            out.extend(self.block(block, numbered, vec![(id, Some("anything else".to_owned()))]));
        }
        out
    }

    fn do_procedure(&mut self, statement: &Statement, procedure: usize, numbered: &StepPrefix, open: Open) -> Open {
        let program = self.program;
        let Some(done) = program.procedures.get(procedure) else { return open };
        if self.numbering.steps_of(procedure) == 0 {
            return self.procedure_node(statement, procedure, open);
        }
        let inner = numbered.procedure(self.numbering, statement.node);
        let locals = std::mem::replace(&mut self.locals, done.locals.clone());
        let (out, _) = self.framed(done.name.to_string(), &done.block, &inner, open);
        self.locals = locals;
        out
    }

    fn shows_nothing<'b>(&self, blocks: impl IntoIterator<Item = &'b Block>) -> bool {
        blocks.into_iter().all(|block| !self.has_steps(block) && self.gathering().blocks([block]).is_empty())
    }

    fn subject(&self, subject: &Subject) -> (Shape, Vec<String>) {
        match subject {
            Subject::Value(Expression { kind: ExpressionKind::Check(call), span }) => {
                let title = self.program.probes.get(call.probe).map(|probe| probe.title.to_string());
                (Shape::Question, vec![title.map_or_else(|| self.source.line(*span), |title| format!("{title}?"))])
            }
            Subject::Value(value) => (Shape::Question, vec![format!("{}?", self.line(value))]),
            Subject::Ask(question) => {
                (Shape::Question, vec!["Ask people:".to_owned(), self.source.plain_text(&question.message)])
            }
            Subject::Run { runbook, .. } => self.run(*runbook),
        }
    }

    fn run(&self, runbook: usize) -> (Shape, Vec<String>) {
        let title = self.program.runbooks.get(runbook).map(|it| it.title.to_string()).unwrap_or_default();
        (Shape::Part, vec!["run:".to_owned(), title])
    }
}
