//! Loops, retries and `try`: repeated blocks, and control after an error.

use crate::check::approvals::reason;
use crate::check::context::Context;
use crate::check::declarations::error_type;
use crate::check::expressions::{Typed, UnknownTaint};
use crate::check::scope::{BodyScope, FlowState};
use crate::check::statements::BranchEnd;
use crate::check::unknown_taint::{ConditionProbes, SettledQuestions, TurnEffect};
use crate::check::verdict_paths::verdict_path;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{Block, Expression, ExpressionKind, StatementKind};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::Class;

impl<'a> Context<'a> {
    /// A repeated block, and what its next turn depends on, if a condition stands between two turns. An unknown verdict
    /// that reaches its end also reaches its beginning.
    pub(crate) fn turns(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Block,
        place: FlowState,
        between: Option<(UnknownTaint, Span)>,
    ) -> (Block, BranchEnd) {
        let outer = body.turn_effects.replace(Vec::new());
        let begins = FlowState { settled: SettledQuestions::default(), goal_failed: None, ..place };
        let (block, end) = self.branch(body, written, begins);
        let effects = std::mem::replace(&mut body.turn_effects, outer).unwrap_or_default();
        let next = FlowState { open: end.open, ..place };
        let next =
            between.map_or(next, |(by_unknown, condition)| self.decided(next, body, by_unknown.not(), condition));
        // What was open before the first turn has been reported at the effects that it reaches.
        let new = next.open.without(place.open);
        let decided = effects.iter().find_map(|effect| Some((effect, body.first_open(effect.settled.of(body, new))?)));
        if let Some((effect, condition)) = decided {
            let diagnostic = self.decided_by_unknown(effect.span, &effect.what, condition);
            self.report(diagnostic);
        } else if end.open != place.open {
            body.reopen(end.open);
        }
        for effect in effects {
            self.acts_after_runs(body, effect.span, &effect.what, effect.settled.of(body, new));
            // The turn of the loop around this one began earlier.
            body.note_turn_effect(TurnEffect { settled: effect.settled.and_also(place.settled), ..effect });
        }
        (block, end)
    }

    pub(crate) fn for_each(
        &mut self,
        body: &mut BodyScope<'a>,
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
        if at_most.is_none() && !items.is_literal && items.type_of != Type::Invalid {
            self.report(
                Diagnostic::error(code::UNBOUNDED, list.span, "This list has no bound")
                    .help("Add a bound: `for x in …, at most 10`; a longer list escalates before its first item"),
            );
        }
        // A bound that an unknown verdict decides lets it into the loop, and past it.
        let bounded = at_most.map(|amount| self.count_of_turns(body, amount, "The number after `at most`"));
        let at_a_time = at_a_time.map(|amount| self.count(body, amount, "The number before `at a time`"));
        let mark = body.enter();
        let path = verdict_path(body, list);
        let slot = self.bind_item(body, variable, item, &items, observed);
        body.note_verdict_path(variable, path);
        let parallel = body.place.parallel || at_a_time.is_some();
        let listed = UnknownTaint { when_true: items.unknown_taint.when_true, when_false: false };
        let place = FlowState { parallel, ..self.decided(body.place, body, listed, list.span) };
        let approvals = body.approvals.count();
        let ((block, end), ends) = self.noting_endings(body, |context, body| context.turns(body, block, place, None));
        if matches!(&list.kind, ast::ExpressionKind::List(items) if !items.is_empty()) {
            body.place.approved |= end.completes && end.approved;
        } else {
            body.approvals.lose(approvals, reason::LOOP);
        }
        body.leave(mark);
        if (ends || !end.completes) && items.unknown_taint.when_false {
            // Control goes on after the last item, and an unknown verdict may have kept items out of the list.
            self.open_here(body, list.span);
        }
        (StatementKind::For { slot, list: items.expression, at_most: bounded, at_a_time, block }, true)
    }

    /// How often a block is repeated. An unknown verdict that decides this decides about each turn.
    pub(crate) fn count_of_turns(
        &mut self,
        body: &mut BodyScope<'a>,
        amount: &'a ast::Amount,
        what: &str,
    ) -> Expression {
        let touched = std::mem::take(&mut body.touched_by_unknown);
        let count = self.count(body, amount, what);
        if std::mem::replace(&mut body.touched_by_unknown, touched) {
            self.open_here(body, amount.span);
        }
        count
    }

    pub(crate) fn repeat(
        &mut self,
        body: &mut BodyScope<'a>,
        (count, every): (Expression, Option<Expression>),
        until: Option<&'a ast::Expression>,
        block: &'a ast::Block,
        otherwise: Option<&'a ast::Block>,
    ) -> (StatementKind, bool) {
        let until = until.map(|until| {
            body.observations += 1;
            self.expect(body, until, &Type::Boolean)
        });
        let by_unknown = until.as_ref().map_or(UnknownTaint::default(), |until| until.unknown_taint);
        let condition = until.as_ref().map(Typed::span);
        let place = body.place;
        // The next turn begins because the condition between turns did not hold.
        let again = condition.map_or(place, |condition| self.decided(place, body, by_unknown.not(), condition));
        let outer = body.disruption.take();
        let observations = body.observations;
        // The first turn begins before the condition is looked at, so that it settles nothing there.
        let (open, settled) = (again.open.or(place.open), again.settled.both(place.settled));
        let turn = FlowState { open, settled, ..again };
        let approvals = body.approvals.count();
        let between = condition.map(|condition| (by_unknown, condition));
        let (lowered, BranchEnd { completes, approved, .. }) = self.turns(body, block, turn, between);
        if matches!(count.kind, ExpressionKind::Constant(_)) {
            // It has a first turn.
            body.place.approved |= completes && approved;
        } else {
            body.approvals.lose(approvals, reason::LOOP);
        }
        body.changes += 1;
        let inside = std::mem::replace(&mut body.disruption, outer);
        if until.is_some() || body.observations != observations {
            body.disruption = body.disruption.take().or(inside);
        } else if let Some((span, what)) = inside {
            let message = format!("{what} is repeated without an observation in between");
            self.report(
                Diagnostic::error(code::UNSAFE_RETRY, span, message)
                    .help("Observe between two rounds: `repeat … until …`, or `resolve if fixed` inside the block"),
            );
        }
        // Without `else`, a condition that never holds escalates.
        if let (Some(condition), None) = (condition, otherwise) {
            body.note_ending(condition);
        }
        let mut otherwise_completes = otherwise.is_some();
        let otherwise = otherwise.map(|block| {
            let approvals = body.approvals.count();
            let (block, end) = self.branch(body, block, again);
            body.approvals.lose(approvals, reason::ELSE);
            otherwise_completes = end.completes;
            block
        });
        if let Some(condition) = condition
            && !otherwise_completes
        {
            body.place = self.decided(body.place, body, by_unknown, condition);
        }
        let until = until.map(|until| until.expression);
        (StatementKind::Repeat { count, every, until, block: lowered, otherwise }, completes)
    }

    pub(crate) fn try_catch(
        &mut self,
        body: &mut BodyScope<'a>,
        block: &'a ast::Block,
        catch: Option<&'a (ast::Name, ast::Block)>,
        span: Span,
    ) -> (StatementKind, bool) {
        let place = body.place;
        let outer_ends = body.summary.ends.take();
        let approvals = body.approvals.count();
        let (block, tried, class) = self.measured_branch(body, block, place);
        let BranchEnd { completes, open: unknown, .. } = tried;
        let ends = body.summary.ends.is_some();
        body.summary.ends = outer_ends.or(body.summary.ends);
        body.reopen(unknown);
        let Some((name, handler)) = catch else {
            return (StatementKind::Try { block, slot: 0, catch: Block::default() }, true);
        };
        let mark = body.enter();
        let slot = self.bind(body, name, error_type());
        // Without effects only an observation can have failed, so the verdict is unknown.
        let only_read = UnknownTaint { when_true: class == Class::Observe, when_false: false };
        self.questions.insert(span, ConditionProbes::of_try());
        let place = self.decided(place, body, only_read, span);
        let asked = body.approvals.count();
        let (catch, caught) = self.branch(body, handler, place);
        let BranchEnd { completes: catch_completes, open: unknown, .. } = caught;
        body.place.approved = (tried.approved || !completes) && (caught.approved || !catch_completes);
        if !body.place.approved {
            body.approvals.lose(asked, reason::CATCH);
            body.approvals.lose(approvals, reason::TRY);
        }
        // Where the block may diverge, control goes on because it did not: after an error, for example.
        if catch_completes && (unknown != place.open || ends || !completes) {
            body.reopen(unknown);
        }
        body.leave(mark);
        (StatementKind::Try { block, slot, catch }, completes || catch_completes)
    }
}
