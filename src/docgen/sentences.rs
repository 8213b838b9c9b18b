//! Statements as sentences in nested lists, with steps numbered as in a run.

use super::actions::undo_phrase;
use super::escape::{SENTENCE, TITLE, code, inline};
use super::header_table::RunbookRef;
use super::phrases::{ENDS_ESCALATED, case, numbered_title};
use crate::program::numbering::{Numbering, StepPrefix};
use crate::program::{Block, Expression, ExpressionKind, LetElse, Slot, Statement, StatementKind, Subject};
use crate::value::Value;
use ecow::EcoString;
use std::fmt::Write;

/// The name of an arm in sentences about its end.
const BRANCH: &str = "this branch";

/// Writes a list of sentences.
pub struct SentenceWriter<'l, 'a> {
    pub(super) at: RunbookRef<'l, 'a>,
    pub(super) numbering: &'l Numbering,
    /// The prefix of step numbers. `None` in a procedure, whose steps are numbered where it is called.
    pub(super) numbered: Option<StepPrefix>,
    /// The names of the frame's slots.
    locals: &'l [EcoString],
    pub(super) depth: usize,
    text: String,
}

impl<'l, 'a> SentenceWriter<'l, 'a> {
    pub fn of_runbook(at: RunbookRef<'l, 'a>, numbering: &'l Numbering, locals: &'l [EcoString]) -> Self {
        Self { at, numbering, numbered: Some(StepPrefix::default()), locals, depth: 0, text: String::new() }
    }

    pub fn of_procedure(at: RunbookRef<'l, 'a>, numbering: &'l Numbering, locals: &'l [EcoString]) -> Self {
        Self { numbered: None, ..Self::of_runbook(at, numbering, locals) }
    }

    pub fn finish(self) -> String {
        self.text
    }

    /// Writes a block and its comments. Temporary changes are undone when `within` ends.
    pub fn block(&mut self, block: &Block, within: &str) {
        if block.statements.is_empty() {
            self.item("Nothing is done.");
        }
        for statement in &block.statements {
            let above = self.at.library.comments.above(statement.span).join(" ");
            self.comment(&above);
            self.statement(statement, within);
            if let Some(behind) = self.at.library.comments.behind(statement.span) {
                self.depth += 1;
                self.comment(behind);
                self.depth -= 1;
            }
        }
    }

    /// Writes a line with a block below it.
    pub fn arm(&mut self, line: &str, block: &Block, within: &str) {
        self.item(line);
        self.nested_block(block, within);
    }

    pub(super) fn item(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:indent$}- {line}", "", indent = self.depth * 2);
    }

    fn nested_block(&mut self, block: &Block, within: &str) {
        self.depth += 1;
        self.block(block, within);
        self.depth -= 1;
    }

    fn comment(&mut self, comment: &str) {
        let comment = inline(comment, SENTENCE);
        if !comment.is_empty() {
            self.item(&format!("*{comment}*"));
        }
    }

    fn local(&self, slot: Slot) -> String {
        code(self.locals.get(slot).map(EcoString::as_str).unwrap_or_default())
    }

    /// Writes a line and what follows where its condition fails: a block, or the end of the run.
    fn gate(&mut self, line: &str, missed: &str, otherwise: Option<&Block>) {
        match otherwise {
            Some(block) => self.arm(&format!("{line} {missed}:"), block, BRANCH),
            None => self.item(&format!("{line} {missed}, {ENDS_ESCALATED}.")),
        }
    }

    fn statement(&mut self, statement: &Statement, within: &str) {
        let at = self.at;
        match &statement.kind {
            StatementKind::Step { title, block } => self.step(statement, title, block),
            StatementKind::ResolveIfFixed { after, window, hold } => {
                self.item(&at.resolve_if_fixed(after.as_ref(), window.as_ref(), hold.as_ref()));
            }
            StatementKind::Resolve { message, without_goal } => {
                let goal = if *without_goal { ", whether its goal holds or not" } else { "" };
                self.item(&format!("The run ends **resolved**{goal}: {}.", at.message(message)));
            }
            StatementKind::Escalate { contact, message, evidence } => self.item(&format!(
                "The run ends **escalated**: {} is told {}{}.",
                code(contact),
                at.message(message),
                at.evidence(evidence)
            )),
            StatementKind::Notify { contact, message, evidence } => self.item(&format!(
                "Tell {} {}{}, and continue.",
                code(contact),
                at.message(message),
                at.evidence(evidence)
            )),
            StatementKind::Require { condition, otherwise } => {
                let line = format!("Continue only if {}.", at.code(condition));
                self.gate(&line, "Otherwise", otherwise.as_ref());
            }
            StatementKind::RequireApproval { message, by, within: time, otherwise } => {
                let people = match at.amount(by).as_str() {
                    "1" => "one person".to_owned(),
                    number => format!("{number} people"),
                };
                let line = format!("Approval by {people} within {}: {}.", at.amount(time), at.message(message));
                self.gate(&line, "If it is denied, or nobody answers", otherwise.as_ref());
            }
            StatementKind::Wait { duration } => self.item(&format!("Wait {}.", at.amount(duration))),
            StatementKind::WaitUntil { condition, window, hold, otherwise } => {
                let held = hold.as_ref().map(|hold| format!(", and has held for {}", at.amount(hold)));
                let held = held.unwrap_or_default();
                let line = format!("Wait until {} holds{held}{}.", at.code(condition), at.window(window));
                self.gate(&line, "When that time is over", otherwise.as_ref());
            }
            StatementKind::Act { call, retention } => self.act(call, *retention, within),
            StatementKind::Do { procedure, arguments, retention } => {
                self.do_procedure(statement.node, *procedure, arguments, *retention, within);
            }
            StatementKind::TemporarilyBlock { block, undo, keep_on_failure } => {
                self.arm("Temporarily:", block, "this block");
                self.arm(&format!("{}, by:", undo_phrase(within, *keep_on_failure)), undo, "it");
            }
            StatementKind::TemporarilyIf { condition, change } => {
                self.arm(&format!("If {}:", at.code(condition)), change, within);
            }
            StatementKind::Let { name, value, otherwise, .. } => self.bind(name, value, otherwise.as_ref()),
            StatementKind::If { branches, otherwise } => self.branches(branches, otherwise.as_ref()),
            StatementKind::Match { subject, arms, otherwise } => self.cases(subject, arms, otherwise.as_ref()),
            StatementKind::For { slot, list, at_most, at_a_time, block } => {
                let most = at_most
                    .as_ref()
                    .map(|most| format!(" ({} at most: a longer list ends the run **escalated**)", at.amount(most)));
                let width = at_a_time.as_ref().map(|width| format!(", {} at a time", at.amount(width)));
                let (most, width) = (most.unwrap_or_default(), width.unwrap_or_default());
                let line = format!("For each {} in {}{most}{width}:", self.local(*slot), at.code(list));
                self.arm(&line, block, "this turn");
            }
            StatementKind::Repeat { count, every, until, block, otherwise } => {
                let (count, apart) = (at.amount(count), at.apart(every.as_ref()));
                match until {
                    Some(until) => {
                        let line = format!("Up to {count} times{apart}, until {} holds:", at.code(until));
                        self.arm(&line, block, "this turn");
                        self.gate_after("If it never does", otherwise.as_ref());
                    }
                    None => {
                        self.arm(&format!("{count} times{apart}:"), block, "this turn");
                        if let Some(otherwise) = otherwise {
                            self.arm("After the last time:", otherwise, BRANCH);
                        }
                    }
                }
            }
            StatementKind::Retry { count, every, block } => {
                let (count, apart) = (at.amount(count), at.apart(every.as_ref()));
                self.arm(&format!("Try this up to {count} times{apart}, while an error stops it:"), block, "this try");
            }
            StatementKind::Lock { names, within, block } => {
                let names: Vec<String> = names.iter().map(|name| at.amount(name)).collect();
                let (names, within) = (names.join(", "), at.amount(within));
                let line = format!("Hold the lock of {names}; another run that holds it is waited for up to {within}:");
                self.arm(&line, block, "this block");
            }
            StatementKind::Try { block, slot, catch } => {
                self.arm("Try:", block, "this block");
                let line = format!("If an error stops that, noted as {}:", self.local(*slot));
                self.arm(&line, catch, BRANCH);
            }
            StatementKind::Run { runbook, arguments } => {
                let run = at.run(*runbook, arguments);
                self.item(&format!("{run}. Unless that run ends resolved, this run ends in the same way."));
            }
            StatementKind::Manual { message, within: time, otherwise } => {
                let line = format!("A person is asked to do this within {}: {}.", at.amount(time), at.message(message));
                self.gate(&line, "If it fails, or nobody says that it is done", otherwise.as_ref());
            }
        }
    }

    /// Like [`gate`](Self::gate), on a line of its own.
    fn gate_after(&mut self, missed: &str, otherwise: Option<&Block>) {
        match otherwise {
            Some(block) => self.arm(&format!("{missed}:"), block, BRANCH),
            None => self.item(&format!("{missed}, {ENDS_ESCALATED}.")),
        }
    }

    fn step(&mut self, statement: &Statement, title: &Expression, block: &Block) {
        let words = self.at.library.source.text(title, TITLE);
        let Some(numbered) = self.numbered.clone() else {
            return self.arm(&format!("**Step: {words}**"), block, "this step");
        };
        let (number, inner) = numbered.step(self.numbering, statement.node);
        self.item(&numbered_title(&number, &words));
        self.numbered = Some(inner);
        self.nested_block(block, &format!("step {number}"));
        self.numbered = Some(numbered);
    }

    fn bind(&mut self, name: &EcoString, value: &Subject, otherwise: Option<&LetElse>) {
        let name = code(name);
        let line = match value {
            Subject::Value(Expression { kind: ExpressionKind::Check(call), .. }) => {
                format!("Ask the probe {}, and note the verdict as {name}.", self.at.probe(call))
            }
            Subject::Value(value) => format!("Note as {name}: {}.", self.at.code(value)),
            other @ (Subject::Ask(_) | Subject::Run { .. }) => {
                format!("{} The answer is noted as {name}.", self.at.subject(other))
            }
        };
        match otherwise {
            Some(LetElse::Block(block)) => self.arm(&format!("{line} If there is none:"), block, BRANCH),
            Some(LetElse::Value(value)) => {
                let value = self.at.code(value);
                self.item(&format!("{line} If there is none: {value}."));
            }
            None => self.item(&line),
        }
    }

    fn branches(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>) {
        for (place, (condition, block)) in branches.iter().enumerate() {
            let word = if place == 0 { "If" } else { "Otherwise, if" };
            self.arm(&format!("{word} {}:", self.at.code(condition)), block, BRANCH);
        }
        if let Some(block) = otherwise {
            self.arm("Otherwise:", block, BRANCH);
        }
    }

    fn cases(&mut self, subject: &Subject, arms: &[(Vec<Value>, Block)], otherwise: Option<&Block>) {
        let line = match subject {
            Subject::Value(Expression { kind: ExpressionKind::Check(call), .. }) => {
                format!("Ask the probe {}.", self.at.probe(call))
            }
            Subject::Value(value) => format!("Look at {}.", self.at.code(value)),
            other @ (Subject::Ask(_) | Subject::Run { .. }) => self.at.subject(other),
        };
        self.item(&line);
        self.depth += 1;
        for (values, block) in arms {
            let words: Vec<String> = values.iter().map(case).collect();
            self.arm(&format!("{}:", words.join(" or ")), block, BRANCH);
        }
        if let Some(block) = otherwise {
            self.arm("Anything else:", block, BRANCH);
        }
        self.depth -= 1;
    }
}
