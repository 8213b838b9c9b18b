//! Literals, where no other expression is allowed.

use crate::check::context::Context;
use crate::check::scope::BodyScope;
use crate::diagnostic::{Diagnostic, code};
use crate::program::ExpressionKind;
use crate::program::types::Type;
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::AmountKind;
use crate::value::{SignedDuration, Value};
use ecow::EcoString;

impl<'a> Context<'a> {
    /// A constant of a type; `None` where the expression is not one, which is reported.
    pub(crate) fn constant(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Expression,
        wanted: &Type,
    ) -> Option<Value> {
        if !is_literal(written) {
            self.error(code::NOT_A_LITERAL, written.span, "A literal is required here")
                .help("Write the value itself, as in `5m`, `10` or `\"text\"`");
            return None;
        }
        let typed = self.expect(body, written, wanted);
        if typed.type_of == Type::Invalid {
            return None;
        }
        match constant_value(&typed.expression.kind) {
            Some(value) => Some(value),
            None => {
                self.error(code::NOT_A_LITERAL, written.span, "A literal is required here")
                    .help("Write the value itself, as in `5m`, `10` or `\"text\"`");
                None
            }
        }
    }

    /// A text without `${…}`, for titles and names that must be known before a run.
    pub(crate) fn literal(&mut self, text: &ast::Text, what: &str) -> EcoString {
        text.literal().unwrap_or_else(|| {
            let message = format!("{what} must not contain `${{…}}`");
            self.error(code::NOT_A_LITERAL, text.span, message).help("Write the text without values");
            EcoString::new()
        })
    }

    /// A literal duration that is longer than zero.
    pub(crate) fn literal_duration(&mut self, amount: &ast::Amount, what: &str) -> Option<SignedDuration> {
        match &amount.kind {
            AmountKind::Duration(duration) if duration.is_zero() => {
                self.error(code::IMPOSSIBLE_TIMING, amount.span, format!("{what} must be longer than zero"))
                    .help("Write a duration such as `30s`");
                None
            }
            AmountKind::Duration(duration) => Some(*duration),
            AmountKind::Invalid => None,
            AmountKind::Name(_) => {
                self.error(code::NOT_A_LITERAL, amount.span, format!("{what} must be a literal, as in `5m`"))
                    .help("Write a duration such as `5m`");
                None
            }
            AmountKind::Number(_) | AmountKind::Size(_) | AmountKind::Percent(_) => {
                self.report(not_a_duration(amount.span, what));
                None
            }
        }
    }

    /// A literal whole number of at least `least`.
    pub(crate) fn literal_count(&mut self, amount: &ast::Amount, what: &str, least: u32) -> Option<u32> {
        let number = match &amount.kind {
            AmountKind::Number(number) => u32::try_from(*number).ok().filter(|_| number.is_integer()),
            AmountKind::Invalid => return None,
            AmountKind::Name(_) => {
                self.error(code::NOT_A_LITERAL, amount.span, format!("{what} must be a literal number"))
                    .help("Write a number, as in `3`");
                return None;
            }
            AmountKind::Duration(_) | AmountKind::Size(_) | AmountKind::Percent(_) => None,
        };
        let found = number.filter(|number| *number >= least);
        if found.is_none() {
            self.error(code::TYPE_MISMATCH, amount.span, format!("{what} must be a whole number of at least {least}"))
                .help("Write a number, as in `3`");
        }
        found
    }
}

pub(crate) fn not_a_duration(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(code::TYPE_MISMATCH, span, format!("{what} must be a duration"))
        .help("Write a unit, as in `90s`, `5m`, `1h30m` or `2d`")
}

/// Whether an expression is a literal. The parts of any other expression are not checked.
fn is_literal(written: &ast::Expression) -> bool {
    use ast::ExpressionKind as Written;
    match &written.kind {
        Written::Invalid
        | Written::Text(_)
        | Written::Number(_)
        | Written::Duration(_)
        | Written::Size(_)
        | Written::Percent(_)
        | Written::Path(_) => true,
        Written::Group(inner) | Written::Negate(inner) => is_literal(inner),
        Written::List(items) => items.iter().all(is_literal),
        Written::Call(call) => matches!(call.path.text.as_str(), "version" | "secret"),
        Written::Member { .. }
        | Written::Comprehension(_)
        | Written::Not(_)
        | Written::Binary { .. }
        | Written::As { .. }
        | Written::Is { .. }
        | Written::Conditional { .. }
        | Written::Quantifier { .. }
        | Written::Ask(_)
        | Written::Check(_)
        | Written::Run(_) => false,
    }
}

fn constant_value(kind: &ExpressionKind) -> Option<Value> {
    if let ExpressionKind::List(items) = kind {
        let values: Option<Vec<Value>> = items.iter().map(|item| constant_value(&item.kind)).collect();
        return values.map(Value::list);
    }
    if let ExpressionKind::Constant(value) = kind { Some(value.clone()) } else { None }
}
