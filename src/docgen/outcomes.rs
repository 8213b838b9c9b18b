//! Effects and outcomes of statements that a chart shows as one node.

use super::source_text::Source;
use crate::program::{Block, Expression, Program, Retention, Statement, StatementKind, Subject};
use ecow::EcoString;
use std::collections::BTreeMap;

/// Effects and outcomes of some statements and of the procedures that they call.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// In the order of the text, without duplicates.
    pub effects: Vec<String>,
    /// The reasons for ending resolved.
    pub resolved: Vec<String>,
    /// The reasons for ending escalated, by contact.
    pub escalated: BTreeMap<EcoString, Vec<String>>,
}

impl Outcomes {
    /// Whether a chart has nothing to show.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.resolved.is_empty() && self.escalated.is_empty()
    }
}

/// One reason in its own words, several as their number.
pub fn in_short(reasons: &[String]) -> String {
    match reasons {
        [one] => one.clone(),
        several => format!("{} reasons", several.len()),
    }
}

pub struct OutcomeCollector<'p> {
    program: &'p Program,
    source: Source<'p>,
    /// The contact of escalations that name none.
    contact: &'p str,
    /// The procedures visited so far, and whether each has effects.
    done: BTreeMap<usize, bool>,
    /// Whether a procedure is being visited: arguments there are names that mean nothing outside.
    in_procedure: bool,
    /// The number of effects so far, duplicates included.
    met: usize,
    reasons: Outcomes,
}

impl<'p> OutcomeCollector<'p> {
    pub fn new(program: &'p Program, source: Source<'p>, contact: &'p str) -> Self {
        Self {
            program,
            source,
            contact,
            done: BTreeMap::new(),
            in_procedure: false,
            met: 0,
            reasons: Outcomes::default(),
        }
    }

    pub fn blocks<'b>(mut self, blocks: impl IntoIterator<Item = &'b Block>) -> Outcomes {
        blocks.into_iter().for_each(|block| self.block(block));
        self.reasons
    }

    pub fn statements<'b>(mut self, statements: impl IntoIterator<Item = &'b Statement>) -> Outcomes {
        statements.into_iter().for_each(|statement| self.statement(statement));
        self.reasons
    }

    fn block(&mut self, block: &Block) {
        block.statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::ResolveIfFixed { .. } => add(&mut self.reasons.resolved, "fixed".to_owned()),
            StatementKind::Resolve { message, .. } => {
                add(&mut self.reasons.resolved, self.source.plain_text(message));
            }
            StatementKind::Escalate { contact, message, .. } => {
                let message = self.source.plain_text(message);
                add(self.reasons.escalated.entry(contact.clone()).or_default(), message);
            }
            StatementKind::Act { call, retention } => {
                let action = self.program.actions.get(call.action).filter(|_| self.in_procedure);
                let words = match action {
                    Some(action) => with_adverb(*retention, format!("{}.{}", action.backend, action.name)),
                    None => effect_label(self.source, *retention, call.span),
                };
                self.met += 1;
                add(&mut self.reasons.effects, words);
            }
            StatementKind::Run { runbook, .. } => {
                let title = self.run(*runbook);
                self.escalates(format!("{title}: not resolved"));
            }
            StatementKind::Let { value: Subject::Run { runbook, .. }, .. }
            | StatementKind::Match { subject: Subject::Run { runbook, .. }, .. } => {
                self.run(*runbook);
            }
            StatementKind::Require { condition, otherwise: None } => {
                self.escalates(format!("not: {}", self.source.line(condition.span)));
            }
            StatementKind::RequireApproval { otherwise: None, .. } => self.escalates("not approved".to_owned()),
            StatementKind::WaitUntil { condition, otherwise: None, .. } => {
                self.escalates(format!("not in time: {}", self.source.line(condition.span)));
            }
            StatementKind::Manual { message, otherwise: None, .. } => {
                self.escalates(format!("not done: {}", self.source.plain_text(message)));
            }
            StatementKind::Repeat { until: Some(until), otherwise: None, .. } => {
                self.escalates(format!("never: {}", self.source.line(until.span)));
            }
            StatementKind::Do { procedure, arguments, .. } => self.procedure(*procedure, arguments),
            StatementKind::Step { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Require { .. }
            | StatementKind::RequireApproval { .. }
            | StatementKind::Wait { .. }
            | StatementKind::WaitUntil { .. }
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
            | StatementKind::Manual { .. } => {}
        }
        if let StatementKind::TemporarilyBlock { block, .. } = &statement.kind {
            // Its `undo` is not an effect of its own.
            self.block(block);
        } else {
            statement.kind.blocks().for_each(|block| self.block(block));
        }
    }

    /// Adds the call of a procedure that has effects, and its outcomes, once.
    fn procedure(&mut self, procedure: usize, arguments: &[Expression]) {
        let Some(done) = self.program.procedures.get(procedure) else { return };
        let call = format!("do {}", self.source.call(&done.name, &done.parameters, arguments));
        match self.done.get(&procedure) {
            Some(acts) => {
                if *acts && !self.in_procedure {
                    add(&mut self.reasons.effects, call);
                }
            }
            None => {
                let (place, met) = (self.reasons.effects.len(), self.met);
                self.done.insert(procedure, false);
                let outside = std::mem::replace(&mut self.in_procedure, true);
                self.block(&done.block);
                self.in_procedure = outside;
                let acts = self.met > met;
                self.done.insert(procedure, acts);
                if acts && !self.in_procedure {
                    self.reasons.effects.insert(place, call);
                }
            }
        }
    }

    fn run(&mut self, runbook: usize) -> String {
        let title = self.program.runbooks.get(runbook).map(|it| it.title.to_string()).unwrap_or_default();
        self.met += 1;
        add(&mut self.reasons.effects, format!("run: {title}"));
        title
    }

    fn escalates(&mut self, reason: String) {
        add(self.reasons.escalated.entry(self.contact.into()).or_default(), reason);
    }
}

/// An effect as a line of a node.
pub fn effect_label(source: Source<'_>, retention: Retention, call: crate::source::Span) -> String {
    with_adverb(retention, source.line(call))
}

fn with_adverb(retention: Retention, words: String) -> String {
    match retention {
        Retention::Temporarily { .. } => format!("temporarily {words}"),
        Retention::None | Retention::Permanently { .. } => words,
    }
}

fn add(reasons: &mut Vec<String>, reason: String) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}
