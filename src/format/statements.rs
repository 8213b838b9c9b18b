//! Statements. The blocks of a statement are all on one line, or none is.

use super::bodies::{Lines, one_line};
use super::document::Document;
use super::{Layout, WIDTH};
use crate::source::Span;
use crate::syntax::ast::{
    Arm, Block, Expression, LetElse, Path, Pattern, Statement, StatementKind, Subject, Text, Timings,
};

/// Whether a statement contains no block.
fn is_plain(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Call(_)
        | StatementKind::Do(_)
        | StatementKind::Run(_)
        | StatementKind::Wait { .. }
        | StatementKind::Notify { .. }
        | StatementKind::Escalate { .. }
        | StatementKind::Resolve { .. }
        | StatementKind::ResolveIfFixed { .. }
        | StatementKind::Permanently { .. } => true,
        StatementKind::Temporarily { what, .. } => !matches!(what, Subject::Block(_)),
        StatementKind::Let { otherwise, .. } => !matches!(otherwise, Some(LetElse::Block(_))),
        StatementKind::Step { .. }
        | StatementKind::Require { .. }
        | StatementKind::RequireApproval { .. }
        | StatementKind::WaitUntil { .. }
        | StatementKind::If { .. }
        | StatementKind::Match { .. }
        | StatementKind::For { .. }
        | StatementKind::Repeat { .. }
        | StatementKind::Retry { .. }
        | StatementKind::Lock { .. }
        | StatementKind::Try { .. }
        | StatementKind::Manual { .. } => false,
    }
}

impl Layout<'_> {
    pub(super) fn statement(&mut self, statement: &Statement) -> Document {
        let parts = match &statement.kind {
            StatementKind::Step { title, block } => {
                vec![Document::text("step "), self.quoted(title), Document::text(" "), self.block(block)]
            }
            StatementKind::ResolveIfFixed { timings } => {
                vec![Document::text("resolve if fixed"), self.spaced_timings(timings)]
            }
            StatementKind::Resolve { message, without_goal } => {
                let mut parts = vec![Document::text("resolve "), self.quoted(message)];
                parts.extend(without_goal.map(|_| Document::text(" without goal")));
                parts
            }
            StatementKind::Escalate { contact, message, evidence } => {
                self.message_to("escalate to", contact, message, evidence)
            }
            StatementKind::Notify { contact, message, evidence } => {
                self.message_to("notify", contact, message, evidence)
            }
            StatementKind::Require { condition, otherwise } => {
                vec![Document::text("require "), self.expression(condition), self.otherwise(otherwise.as_ref())]
            }
            StatementKind::RequireApproval { message, by, timings, otherwise } => vec![
                Document::text("require approval "),
                self.quoted(message),
                Document::text(" by "),
                self.amount(by),
                self.spaced_timings(timings),
                self.otherwise(otherwise.as_ref()),
            ],
            StatementKind::Wait { duration } => vec![Document::text("wait "), self.amount(duration)],
            StatementKind::WaitUntil { condition, timings, otherwise } => {
                self.wait_until(condition, timings, otherwise.as_ref())
            }
            StatementKind::Call(call) => vec![self.call(call)],
            StatementKind::Temporarily { what, undo, condition, keep_on_failure } => {
                let mut parts = vec![Document::text("temporarily "), self.subject(what)];
                if let Some(undo) = undo {
                    parts.push(Document::text(" undo "));
                    parts.push(self.block(undo));
                }
                if let Some(condition) = condition {
                    parts.push(Document::text(" if "));
                    parts.push(self.expression(condition));
                }
                parts.extend(keep_on_failure.map(|_| Document::text(", keep on failure")));
                parts
            }
            StatementKind::Permanently { what, undo_on_failure } => {
                let mut parts = vec![Document::text("permanently "), self.subject(what)];
                parts.extend(undo_on_failure.map(|_| Document::text(", undo on failure")));
                parts
            }
            StatementKind::Let { name, value, otherwise } => {
                let mut parts = vec![Document::text(format!("let {} = ", name.text)), self.expression(value)];
                match otherwise {
                    Some(LetElse::Block(block)) => parts.push(self.otherwise(Some(block))),
                    Some(LetElse::Value(value)) => {
                        parts.push(Document::text(" else "));
                        parts.push(self.expression(value));
                    }
                    None => {}
                }
                parts
            }
            StatementKind::If { branches, otherwise } => {
                let mut parts = Vec::new();
                for (condition, block) in branches {
                    parts.push(Document::text(if parts.is_empty() { "if " } else { " else if " }));
                    parts.push(self.expression(condition));
                    parts.push(Document::text(" "));
                    parts.push(self.block(block));
                }
                parts.push(self.otherwise(otherwise.as_ref()));
                parts
            }
            StatementKind::Match { value, arms } => {
                let head = vec![Document::text("match "), self.expression(value), Document::text(" ")];
                let mut parts = vec![Document::Group(head)];
                parts.push(self.arms(arms, statement));
                parts
            }
            StatementKind::For { variable, list, at_most, at_a_time, block } => {
                let mut parts = vec![Document::text(format!("for {} in ", variable.text)), self.expression(list)];
                if let Some(amount) = at_most {
                    parts.push(Document::text(", at most "));
                    parts.push(self.amount(amount));
                }
                if let Some(amount) = at_a_time {
                    parts.push(Document::text(", "));
                    parts.push(self.amount(amount));
                    parts.push(Document::text(" at a time"));
                }
                parts.push(Document::text(" "));
                parts.push(self.block(block));
                parts
            }
            StatementKind::Repeat { count, timings, until, block, otherwise } => {
                let mut parts = vec![
                    Document::text("repeat "),
                    self.amount(count),
                    Document::text(" times"),
                    self.spaced_timings(timings),
                ];
                if let Some(until) = until {
                    parts.push(Document::text(" until "));
                    parts.push(self.expression(until));
                }
                parts.push(Document::text(" "));
                parts.push(self.block(block));
                parts.push(self.otherwise(otherwise.as_ref()));
                parts
            }
            StatementKind::Retry { count, timings, block } => vec![
                Document::text("retry "),
                self.amount(count),
                Document::text(" times"),
                self.spaced_timings(timings),
                Document::text(" "),
                self.block(block),
            ],
            StatementKind::Lock { names, timings, block } => {
                let mut parts = vec![Document::text("lock ")];
                for (position, name) in names.iter().enumerate() {
                    parts.extend((position > 0).then(|| Document::text(", ")));
                    parts.push(self.expression(name));
                }
                parts.extend([self.spaced_timings(timings), Document::text(" "), self.block(block)]);
                parts
            }
            StatementKind::Try { block, catch } => {
                let mut parts = vec![Document::text("try "), self.block(block)];
                if let Some((name, block)) = catch {
                    parts.push(Document::text(format!(" catch {} ", name.text)));
                    parts.push(self.block(block));
                }
                parts
            }
            StatementKind::Do(call) => vec![Document::text("do "), self.call(call)],
            StatementKind::Run(call) => vec![Document::text("run "), self.call(call)],
            StatementKind::Manual { message, timings, otherwise } => vec![
                Document::text("manual "),
                self.quoted(message),
                self.spaced_timings(timings),
                self.otherwise(otherwise.as_ref()),
            ],
        };
        Document::Group(parts)
    }

    pub(super) fn otherwise(&mut self, block: Option<&Block>) -> Document {
        match block {
            Some(block) => Document::Sequence(vec![Document::text(" else "), self.block(block)]),
            None => Document::empty(),
        }
    }

    fn message_to(&mut self, keyword: &str, contact: &Path, message: &Text, evidence: &[Expression]) -> Vec<Document> {
        let mut parts = vec![Document::text(format!("{keyword} {} ", contact.text)), self.quoted(message)];
        if !evidence.is_empty() {
            let mut with = vec![Document::Line, Document::text("with ")];
            for (position, value) in evidence.iter().enumerate() {
                if position > 0 {
                    with.push(Document::text(", "));
                }
                with.push(self.expression(value));
            }
            parts.push(Document::Group(vec![Document::Indent(with)]));
        }
        parts
    }

    /// A condition that does not fit is broken together with its timings.
    fn wait_until(&mut self, condition: &Expression, timings: &Timings, otherwise: Option<&Block>) -> Vec<Document> {
        let condition = self.open(condition);
        let mut times = Vec::new();
        if timings.after.is_none() && timings.within.is_some() {
            // Only `within` may begin a line.
            times.push(Document::Line);
        } else if *timings != Timings::default() {
            times.push(Document::text(" "));
        }
        times.push(self.timings(timings));
        let head = vec![condition, Document::Indent(times)];
        vec![Document::text("wait until "), Document::Group(head), self.otherwise(otherwise)]
    }

    fn subject(&mut self, subject: &Subject) -> Document {
        match subject {
            Subject::Call(call) => self.call(call),
            Subject::Do(call) => Document::Sequence(vec![Document::text("do "), self.call(call)]),
            Subject::Block(block) => self.block(block),
        }
    }

    fn arms(&mut self, arms: &[Arm], statement: &Statement) -> Document {
        let Some(first) = arms.first() else { return Document::text("{ }") };
        let inside = Span { start: first.span.start, ..statement.span };
        if arms.len() == 1 && self.on_one_line(inside) && !self.has_comment_in(statement.span) {
            let arm = self.arm(first, 0);
            return one_line(arm);
        }
        let before = self.text.get(..first.span.start as usize).unwrap_or("");
        let brace = before.rfind('{').map_or(first.span.start, |at| at as u32 + 1);
        let column = self.column_of(arms, statement.span);
        let mut lines = Lines::from(brace);
        self.depth += 1;
        for arm in arms {
            self.line(&mut lines, arm.span, |layout| layout.arm(arm, column));
        }
        self.depth -= 1;
        self.braces(lines, statement.span)
    }

    /// The width to which patterns are padded so that all blocks begin in one column. Only where every arm is on one
    /// line and still fits.
    fn column_of(&mut self, arms: &[Arm], place: Span) -> usize {
        let plain = |arm: &Arm| self.on_one_line(arm.span) && arm.block.statements.iter().all(is_plain);
        if self.has_comment_in(place) || !arms.iter().all(plain) {
            return 0;
        }
        let indent = self.depth * 2 + 2;
        let mut widths = Vec::new();
        for arm in arms {
            let patterns = self.patterns(arm);
            let block = self.block(&arm.block).flat_width();
            let Some((patterns, block)) = patterns.flat_width().zip(block) else { return 0 };
            widths.push((patterns, block));
        }
        let column = widths.iter().map(|(patterns, _)| *patterns).max().unwrap_or(0);
        let longest = widths.iter().map(|(_, block)| indent + column + 1 + block).max().unwrap_or(0);
        if longest <= WIDTH { column } else { 0 }
    }

    /// An arm whose block begins after at least this many columns.
    fn arm(&mut self, arm: &Arm, column: usize) -> Document {
        let patterns = self.patterns(arm);
        let padding = column.saturating_sub(patterns.flat_width().unwrap_or(column));
        let blanks = Document::text(" ".repeat(padding + 1));
        Document::Group(vec![patterns, blanks, self.block(&arm.block)])
    }

    fn patterns(&mut self, arm: &Arm) -> Document {
        let mut parts = Vec::new();
        for pattern in &arm.patterns {
            if !parts.is_empty() {
                parts.push(Document::text(", "));
            }
            parts.push(match pattern {
                Pattern::Word(path) => Document::text(path.text.as_str()),
                Pattern::Text(text) => self.quoted(text),
                Pattern::Amount(amount) => self.amount(amount),
            });
        }
        if parts.is_empty() {
            parts.push(Document::text("else"));
        }
        Document::Sequence(parts)
    }
}
