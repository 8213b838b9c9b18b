//! Expressions: their types, and their form in the program.

pub(crate) mod calls;
pub(crate) mod literals;
pub(crate) mod members;
pub(crate) mod operators;
mod typed;

pub(super) use typed::{Typed, UnknownTaint, fits};

use super::commands::{Origin, origin_of};
use super::context::Context;
use super::scope::BodyScope;
use super::unknown_taint::is_verdict;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::{EnumType, Type};
use crate::program::{Comprehension, Expression, ExpressionKind, TextPart};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::Value;
use ecow::EcoString;
use std::sync::Arc;

/// Stack that must be left before an expression or statement is lowered; otherwise more is allocated.
pub(super) const RED_ZONE: usize = 128 << 10;
/// Size of the additional stack.
pub(super) const MORE_STACK: usize = 4 << 20;

impl<'a> Context<'a> {
    /// Lowers an expression and reports a type other than the wanted one.
    pub fn expect(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Expression, wanted: &Type) -> Typed {
        let typed = self.expression(body, written, Some(wanted));
        self.check_type(&typed, wanted);
        typed
    }

    /// Reports a value that does not have the wanted type.
    pub fn check_type(&mut self, typed: &Typed, wanted: &Type) {
        if fits(&typed.type_of, wanted) {
            return;
        }
        let diagnostic = match (&typed.type_of, wanted) {
            (Type::Optional(inner), wanted) if fits(inner, wanted) => self.may_be_absent(typed.span()),
            (Type::Host(_), Type::Host(_)) => {
                let message = format!("Expected a host with the role `{wanted}`, found `{}`", typed.type_of);
                Diagnostic::error(code::WRONG_ROLE, typed.span(), message)
                    .help(format!("If it may have that role, narrow it: `… as {wanted}`"))
            }
            (Type::Text, Type::Host(_)) => {
                let message = format!("Expected `{wanted}`, found `text`");
                Diagnostic::error(code::TYPE_MISMATCH, typed.span(), message)
                    .help(format!("Find the host by its name: `… as {wanted}`"))
            }
            (Type::Json, _) => {
                let message = format!("Expected `{wanted}`, found undecoded json");
                Diagnostic::error(code::TYPE_MISMATCH, typed.span(), message)
                    .help(format!("Decode it: `… as {wanted}`"))
            }
            (Type::Secret, _) => {
                let message = format!("Expected `{wanted}`, found `secret`, which can only be passed to an action");
                Diagnostic::error(code::SECRET_USED, typed.span(), message)
            }
            (Type::Nothing, _) => {
                let message = format!("Expected {}, but this has no value", quoted(wanted));
                Diagnostic::error(code::TYPE_MISMATCH, typed.span(), message)
            }
            (Type::Enum(_), Type::Boolean) => {
                let message = format!("Expected a condition, found `{}`", typed.type_of);
                Diagnostic::error(code::TYPE_MISMATCH, typed.span(), message)
                    .help("Compare it with a word: `… == passed`")
            }
            (actual, wanted) => {
                let message = format!("Expected {}, found {}", quoted(wanted), quoted(actual));
                let diagnostic = Diagnostic::error(code::TYPE_MISMATCH, typed.span(), message);
                let help = match (actual, wanted) {
                    (Type::Number, Type::Duration) => Some("Write a unit, as in `90s`, `5m` or `1h30m`"),
                    (Type::Number, Type::Size) => Some("Write a unit, as in `512MiB` or `2GB`"),
                    (Type::Number, Type::Percent) => Some("Write a percent sign, as in `90%`"),
                    (_, Type::Boolean) => Some("Write a comparison, as in `… > 0` or `… is present`"),
                    (..) => None,
                };
                match help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                }
            }
        };
        self.report(diagnostic);
    }

    pub fn may_be_absent(&self, span: Span) -> Diagnostic {
        Diagnostic::error(code::ABSENCE_UNHANDLED, span, "This value may be absent")
            .help("Write `let x = … else { … }`, or test for it first with `if … is present`")
    }

    /// Lowers an expression. A plain word is first looked up in the expected type.
    pub fn expression(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Expression,
        expected: Option<&Type>,
    ) -> Typed {
        if let (true, ast::ExpressionKind::Text(text)) = (self.test.is_some(), &written.kind)
            && let Some(host) = self.host_in_test(text, expected)
        {
            return host;
        }
        let outer = std::mem::take(&mut body.touched_by_unknown);
        let outer_outside = std::mem::take(&mut body.touched_outside);
        let mut typed = stacker::maybe_grow(RED_ZONE, MORE_STACK, || self.expression_kind(body, written, expected));
        typed.expression.span = written.span;
        if body.touched_by_unknown && !followed(&written.kind) {
            typed.unknown_taint = UnknownTaint::BOTH;
        }
        body.touched_by_unknown = outer || typed.unknown_taint.any();
        if typed.unknown_taint.any() {
            self.note_questions(body, written, typed.unknown_taint);
        }
        typed.outside = origin_of(&typed.expression, &typed.type_of, body.touched_outside);
        body.touched_outside = outer_outside.max(typed.outside);
        if typed.outside > Origin::Written {
            body.outside.push((written.span, typed.outside));
        }
        typed
    }

    fn expression_kind(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Expression,
        expected: Option<&Type>,
    ) -> Typed {
        use ast::ExpressionKind as Written;
        let span = written.span;
        match &written.kind {
            Written::Invalid => Typed::invalid(span),
            Written::Text(text) => {
                let expression = self.text(body, text);
                Typed::plain(expression, Type::Text)
            }
            Written::Number(number) => Typed::constant(Value::Number(*number), Type::Number, span),
            Written::Duration(duration) => Typed::constant(Value::Duration(*duration), Type::Duration, span),
            Written::Size(bytes) => Typed::constant(Value::Size(*bytes), Type::Size, span),
            Written::Percent(percent) => Typed::constant(Value::Percent(*percent), Type::Percent, span),
            Written::Path(path) => self.name(body, path, expected),
            Written::Call(call) => self.call_in_expression(body, call),
            Written::Member { of, name, arguments } => {
                let of = self.expression(body, of, None);
                match arguments {
                    Some(arguments) => self.method(body, of, name, arguments),
                    None => self.member(of, name),
                }
            }
            Written::List(items) => self.list(body, items, expected, span),
            Written::Comprehension(comprehension) => self.comprehension(body, comprehension, span),
            Written::Group(inner) => self.expression(body, inner, expected),
            Written::Not(inner) => self.not(body, inner, span),
            Written::Negate(inner) => self.negate(body, inner, span),
            Written::Binary { operator, operator_span, left, right } => {
                self.binary(body, *operator, *operator_span, left, right, span)
            }
            Written::As { value, type_name } => self.narrow(body, value, type_name, span),
            Written::Is { value, type_name } => self.role_or_presence(body, value, type_name, span),
            Written::Conditional { condition, then, otherwise } => {
                self.conditional(body, condition, then, otherwise, expected, span)
            }
            Written::Quantifier { kind, variable, list, body: test } => {
                self.quantifier(body, *kind, variable, list, test, span)
            }
            Written::Ask(_) => {
                self.report(
                    Diagnostic::error(code::ACTION_IN_EXPRESSION, span, "A prompt must not be part of an expression")
                        .help("Bind its answer first: `let answer = ask …`, or match it: `match ask … { … }`"),
                );
                Typed::invalid(span)
            }
            Written::Run(_) => {
                self.report(
                    Diagnostic::error(code::ACTION_IN_EXPRESSION, span, "A run cannot be started inside an expression")
                        .help("Match its outcome: `match run … { resolved { … } escalated, cancelled { … } }`"),
                );
                Typed::invalid(span)
            }
            Written::Check(call) => self.check_probe(body, call),
        }
    }

    /// A text with its interpolated values.
    #[expect(clippy::wildcard_enum_match_arm, reason = "values of every other type can be interpolated")]
    pub fn text(&mut self, body: &mut BodyScope<'a>, text: &'a ast::Text) -> Expression {
        if let Some(literal) = text.literal() {
            return Expression { kind: ExpressionKind::Constant(Value::Text(literal)), span: text.span };
        }
        let parts = text.parts.iter().map(|part| match part {
            ast::TextPart::Literal(literal) => TextPart::Literal(literal.clone()),
            ast::TextPart::Interpolation(path) => {
                let value = self.name(body, path, None);
                let type_of = &value.type_of;
                // A text that contains a verdict passes it on to its readers.
                body.touched_by_unknown |= type_of.holds(is_verdict);
                let diagnostic = match type_of {
                    _ if type_of.holds(|inner| *inner == Type::Secret) => {
                        let message = match type_of {
                            Type::Secret => "A secret cannot be interpolated".to_owned(),
                            other => format!("{} contains a secret and cannot be interpolated", quoted(other)),
                        };
                        Some(
                            Diagnostic::error(code::SECRET_USED, path.span, message)
                                .help("Pass it to the action that needs it, as an argument of its own"),
                        )
                    }
                    _ if type_of.holds(|inner| *inner == Type::Json) => {
                        let message = match type_of {
                            Type::Json => "Undecoded json cannot be interpolated".to_owned(),
                            other => {
                                format!("{} contains undecoded json and cannot be interpolated", quoted(other))
                            }
                        };
                        Some(
                            Diagnostic::error(code::JSON_USED, path.span, message)
                                .help("Extract what you need: `.jq(\"…\") as text`"),
                        )
                    }
                    Type::Optional(_) => Some(self.may_be_absent(path.span)),
                    Type::Nothing => Some(Diagnostic::error(code::TYPE_MISMATCH, path.span, "This has no value")),
                    _ => None,
                };
                if let Some(diagnostic) = diagnostic {
                    self.report(diagnostic);
                }
                TextPart::Value(value.expression)
            }
        });
        let parts = parts.collect();
        Expression { kind: ExpressionKind::Text(parts), span: text.span }
    }

    fn list(
        &mut self,
        body: &mut BodyScope<'a>,
        items: &'a [ast::Expression],
        expected: Option<&Type>,
        span: Span,
    ) -> Typed {
        let mut wanted = match expected {
            Some(Type::List(item)) => Some(item.as_ref().clone()),
            _ => None,
        };
        let mut lowered = Vec::with_capacity(items.len());
        for item in items {
            let typed = self.expression(body, item, wanted.as_ref());
            match &wanted {
                Some(wanted) => self.check_type(&typed, wanted),
                None => wanted = Some(typed.type_of.clone()),
            }
            lowered.push(typed.expression);
        }
        let item = wanted.unwrap_or(Type::Invalid);
        let list = Expression { kind: ExpressionKind::List(lowered), span };
        Typed { is_literal: true, ..Typed::plain(list, Type::List(Box::new(item))) }
    }

    /// The item type of a list; reports any other type.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only a list has items")]
    pub fn items(&mut self, list: &Typed) -> Type {
        match &list.type_of {
            Type::List(item) => item.as_ref().clone(),
            Type::Invalid => Type::Invalid,
            Type::Optional(_) => {
                let diagnostic = self.may_be_absent(list.span());
                self.report(diagnostic);
                Type::Invalid
            }
            other => {
                let message = format!("Expected a list, found {}", quoted(other));
                self.error(code::TYPE_MISMATCH, list.span(), message);
                Type::Invalid
            }
        }
    }

    fn comprehension(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Comprehension, span: Span) -> Typed {
        let list = self.expression(body, &written.list, None);
        let item = self.items(&list);
        let mut by_unknown = list.unknown_taint;
        let mark = body.enter();
        let slot = self.bind_item(body, &written.variable, item.clone(), &list, false);
        let condition = written.condition.as_ref().map(|condition| {
            let condition = self.expect(body, condition, &Type::Boolean);
            body.narrow_in_expression(&condition.narrowing.when_true);
            by_unknown = by_unknown.or(condition.unknown_taint);
            condition.expression
        });
        let key = written.key.as_ref().map(|key| {
            let key = self.expression(body, key, None);
            if !ordered(&key.type_of) {
                let message = format!("{} has no order to sort by", quoted(&key.type_of));
                self.error(code::NOT_COMPARABLE, key.span(), message);
            }
            by_unknown = by_unknown.or(key.unknown_taint.everything());
            key.expression
        });
        let element = written.element.as_ref().map(|element| self.expression(body, element, None));
        body.leave(mark);
        if let Some(element) = &element {
            by_unknown = by_unknown.or(element.unknown_taint.everything());
        }
        let type_of = element.as_ref().map_or(item, |element| element.type_of.clone());
        let comprehension = Comprehension {
            slot,
            list: list.expression,
            element: element.map(|element| element.expression),
            condition,
            key,
            descending: written.descending,
        };
        let kind = ExpressionKind::Comprehension(Box::new(comprehension));
        Typed { unknown_taint: by_unknown, ..Typed::plain(Expression { kind, span }, Type::List(Box::new(type_of))) }
    }

    fn quantifier(
        &mut self,
        body: &mut BodyScope<'a>,
        kind: ast::Quantifier,
        variable: &'a ast::Name,
        list: &'a ast::Expression,
        test: &'a ast::Expression,
        span: Span,
    ) -> Typed {
        let list = self.expression(body, list, None);
        let item = self.items(&list);
        let mark = body.enter();
        let slot = self.bind_item(body, variable, item, &list, false);
        let test = self.expect(body, test, &Type::Boolean);
        body.leave(mark);
        // An additional item can make `any` true and `all` false; a missing item, the reverse.
        let by_unknown = match kind {
            ast::Quantifier::All => test.unknown_taint.or(list.unknown_taint.not()),
            ast::Quantifier::Any => test.unknown_taint.or(list.unknown_taint),
            ast::Quantifier::None => test.unknown_taint.or(list.unknown_taint).not(),
        };
        let kind =
            ExpressionKind::Quantifier { kind, slot, list: Box::new(list.expression), body: Box::new(test.expression) };
        Typed { unknown_taint: by_unknown, ..Typed::plain(Expression { kind, span }, Type::Boolean) }
    }

    fn conditional(
        &mut self,
        body: &mut BodyScope<'a>,
        condition: &'a ast::Expression,
        then: &'a ast::Expression,
        otherwise: &'a ast::Expression,
        expected: Option<&Type>,
        span: Span,
    ) -> Typed {
        let condition = self.expect(body, condition, &Type::Boolean);
        let mark = body.enter();
        body.narrow_in_expression(&condition.narrowing.when_true);
        let then = self.expression(body, then, expected);
        body.leave(mark);
        let mark = body.enter();
        body.narrow_in_expression(&condition.narrowing.when_false);
        let otherwise = self.expression(body, otherwise, expected.or(Some(&then.type_of)));
        body.leave(mark);
        let type_of = match (&then.type_of, &otherwise.type_of) {
            (a, b) if fits(b, a) => a.clone(),
            (a, b) if fits(a, b) => b.clone(),
            (Type::Host(a), Type::Host(b)) => either_role(a, b),
            (a, b) => {
                let message = format!("The two sides have different types, {} and {}", quoted(a), quoted(b));
                self.error(code::TYPE_MISMATCH, otherwise.span(), message);
                Type::Invalid
            }
        };
        let parts = (Box::new(condition.expression), Box::new(then.expression), Box::new(otherwise.expression));
        let kind = ExpressionKind::Conditional(parts.0, parts.1, parts.2);
        Typed {
            is_literal: then.is_literal && otherwise.is_literal,
            ..Typed::plain(Expression { kind, span }, type_of)
        }
    }

    /// `E as T`.
    fn narrow(
        &mut self,
        body: &mut BodyScope<'a>,
        value: &'a ast::Expression,
        target: &'a ast::TypeName,
        span: Span,
    ) -> Typed {
        let value = self.expression(body, value, None);
        let wanted = self.type_named(target, body.inside);
        if let (ExpressionKind::Constant(Value::Text(name)), Type::Host(_)) = (&value.expression.kind, &wanted) {
            let name = name.clone();
            self.known_host(&name, &wanted, value.span());
        }
        let possible = match (&value.type_of, &wanted) {
            (Type::Invalid, _) | (_, Type::Invalid) => true,
            (Type::Json, wanted) => decodable(wanted),
            (Type::Text, Type::Host(_) | Type::Number | Type::Version | Type::Time | Type::Enum(_)) => true,
            (Type::Host(_), Type::Host(_)) => true,
            (Type::Optional(_), _) => {
                let diagnostic = self.may_be_absent(value.span());
                self.report(diagnostic);
                true
            }
            _ => false,
        };
        if !possible {
            let message = format!("{} cannot be converted to {}", quoted(&value.type_of), quoted(&wanted));
            self.report(
                Diagnostic::error(code::IMPOSSIBLE_DECODE, span, message)
                    .help("Use `as` to decode json, to find a host by its name, or to narrow a host to a role"),
            );
        }
        let kind = ExpressionKind::As { value: Box::new(value.expression), target: wanted.clone(), or_absent: false };
        Typed::plain(Expression { kind, span }, wanted)
    }
}

/// Expressions whose taint is computed exactly. Any other expression is tainted wherever one of its parts is.
fn followed(kind: &ast::ExpressionKind) -> bool {
    use ast::{ExpressionKind as Written, Operator};
    match kind {
        Written::Path(_)
        | Written::Group(_)
        | Written::Is { .. }
        | Written::Not(_)
        | Written::Quantifier { .. }
        | Written::Comprehension(_) => true,
        Written::Binary { operator, .. } => matches!(operator, Operator::And | Operator::Or),
        Written::Invalid
        | Written::Text(_)
        | Written::Number(_)
        | Written::Duration(_)
        | Written::Size(_)
        | Written::Percent(_)
        | Written::Call(_)
        | Written::Member { .. }
        | Written::List(_)
        | Written::Negate(_)
        | Written::As { .. }
        | Written::Conditional { .. }
        | Written::Ask(_)
        | Written::Check(_)
        | Written::Run(_) => false,
    }
}

/// A host that has a role of either list.
fn either_role(a: &[EcoString], b: &[EcoString]) -> Type {
    let mut roles = [a, b].concat();
    roles.sort();
    roles.dedup();
    Type::Host(roles)
}

/// A type in a message, in backticks.
pub(super) fn quoted(type_of: &Type) -> String {
    format!("`{type_of}`")
}

/// Whether values of a type have an order.
pub(super) fn ordered(type_of: &Type) -> bool {
    matches!(
        type_of,
        Type::Invalid
            | Type::Text
            | Type::Number
            | Type::Boolean
            | Type::Duration
            | Type::Size
            | Type::Percent
            | Type::Time
            | Type::Version
    )
}

fn decodable(wanted: &Type) -> bool {
    !wanted.holds(|inner| matches!(inner, Type::Nothing | Type::Secret))
}

/// The choices of a question as an enum without a name.
pub(super) fn choices(words: impl Iterator<Item = EcoString>) -> Type {
    Type::Enum(Arc::new(EnumType { name: EcoString::new(), words: words.collect(), open: false }))
}
