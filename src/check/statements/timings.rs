//! `after`, `within`, `for` and `every`: durations, and whether they are consistent.

use crate::check::context::Context;
use crate::check::expressions::literals::not_a_duration;
use crate::check::scope::BodyScope;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{Expression, ExpressionKind, Hold, Window};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::AmountKind;
use crate::value::{SignedDuration, Value};

impl<'a> Context<'a> {
    /// An amount where an expression of a type is expected.
    pub(crate) fn amount(
        &mut self,
        body: &mut BodyScope<'a>,
        amount: &'a ast::Amount,
        wanted: &Type,
        what: &str,
    ) -> Expression {
        let constant = |value| Expression { kind: ExpressionKind::Constant(value), span: amount.span };
        let (value, type_of) = match &amount.kind {
            AmountKind::Number(number) => (Value::Number(*number), Type::Number),
            AmountKind::Duration(duration) => (Value::Duration(*duration), Type::Duration),
            AmountKind::Size(bytes) => (Value::Size(*bytes), Type::Size),
            AmountKind::Percent(percent) => (Value::Percent(*percent), Type::Percent),
            AmountKind::Invalid => return constant(Value::Absent),
            AmountKind::Name(path) => {
                let typed = self.name(body, path, Some(wanted));
                self.check_type(&typed, wanted);
                return typed.expression;
            }
        };
        if type_of != *wanted {
            let diagnostic = if *wanted == Type::Duration {
                not_a_duration(amount.span, what)
            } else {
                Diagnostic::error(
                    code::TYPE_MISMATCH,
                    amount.span,
                    format!("{what} must be `{wanted}`, found `{type_of}`"),
                )
            };
            self.report(diagnostic);
        }
        constant(value)
    }

    pub(crate) fn duration(&mut self, body: &mut BodyScope<'a>, amount: &'a ast::Amount, what: &str) -> Expression {
        let expression = self.amount(body, amount, &Type::Duration, what);
        if let ExpressionKind::Constant(Value::Duration(duration)) = &expression.kind
            && duration.is_zero()
        {
            self.error(code::IMPOSSIBLE_TIMING, amount.span, format!("{what} must be longer than zero"))
                .help("Write a duration such as `30s`");
        }
        expression
    }

    /// A whole number of at least one.
    pub(crate) fn count(&mut self, body: &mut BodyScope<'a>, amount: &'a ast::Amount, what: &str) -> Expression {
        let expression = self.amount(body, amount, &Type::Number, what);
        if let ExpressionKind::Constant(Value::Number(number)) = &expression.kind
            && (!number.is_integer() || number.is_sign_negative() || number.is_zero())
        {
            self.error(code::TYPE_MISMATCH, amount.span, format!("{what} must be a whole number of at least 1"))
                .help("Write a number, as in `3`");
        }
        expression
    }

    /// `within D every D`: both or neither. `what` is the subject of the message.
    pub(crate) fn window(&mut self, body: &mut BodyScope<'a>, timings: &'a ast::Timings, what: &str) -> Option<Window> {
        match (&timings.within, &timings.every) {
            (Some(within), Some(every)) => {
                let window = Window {
                    within: self.duration(body, within, "The window"),
                    every: self.duration(body, every, "The interval"),
                };
                if let (Some(within), Some(step)) = (literal_value(&window.within), literal_value(&window.every))
                    && step > within
                {
                    let message = format!("{what} would never poll twice: `every` is longer than `within`");
                    self.error(code::IMPOSSIBLE_TIMING, every.span, message).help("Make `every` shorter than `within`");
                }
                Some(window)
            }
            (Some(within), None) => {
                let message = format!("{what} has a window but no interval");
                self.report(Diagnostic::error(code::MISSING_PART, within.span, message).help("Add `every 30s`"));
                None
            }
            (None, Some(every)) if timings.hold.is_none() => {
                let message = format!("{what} has an interval but no window");
                self.report(Diagnostic::error(code::UNBOUNDED, every.span, message).help("Add `within 5m`"));
                None
            }
            (None, _) => None,
        }
    }

    /// The timings of `resolve if fixed`: after, a window, and a hold.
    pub(crate) fn goal_timings(
        &mut self,
        body: &mut BodyScope<'a>,
        timings: &'a ast::Timings,
    ) -> (Option<Expression>, Option<Window>, Option<Hold>) {
        let after = timings.after.as_ref().map(|after| self.duration(body, after, "The delay"));
        let window = self.window(body, timings, "The goal check");
        let hold = timings.hold.as_ref().map(|hold| {
            let duration = self.duration(body, hold, "The hold time");
            let every = timings.every.as_ref().map(|every| self.duration(body, every, "The interval"));
            if let (Some(long), Some(step)) = (literal_value(&duration), every.as_ref().and_then(literal_value))
                && step > long
            {
                self.error(code::IMPOSSIBLE_TIMING, hold.span, "`every` is longer than the hold time")
                    .help("Make `every` shorter than the hold time");
            }
            Hold { duration, every }
        });
        (after, window, hold)
    }

    /// Rejects timings that have no meaning for a statement.
    pub(crate) fn reject_timings(&mut self, timings: &ast::Timings, allowed: &[&str], statement: &str) {
        let all =
            [("after", &timings.after), ("within", &timings.within), ("for", &timings.hold), ("every", &timings.every)];
        for (word, amount) in all {
            if let Some(amount) = amount
                && !allowed.contains(&word)
            {
                let message = format!("`{word}` is not allowed in {statement}");
                self.report(Diagnostic::error(code::MISPLACED, amount.span, message).help("Remove it"));
            }
        }
    }

    /// How long a person may take, which must be limited.
    pub(crate) fn prompt_timeout(
        &mut self,
        body: &mut BodyScope<'a>,
        timings: &'a ast::Timings,
        span: Span,
        what: &str,
    ) -> Expression {
        self.reject_timings(timings, &["within"], what);
        match &timings.within {
            Some(within) => self.duration(body, within, "The time to answer"),
            None => {
                let message = format!("Missing time limit for {what}");
                self.report(Diagnostic::error(code::UNBOUNDED, span, message).help("Add `within 30m`"));
                Expression { kind: ExpressionKind::Constant(Value::Absent), span }
            }
        }
    }
}

/// The value of a literal duration.
fn literal_value(expression: &Expression) -> Option<SignedDuration> {
    if let ExpressionKind::Constant(Value::Duration(duration)) = &expression.kind { Some(*duration) } else { None }
}
