//! From a runbook's statements to its chart: steps as nodes, what decides as questions, and how a run ends.
//!
//! A chart is for taking in at a glance. A step in which no other step stands is one node, with what it does and the
//! ways in which it ends the run; what only looks something up, or tells somebody, is left to the list below the chart.

use super::chart::{Chart, Edge, Id, Item, Shape};
use super::reasons::{Gathering, Reasons, effect, in_short};
use super::written::Source;
use crate::check::leaving::Leaving;
use crate::check::numbering::{Numbered, Numbering, blocks_of};
use crate::check::program::{
    Block, Expression, ExpressionKind, LetElse, Locals, Program, Runbook, Slot, Statement, StatementKind, Subject,
};
use ecow::{EcoString, eco_format};

/// From so many nodes on the rest of a block is one more.
const MOST_NODES: u32 = 60;

/// What is done in one node is shown on so many lines.
const MOST_LINES: usize = 5;

/// Edges that wait for what comes next: where they begin, and what they say.
type Open = Vec<(Id, Option<String>)>;

/// The chart of a runbook.
pub fn of<'p>(program: &'p Program, runbook: &'p Runbook, numbering: &'p Numbering, source: Source<'p>) -> Chart {
    let mut flow = Flow {
        program,
        source,
        numbering,
        locals: runbook.locals.clone(),
        contact: runbook.contact.as_deref().unwrap_or("nobody"),
        leaving: Leaving::of(program),
        nodes: 0,
        groups: 0,
        open_groups: vec![Vec::new()],
        edges: Vec::new(),
        resolves: false,
        escalates: Vec::new(),
    };
    let start = flow.place(Id::from("start"), Shape::End, vec![runbook.title.to_string()]);
    flow.block(&runbook.block, &Numbered::default(), vec![(start, None)]);
    flow.finish()
}

struct Flow<'p> {
    program: &'p Program,
    source: Source<'p>,
    numbering: &'p Numbering,
    /// The names of the slots of the runbook or procedure that is looked at.
    locals: Locals,
    contact: &'p str,
    leaving: Leaving<'p>,
    nodes: u32,
    groups: u32,
    /// The items of the groups that are open, innermost last; the first are those of the chart.
    open_groups: Vec<Vec<Item>>,
    edges: Vec<Edge>,
    resolves: bool,
    /// Who is told by an escalation that is drawn.
    escalates: Vec<EcoString>,
}

impl Flow<'_> {
    fn finish(mut self) -> Chart {
        if self.resolves {
            self.place(Id::from("resolved"), Shape::End, vec!["resolved".to_owned()]);
        }
        for (place, contact) in std::mem::take(&mut self.escalates).into_iter().enumerate() {
            self.place(escalated(place), Shape::End, vec![format!("escalated to {contact}")]);
        }
        Chart { items: self.open_groups.into_iter().next().unwrap_or_default(), edges: self.edges }
    }

    fn place(&mut self, id: Id, shape: Shape, label: Vec<String>) -> Id {
        if let Some(items) = self.open_groups.last_mut() {
            items.push(Item::Node { id: id.clone(), shape, label });
        }
        id
    }

    /// A node that the open edges lead to.
    fn node(&mut self, shape: Shape, label: Vec<String>, open: Open) -> Id {
        self.nodes += 1;
        let id = self.place(eco_format!("n{}", self.nodes), shape, label);
        self.lead(open, &id, None);
        id
    }

    /// Leads open edges to a node; those that say nothing yet may say something then.
    fn lead(&mut self, open: Open, to: &Id, words: Option<&str>) {
        for (from, label) in open {
            let label = label.or_else(|| words.map(str::to_owned));
            match self.edges.iter_mut().find(|edge| edge.from == from && edge.to == *to) {
                Some(edge) => {
                    edge.label = match (edge.label.take(), label) {
                        (Some(one), Some(other)) if one != other => Some(format!("{one}, {other}")),
                        (one, other) => one.and(other),
                    };
                }
                None => self.edges.push(Edge { from, to: to.clone(), label }),
            }
        }
    }

    fn resolve(&mut self, open: Open, why: &str) {
        self.resolves = true;
        self.lead(open, &Id::from("resolved"), Some(why));
    }

    fn escalate(&mut self, open: Open, contact: &str, why: &str) {
        let place = match self.escalates.iter().position(|known| known == contact) {
            Some(place) => place,
            None => {
                self.escalates.push(contact.into());
                self.escalates.len() - 1
            }
        };
        self.lead(open, &escalated(place), Some(why));
    }

    /// Draws edges from a node to the ends that a part may come to.
    fn ends(&mut self, from: &Id, reasons: &Reasons) {
        if !reasons.resolved.is_empty() {
            self.resolve(vec![(from.clone(), None)], &in_short(&reasons.resolved));
        }
        for (contact, why) in &reasons.escalated {
            self.escalate(vec![(from.clone(), None)], contact, &in_short(why));
        }
    }

    fn gathering(&self) -> Gathering<'_> {
        Gathering::new(self.program, self.source, self.contact)
    }

    /// Whether steps stand in a block.
    fn has_steps(&self, block: &Block) -> bool {
        block.statements.iter().any(|statement| match &statement.kind {
            StatementKind::Step { .. } => true,
            StatementKind::Do { procedure, .. } => self.numbering.steps_of(*procedure) > 0,
            kind => blocks_of(kind).any(|block| self.has_steps(block)),
        })
    }

    fn local(&self, slot: Slot) -> &str {
        self.locals.get(slot).map(EcoString::as_str).unwrap_or_default()
    }

    fn line(&self, expression: &Expression) -> String {
        self.source.line(expression.span)
    }

    /// A block that edges lead into; gives those that lead out of it.
    fn block(&mut self, block: &Block, numbered: &Numbered, mut open: Open) -> Open {
        for (position, statement) in block.statements.iter().enumerate() {
            if open.is_empty() {
                break;
            }
            if self.nodes >= MOST_NODES {
                return self.rest(block.statements.get(position..).unwrap_or_default(), open);
            }
            open = self.statement(statement, numbered, open);
        }
        open
    }

    /// All that is left of a block, where the chart is full.
    fn rest(&mut self, statements: &[Statement], open: Open) -> Open {
        let reasons = self.gathering().statements(statements);
        if reasons.is_empty() {
            return open;
        }
        let id = self.node(Shape::Part, vec!["more, which is not drawn".to_owned()], open);
        self.ends(&id, &reasons);
        if statements.iter().any(|statement| self.leaving.leaves(statement)) { Vec::new() } else { vec![(id, None)] }
    }

    /// A block in a frame; its edges, and the frame if anything stands in it.
    fn framed(&mut self, label: String, inner: impl FnOnce(&mut Self) -> Open) -> (Open, Option<Id>) {
        self.open_groups.push(Vec::new());
        let open = inner(self);
        let items = self.open_groups.pop().unwrap_or_default();
        if items.is_empty() {
            return (open, None);
        }
        self.groups += 1;
        let id = eco_format!("g{}", self.groups);
        if let Some(around) = self.open_groups.last_mut() {
            around.push(Item::Group { id: id.clone(), label, items });
        }
        (open, Some(id))
    }

    /// One node for all of a block, with its ends; nothing where there is nothing to show.
    fn whole(&mut self, shape: Shape, head: Vec<String>, block: &Block, open: Open) -> (Open, Option<Id>) {
        let reasons = self.gathering().blocks([block]);
        if reasons.is_empty() {
            return (open, None);
        }
        let id = self.node(shape, with_effects(head, &reasons), open);
        self.ends(&id, &reasons);
        let out = if self.leaving.block(block) { Vec::new() } else { vec![(id.clone(), None)] };
        (out, Some(id))
    }

    /// A block in a frame if steps stand in it, else as one node.
    fn part(&mut self, label: String, block: &Block, numbered: &Numbered, open: Open) -> (Open, Option<Id>) {
        if self.has_steps(block) {
            self.framed(label, |flow| flow.block(block, numbered, open))
        } else {
            self.whole(Shape::Doing, vec![label], block, open)
        }
    }

    /// Something that is done, on a line of the node before it if that is of the same kind.
    fn doing(&mut self, line: String, open: Open) -> Open {
        if let ([(from, None)], Some(Item::Node { id, shape: Shape::Doing, label })) =
            (open.as_slice(), self.open_groups.last_mut().and_then(|items| items.last_mut()))
            && from == id
            && self.edges.iter().all(|edge| edge.from != *id)
            && !label.first().is_some_and(|first| first.starts_with(|c: char| c.is_ascii_digit()))
        {
            match label.len() {
                few if few < MOST_LINES => label.push(line),
                MOST_LINES => label.push("…".to_owned()),
                _ => {}
            }
            return open;
        }
        vec![(self.node(Shape::Doing, vec![line], open), None)]
    }

    /// A question with two answers: how it goes on, and what follows if not.
    fn gate(
        &mut self,
        label: Vec<String>,
        no: &str,
        otherwise: Option<&Block>,
        numbered: &Numbered,
        open: Open,
    ) -> Open {
        let id = self.node(Shape::Question, label, open);
        let missed = vec![(id.clone(), Some(no.to_owned()))];
        let mut out = vec![(id, Some("yes".to_owned()))];
        match otherwise {
            Some(block) => out.extend(self.block(block, numbered, missed)),
            None => self.escalate(missed, self.contact, no),
        }
        out
    }

    fn statement(&mut self, statement: &Statement, numbered: &Numbered, open: Open) -> Open {
        match &statement.kind {
            StatementKind::Step { title, block } => {
                let (number, inner) = numbered.step(self.numbering, statement.node);
                let label = format!("{number} {}", self.source.plain_text(title));
                if self.has_steps(block) {
                    return self.framed(label, |flow| flow.block(block, &inner, open)).0;
                }
                let reasons = self.gathering().blocks([block]);
                let id = self.node(Shape::Doing, with_effects(vec![label], &reasons), open);
                self.ends(&id, &reasons);
                if self.leaving.block(block) { Vec::new() } else { vec![(id, None)] }
            }
            StatementKind::ResolveIfFixed { window, .. } => {
                let mut label = vec!["Is it fixed?".to_owned()];
                label.extend(window.as_ref().map(|window| format!("for up to {}", self.line(&window.within))));
                let id = self.node(Shape::Question, label, open);
                self.resolve(vec![(id.clone(), Some("yes".to_owned()))], "yes");
                vec![(id, Some("no".to_owned()))]
            }
            StatementKind::Resolve { message } => {
                let why = self.source.plain_text(message);
                self.resolve(open, &why);
                Vec::new()
            }
            StatementKind::Escalate { contact, message, .. } => {
                let why = self.source.plain_text(message);
                self.escalate(open, contact, &why);
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
            StatementKind::Wait { duration } => self.doing(format!("wait {}", self.line(duration)), open),
            StatementKind::Act { call, adverb } => self.doing(effect(self.source, *adverb, call.span), open),
            StatementKind::Do { procedure, .. } => self.do_procedure(statement, *procedure, numbered, open),
            StatementKind::TemporarilyBlock { block, .. } => {
                self.part("temporarily".to_owned(), block, numbered, open).0
            }
            StatementKind::Let { value, otherwise, .. } => {
                let open = match value {
                    Subject::Value(_) => open,
                    subject => {
                        let (shape, label) = self.subject(subject);
                        vec![(self.node(shape, label, open), None)]
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
            StatementKind::If { branches, otherwise } => {
                let all = || branches.iter().map(|(_, block)| block).chain(otherwise);
                if self.shows_nothing(all()) {
                    return open;
                }
                let (mut out, mut open) = (Vec::new(), open);
                for (condition, block) in branches {
                    let id = self.node(Shape::Question, vec![format!("{}?", self.line(condition))], open);
                    out.extend(self.block(block, numbered, vec![(id.clone(), Some("yes".to_owned()))]));
                    open = vec![(id, Some("no".to_owned()))];
                }
                out.extend(match otherwise {
                    Some(block) => self.block(block, numbered, open),
                    None => open,
                });
                out
            }
            StatementKind::Match { subject, arms, otherwise } => {
                let all = || arms.iter().map(|(_, block)| block).chain(otherwise);
                if self.shows_nothing(all()) && matches!(subject, Subject::Value(_)) {
                    return open;
                }
                let (shape, label) = self.subject(subject);
                let id = self.node(shape, label, open);
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
            StatementKind::For { slot, list, block, .. } => {
                let label = format!("for each {} in {}", self.local(*slot), self.line(list));
                let (mut out, drawn) = self.part(label, block, numbered, open.clone());
                if out.is_empty() && drawn.is_some() {
                    // Where each turn leaves, an empty list alone goes on.
                    out = open.into_iter().map(|(from, _)| (from, Some("nothing to go through".to_owned()))).collect();
                }
                out
            }
            StatementKind::Repeat { count, until, block, otherwise, .. } => {
                let label = format!("up to {} times", self.line(count));
                let (open, _) = self.part(label, block, numbered, open);
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
                self.part(format!("up to {} tries", self.line(count)), block, numbered, open).0
            }
            StatementKind::Try { block, catch, .. } => {
                let (mut out, id) = self.part("try".to_owned(), block, numbered, open);
                let id = match id {
                    Some(id) => id,
                    None if self.shows_nothing([catch]) => return out,
                    None => {
                        let id = self.node(Shape::Doing, vec!["try to look".to_owned()], out);
                        out = vec![(id.clone(), None)];
                        id
                    }
                };
                out.extend(self.block(catch, numbered, vec![(id, Some("an error".to_owned()))]));
                out
            }
            StatementKind::Run { runbook, .. } => {
                let (shape, label) = self.run(*runbook);
                let id = self.node(shape, label, open);
                self.escalate(vec![(id.clone(), None)], self.contact, "not resolved");
                vec![(id, Some("resolved".to_owned()))]
            }
        }
    }

    fn do_procedure(&mut self, statement: &Statement, procedure: usize, numbered: &Numbered, open: Open) -> Open {
        let program = self.program;
        let Some(done) = program.procedures.get(procedure) else { return open };
        if self.numbering.steps_of(procedure) == 0 {
            return self.whole(Shape::Part, vec![format!("do {}", done.name)], &done.block, open).0;
        }
        let inner = numbered.procedure(self.numbering, statement.node);
        let locals = std::mem::replace(&mut self.locals, done.locals.clone());
        let (out, _) = self.framed(done.name.to_string(), |flow| flow.block(&done.block, &inner, open));
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

fn escalated(place: usize) -> Id {
    if place == 0 { Id::from("escalated") } else { eco_format!("escalated{}", place + 1) }
}

/// A label with what is done below it.
fn with_effects(mut label: Vec<String>, reasons: &Reasons) -> Vec<String> {
    label.extend(reasons.effects.iter().take(MOST_LINES).cloned());
    if reasons.effects.len() > MOST_LINES {
        label.push("…".to_owned());
    }
    label
}
