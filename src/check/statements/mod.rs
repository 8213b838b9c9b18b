//! Statements: their form in the program, where they are allowed, and whether control falls through.

pub(crate) mod action_statements;
pub(crate) mod branches;
pub(crate) mod loops;
pub(crate) mod timings;

use super::context::Context;
use super::declarations::{known_outcome_type, outcome_type};
use super::expressions::{MORE_STACK, RED_ZONE, Typed, choices, quoted};
use super::scope::{BodyScope, FlowState, ScopeMark};
use crate::check::approvals::reason;
use crate::check::unknown_taint::{OpenConditions, SettledQuestions};
use crate::check::verdict_paths::verdict_path;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{
    Block, Evidence, Expression, ExpressionKind, LetElse, Question, Retention, Statement, StatementKind, Subject,
};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Class, SignedDuration, Value};
use branches::BranchOutcomes;
use std::collections::HashSet;

/// How long a `lock` without `within` waits for other runs.
const LOCK_WITHIN: SignedDuration = SignedDuration::from_mins(1);

impl<'a> Context<'a> {
    /// A block, and whether control can reach its end.
    pub(super) fn block(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Block) -> (Block, bool) {
        let mark = body.enter();
        let outer_changes = body.open_changes;
        let (block, completes, _) = self.open_block(body, written);
        if std::mem::replace(&mut body.open_changes, outer_changes) > outer_changes {
            // Its temporary changes are undone here.
            body.changes += 1;
        }
        body.leave(mark);
        (block, completes)
    }

    /// A branch, and the highest class of its actions.
    pub(super) fn measured_branch(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Block,
        place: FlowState,
    ) -> (Block, BranchEnd, Class) {
        let outer = std::mem::replace(&mut body.summary.class, Class::Observe);
        let (block, end) = self.branch(body, written, place);
        let class = body.summary.class;
        body.summary.class = class.max(outer);
        (block, end, class)
    }

    /// A block whose bindings stay visible. Also returns the scope before its first effect.
    pub(super) fn open_block(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Block) -> (Block, bool, ScopeMark) {
        let harm = std::mem::replace(&mut body.summary.class, Class::Observe);
        let mut before_effects = None;
        let mut ended_by: Option<Span> = None;
        let mut is_reported = false;
        let mut statements = Vec::with_capacity(written.statements.len());
        for statement in &written.statements {
            if let Some(ending) = ended_by
                && !std::mem::replace(&mut is_reported, true)
            {
                self.report(
                    Diagnostic::error(code::UNREACHABLE, statement.span, "Unreachable statement")
                        .also(ending, "the run ends here")
                        .help("Move it before the ending, or remove it"),
                );
            }
            let mark = body.enter();
            let (lowered, completes) = self.statement(body, statement);
            if body.summary.class > Class::Observe && before_effects.is_none() {
                before_effects = Some(mark);
            }
            if !completes {
                ended_by = ended_by.or(Some(statement.span));
            }
            statements.push(lowered);
        }
        body.summary.class = body.summary.class.max(harm);
        let before_effects = before_effects.unwrap_or_else(|| body.enter());
        (Block { statements }, ended_by.is_none(), before_effects)
    }

    /// A block that may not be reached, or may be repeated.
    pub(super) fn branch(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Block,
        place: FlowState,
    ) -> (Block, BranchEnd) {
        let outer = std::mem::replace(&mut body.place, place);
        let changes = body.changes;
        let (block, completes) = self.block(body, written);
        if !completes {
            // What follows comes from elsewhere.
            body.changes = changes;
        }
        let end = BranchEnd { completes, ..BranchEnd::falling_through(body.place) };
        body.place = outer;
        (block, end)
    }

    /// An `else` that may fall through, or the block of a mistake.
    pub(super) fn inner(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Block,
        place: FlowState,
    ) -> (Block, bool) {
        let approvals = body.approvals.count();
        let (block, end) = self.branch(body, written, place);
        body.approvals.lose(approvals, reason::ELSE);
        body.place.open = body.place.open.or(end.open);
        (block, end.completes)
    }

    /// An `else` that must diverge.
    pub(super) fn leaving(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Block,
        place: FlowState,
        of: &str,
    ) -> Block {
        let approvals = body.approvals.count();
        let (block, end) = self.branch(body, written, place);
        body.approvals.lose(approvals, reason::ELSE);
        if end.completes {
            let end = written.span;
            let end = Span::new(end.file, end.end.saturating_sub(1).max(end.start), end.end);
            let message = format!("The `else` of `{of}` must end the run, but control can reach its end");
            self.report(
                Diagnostic::error(code::ELSE_FALLS_THROUGH, end, message)
                    .help("End it with `escalate to CONTACT \"…\"` or `resolve`"),
            );
        }
        block
    }

    /// A statement, and whether control falls through.
    pub(super) fn statement(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Statement) -> (Statement, bool) {
        let node = self.node();
        let span = written.span;
        body.forget_expression();
        let (kind, completes) = stacker::maybe_grow(RED_ZONE, MORE_STACK, || self.statement_kind(body, written));
        (Statement { node, span, kind }, completes)
    }

    fn statement_kind(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Statement) -> (StatementKind, bool) {
        use ast::StatementKind as Written;
        let span = written.span;
        match &written.kind {
            Written::Step { title, block } => {
                let title = self.text(body, title);
                let (block, completes) = self.block(body, block);
                (StatementKind::Step { title, block }, completes)
            }
            Written::ResolveIfFixed { timings } => {
                self.resolves(body, span);
                body.summary.goal.get_or_insert(span);
                let (after, window, hold) = self.goal_timings(body, timings);
                // A failed goal falls through and an unknown one escalates, so a known verdict decides what follows.
                self.goal_is_known(body);
                // Where it ends the run, its goal has passed.
                Self::note_resolved(body, body.place.open);
                body.place.goal_failed = Some((span, body.changes));
                body.observations += 1;
                (StatementKind::ResolveIfFixed { after, window, hold }, true)
            }
            Written::Resolve { message, without_goal } => {
                self.resolves(body, span);
                self.resolves_by_message(body, span, *without_goal);
                Self::note_resolved(body, body.place.open);
                let without_goal = without_goal.is_some();
                (StatementKind::Resolve { message: self.text(body, message), without_goal }, false)
            }
            Written::Escalate { contact, message, evidence } => {
                self.ends(body, span, "`escalate`");
                let (contact, message) = (self.contact(contact), self.text(body, message));
                let evidence = self.evidence(body, evidence);
                (StatementKind::Escalate { contact, message, evidence }, false)
            }
            Written::Notify { contact, message, evidence } => {
                self.reject_in_probe(body, span, "`notify`");
                let (contact, message) = (self.contact(contact), self.text(body, message));
                let evidence = self.evidence(body, evidence);
                (StatementKind::Notify { contact, message, evidence }, true)
            }
            Written::Require { condition, otherwise } => self.require(body, condition, otherwise.as_ref(), span),
            Written::RequireApproval { message, by, timings, otherwise } => {
                self.note_prompt(body, span, "an approval");
                if otherwise.is_none() {
                    body.note_ending(span);
                }
                let message = self.text(body, message);
                let by = self.count(body, by, "The number of approvals");
                let within = self.prompt_timeout(body, timings, span, "an approval");
                let place = body.place;
                let otherwise = otherwise.as_ref().map(|block| self.leaving(body, block, place, "require"));
                body.note_approval(span);
                body.observations += 1;
                (StatementKind::RequireApproval { message, by, within, otherwise }, true)
            }
            Written::Wait { duration } => {
                body.changes += 1;
                let duration = self.duration(body, duration, "The duration of a wait");
                (StatementKind::Wait { duration }, true)
            }
            Written::WaitUntil { condition, timings, otherwise } => {
                self.wait_until(body, condition, timings, otherwise.as_ref(), span)
            }
            Written::Call(call) => self.bare_call(body, call),
            Written::Temporarily { what, undo, condition: None, keep_on_failure } => {
                body.open_changes += 1;
                self.temporarily(body, what, undo.as_ref(), keep_on_failure.is_some(), span)
            }
            Written::Temporarily { what, undo: _, condition: Some(condition), keep_on_failure } => {
                body.open_changes += 1;
                self.temporarily_if(body, what, condition, keep_on_failure.is_some(), span)
            }
            Written::Permanently { what, undo_on_failure } => self.permanently(body, what, *undo_on_failure, span),
            Written::Let { name, value, otherwise } => self.let_value(body, name, value, otherwise.as_ref()),
            Written::If { branches, otherwise } => self.if_else(body, branches, otherwise.as_ref()),
            Written::Match { value, arms } => self.match_value(body, value, arms, span),
            Written::For { variable, list, at_most, at_a_time, block } => {
                self.for_each(body, variable, list, at_most.as_ref(), at_a_time.as_ref(), block)
            }
            Written::Repeat { count, timings, until, block, otherwise } => {
                self.reject_timings(timings, &["every"], "`repeat`");
                let count = self.count_of_turns(body, count, "The number of repetitions");
                let every = timings.every.as_ref().map(|every| self.duration(body, every, "The interval"));
                self.repeat(body, (count, every), until.as_ref(), block, otherwise.as_ref())
            }
            Written::Retry { count, timings, block } => {
                self.reject_timings(timings, &["every"], "`retry`");
                let count = self.count_of_turns(body, count, "The number of attempts");
                let every = timings.every.as_ref().map(|every| self.duration(body, every, "The interval"));
                let place = FlowState { retrying: true, ..body.place };
                let (block, end) = self.turns(body, block, place, None);
                // Its last attempt comes to the end of the block, or an error leaves it.
                body.changes += 1;
                body.place.approved = end.approved;
                (StatementKind::Retry { count, every, block }, end.completes)
            }
            Written::Lock { names, timings, block } => {
                self.reject_in_probe(body, span, "a lock");
                self.reject_timings(timings, &["within"], "`lock`");
                let names = names.iter().map(|name| self.lock(body, name)).collect();
                let within = match &timings.within {
                    Some(within) => self.duration(body, within, "The time to wait for a lock"),
                    None => Expression { kind: ExpressionKind::Constant(Value::Duration(LOCK_WITHIN)), span },
                };
                let (block, completes) = self.block(body, block);
                (StatementKind::Lock { names, within, block }, completes)
            }
            Written::Try { block, catch } => {
                let span = Span::new(span.file, span.start, span.start + 3);
                self.try_catch(body, block, catch.as_ref(), span)
            }
            Written::Do(call) => self.do_procedure(body, call, Retention::None, span),
            Written::Run(call) => {
                self.note_run(body, span);
                match self.run_call(body, call) {
                    Some((runbook, arguments)) => {
                        // The run goes on here only if the child ended resolved.
                        let questions = self.questions_of_run(call);
                        if !questions.may_resolve {
                            body.note_ending(span);
                        }
                        self.after_run(body, span, runbook, &questions);
                        (StatementKind::Run { runbook, arguments }, true)
                    }
                    None => (rejected(span), true),
                }
            }
            Written::Manual { message, timings, otherwise } => {
                self.note_prompt(body, span, "manual work");
                if otherwise.is_none() {
                    body.note_ending(span);
                }
                let message = self.text(body, message);
                let within = self.prompt_timeout(body, timings, span, "manual work");
                let place = body.place;
                let otherwise = otherwise.as_ref().map(|block| self.inner(body, block, place).0);
                (StatementKind::Manual { message, within, otherwise }, true)
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "values of every other type can be shown")]
    pub(super) fn evidence(&mut self, body: &mut BodyScope<'a>, written: &'a [ast::Expression]) -> Vec<Evidence> {
        let mut lower = |context: &mut Self, value: &'a ast::Expression| {
            let typed = context.expression(body, value, None);
            if typed.type_of.holds(|inner| *inner == Type::Secret) {
                let message = match &typed.type_of {
                    Type::Secret => "A secret cannot be shown to people".to_owned(),
                    other => format!("{} contains a secret and cannot be shown to people", quoted(other)),
                };
                context.report(
                    Diagnostic::error(code::SECRET_USED, value.span, message)
                        .help("Name the fields that people need, without the secret"),
                );
            }
            Evidence { label: context.source_text(value.span).into(), value: typed.expression }
        };
        written.iter().map(|value| lower(self, value)).collect()
    }

    fn require(
        &mut self,
        body: &mut BodyScope<'a>,
        condition: &'a ast::Expression,
        otherwise: Option<&'a ast::Block>,
        span: Span,
    ) -> (StatementKind, bool) {
        if otherwise.is_none() {
            self.ends(body, span, "`require` without `else`");
        }
        let written = condition;
        let condition = self.expect(body, condition, &Type::Boolean);
        let otherwise = otherwise.map(|block| {
            let mark = body.enter();
            body.narrow_types(&condition.narrowing.when_false);
            let place = self.decided(body.place, body, condition.unknown_taint.not(), condition.span());
            let block = self.leaving(body, block, place, "require");
            body.leave(mark);
            block
        });
        body.narrow_types(&condition.narrowing.when_true);
        body.place = self.decided(body.place, body, condition.unknown_taint, condition.span());
        if self.is_failed_goal(body, written) {
            body.place.goal_failed = Some((written.ungrouped().span, body.changes));
        }
        body.observations += 1;
        (StatementKind::Require { condition: condition.expression, otherwise }, true)
    }

    fn wait_until(
        &mut self,
        body: &mut BodyScope<'a>,
        condition: &'a ast::Expression,
        timings: &'a ast::Timings,
        otherwise: Option<&'a ast::Block>,
        span: Span,
    ) -> (StatementKind, bool) {
        self.reject_timings(timings, &["within", "every", "for"], "`wait until`");
        body.changes += 1;
        let condition = self.expect(body, condition, &Type::Boolean);
        let hold = timings.hold.as_ref().map(|hold| self.duration(body, hold, "The hold time"));
        body.touched_by_unknown = false;
        let window = self.window(body, timings, "This wait");
        if std::mem::take(&mut body.touched_by_unknown) {
            // The length of the wait decides whether the condition is found to hold in time.
            self.open_here(body, span);
        }
        if timings.within.is_none() && (timings.every.is_none() || timings.hold.is_some()) {
            self.report(
                Diagnostic::error(code::UNBOUNDED, span, "This wait has no bound")
                    .help("Write how long and how often to poll: `wait until … within 10m every 30s`"),
            );
        }
        if otherwise.is_none() {
            self.ends(body, span, "`wait until` without `else`");
        }
        let before = body.place.open;
        let approvals = body.approvals.count();
        let held = self.decided(body.place, body, condition.unknown_taint, condition.span());
        let place = self.decided(body.place, body, condition.unknown_taint.not(), condition.span());
        let mut ways = BranchOutcomes::default();
        ways.add(BranchEnd::falling_through(held), otherwise.is_none(), held.open);
        let mut leaves = true;
        let otherwise = otherwise.map(|block| {
            let mark = body.enter();
            body.narrow_types(&condition.narrowing.when_false);
            let ((block, end), ends) = self.noting_endings(body, |context, body| context.branch(body, block, place));
            body.approvals.lose(approvals, reason::ELSE);
            body.leave(mark);
            ways.add(end, ends, place.open);
            leaves = !end.completes;
            block
        });
        body.observations += 1;
        ways.meet(body, before, approvals);
        if leaves {
            body.narrow_types(&condition.narrowing.when_true);
        }
        match window {
            Some(window) => {
                (StatementKind::WaitUntil { condition: condition.expression, window, hold, otherwise }, true)
            }
            None => (rejected(span), true),
        }
    }

    /// The value of a `let` or `match`.
    pub(super) fn subject(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Expression) -> (Subject, Typed) {
        let span = written.span;
        let typed = |type_of| Typed::plain(Typed::invalid(span).expression, type_of);
        match &written.kind {
            ast::ExpressionKind::Group(inner) => self.subject(body, inner),
            ast::ExpressionKind::Ask(question) => {
                self.note_prompt(body, span, "a question");
                let message = self.text(body, &question.message);
                let within = self.prompt_timeout(body, &question.timings, span, "a question");
                body.observations += 1;
                let words = question.choices.iter().map(|word| word.text.clone());
                let type_of = choices(words.clone());
                let mut offered = HashSet::new();
                if let Some(twice) = question.choices.iter().find(|word| !offered.insert(&word.text)) {
                    self.error(code::DUPLICATE_NAME, twice.span, format!("Duplicate choice `{}`", twice.text))
                        .help("Remove one of them");
                }
                let default = question.default.as_ref().map_or_else(Default::default, |default| {
                    if !question.choices.iter().any(|word| word.text == default.text) {
                        let known = question.choices.iter().map(|word| word.text.as_str());
                        let message = format!("`{}` is not one of the choices", default.text);
                        self.report(self.unknown(code::UNKNOWN_WORD, default.span, message, &default.text, known));
                    }
                    default.text.clone()
                });
                let node = self.node();
                self.choices.extend(words.clone());
                let question = Question { node, message, choices: words.collect(), within, default };
                (Subject::Ask(question), typed(type_of))
            }
            ast::ExpressionKind::Run(call) => {
                self.note_run(body, span);
                body.observations += 1;
                let node = self.node();
                match self.run_call(body, call) {
                    Some((runbook, arguments)) => {
                        let questions = self.questions_of_run(call);
                        self.after_run(body, span, runbook, &questions);
                        let outcome = if questions.any() { outcome_type() } else { known_outcome_type() };
                        (Subject::Run { node, runbook, arguments }, typed(Type::Enum(outcome)))
                    }
                    None => (Subject::Value(Typed::invalid(span).expression), typed(Type::Invalid)),
                }
            }
            ast::ExpressionKind::Invalid
            | ast::ExpressionKind::Text(_)
            | ast::ExpressionKind::Number(_)
            | ast::ExpressionKind::Duration(_)
            | ast::ExpressionKind::Size(_)
            | ast::ExpressionKind::Percent(_)
            | ast::ExpressionKind::Path(_)
            | ast::ExpressionKind::Call(_)
            | ast::ExpressionKind::Member { .. }
            | ast::ExpressionKind::List(_)
            | ast::ExpressionKind::Comprehension(_)
            | ast::ExpressionKind::Not(_)
            | ast::ExpressionKind::Negate(_)
            | ast::ExpressionKind::Binary { .. }
            | ast::ExpressionKind::As { .. }
            | ast::ExpressionKind::Is { .. }
            | ast::ExpressionKind::Conditional { .. }
            | ast::ExpressionKind::Quantifier { .. }
            | ast::ExpressionKind::Check(_) => {
                let value = self.expression(body, written, None);
                (Subject::Value(value.expression.clone()), value)
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "values of every other type are always present")]
    fn let_value(
        &mut self,
        body: &mut BodyScope<'a>,
        name: &'a ast::Name,
        value: &'a ast::Expression,
        otherwise: Option<&'a ast::LetElse>,
    ) -> (StatementKind, bool) {
        let observations = body.observations;
        let (mut subject, mut typed) = self.subject(body, value);
        typed.observed = body.observations > observations;
        if typed.type_of == Type::Nothing {
            self.error(code::TYPE_MISMATCH, value.span, "This has no value to bind");
        }
        let mut type_of = typed.type_of.clone();
        let mut handled = None;
        if let Some(otherwise) = otherwise {
            let mut narrows = false;
            if let Subject::Value(Expression { kind: ExpressionKind::As { or_absent, .. }, .. }) = &mut subject {
                *or_absent = true;
                narrows = true;
            }
            match type_of {
                Type::Optional(inner) => type_of = *inner,
                Type::Invalid => {}
                ref other if !narrows => {
                    let span = match otherwise {
                        ast::LetElse::Block(block) => block.span,
                        ast::LetElse::Value(value) => value.span,
                    };
                    let message = format!("Unreachable `else`: {} is never absent", quoted(other));
                    self.report(
                        Diagnostic::error(code::UNREACHABLE, span, message)
                            .also(value.span, "never absent")
                            .help("Catch errors of actions with `try { … } catch e { … }`"),
                    );
                }
                _ => {}
            }
            let by_unknown = typed.unknown_taint.everything();
            let place = self.decided(body.place, body, by_unknown, value.span);
            handled = Some(match otherwise {
                ast::LetElse::Block(block) => {
                    let block = LetElse::Block(self.leaving(body, block, place, "let"));
                    // A present value was observed.
                    typed.narrow(type_of.clone());
                    body.place = self.decided(body.place, body, typed.unknown_taint, value.span);
                    block
                }
                ast::LetElse::Value(value) => {
                    let value = self.expect(body, value, &type_of);
                    typed.absent_if_unknown = false;
                    typed.unknown_taint = typed.unknown_taint.or(value.unknown_taint.everything());
                    typed.outside = typed.outside.max(value.outside);
                    LetElse::Value(value.expression)
                }
            });
        }
        let path = verdict_path(body, value);
        let slot = self.bind_value(body, name, &Typed { type_of, ..typed });
        body.note_verdict_path(name, path);
        if let ast::ExpressionKind::Check(call) = &value.kind {
            body.note_questions(&name.text, vec![vec![self.source_text(call.span).into()]]);
        } else if let ast::ExpressionKind::Run(call) = &value.kind {
            body.note_questions(&name.text, self.questions_of_run(call).asked());
        }
        (StatementKind::Let { slot, name: name.text.clone(), value: subject, otherwise: handled }, true)
    }
}

/// The end of a branch.
#[derive(Debug, Clone, Copy)]
pub(super) struct BranchEnd {
    /// Whether control can reach it.
    pub completes: bool,
    /// The conditions because of which an unknown verdict may have led there.
    pub open: OpenConditions,
    /// Whether every path to it has an approval.
    pub approved: bool,
    pub settled: SettledQuestions,
}

impl BranchEnd {
    /// Where control simply goes on.
    pub fn falling_through(place: FlowState) -> Self {
        Self { completes: true, open: place.open, approved: place.approved, settled: place.settled }
    }
}

/// Replaces a rejected statement. Its mistake was reported, so the program never runs.
pub(super) fn rejected(span: Span) -> StatementKind {
    let kind = ExpressionKind::Constant(Value::Boolean(true));
    StatementKind::Require { condition: Expression { kind, span }, otherwise: None }
}
