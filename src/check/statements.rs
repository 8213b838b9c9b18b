//! Statements: what each becomes, what may stand where, and whether control goes on after it.

use super::context::Context;
use super::declarations::{error_type, outcome_type};
use super::expressions::{ByUnknown, MORE_STACK, RED_ZONE, Typed, choices, with_article};
use super::names::{Body, BodyKind, Mark, Place};
use super::program::{
    Adverb, Block, Call, Evidence, Expression, ExpressionKind, LetElse, Question, Statement, StatementKind, Subject,
};
use super::runs::ProcedureState;
use super::types::Type;
use crate::diagnostic::{Diagnostic, code};
use crate::inventory::DestroyPolicy;
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Class, Value};

impl<'a> Context<'a> {
    /// A block, and whether control can reach its end.
    pub(super) fn block(&mut self, body: &mut Body<'a>, written: &'a ast::Block) -> (Block, bool) {
        let mark = body.enter();
        let approved = body.place.approved;
        let (block, completes, _) = self.open_block(body, written);
        // Who approved something in a block approved nothing after it.
        body.place.approved = approved;
        body.leave(mark);
        (block, completes)
    }

    /// A branch, and the harm that it may do.
    pub(super) fn measured_branch(
        &mut self,
        body: &mut Body<'a>,
        written: &'a ast::Block,
        place: Place,
    ) -> (Block, bool, Option<Span>, Class) {
        let outer = std::mem::replace(&mut body.summary.class, Class::Observe);
        let (block, completes, unknown) = self.branch(body, written, place);
        let class = body.summary.class;
        body.summary.class = class.max(outer);
        (block, completes, unknown, class)
    }

    /// The same, but what it bound stays known, and how much was known before its first effect is given too.
    pub(super) fn open_block(&mut self, body: &mut Body<'a>, written: &'a ast::Block) -> (Block, bool, Mark) {
        let harm = std::mem::replace(&mut body.summary.class, Class::Observe);
        let mut before_effects = None;
        let mut ended_by: Option<Span> = None;
        let mut said = false;
        let mut statements = Vec::with_capacity(written.statements.len());
        for statement in &written.statements {
            if let Some(ending) = ended_by
                && !std::mem::replace(&mut said, true)
            {
                self.report(
                    Diagnostic::error(code::UNREACHABLE, statement.span, "this is never reached")
                        .also(ending, "the run has left by here")
                        .help("move it before the ending, or delete it"),
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

    /// A block that may not be reached, or may be reached again: approvals inside do not hold after it.
    pub(super) fn branch(
        &mut self,
        body: &mut Body<'a>,
        written: &'a ast::Block,
        place: Place,
    ) -> (Block, bool, Option<Span>) {
        let outer = std::mem::replace(&mut body.place, place);
        let (block, completes) = self.block(body, written);
        let unknown_let_through = body.place.unknown_let_through;
        // A turn has begun for certain only where no branch asked.
        let turn_begins = outer.turn_begins && body.place.turn_begins;
        body.place = Place { turn_begins, ..outer };
        (block, completes, unknown_let_through)
    }

    /// A block that is gone through again and again: what an unknown answer lets through at its end, it lets through to
    /// its beginning.
    fn turns(&mut self, body: &mut Body<'a>, written: &'a ast::Block, place: Place) -> (Block, bool, Class) {
        let outer_first = body.first_of_turn.take();
        let begins = Place { turn_begins: true, ..place };
        let (block, completes, unknown, class) = self.measured_branch(body, written, begins);
        let first = std::mem::replace(&mut body.first_of_turn, outer_first);
        if let (Some(condition), Some((span, what))) = (unknown, first)
            && place.unknown_let_through.is_none()
        {
            self.report(decided_by_unknown(span, &what, condition));
        } else if unknown != place.unknown_let_through {
            body.place.unknown_let_through = body.place.unknown_let_through.or(unknown);
        }
        (block, completes, class)
    }

    /// A block inside `try`, or an `else` that may go on.
    fn inner(&mut self, body: &mut Body<'a>, written: &'a ast::Block, place: Place) -> (Block, bool) {
        let (block, completes, unknown) = self.branch(body, written, place);
        body.place.unknown_let_through = body.place.unknown_let_through.or(unknown);
        (block, completes)
    }

    /// An `else` that must leave.
    fn leaving(&mut self, body: &mut Body<'a>, written: &'a ast::Block, place: Place, of: &str) -> Block {
        let (block, completes, _) = self.branch(body, written, place);
        if completes {
            let end = written.span;
            let end = Span::new(end.file, end.end.saturating_sub(1).max(end.start), end.end);
            let message = format!("the else of {of} must leave, and control gets here");
            self.report(
                Diagnostic::error(code::ELSE_STAYS, end, message)
                    .help("end it with escalate to CONTACT \"…\", or with resolve"),
            );
        }
        block
    }

    /// A statement, and whether control goes on after it.
    pub(super) fn statement(&mut self, body: &mut Body<'a>, written: &'a ast::Statement) -> (Statement, bool) {
        let node = self.node();
        let span = written.span;
        body.touched_by_unknown = false;
        let (kind, completes) = stacker::maybe_grow(RED_ZONE, MORE_STACK, || self.statement_kind(body, written));
        (Statement { node, span, kind }, completes)
    }

    fn statement_kind(&mut self, body: &mut Body<'a>, written: &'a ast::Statement) -> (StatementKind, bool) {
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
                // Failed goes on, unknown escalates: what follows is decided by an answer that is known.
                body.place.asked();
                body.observations += 1;
                (StatementKind::ResolveIfFixed { after, window, hold }, true)
            }
            Written::Resolve { message } => {
                self.resolves(body, span);
                (StatementKind::Resolve { message: self.text(body, message) }, false)
            }
            Written::Escalate { contact, message, evidence } => {
                self.ends(body, span, "escalate");
                let (contact, message) = (self.contact(contact), self.text(body, message));
                let evidence = self.evidence(body, evidence);
                (StatementKind::Escalate { contact, message, evidence }, false)
            }
            Written::Notify { contact, message, evidence } => {
                self.refuse_in_probe(body, span, "notify");
                let (contact, message) = (self.contact(contact), self.text(body, message));
                let evidence = self.evidence(body, evidence);
                (StatementKind::Notify { contact, message, evidence }, true)
            }
            Written::Require { condition, otherwise } => self.require(body, condition, otherwise.as_ref(), span),
            Written::RequireApproval { message, by, timings, otherwise } => {
                self.people(body, span, "an approval");
                if otherwise.is_none() {
                    body.summary.ends.get_or_insert(span);
                }
                let message = self.text(body, message);
                let by = self.count(body, by, "how many must approve");
                let within = self.patience(body, timings, span, "this approval");
                let place = body.place;
                let otherwise = otherwise.as_ref().map(|block| self.leaving(body, block, place, "require"));
                body.place.approved = true;
                body.place.asked();
                body.observations += 1;
                (StatementKind::RequireApproval { message, by, within, otherwise }, true)
            }
            Written::Wait { duration } => {
                let duration = self.duration(body, duration, "how long to wait");
                (StatementKind::Wait { duration }, true)
            }
            Written::WaitUntil { condition, timings, otherwise } => {
                self.wait_until(body, condition, timings, otherwise.as_ref(), span)
            }
            Written::Call(call) => self.bare_call(body, call),
            Written::Temporarily { what, undo, keep_on_failure } => {
                self.temporarily(body, what, undo.as_ref(), keep_on_failure.is_some(), span)
            }
            Written::Permanently { what, undo_on_failure } => self.permanently(body, what, *undo_on_failure, span),
            Written::Let { name, value, otherwise } => self.let_value(body, name, value, otherwise.as_ref()),
            Written::If { branches, otherwise } => self.if_else(body, branches, otherwise.as_ref()),
            Written::Match { value, arms } => self.match_value(body, value, arms, span),
            Written::For { variable, list, at_most, at_a_time, block } => {
                self.for_each(body, variable, list, at_most.as_ref(), at_a_time.as_ref(), block)
            }
            Written::Repeat { count, timings, until, block, otherwise } => {
                self.refuse_timings(timings, &["every"], "repeat");
                let count = self.count(body, count, "how often something is repeated");
                let every =
                    timings.every.as_ref().map(|every| self.duration(body, every, "the time between two turns"));
                self.repeat(body, (count, every), until.as_ref(), block, otherwise.as_ref())
            }
            Written::Retry { count, timings, block } => {
                self.refuse_timings(timings, &["every"], "retry");
                let count = self.count(body, count, "how often something is tried");
                let every =
                    timings.every.as_ref().map(|every| self.duration(body, every, "the time between two tries"));
                let place = Place { retrying: true, ..body.place };
                let (block, completes, _) = self.turns(body, block, place);
                (StatementKind::Retry { count, every, block }, completes)
            }
            Written::Try { block, catch } => {
                let span = Span::new(span.file, span.start, span.start + 3);
                self.try_catch(body, block, catch.as_ref(), span)
            }
            Written::Do(call) => self.do_procedure(body, call, Adverb::None, span),
            Written::Run(call) => {
                self.runs(body, span);
                match self.run_call(body, call) {
                    Some((runbook, arguments)) => (StatementKind::Run { runbook, arguments }, true),
                    None => (nothing(span), true),
                }
            }
            Written::Manual { message, timings, otherwise } => {
                self.people(body, span, "manual work");
                if otherwise.is_none() {
                    body.summary.ends.get_or_insert(span);
                }
                let message = self.text(body, message);
                let within = self.patience(body, timings, span, "manual work");
                let place = body.place;
                let otherwise = otherwise.as_ref().map(|block| self.inner(body, block, place).0);
                (StatementKind::Manual { message, within, otherwise }, true)
            }
        }
    }

    // What may stand where

    fn resolves(&mut self, body: &mut Body<'a>, span: Span) {
        body.summary.resolves.get_or_insert(span);
        if body.place.parallel {
            self.report(
                Diagnostic::error(
                    code::RESOLVE_IN_PARALLEL,
                    span,
                    "inside a parallel loop nothing can resolve: others are still at work",
                )
                .help("ask the goal after the loop"),
            );
        }
        self.ends(body, span, "resolve");
    }

    /// A probe, or the body of an action, only asks or acts: it tells nobody and ends nothing.
    fn refuse_in_probe(&mut self, body: &Body<'a>, span: Span, what: &str) {
        let whose = match body.kind {
            BodyKind::Probe => "a probe only asks",
            BodyKind::Signature => "the body of an action only does what the action says",
            BodyKind::Runbook(_) | BodyKind::Procedure => return,
        };
        self.report(
            Diagnostic::error(code::EFFECT_IN_PROBE, span, format!("{whose}, so {what} cannot stand in it"))
                .help("leave this to the runbook that asks"),
        );
    }

    pub(super) fn ends(&mut self, body: &mut Body<'a>, span: Span, what: &str) {
        body.summary.ends.get_or_insert(span);
        self.refuse_in_probe(body, span, what);
        if body.place.undo {
            let message = format!("an undo only takes back, and {what} would end the run in the middle of it");
            self.error(code::FORBIDDEN_IN_UNDO, span, message);
        }
    }

    fn people(&mut self, body: &mut Body<'a>, span: Span, what: &str) {
        body.summary.people.get_or_insert(span);
        self.refuse_in_probe(body, span, what);
        if body.place.undo {
            let message = format!("an undo must not wait for people, and {what} would");
            self.error(code::FORBIDDEN_IN_UNDO, span, message);
        }
    }

    fn runs(&mut self, body: &mut Body<'a>, span: Span) {
        body.summary.runs.get_or_insert(span);
        if matches!(body.kind, BodyKind::Probe | BodyKind::Signature) {
            self.refuse_in_probe(body, span, "a run");
            return;
        }
        if body.place.undo {
            self.error(code::FORBIDDEN_IN_UNDO, span, "an undo cannot start a run");
        }
        // What a run does is its own affair, but it acts.
        self.acts(body, span, Class::Disrupt, "this run");
    }

    /// Something above `observe` stands here.
    fn acts(&mut self, body: &mut Body<'a>, span: Span, class: Class, what: &str) {
        body.summary.class = body.summary.class.max(class);
        if class == Class::Observe {
            return;
        }
        if matches!(body.kind, BodyKind::Probe) && class > Class::Change {
            let message =
                format!("a probe may leave nothing behind and disturb nobody, and {what} is {}", class.word());
            self.error(code::EFFECT_IN_PROBE, span, message);
        }
        if class >= Class::Disrupt {
            body.disruption.get_or_insert_with(|| (span, what.to_owned()));
        }
        if let Some(condition) = body.place.unknown_let_through.take() {
            self.report(decided_by_unknown(span, what, condition));
        } else if body.place.turn_begins {
            body.first_of_turn.get_or_insert_with(|| (span, what.to_owned()));
        }
        body.place.turn_begins = false;
    }

    /// Something that acts is told what to do by the arguments that were just lowered.
    pub(super) fn told_by_unknown(&mut self, body: &mut Body<'a>, span: Span, what: &str) {
        if std::mem::take(&mut body.touched_by_unknown) && body.place.unknown_let_through.is_none() {
            self.report(
                Diagnostic::error(
                    code::UNKNOWN_DECIDES,
                    span,
                    format!("what {what} is told depends on an answer that may be unknown"),
                )
                .help("match the answer first, and give unknown an arm of its own that escalates"),
            );
        }
    }

    // Statements one by one

    fn evidence(&mut self, body: &mut Body<'a>, written: &'a [ast::Expression]) -> Vec<Evidence> {
        let mut lower = |context: &mut Self, value: &'a ast::Expression| {
            let typed = context.expression(body, value, None);
            if typed.type_of.holds(|inner| *inner == Type::Secret) {
                let message = match &typed.type_of {
                    Type::Secret => "a secret cannot be shown to people".to_owned(),
                    other => format!("{} holds a secret, and cannot be shown to people", with_article(other)),
                };
                context.report(
                    Diagnostic::error(code::SECRET_USED, value.span, message)
                        .help("name the fields that people need, without the secret"),
                );
            }
            Evidence { label: context.written(value.span).into(), value: typed.expression }
        };
        written.iter().map(|value| lower(self, value)).collect()
    }

    fn require(
        &mut self,
        body: &mut Body<'a>,
        condition: &'a ast::Expression,
        otherwise: Option<&'a ast::Block>,
        span: Span,
    ) -> (StatementKind, bool) {
        if otherwise.is_none() {
            self.ends(body, span, "require without an else");
        }
        let condition = self.expect(body, condition, &Type::Boolean);
        let otherwise = otherwise.map(|block| {
            let mark = body.enter();
            body.learn(&condition.narrowing.when_false);
            let place = decided(body.place, condition.by_unknown.not(), condition.span());
            let block = self.leaving(body, block, place, "require");
            body.leave(mark);
            block
        });
        body.learn(&condition.narrowing.when_true);
        body.place = decided(body.place, condition.by_unknown, condition.span());
        body.observations += 1;
        (StatementKind::Require { condition: condition.expression, otherwise }, true)
    }

    fn wait_until(
        &mut self,
        body: &mut Body<'a>,
        condition: &'a ast::Expression,
        timings: &'a ast::Timings,
        otherwise: Option<&'a ast::Block>,
        span: Span,
    ) -> (StatementKind, bool) {
        self.refuse_timings(timings, &["within", "every", "for"], "wait until");
        let condition = self.expect(body, condition, &Type::Boolean);
        let hold = timings.hold.as_ref().map(|hold| self.duration(body, hold, "how long it must hold"));
        let window = self.window(body, timings, "this");
        if timings.within.is_none() && (timings.every.is_none() || timings.hold.is_some()) {
            self.report(
                Diagnostic::error(code::UNBOUNDED, span, "this would wait for ever")
                    .help("say for how long and how often: wait until … within 10m every 30s"),
            );
        }
        if otherwise.is_none() {
            self.ends(body, span, "wait until without an else");
        }
        let place = decided(body.place, condition.by_unknown.not(), condition.span());
        let otherwise = otherwise.map(|block| {
            let mark = body.enter();
            body.learn(&condition.narrowing.when_false);
            let branch = self.branch(body, block, place);
            body.leave(mark);
            branch
        });
        body.observations += 1;
        let leaves = otherwise.as_ref().is_none_or(|(_, completes, _)| !completes);
        if leaves {
            body.place = decided(body.place, condition.by_unknown, condition.span());
        } else if let Some((_, _, left_by)) = &otherwise
            && *left_by != place.unknown_let_through
        {
            body.place.unknown_let_through = body.place.unknown_let_through.or(*left_by);
        }
        if leaves {
            body.learn(&condition.narrowing.when_true);
        }
        match window {
            Some(window) => {
                let otherwise = otherwise.map(|(block, ..)| block);
                (StatementKind::WaitUntil { condition: condition.expression, window, hold, otherwise }, true)
            }
            None => (nothing(span), true),
        }
    }

    /// A call as a statement of its own: an action without an adverb, or a slip.
    fn bare_call(&mut self, body: &mut Body<'a>, call: &'a ast::Call) -> (StatementKind, bool) {
        let name = call.path.text.as_str();
        if !name.contains('.') {
            let declared = &self.declared;
            let diagnostic = if declared.procedure_index(name).is_some() {
                Diagnostic::error(code::UNKNOWN_ACTION, call.path.span, format!("{name} is a procedure"))
                    .help(format!("write do {name}(…)"))
                    .fix(call.path.span.before(), "do ")
            } else if declared.runbook_index(name).is_some() {
                Diagnostic::error(code::UNKNOWN_ACTION, call.path.span, format!("{name} is a runbook"))
                    .help(format!("write run {name}(…)"))
                    .fix(call.path.span.before(), "run ")
            } else if declared.probe_index(name).is_some() {
                Diagnostic::error(
                    code::OBSERVATION_AS_STATEMENT,
                    call.path.span,
                    format!("{name} is a probe, and nobody looks at its answer"),
                )
                .help(format!("write require check {name}(…) == passed, or match check {name}(…) {{ … }}"))
            } else {
                let procedures = declared.procedures.iter().map(|it| it.name.text.as_str());
                let known = procedures.chain(declared.runbooks.iter().map(|it| it.name.text.as_str()));
                let message = format!("there is no procedure, runbook or action named {name}");
                self.unknown(code::UNKNOWN_ACTION, call.path.span, message, name, known)
            };
            self.report(diagnostic);
            self.look_at_arguments(body, call);
            return (nothing(call.span), true);
        }
        match self.action_call(body, call) {
            Some(lowered) => (self.act(body, lowered, Adverb::None, call.span), true),
            None => (nothing(call.span), true),
        }
    }

    fn act(&mut self, body: &mut Body<'a>, call: Call, adverb: Adverb, whole: Span) -> StatementKind {
        let action = &self.program.actions[call.action];
        let class = action.class;
        let (has_undo, confirmed) = self
            .signatures
            .get(call.action)
            .map_or((false, false), |signature| (signature.undo.is_some(), signature.confirm.is_some()));
        let blind = action.once && !confirmed || class >= Class::Disrupt && !confirmed && !action.idempotent;
        let name = format!("{}.{}", action.backend, action.name);
        let span = call.span;
        if class == Class::Observe {
            self.report(
                Diagnostic::error(
                    code::OBSERVATION_AS_STATEMENT,
                    span,
                    format!("{name} only reads, and nobody looks at what it answers"),
                )
                .help("bind it: let x = …, or look at it: require … == …"),
            );
            return StatementKind::Act { call, adverb };
        }
        let diagnostic = match adverb {
            Adverb::None if body.place.covered => None,
            Adverb::None if has_undo || class == Class::Change => {
                let text = format!("{name} leaves something changed, and nothing says whether that is meant to stay");
                let help = if has_undo {
                    "write temporarily before it to have it undone when the block ends, or permanently to keep it"
                } else {
                    "write permanently before it; it has no undo of its own: to take it back, use temporarily { … } undo { … }"
                };
                let mut diagnostic = Diagnostic::error(code::ADVERB_DEMANDED, span, text).help(help);
                if has_undo {
                    diagnostic = diagnostic.fix(span.before(), "temporarily ");
                }
                Some(diagnostic)
            }
            Adverb::None => None,
            Adverb::Temporarily { .. } if !has_undo => {
                let text = format!("{name} has no undo, so it cannot be done temporarily");
                let help = if class == Class::Change {
                    "write permanently, or say how to take it back: temporarily { … } undo { … }"
                } else {
                    "it leaves nothing behind: write it without the word"
                };
                Some(Diagnostic::error(code::ADVERB_USELESS, whole, text).help(help))
            }
            Adverb::Permanently { undo_on_failure: true } if !has_undo => {
                let text = format!("{name} has no undo, so it cannot be taken back on failure");
                Some(Diagnostic::error(code::ADVERB_USELESS, whole, text).help("leave out: , undo on failure"))
            }
            Adverb::Permanently { .. } if !has_undo && class != Class::Change => {
                let text = format!("{name} leaves nothing behind that could stay");
                Some(Diagnostic::error(code::ADVERB_USELESS, whole, text).help("write it without permanently"))
            }
            Adverb::Temporarily { .. } | Adverb::Permanently { .. } => None,
        };
        if let Some(diagnostic) = diagnostic {
            self.report(diagnostic);
        }
        let allowed = self.inventory.is_some_and(|inventory| inventory.policy.destroy == DestroyPolicy::Allow);
        if class == Class::Destroy && !body.place.approved && !allowed {
            self.report(
                Diagnostic::error(
                    code::DESTROY_WITHOUT_APPROVAL,
                    span,
                    format!("{name} cannot be undone, and nobody has approved it"),
                )
                .help("ask before it: require approval \"…\" by 1 within 1h"),
            );
        }
        if body.place.retrying && blind {
            self.report(
                Diagnostic::error(
                    code::BLIND_REPEAT,
                    span,
                    format!("{name} must never be repeated blindly, and retry would"),
                )
                .help("do it outside retry, and wait until what it should bring about is there"),
            );
        }
        self.told_by_unknown(body, span, &name);
        self.acts(body, span, class, &name);
        StatementKind::Act { call, adverb }
    }

    fn temporarily(
        &mut self,
        body: &mut Body<'a>,
        what: &'a ast::Subject,
        undo: Option<&'a ast::Block>,
        keep_on_failure: bool,
        span: Span,
    ) -> (StatementKind, bool) {
        match what {
            ast::Subject::Call(call) => {
                let adverb = Adverb::Temporarily { keep_on_failure };
                match self.action_call(body, call) {
                    Some(call) => (self.act(body, call, adverb, span), true),
                    None => (nothing(span), true),
                }
            }
            ast::Subject::Do(call) => self.do_procedure(body, call, Adverb::Temporarily { keep_on_failure }, span),
            ast::Subject::Block(block) => {
                let Some(undo) = undo else {
                    self.report(
                        Diagnostic::error(
                            code::MISSING_PART,
                            block.span.after(),
                            "this does not say how it is taken back",
                        )
                        .help("add undo { … }"),
                    );
                    let place = Place { covered: true, ..body.place };
                    let (_, completes) = self.inner(body, block, place);
                    return (nothing(span), completes);
                };
                let outer = body.place;
                body.place.covered = true;
                let mark = body.enter();
                let (block, completes, before_effects) = self.open_block(body, block);
                body.leave(before_effects);
                let undo = self.undo_block(body, undo);
                body.leave(mark);
                body.place.covered = outer.covered;
                (StatementKind::TemporarilyBlock { block, undo, keep_on_failure }, completes)
            }
        }
    }

    fn permanently(
        &mut self,
        body: &mut Body<'a>,
        what: &'a ast::Subject,
        undo_on_failure: Option<Span>,
        span: Span,
    ) -> (StatementKind, bool) {
        let adverb = Adverb::Permanently { undo_on_failure: undo_on_failure.is_some() };
        match what {
            ast::Subject::Call(call) => match self.action_call(body, call) {
                Some(call) => (self.act(body, call, adverb, span), true),
                None => (nothing(span), true),
            },
            ast::Subject::Do(call) => self.do_procedure(body, call, adverb, span),
            ast::Subject::Block(block) => {
                self.report(
                    Diagnostic::error(code::MISPLACED, span, "permanently stands before one call, not before a block")
                        .help("write it before each call that is meant to stay"),
                );
                let place = Place { covered: true, ..body.place };
                let (_, completes) = self.inner(body, block, place);
                (nothing(span), completes)
            }
        }
    }

    fn do_procedure(
        &mut self,
        body: &mut Body<'a>,
        call: &'a ast::Call,
        adverb: Adverb,
        span: Span,
    ) -> (StatementKind, bool) {
        let name = call.path.text.as_str();
        let Some(declared) = self.declared.procedure_index(name) else {
            let diagnostic = if self.declared.runbook_index(name).is_some() {
                Diagnostic::error(code::UNKNOWN_NAME, call.path.span, format!("{name} is a runbook, not a procedure"))
                    .help(format!("write run {name}(…)"))
            } else if self.declared.backends.contains_key(name.split('.').next().unwrap_or_default()) {
                Diagnostic::error(code::UNKNOWN_NAME, call.path.span, format!("{name} is an action, not a procedure"))
                    .help(format!("write it without do: {name}(…)"))
            } else {
                let known = self.declared.procedures.iter().map(|procedure| procedure.name.text.as_str());
                let message = format!("there is no procedure named {name}");
                self.unknown(code::UNKNOWN_NAME, call.path.span, message, name, known)
            };
            self.report(diagnostic);
            self.look_at_arguments(body, call);
            return (nothing(span), true);
        };
        let Some(ProcedureState { index, parameters, completes, has_undo, summary, runs }) =
            self.procedures.get(&declared).cloned()
        else {
            self.error(code::RECURSION, call.span, format!("{name} does itself, directly or through others"));
            return (nothing(span), true);
        };
        let diagnostic = match adverb {
            Adverb::None if has_undo && !body.place.covered => Some(
                Diagnostic::error(
                    code::ADVERB_DEMANDED,
                    span,
                    format!("{name} can be undone, and nothing says whether it is meant to stay"),
                )
                .help("write temporarily do …, or permanently do …")
                .fix(span.before(), "temporarily "),
            ),
            Adverb::Temporarily { .. } | Adverb::Permanently { undo_on_failure: true } if !has_undo => Some(
                Diagnostic::error(code::ADVERB_USELESS, span, format!("{name} has no undo"))
                    .help(format!("give it one: procedure {name}(…) {{ … }} undo {{ … }}, or write do alone")),
            ),
            Adverb::Permanently { .. } if !has_undo => Some(
                Diagnostic::error(
                    code::ADVERB_USELESS,
                    span,
                    format!("{name} has no undo, so what it does stays as it is"),
                )
                .help("write do alone: each change in it says for itself whether it stays"),
            ),
            _ => None,
        };
        if let Some(diagnostic) = diagnostic {
            self.report(diagnostic);
        }
        if summary.ends.is_some() || summary.people.is_some() || summary.runs.is_some() {
            self.refuse_in_probe(body, span, &format!("{name}, which may end the run, ask people or start a run,"));
        }
        if body.place.undo && (summary.ends.is_some() || summary.people.is_some() || summary.runs.is_some()) {
            let message = format!("an undo only takes back, and {name} may end the run, ask people or start a run");
            self.error(code::FORBIDDEN_IN_UNDO, span, message);
        }
        if body.place.parallel && summary.resolves.is_some() {
            let message = format!("inside a parallel loop nothing can resolve, and {name} may");
            self.report(
                Diagnostic::error(code::RESOLVE_IN_PARALLEL, span, message).help("ask the goal after the loop"),
            );
        }
        self.acts(body, span, summary.class, name);
        body.summary.include(summary, span);
        for target in runs.keys() {
            body.runs.entry(*target).or_insert(span);
        }
        body.observations += usize::from(summary.goal.is_some());
        if summary.lets_unknown_through.is_some() {
            body.place.unknown_let_through = Some(span);
        }
        let arguments = self.arguments(body, &parameters, &call.arguments, name, call.span);
        if summary.class > Class::Observe {
            self.told_by_unknown(body, span, name);
        }
        match arguments {
            Some(arguments) => (StatementKind::Do { procedure: index, arguments, adverb }, completes),
            None => (nothing(span), completes),
        }
    }

    /// What a `let` or a `match` looks at.
    pub(super) fn subject(&mut self, body: &mut Body<'a>, written: &'a ast::Expression) -> (Subject, Typed) {
        let span = written.span;
        let typed = |type_of| Typed::plain(Typed::invalid(span).expression, type_of);
        match &written.kind {
            ast::ExpressionKind::Group(inner) => self.subject(body, inner),
            ast::ExpressionKind::Ask(question) => {
                self.people(body, span, "a question");
                let message = self.text(body, &question.message);
                let within = self.patience(body, &question.timings, span, "this question");
                body.observations += 1;
                let words = question.choices.iter().map(|word| word.text.clone());
                let type_of = choices(words.clone());
                if let Some(twice) = question.choices.iter().enumerate().find_map(|(position, word)| {
                    question.choices[..position].iter().any(|earlier| earlier.text == word.text).then_some(word)
                }) {
                    self.error(code::DUPLICATE_NAME, twice.span, format!("{} is offered twice", twice.text));
                }
                let default = question.default.as_ref().map_or_else(Default::default, |default| {
                    if !question.choices.iter().any(|word| word.text == default.text) {
                        let known = question.choices.iter().map(|word| word.text.as_str());
                        let message = format!("{} is not among the choices", default.text);
                        self.report(self.unknown(code::UNKNOWN_WORD, default.span, message, &default.text, known));
                    }
                    default.text.clone()
                });
                let node = self.node();
                let question = Question { node, message, choices: words.collect(), within, default };
                (Subject::Ask(question), typed(type_of))
            }
            ast::ExpressionKind::Run(call) => {
                self.runs(body, span);
                body.observations += 1;
                let node = self.node();
                match self.run_call(body, call) {
                    Some((runbook, arguments)) => {
                        (Subject::Run { node, runbook, arguments }, typed(Type::Enum(outcome_type())))
                    }
                    None => (Subject::Value(Typed::invalid(span).expression), typed(Type::Invalid)),
                }
            }
            _ => {
                let value = self.expression(body, written, None);
                (Subject::Value(value.expression.clone()), value)
            }
        }
    }

    fn let_value(
        &mut self,
        body: &mut Body<'a>,
        name: &'a ast::Name,
        value: &'a ast::Expression,
        otherwise: Option<&'a ast::LetElse>,
    ) -> (StatementKind, bool) {
        let observations = body.observations;
        let (mut subject, mut typed) = self.subject(body, value);
        typed.observed = body.observations > observations;
        if typed.type_of == Type::Nothing {
            self.error(code::TYPE_MISMATCH, value.span, "this gives no value to bind");
        }
        let mut type_of = typed.type_of.clone();
        let mut handled = None;
        if let Some(otherwise) = otherwise {
            let narrows = match &mut subject {
                Subject::Value(Expression { kind: ExpressionKind::As { or_absent, .. }, .. }) => {
                    *or_absent = true;
                    true
                }
                _ => false,
            };
            match type_of {
                Type::Optional(inner) => type_of = *inner,
                Type::Invalid => {}
                ref other if !narrows => {
                    let span = match otherwise {
                        ast::LetElse::Block(block) => block.span,
                        ast::LetElse::Value(value) => value.span,
                    };
                    let message = format!("this else is never taken: {} is always there", with_article(other));
                    self.report(
                        Diagnostic::error(code::UNREACHABLE, span, message)
                            .also(value.span, "never absent")
                            .help("errors of actions are caught by try { … } catch e { … }"),
                    );
                }
                _ => {}
            }
            let by_unknown = typed.by_unknown.everything();
            let place = decided(body.place, by_unknown, value.span);
            handled = Some(match otherwise {
                ast::LetElse::Block(block) => {
                    let block = LetElse::Block(self.leaving(body, block, place, "let"));
                    body.place = decided(body.place, by_unknown, value.span);
                    block
                }
                ast::LetElse::Value(value) => LetElse::Value(self.expect(body, value, &type_of).expression),
            });
        }
        let slot = self.bind_value(body, name, &Typed { type_of, ..typed });
        (StatementKind::Let { slot, name: name.text.clone(), value: subject, otherwise: handled }, true)
    }

    fn for_each(
        &mut self,
        body: &mut Body<'a>,
        variable: &'a ast::Name,
        list: &'a ast::Expression,
        at_most: Option<&'a ast::Amount>,
        at_a_time: Option<&'a ast::Amount>,
        block: &'a ast::Block,
    ) -> (StatementKind, bool) {
        let observations = body.observations;
        let items = self.expression(body, list, None);
        let observed = body.observations > observations;
        let item = self.items(&items);
        if at_most.is_none() && !items.written_out && items.type_of != Type::Invalid {
            self.report(
                Diagnostic::error(code::UNBOUNDED, list.span, "nothing says how long this list may be")
                    .help("bound it: for x in …, at most 10; a longer list escalates before its first item"),
            );
        }
        let at_most = at_most.map(|amount| self.count(body, amount, "the greatest number of items"));
        let at_a_time = at_a_time.map(|amount| self.count(body, amount, "how many go at a time"));
        let mark = body.enter();
        let variable_value = Typed { type_of: item, observed, ..Typed::invalid(variable.span) };
        let slot = self.bind_value(body, variable, &variable_value);
        let parallel = body.place.parallel || at_a_time.is_some();
        let listed = ByUnknown { when_true: items.by_unknown.when_true, when_false: false };
        let place = Place { parallel, ..decided(body.place, listed, list.span) };
        let (block, ..) = self.turns(body, block, place);
        body.leave(mark);
        (StatementKind::For { slot, list: items.expression, at_most, at_a_time, block }, true)
    }

    fn repeat(
        &mut self,
        body: &mut Body<'a>,
        (count, every): (Expression, Option<Expression>),
        until: Option<&'a ast::Expression>,
        block: &'a ast::Block,
        otherwise: Option<&'a ast::Block>,
    ) -> (StatementKind, bool) {
        let until = until.map(|until| {
            body.observations += 1;
            self.expect(body, until, &Type::Boolean)
        });
        let by_unknown = until.as_ref().map_or(ByUnknown::default(), |until| until.by_unknown);
        let condition = until.as_ref().map(Typed::span);
        let place = body.place;
        // Another turn is taken because what is asked between two did not hold.
        let again = condition.map_or(place, |condition| decided(place, by_unknown.not(), condition));
        let outer = body.disruption.take();
        let observations = body.observations;
        let (lowered, completes, _) = self.turns(body, block, again);
        if let Some((span, what)) = std::mem::replace(&mut body.disruption, outer)
            && until.is_none()
            && body.observations == observations
        {
            let message = format!("{what} would be done again and again, and nothing is asked in between");
            self.report(
                Diagnostic::error(code::BLIND_REPEAT, span, message)
                    .help("ask between two turns: repeat … until …, or resolve if fixed inside the block"),
            );
        }
        let mut otherwise_completes = true;
        let otherwise = otherwise.map(|block| {
            let (block, completes, _) = self.branch(body, block, again);
            otherwise_completes = completes;
            block
        });
        if let Some(condition) = condition
            && !otherwise_completes
        {
            body.place = decided(body.place, by_unknown, condition);
        }
        let until = until.map(|until| until.expression);
        (StatementKind::Repeat { count, every, until, block: lowered, otherwise }, completes)
    }

    fn try_catch(
        &mut self,
        body: &mut Body<'a>,
        block: &'a ast::Block,
        catch: Option<&'a (ast::Name, ast::Block)>,
        span: Span,
    ) -> (StatementKind, bool) {
        let place = body.place;
        let (block, completes, unknown, class) = self.measured_branch(body, block, place);
        body.place.unknown_let_through = body.place.unknown_let_through.or(unknown);
        let Some((name, handler)) = catch else {
            return (StatementKind::Try { block, slot: 0, catch: Block::default() }, true);
        };
        let mark = body.enter();
        let slot = self.bind(body, name, error_type());
        // Where nothing was done, only an observation can have failed, and that is an unknown answer.
        let only_read = ByUnknown { when_true: class == Class::Observe, when_false: false };
        let place = decided(place, only_read, span);
        let (catch, catch_completes, unknown) = self.branch(body, handler, place);
        if unknown != place.unknown_let_through || !completes {
            body.place.unknown_let_through = body.place.unknown_let_through.or(unknown);
        }
        body.leave(mark);
        (StatementKind::Try { block, slot, catch }, completes || catch_completes)
    }
}

/// The place that is reached when a condition holds. Where it can hold because of an unknown answer, that is let through;
/// where an unknown answer keeps it from holding, what follows is decided by an answer that is known.
pub(super) fn decided(mut place: Place, by_unknown: ByUnknown, condition: Span) -> Place {
    match by_unknown {
        ByUnknown { when_true: true, .. } => place.unknown_let_through = Some(condition),
        ByUnknown { when_false: true, .. } => place.asked(),
        _ => {}
    }
    place
}

fn decided_by_unknown(span: Span, what: &str, condition: Span) -> Diagnostic {
    let message = format!("{what} would be done although nobody knows whether it is needed");
    Diagnostic::error(code::UNKNOWN_DECIDES, span, message)
        .also(condition, "this lets an unknown answer through")
        .help("unknown is neither health nor a fault: give it an arm of its own that escalates")
}

/// What a refused statement becomes: it was reported, so the program is never run.
pub(super) fn nothing(span: Span) -> StatementKind {
    let kind = ExpressionKind::Constant(Value::Boolean(true));
    StatementKind::Require { condition: Expression { kind, span }, otherwise: None }
}
