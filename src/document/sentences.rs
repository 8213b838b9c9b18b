//! Statements as short sentences in nested lists, steps numbered as a run numbers them.

use super::escape::{SENTENCE, TITLE, code, inline};
use super::facts::Place;
use crate::check::numbering::{Numbered, Numbering, blocks_of};
use crate::check::program::{
    Action, Adverb, Block, Call, Evidence, Expression, ExpressionKind, Hold, LetElse, Slot, Statement, StatementKind,
    Subject, Window,
};
use crate::value::{Class, Value, Written};
use ecow::EcoString;
use std::fmt::Write;

/// Behind a `do` the steps of its procedure are listed, so many at most: procedures may do others many times over.
const MOST_STEPS: usize = 50;

const ENDS_ESCALATED: &str = "the run ends **escalated**";

/// A list that is being written.
pub struct Telling<'l, 'a> {
    at: Place<'l, 'a>,
    numbering: &'l Numbering,
    /// What steps are numbered after; nothing in a procedure, whose steps are numbered where it is done.
    numbered: Option<Numbered>,
    /// The names of the frame's slots.
    locals: &'l [EcoString],
    depth: usize,
    text: String,
}

impl<'l, 'a> Telling<'l, 'a> {
    /// For a runbook.
    pub fn of_runbook(at: Place<'l, 'a>, numbering: &'l Numbering, locals: &'l [EcoString]) -> Self {
        Self { at, numbering, numbered: Some(Numbered::default()), locals, depth: 0, text: String::new() }
    }

    /// For a procedure.
    pub fn of_procedure(at: Place<'l, 'a>, numbering: &'l Numbering, locals: &'l [EcoString]) -> Self {
        Self { numbered: None, ..Self::of_runbook(at, numbering, locals) }
    }

    /// The list.
    pub fn finish(self) -> String {
        self.text
    }

    /// A block. What is temporary in it is taken back when `within` ends.
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

    /// A line, and a block below it.
    pub fn arm(&mut self, line: &str, block: &Block, within: &str) {
        self.item(line);
        self.inside(block, within);
    }

    fn item(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:indent$}- {line}", "", indent = self.depth * 2);
    }

    fn inside(&mut self, block: &Block, within: &str) {
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

    fn code(&self, expression: &Expression) -> String {
        self.at.library.source.expression(expression)
    }

    fn message(&self, message: &Expression) -> String {
        self.at.library.source.message(message)
    }

    fn evidence(&self, evidence: &[Evidence]) -> String {
        if evidence.is_empty() {
            return String::new();
        }
        let labels: Vec<String> = evidence.iter().map(|it| code(&it.label)).collect();
        format!(", with {}", labels.join(", "))
    }

    /// `, for up to 5m, every 30s`.
    fn window(&self, window: &Window) -> String {
        format!(", for up to {}, every {}", self.code(&window.within), self.code(&window.every))
    }

    /// A line, and what follows when it does not come to pass: a block below, or the end of the run.
    fn gate(&mut self, line: &str, missed: &str, otherwise: Option<&Block>) {
        match otherwise {
            Some(block) => self.arm(&format!("{line} {missed}:"), block, "this branch"),
            None => self.item(&format!("{line} {missed}, {ENDS_ESCALATED}.")),
        }
    }

    fn statement(&mut self, statement: &Statement, within: &str) {
        match &statement.kind {
            StatementKind::Step { title, block } => self.step(statement, title, block),
            StatementKind::ResolveIfFixed { after, window, hold } => {
                self.resolve_if_fixed(after.as_ref(), window.as_ref(), hold.as_ref());
            }
            StatementKind::Resolve { message } => {
                let message = self.message(message);
                self.item(&format!("The run ends **resolved**: {message}"));
            }
            StatementKind::Escalate { contact, message, evidence } => {
                let (message, evidence) = (self.message(message), self.evidence(evidence));
                self.item(&format!("The run ends **escalated**: {} is told {message}{evidence}.", code(contact)));
            }
            StatementKind::Notify { contact, message, evidence } => {
                let (message, evidence) = (self.message(message), self.evidence(evidence));
                self.item(&format!("Tell {} {message}{evidence}, and go on.", code(contact)));
            }
            StatementKind::Require { condition, otherwise } => {
                let line = format!("Gate: go on only if {}.", self.code(condition));
                self.gate(&line, "Otherwise", otherwise.as_ref());
            }
            StatementKind::RequireApproval { message, by, within: time, otherwise } => {
                let people = match self.at.library.source.line(by.span).as_str() {
                    "1" => "one person".to_owned(),
                    _ => format!("{} people", self.code(by)),
                };
                let line =
                    format!("Gate: {people} must approve within {}: {}.", self.code(time), self.message(message));
                self.gate(&line, "Denied, or nobody answers", otherwise.as_ref());
            }
            StatementKind::Wait { duration } => {
                let duration = self.code(duration);
                self.item(&format!("Wait {duration}."));
            }
            StatementKind::WaitUntil { condition, window, hold, otherwise } => {
                let held =
                    hold.as_ref().map(|hold| format!(" and has been for {}", self.code(hold))).unwrap_or_default();
                let line = format!("Wait until {}{held}{}.", self.code(condition), self.window(window));
                self.gate(&line, "When that time is over", otherwise.as_ref());
            }
            StatementKind::Act { call, adverb } => self.act(call, *adverb, within),
            StatementKind::Do { procedure, arguments, adverb } => {
                self.do_procedure(statement, *procedure, arguments, *adverb, within);
            }
            StatementKind::TemporarilyBlock { block, undo, keep_on_failure } => {
                self.arm("Temporarily:", block, "this block");
                let line = match taken_back(within, *keep_on_failure) {
                    words if words.is_empty() => "Taken back by:".to_owned(),
                    words => format!("{words}, by:"),
                };
                self.arm(&line, undo, "it");
            }
            StatementKind::Let { name, value, otherwise, .. } => self.bind(name, value, otherwise.as_ref()),
            StatementKind::If { branches, otherwise } => {
                for (place, (condition, block)) in branches.iter().enumerate() {
                    let word = if place == 0 { "If" } else { "Otherwise, if" };
                    self.arm(&format!("{word} {}:", self.code(condition)), block, "this branch");
                }
                if let Some(block) = otherwise {
                    self.arm("Otherwise:", block, "this branch");
                }
            }
            StatementKind::Match { subject, arms, otherwise } => {
                let line = match subject {
                    Subject::Value(Expression { kind: ExpressionKind::Check(call), .. }) => {
                        format!("Ask the probe {}.", self.at.probe(call))
                    }
                    Subject::Value(value) => format!("Look at {}.", self.code(value)),
                    other => self.subject(other),
                };
                self.item(&line);
                self.depth += 1;
                for (values, block) in arms {
                    let words: Vec<String> = values.iter().map(case).collect();
                    self.arm(&format!("{}:", words.join(" or ")), block, "this branch");
                }
                if let Some(block) = otherwise {
                    self.arm("Anything else:", block, "this branch");
                }
                self.depth -= 1;
            }
            StatementKind::For { slot, list, at_most, at_a_time, block } => {
                let mut line = format!("For each {} in {}", self.local(*slot), self.code(list));
                if let Some(most) = at_most {
                    let _ = write!(line, " ({} at most: a longer list ends the run **escalated**)", self.code(most));
                }
                if let Some(width) = at_a_time {
                    let _ = write!(line, ", {} at a time", self.code(width));
                }
                self.arm(&format!("{line}:"), block, "this turn");
            }
            StatementKind::Repeat { count, every, until, block, otherwise } => {
                let mut line = format!("Up to {} times", self.code(count));
                if until.is_none() {
                    line = format!("{} times", self.code(count));
                }
                if let Some(every) = every {
                    let _ = write!(line, ", {} apart", self.code(every));
                }
                if let Some(until) = until {
                    let _ = write!(line, ", until {}", self.code(until));
                }
                self.arm(&format!("{line}:"), block, "this turn");
                match (otherwise, until) {
                    (Some(block), Some(_)) => self.arm("If that never comes:", block, "this branch"),
                    (Some(block), None) => self.arm("After the last time:", block, "this branch"),
                    (None, Some(_)) => self.item(&format!("If that never comes, {ENDS_ESCALATED}.")),
                    (None, None) => {}
                }
            }
            StatementKind::Retry { count, every, block } => {
                let mut line = format!("Try this up to {} times", self.code(count));
                if let Some(every) = every {
                    let _ = write!(line, ", {} apart", self.code(every));
                }
                self.arm(&format!("{line}, while an error stops it:"), block, "this try");
            }
            StatementKind::Try { block, slot, catch } => {
                self.arm("Try:", block, "this block");
                let line = format!("If an error stops that, noted as {}:", self.local(*slot));
                self.arm(&line, catch, "this branch");
            }
            StatementKind::Run { runbook, arguments } => {
                let run = self.run(*runbook, arguments);
                self.item(&format!("{run}. Unless that ends resolved, this run ends as it does."));
            }
            StatementKind::Manual { message, within: time, otherwise } => {
                let line = format!(
                    "Somebody is asked to do something, within {}: {}.",
                    self.code(time),
                    self.message(message)
                );
                self.gate(&line, "If it fails, or nobody says that it is done", otherwise.as_ref());
            }
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
        self.inside(block, &format!("step {number}"));
        self.numbered = Some(numbered);
    }

    fn resolve_if_fixed(&mut self, after: Option<&Expression>, window: Option<&Window>, hold: Option<&Hold>) {
        let mut line = match after {
            Some(after) => format!("After {}, ask whether it is fixed", self.code(after)),
            None => "Ask whether it is fixed".to_owned(),
        };
        line += &window.map(|window| self.window(window)).unwrap_or_default();
        let held = hold.map(|hold| {
            let every = hold.every.as_ref().map(|every| format!(", asked every {}", self.code(every)));
            format!(" and stays so for {}{}", self.code(&hold.duration), every.unwrap_or_default())
        });
        let _ = write!(line, "; if it is{}, the run ends **resolved**.", held.unwrap_or_default());
        self.item(&line);
    }

    fn act(&mut self, call: &Call, adverb: Adverb, within: &str) {
        let written = self.at.library.source.code(call.span);
        let Some(action) = self.at.program().actions.get(call.action) else { return self.item(&written) };
        let verb = match adverb {
            Adverb::None => capitalised(&action.name.replace("_", " ")),
            Adverb::Temporarily { .. } => "Temporarily".to_owned(),
            Adverb::Permanently { .. } => "Meant to stay".to_owned(),
        };
        let mut line = format!("{verb}: {written} — {}.", harm(action));
        let stays = stays(adverb, within);
        if !stays.is_empty() {
            let undo = action.undo.as_ref().and_then(|undo| self.at.program().actions.get(undo.action));
            let by = undo.map(|undo| format!(", by {}", code(&format!("{}.{}", undo.backend, undo.name))));
            let found = if action.saves.is_some() { ", to what was found" } else { "" };
            let _ = write!(line, " {stays}{}{found}.", by.unwrap_or_default());
        }
        self.item(&line);
    }

    fn do_procedure(
        &mut self,
        statement: &Statement,
        procedure: usize,
        arguments: &[Expression],
        adverb: Adverb,
        within: &str,
    ) {
        let Some(done) = self.at.program().procedures.get(procedure) else { return };
        let call = code(&self.at.library.source.call(&done.name, &done.parameters, arguments));
        let name = self.at.library.link(self.at.document, self.at.format, done.span, &inline(&done.name, TITLE));
        let verb = match adverb {
            Adverb::None => "Do",
            Adverb::Temporarily { .. } => "Temporarily do",
            Adverb::Permanently { .. } => "Do, meant to stay,",
        };
        let stays = stays(adverb, within);
        let stays = if stays.is_empty() { stays } else { format!(" {stays}.") };
        self.item(&format!("{verb} the procedure {name}: {call}.{stays}"));
        if let Some(numbered) = self.numbered.as_ref().filter(|_| self.numbering.steps_of(procedure) > 0) {
            let numbered = numbered.procedure(self.numbering, statement.node);
            let mut left = MOST_STEPS;
            self.depth += 1;
            self.steps_of(&done.block, &numbered, &mut left);
            self.depth -= 1;
        }
    }

    /// The steps of a procedure with the numbers that they have in this run.
    fn steps_of(&mut self, block: &Block, numbered: &Numbered, left: &mut usize) {
        for statement in &block.statements {
            if *left == 0 {
                return;
            }
            match &statement.kind {
                StatementKind::Step { title, block } => {
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
                }
                StatementKind::Do { procedure, .. } => {
                    let inner = numbered.procedure(self.numbering, statement.node);
                    // One without steps would cost time and no line.
                    let done = self.at.program().procedures.get(*procedure);
                    if let Some(done) = done.filter(|_| self.numbering.steps_of(*procedure) > 0) {
                        self.steps_of(&done.block, &inner, left);
                    }
                }
                kind => blocks_of(kind).for_each(|block| self.steps_of(block, numbered, left)),
            }
        }
    }

    fn bind(&mut self, name: &EcoString, value: &Subject, otherwise: Option<&LetElse>) {
        let name = code(name);
        let line = match value {
            Subject::Value(Expression { kind: ExpressionKind::Check(call), .. }) => {
                format!("Ask the probe {}, and note the verdict as {name}.", self.at.probe(call))
            }
            Subject::Value(value) => format!("Note as {name}: {}.", self.code(value)),
            other => format!("{} The answer is noted as {name}.", self.subject(other)),
        };
        match otherwise {
            Some(LetElse::Block(block)) => self.arm(&format!("{line} If there is none:"), block, "this branch"),
            Some(LetElse::Value(value)) => {
                let value = self.code(value);
                self.item(&format!("{line} If there is none: {value}."));
            }
            None => self.item(&line),
        }
    }

    /// A question, or another run.
    fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Value(value) => self.code(value),
            Subject::Ask(question) => {
                let choices: Vec<String> = question.choices.iter().map(|it| code(it)).collect();
                format!(
                    "Ask people, for up to {}: {} {}? Silence means {}.",
                    self.code(&question.within),
                    self.message(&question.message),
                    choices.join(" or "),
                    code(&question.default)
                )
            }
            Subject::Run { runbook, arguments, .. } => {
                format!("{}, and look at how that ends.", self.run(*runbook, arguments))
            }
        }
    }

    fn run(&self, runbook: usize, arguments: &[Expression]) -> String {
        let Some(runbook) = self.at.program().runbooks.get(runbook) else { return String::new() };
        let call = code(&self.at.library.source.call(&runbook.name, &runbook.parameters, arguments));
        format!("Run {}: {call}, as a run of its own", self.at.runbook(runbook))
    }

    fn local(&self, slot: Slot) -> String {
        code(self.locals.get(slot).map(EcoString::as_str).unwrap_or_default())
    }
}

fn numbered_title(number: &str, words: &str) -> String {
    format!("**{}**", format!("{number}. {words}").trim_end())
}

fn case(value: &Value) -> String {
    match value {
        Value::Word(word) => format!("**{}**", inline(word, TITLE)),
        other => code(&Written(other).to_string()),
    }
}

/// What a call may do to users.
fn harm(action: &Action) -> String {
    let harm = match action.class {
        Class::Observe => "it only reads",
        Class::Change => "users do not notice",
        Class::Disrupt => "users may notice",
        Class::Destroy => "it cannot be taken back",
    };
    if action.once { format!("{harm}, and it is never repeated blindly") } else { harm.to_owned() }
}

/// What becomes of a change.
fn stays(adverb: Adverb, within: &str) -> String {
    match adverb {
        Adverb::None | Adverb::Permanently { undo_on_failure: false } => String::new(),
        Adverb::Permanently { undo_on_failure: true } => format!("Taken back only if {within} ends badly"),
        Adverb::Temporarily { keep_on_failure } => taken_back(within, keep_on_failure),
    }
}

fn taken_back(within: &str, keep_on_failure: bool) -> String {
    match keep_on_failure {
        false => format!("Taken back when {within} ends, however it ends"),
        true => format!("Taken back when {within} ends well, kept and listed when it ends badly"),
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
