//! Operators: their operands and results, and how conditions narrow the types of names.

use super::{Typed, UnknownTaint, fits, ordered, quoted};
use crate::check::context::Context;
use crate::check::scope::{BodyScope, Narrowing};
use crate::check::unknown_taint::{is_verdict, is_word_of_verdict, known_type, unknown_word};
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{Arithmetic, Comparison, Expression, ExpressionKind};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::Operator;
use crate::value::Value;
use ecow::EcoString;

impl<'a> Context<'a> {
    pub(crate) fn binary(
        &mut self,
        body: &mut BodyScope<'a>,
        operator: Operator,
        operator_span: Span,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
        span: Span,
    ) -> Typed {
        match operator {
            Operator::And | Operator::Or => self.junction(body, operator, left, right, span),
            Operator::Matches => self.matches(body, left, right, span),
            Operator::In | Operator::Contains => self.membership(body, operator, left, right, span),
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                self.arithmetic(body, operator, operator_span, left, right, span)
            }
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => self.comparison(body, operator, left, right, span),
        }
    }

    fn junction(
        &mut self,
        body: &mut BodyScope<'a>,
        operator: Operator,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
        span: Span,
    ) -> Typed {
        let and = operator == Operator::And;
        let left = self.expect(body, left, &Type::Boolean);
        let mark = body.enter();
        body.narrow_in_expression(if and { &left.narrowing.when_true } else { &left.narrowing.when_false });
        let right = self.expect(body, right, &Type::Boolean);
        body.leave(mark);
        let both = |a: &[(EcoString, Type)], b: &[(EcoString, Type)]| a.iter().chain(b).cloned().collect();
        let narrowing = if and {
            let when_true = both(&left.narrowing.when_true, &right.narrowing.when_true);
            Narrowing { when_true, when_false: Vec::new() }
        } else {
            let when_false = both(&left.narrowing.when_false, &right.narrowing.when_false);
            Narrowing { when_true: Vec::new(), when_false }
        };
        let by_unknown = left.unknown_taint.or(right.unknown_taint);
        let (left, right) = (Box::new(left.expression), Box::new(right.expression));
        let kind = if and { ExpressionKind::And(left, right) } else { ExpressionKind::Or(left, right) };
        Typed { unknown_taint: by_unknown, narrowing, ..Typed::plain(Expression { kind, span }, Type::Boolean) }
    }

    pub(crate) fn not(&mut self, body: &mut BodyScope<'a>, inner: &'a ast::Expression, span: Span) -> Typed {
        let inner = self.expect(body, inner, &Type::Boolean);
        let narrowing = Narrowing { when_true: inner.narrowing.when_false, when_false: inner.narrowing.when_true };
        let kind = ExpressionKind::Not(Box::new(inner.expression));
        let by_unknown = inner.unknown_taint.not();
        Typed { unknown_taint: by_unknown, narrowing, ..Typed::plain(Expression { kind, span }, Type::Boolean) }
    }

    pub(crate) fn negate(&mut self, body: &mut BodyScope<'a>, inner: &'a ast::Expression, span: Span) -> Typed {
        let inner = self.expression(body, inner, None);
        if !matches!(inner.type_of, Type::Number | Type::Duration | Type::Percent | Type::Invalid) {
            let message = format!("{} cannot be negated", quoted(&inner.type_of));
            self.error(code::NOT_COMPARABLE, span, message);
        }
        let type_of = inner.type_of.clone();
        // A literal stays a constant.
        let negative = if let ExpressionKind::Constant(value) = &inner.expression.kind { negated(value) } else { None };
        let kind = match negative {
            Some(value) => ExpressionKind::Constant(value),
            None => ExpressionKind::Negate(Box::new(inner.expression)),
        };
        Typed::plain(Expression { kind, span }, type_of)
    }

    /// Both operands. A plain word takes its enum from the other side.
    fn operands(
        &mut self,
        body: &mut BodyScope<'a>,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
    ) -> (Typed, Typed) {
        if is_bare_word(body, left) {
            let right = self.expression(body, right, None);
            let left = self.expression(body, left, Some(&right.type_of));
            (left, right)
        } else {
            let left = self.expression(body, left, None);
            let right = self.expression(body, right, Some(&left.type_of));
            (left, right)
        }
    }

    /// Reports values that can only be bound, decoded or passed on.
    #[expect(clippy::wildcard_enum_match_arm, reason = "values of every other type can be compared")]
    fn usable(&mut self, value: &Typed) -> bool {
        let type_of = &value.type_of;
        let diagnostic = match type_of {
            _ if type_of.holds(|inner| *inner == Type::Secret) => {
                let message = match type_of {
                    Type::Secret => "A secret cannot be compared".to_owned(),
                    other => format!("{} contains a secret and cannot be compared", quoted(other)),
                };
                Diagnostic::error(code::SECRET_USED, value.span(), message)
                    .help("Pass it to an action that takes a secret: nothing else is possible")
            }
            _ if type_of.holds(|inner| *inner == Type::Json) => {
                let message = match type_of {
                    Type::Json => "Undecoded json cannot be compared".to_owned(),
                    other => format!("{} contains undecoded json and cannot be compared", quoted(other)),
                };
                Diagnostic::error(code::JSON_USED, value.span(), message)
                    .help("Extract what you need and decode it: `.jq(\"…\") as text`")
            }
            Type::Optional(_) => self.may_be_absent(value.span()),
            Type::Nothing => Diagnostic::error(code::TYPE_MISMATCH, value.span(), "This has no value"),
            _ => return true,
        };
        self.report(diagnostic);
        false
    }

    fn comparison(
        &mut self,
        body: &mut BodyScope<'a>,
        operator: Operator,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
        span: Span,
    ) -> Typed {
        let named = verdict_path(left).or_else(|| verdict_path(right));
        let (left, right) = self.operands(body, left, right);
        let comparison = match operator {
            Operator::NotEqual => Comparison::NotEqual,
            Operator::Less => Comparison::Less,
            Operator::LessOrEqual => Comparison::LessOrEqual,
            Operator::Greater => Comparison::Greater,
            Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
            Operator::Or
            | Operator::And
            | Operator::Equal
            | Operator::In
            | Operator::Contains
            | Operator::Matches
            | Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide => Comparison::Equal,
        };
        let usable = self.usable(&left) && self.usable(&right);
        let alike = fits(&left.type_of, &right.type_of)
            || fits(&right.type_of, &left.type_of)
            || matches!((&left.type_of, &right.type_of), (Type::Host(_), Type::Host(_)));
        if usable && !alike {
            let (a, b) = (quoted(&left.type_of), quoted(&right.type_of));
            let mut diagnostic =
                Diagnostic::error(code::NOT_COMPARABLE, span, format!("{a} cannot be compared with {b}"));
            if matches!((&left.type_of, &right.type_of), (Type::Enum(_), Type::Text) | (Type::Text, Type::Enum(_))) {
                diagnostic = diagnostic.help("Write a word of an enum without quotes");
            }
            self.report(diagnostic);
        } else if usable && !matches!(operator, Operator::Equal | Operator::NotEqual) && !ordered(&left.type_of) {
            let message = format!("{} has no order and can only be compared by `==` and `!=`", quoted(&left.type_of));
            self.error(code::NOT_COMPARABLE, span, message).help("Compare values of one type");
        }
        let by_unknown = verdict_compared(&left, &right, comparison);
        let compared = if is_verdict(&left.type_of) { &left.type_of } else { &right.type_of };
        let narrowing = known_answer(named, by_unknown, compared);
        let kind = ExpressionKind::Compare(comparison, Box::new(left.expression), Box::new(right.expression));
        Typed { unknown_taint: by_unknown, narrowing, ..Typed::plain(Expression { kind, span }, Type::Boolean) }
    }

    fn membership(
        &mut self,
        body: &mut BodyScope<'a>,
        operator: Operator,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
        span: Span,
    ) -> Typed {
        let named = verdict_path(left).filter(|_| operator == Operator::In);
        let (left, right) = if operator == Operator::In && is_bare_word(body, left) {
            let right = self.expression(body, right, None);
            let item = if let Type::List(item) = &right.type_of { Some(item.as_ref()) } else { None };
            (self.expression(body, left, item), right)
        } else {
            let left = self.expression(body, left, None);
            let expected = match (operator, &left.type_of) {
                (Operator::In, item) => Type::List(Box::new(item.clone())),
                (_, Type::List(item)) => item.as_ref().clone(),
                _ => Type::Text,
            };
            // A wrong item of a literal list is reported at that item.
            let right = self.expression(body, right, Some(&expected));
            (left, right)
        };
        let item = left.type_of.clone();
        let mut by_unknown = UnknownTaint::default();
        if self.usable(&left) && self.usable(&right) {
            let possible = match (operator, &left.type_of, &right.type_of) {
                (_, Type::Invalid, _) | (_, _, Type::Invalid) => true,
                (Operator::In, item, Type::List(of)) => {
                    by_unknown = verdict_listed(&left, &right);
                    fits(item, of)
                }
                (Operator::Contains, Type::Text, Type::Text) => true,
                (Operator::Contains, Type::List(of), item) => {
                    if is_verdict(of) {
                        let word = constant_word(&right.expression);
                        by_unknown = word.map_or(UnknownTaint::BOTH, |word| equals_word(of, word));
                    } else if holds_verdicts(of) {
                        by_unknown = UnknownTaint::BOTH;
                    }
                    fits(item, of)
                }
                _ => false,
            };
            if !possible {
                let (a, b) = (quoted(&left.type_of), quoted(&right.type_of));
                let message = match operator == Operator::In {
                    true => format!("{a} can never be an item of {b}"),
                    false => format!("{a} cannot contain {b}"),
                };
                self.error(code::NOT_COMPARABLE, span, message);
            }
        }
        let (left, right) = (Box::new(left.expression), Box::new(right.expression));
        let kind = match operator == Operator::In {
            true => ExpressionKind::In(left, right),
            false => ExpressionKind::Contains(left, right),
        };
        let narrowing = known_answer(named, by_unknown, &item);
        Typed { unknown_taint: by_unknown, narrowing, ..Typed::plain(Expression { kind, span }, Type::Boolean) }
    }

    fn matches(
        &mut self,
        body: &mut BodyScope<'a>,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
        span: Span,
    ) -> Typed {
        let left = self.expect(body, left, &Type::Text);
        let regex = match &right.kind {
            ast::ExpressionKind::Text(text) => self.regex(text),
            ast::ExpressionKind::Invalid => None,
            ast::ExpressionKind::Number(_)
            | ast::ExpressionKind::Duration(_)
            | ast::ExpressionKind::Size(_)
            | ast::ExpressionKind::Percent(_)
            | ast::ExpressionKind::Path(_)
            | ast::ExpressionKind::Call(_)
            | ast::ExpressionKind::Member { .. }
            | ast::ExpressionKind::List(_)
            | ast::ExpressionKind::Comprehension(_)
            | ast::ExpressionKind::Group(_)
            | ast::ExpressionKind::Not(_)
            | ast::ExpressionKind::Negate(_)
            | ast::ExpressionKind::Binary { .. }
            | ast::ExpressionKind::As { .. }
            | ast::ExpressionKind::Is { .. }
            | ast::ExpressionKind::Conditional { .. }
            | ast::ExpressionKind::Quantifier { .. }
            | ast::ExpressionKind::Ask(_)
            | ast::ExpressionKind::Check(_)
            | ast::ExpressionKind::Run(_) => {
                self.report(
                    Diagnostic::error(code::NOT_A_LITERAL, right.span, "A regular expression must be a literal")
                        .help("Write it as `r\"…\"` here"),
                );
                None
            }
        };
        match regex {
            Some(regex) => {
                let kind = ExpressionKind::Matches(Box::new(left.expression), regex);
                Typed::plain(Expression { kind, span }, Type::Boolean)
            }
            None => Typed::invalid(span),
        }
    }

    /// Compiles a literal regular expression of limited size.
    pub(crate) fn regex(&mut self, text: &ast::Text) -> Option<regex::Regex> {
        let Some(pattern) = text.literal() else {
            self.report(
                Diagnostic::error(code::NOT_A_LITERAL, text.span, "A regular expression must not contain `${…}`")
                    .help("Compare with `==` or `contains` instead"),
            );
            return None;
        };
        let compiled = self
            .patterns
            .regexes
            .entry(pattern.clone())
            .or_insert_with(|| regex::RegexBuilder::new(&pattern).size_limit(1 << 20).build());
        match compiled.clone() {
            Ok(regex) => Some(regex),
            Err(error) => {
                let lines = error.to_string();
                let reason = lines.lines().last().unwrap_or_default().trim_start_matches("error: ");
                let message = format!("Malformed regular expression: {reason}");
                self.error(code::BAD_PATTERN, text.span, message);
                None
            }
        }
    }

    fn arithmetic(
        &mut self,
        body: &mut BodyScope<'a>,
        operator: Operator,
        operator_span: Span,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
        span: Span,
    ) -> Typed {
        let left = self.expression(body, left, None);
        let right = self.expression(body, right, None);
        if !(self.usable(&left) && self.usable(&right)) {
            return Typed::invalid(span);
        }
        let arithmetic = match operator {
            Operator::Add => Arithmetic::Add,
            Operator::Subtract => Arithmetic::Subtract,
            Operator::Multiply => Arithmetic::Multiply,
            Operator::Or
            | Operator::And
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::In
            | Operator::Contains
            | Operator::Matches
            | Operator::Divide => Arithmetic::Divide,
        };
        let Some(type_of) = arithmetic_type(arithmetic, &left.type_of, &right.type_of) else {
            let (a, b) = (quoted(&left.type_of), quoted(&right.type_of));
            let message = format!("`{}` is not defined for {a} and {b}", operator.symbol());
            let mut diagnostic = Diagnostic::error(code::NOT_COMPARABLE, span, message).also(operator_span, "");
            if left.type_of == Type::Text || right.type_of == Type::Text {
                diagnostic = diagnostic.help("Join texts by interpolation: `\"${a} ${b}\"`");
            }
            self.report(diagnostic);
            return Typed::invalid(span);
        };
        let kind = ExpressionKind::Arithmetic(arithmetic, Box::new(left.expression), Box::new(right.expression));
        Typed::plain(Expression { kind, span }, type_of)
    }

    /// `E is ROLE`, `E is absent`, `E is present`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only a host has roles")]
    pub(crate) fn role_or_presence(
        &mut self,
        body: &mut BodyScope<'a>,
        value: &'a ast::Expression,
        wanted: &'a ast::TypeName,
        span: Span,
    ) -> Typed {
        let path = if let ast::ExpressionKind::Path(path) = &value.kind { Some(path.text.clone()) } else { None };
        let value = self.expression(body, value, None);
        // An unknown verdict may decide whether the value is present, and everything else about it.
        let by_unknown = match value.absent_if_unknown {
            true => UnknownTaint { when_true: true, when_false: false },
            false => value.unknown_taint.everything(),
        };
        let word = wanted.path.text.as_str();
        if word == "absent" || word == "present" {
            let Type::Optional(inner) = &value.type_of else {
                if value.type_of != Type::Invalid {
                    let message = format!("{} is never absent", quoted(&value.type_of));
                    self.error(code::TYPE_MISMATCH, value.span(), message).help("Remove the test");
                }
                return Typed::plain(
                    Typed::constant(Value::Boolean(word == "present"), Type::Boolean, span).expression,
                    Type::Boolean,
                );
            };
            let there = path.map(|path| (path, inner.as_ref().clone())).into_iter().collect();
            let absent = Expression { kind: ExpressionKind::IsAbsent(Box::new(value.expression)), span };
            return if word == "absent" {
                let narrowing = Narrowing { when_true: Vec::new(), when_false: there };
                Typed { narrowing, unknown_taint: by_unknown, ..Typed::plain(absent, Type::Boolean) }
            } else {
                let narrowing = Narrowing { when_true: there, when_false: Vec::new() };
                let kind = ExpressionKind::Not(Box::new(absent));
                Typed {
                    narrowing,
                    unknown_taint: by_unknown.not(),
                    ..Typed::plain(Expression { kind, span }, Type::Boolean)
                }
            };
        }
        let role = match self.type_named(wanted, body.inside) {
            Type::Host(roles) if roles.len() == 1 => roles[0].clone(),
            Type::Invalid => return Typed::invalid(span),
            other => {
                let message = format!("`is` takes a role, `absent` or `present`, found `{other}`");
                self.error(code::TYPE_MISMATCH, wanted.span, message);
                return Typed::invalid(span);
            }
        };
        let roles = match &value.type_of {
            Type::Host(roles) => roles.clone(),
            Type::Invalid => return Typed::invalid(span),
            other => {
                let message = format!("Only a host has roles, found {}", quoted(other));
                self.error(code::TYPE_MISMATCH, value.span(), message);
                return Typed::invalid(span);
            }
        };
        let narrowing = path.map_or_else(Narrowing::default, |path| {
            let others: Vec<EcoString> = roles.into_iter().filter(|other| *other != role).collect();
            let otherwise = if others.is_empty() { Vec::new() } else { vec![(path.clone(), Type::Host(others))] };
            Narrowing { when_true: vec![(path, Type::Host(vec![role.clone()]))], when_false: otherwise }
        });
        let kind = ExpressionKind::IsRole(Box::new(value.expression), role);
        Typed { narrowing, unknown_taint: by_unknown, ..Typed::plain(Expression { kind, span }, Type::Boolean) }
    }
}

/// The constant with its sign changed, where it is a quantity and does not overflow.
fn negated(value: &Value) -> Option<Value> {
    if let Value::Number(number) = value {
        Some(Value::Number(-number))
    } else if let Value::Percent(percent) = value {
        Some(Value::Percent(-percent))
    } else if let Value::Duration(duration) = value {
        duration.checked_neg().map(Value::Duration)
    } else {
        None
    }
}

/// Whether an operand is a word whose meaning depends on the other operand.
fn is_bare_word(body: &BodyScope<'_>, operand: &ast::Expression) -> bool {
    let is_bare = |path: &ast::Path| !path.text.contains('.') && body.find(&path.text).is_none();
    matches!(&operand.kind, ast::ExpressionKind::Path(path) if is_bare(path))
}

/// The type of a sum, difference, product or quotient; `None` where it has no meaning.
fn arithmetic_type(arithmetic: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    use Type::{Duration, Invalid, Number, Percent, Size, Time};
    Some(match (arithmetic, left, right) {
        (_, Invalid, _) | (_, _, Invalid) => Invalid,
        (Add | Subtract, Number, Number) => Number,
        (Add | Subtract, Duration, Duration) => Duration,
        (Add | Subtract, Size, Size) => Size,
        (Add | Subtract, Percent, Percent) => Percent,
        (Add | Subtract, Time, Duration) | (Add, Duration, Time) => Time,
        (Subtract, Time, Time) => Duration,
        (Multiply | Divide, Number, Number) => Number,
        (Multiply, Number, Duration) => Duration,
        (Multiply, Number, Size) => Size,
        (Multiply | Divide, Duration, Number) => Duration,
        (Multiply | Divide, Size, Number) => Size,
        (Multiply, Number | Duration | Size, Percent) => left.clone(),
        (Multiply, Percent, Number | Duration | Size) => right.clone(),
        (Divide, Duration, Duration) | (Divide, Size, Size) | (Divide, Percent, Percent) => Number,
        _ => return None,
    })
}

/// The name of an operand that may hold a verdict.
fn verdict_path(operand: &ast::Expression) -> Option<EcoString> {
    if let ast::ExpressionKind::Group(inner) = &operand.kind {
        return verdict_path(inner);
    }
    let ast::ExpressionKind::Path(path) = &operand.kind else { return None };
    (!is_word_of_verdict(&path.text)).then(|| path.text.clone())
}

/// How a comparison narrows a verdict: on the side that an unknown verdict never takes, it is known.
fn known_answer(named: Option<EcoString>, by_unknown: UnknownTaint, type_of: &Type) -> Narrowing {
    let known = || named.clone().map(|path| (path, known_type(type_of))).into_iter().collect();
    match by_unknown {
        UnknownTaint { when_true: true, when_false: false } => Narrowing { when_true: Vec::new(), when_false: known() },
        UnknownTaint { when_true: false, when_false: true } => Narrowing { when_true: known(), when_false: Vec::new() },
        _ => Narrowing::default(),
    }
}

/// Whether a list or record contains verdicts, where comparisons are not tracked word by word.
fn holds_verdicts(type_of: &Type) -> bool {
    !is_verdict(type_of) && type_of.holds(is_verdict)
}

/// For an unknown verdict, `check P(…) == passed` is false and `!= failed` is true.
fn verdict_compared(left: &Typed, right: &Typed, comparison: Comparison) -> UnknownTaint {
    if holds_verdicts(&left.type_of) || holds_verdicts(&right.type_of) {
        return UnknownTaint::BOTH;
    }
    // A verdict that is known can still be compared with one that is not.
    if !is_verdict(&left.type_of) && !is_verdict(&right.type_of) {
        return UnknownTaint::default();
    }
    let equal = [left, right].into_iter().find_map(|side| constant_word(&side.expression));
    let of = if is_verdict(&left.type_of) { &left.type_of } else { &right.type_of };
    let equal = equal.map_or(UnknownTaint::BOTH, |word| equals_word(of, word));
    if comparison == Comparison::NotEqual { equal.not() } else { equal }
}

fn constant_word(expression: &Expression) -> Option<&str> {
    if let ExpressionKind::Constant(Value::Word(word)) = &expression.kind { Some(word) } else { None }
}

/// Whether an unknown answer can make `verdict == word` hold, or not hold.
fn equals_word(type_of: &Type, word: &str) -> UnknownTaint {
    let is_unknown = unknown_word(type_of) == Some(word);
    UnknownTaint { when_true: is_unknown, when_false: !is_unknown }
}

fn verdict_listed(item: &Typed, list: &Typed) -> UnknownTaint {
    if holds_verdicts(&item.type_of) {
        return UnknownTaint::BOTH;
    }
    let of_verdicts = matches!(&list.type_of, Type::List(of) if is_verdict(of));
    if !is_verdict(&item.type_of) && !of_verdicts {
        return UnknownTaint::default();
    }
    let ExpressionKind::List(items) = &list.expression.kind else { return UnknownTaint::BOTH };
    // With a verdict among the items, a known item can be in the list because that verdict is unknown.
    if !items.iter().all(|item| matches!(item.kind, ExpressionKind::Constant(_))) {
        return UnknownTaint::BOTH;
    }
    let unknown = unknown_word(&item.type_of);
    let listed = items.iter().any(|item| unknown.is_some() && constant_word(item) == unknown);
    UnknownTaint { when_true: listed, when_false: !listed }
}
