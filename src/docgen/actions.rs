//! Sentences about effects: calls and procedures, what users may notice of them, and what undoes them.

use super::escape::{TITLE, code, inline};
use super::phrases::{capitalised, numbered_title};
use super::sentences::SentenceWriter;
use crate::program::numbering::StepPrefix;
use crate::program::{Action, Block, Call, Expression, NodeId, Retention, StatementKind};
use crate::value::Class;
use std::fmt::Write;

/// At most this many steps of a procedure are listed after a `do`, since procedures may call each other many times.
const MOST_STEPS: usize = 50;

impl SentenceWriter<'_, '_> {
    pub(super) fn act(&mut self, call: &Call, retention: Retention, within: &str) {
        let written = self.at.library.source.code(call.span);
        let Some(action) = self.at.program().actions.get(call.action) else { return self.item(&written) };
        let verb = match retention {
            Retention::None => capitalised(&action.name.replace("_", " ")),
            Retention::Temporarily { .. } => "Temporarily".to_owned(),
            Retention::Permanently { .. } => "Permanently".to_owned(),
        };
        let mut line = format!("{verb}: {written} — {}.", harm(action));
        let stays = stays(retention, within);
        if !stays.is_empty() {
            let undo = action.undo.as_ref().and_then(|undo| self.at.program().actions.get(undo.action));
            let by = undo.map(|undo| format!(", by {}", code(&format!("{}.{}", undo.backend, undo.name))));
            let found = if action.saves.is_some() { ", to what was found" } else { "" };
            let _ = write!(line, " {stays}{}{found}.", by.unwrap_or_default());
        }
        self.item(&line);
    }

    /// A `do`. The procedure has a section of its own, so only its name is shown here, and the numbers of its steps in
    /// this run.
    pub(super) fn do_procedure(
        &mut self,
        node: NodeId,
        procedure: usize,
        arguments: &[Expression],
        retention: Retention,
        within: &str,
    ) {
        let Some(done) = self.at.program().procedures.get(procedure) else { return };
        let call = code(&self.at.library.source.call(&done.name, &done.parameters, arguments));
        let name = self.at.library.link(self.at.document, self.at.format, done.span, &inline(&done.name, TITLE));
        let verb = match retention {
            Retention::None => "Do",
            Retention::Temporarily { .. } => "Temporarily do",
            Retention::Permanently { .. } => "Permanently do",
        };
        let stays = stays(retention, within);
        let stays = if stays.is_empty() { stays } else { format!(" {stays}.") };
        self.item(&format!("{verb} the procedure {name}: {call}.{stays}"));
        if let Some(numbered) = self.numbered.as_ref().filter(|_| self.numbering.steps_of(procedure) > 0) {
            let numbered = numbered.procedure(self.numbering, node);
            let mut left = MOST_STEPS;
            self.depth += 1;
            self.steps_of(&done.block, &numbered, &mut left);
            self.depth -= 1;
        }
    }

    fn steps_of(&mut self, block: &Block, numbered: &StepPrefix, left: &mut usize) {
        for statement in &block.statements {
            if *left == 0 {
                return;
            }
            if let StatementKind::Step { title, block } = &statement.kind {
                let (number, inner) = numbered.step(self.numbering, statement.node);
                let words = self.at.library.source.text(title, TITLE);
                self.item(&numbered_title(&number, &words));
                *left -= 1;
                if *left == 0 {
                    return self.item("and more steps");
                }
                self.depth += 1;
                self.steps_of(block, &inner, left);
                self.depth -= 1;
            } else if let StatementKind::Do { procedure, .. } = &statement.kind {
                // A procedure without steps would take time and give no line.
                let done = self.at.program().procedures.get(*procedure);
                if let Some(done) = done.filter(|_| self.numbering.steps_of(*procedure) > 0) {
                    let inner = numbered.procedure(self.numbering, statement.node);
                    self.steps_of(&done.block, &inner, left);
                }
            } else {
                statement.kind.blocks().for_each(|block| self.steps_of(block, numbered, left));
            }
        }
    }
}

/// What users may notice of a call.
fn harm(action: &Action) -> String {
    let harm = match action.class {
        Class::Observe => "it only reads",
        Class::Change => "users do not notice",
        Class::Disrupt => "users may notice",
        Class::Destroy => "it cannot be undone",
    };
    if action.once { format!("{harm}, and it is never repeated blindly") } else { harm.to_owned() }
}

/// When a change is undone; empty where it is not.
fn stays(retention: Retention, within: &str) -> String {
    match retention {
        Retention::None | Retention::Permanently { undo_on_failure: false } => String::new(),
        Retention::Permanently { undo_on_failure: true } => format!("Undone only if {within} ends badly"),
        Retention::Temporarily { keep_on_failure } => undo_phrase(within, keep_on_failure),
    }
}

/// When a temporary change is undone.
pub fn undo_phrase(within: &str, keep_on_failure: bool) -> String {
    match keep_on_failure {
        false => format!("Undone when {within} ends, however it ends"),
        true => format!("Undone when {within} ends well, kept and listed when it ends badly"),
    }
}
