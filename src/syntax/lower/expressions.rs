//! Expressions. The grammar gives operands and operators in the order of the text; precedence is applied here.

use super::{Inner, Lowering, children};
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;
use crate::syntax::ast::{
    Amount, AmountKind, Argument, Call, Comprehension, Expression, ExpressionKind, Name, Operator, Path, Quantifier,
    Question,
};
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::limits;
use ecow::eco_format;

/// Binding strength, weakest first.
mod binding {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const COMPARISON: u8 = 3;
    pub const SUM: u8 = 4;
    pub const PRODUCT: u8 = 5;
    pub const NARROWING: u8 = 6;
}

fn operator(symbol: &str) -> (Operator, u8) {
    match symbol {
        "or" => (Operator::Or, binding::OR),
        "and" => (Operator::And, binding::AND),
        "==" => (Operator::Equal, binding::COMPARISON),
        "!=" => (Operator::NotEqual, binding::COMPARISON),
        "<" => (Operator::Less, binding::COMPARISON),
        "<=" => (Operator::LessOrEqual, binding::COMPARISON),
        ">" => (Operator::Greater, binding::COMPARISON),
        ">=" => (Operator::GreaterOrEqual, binding::COMPARISON),
        "in" => (Operator::In, binding::COMPARISON),
        "contains" => (Operator::Contains, binding::COMPARISON),
        "matches" => (Operator::Matches, binding::COMPARISON),
        "+" => (Operator::Add, binding::SUM),
        "-" => (Operator::Subtract, binding::SUM),
        "*" => (Operator::Multiply, binding::PRODUCT),
        _ => (Operator::Divide, binding::PRODUCT),
    }
}

fn is_link(rule: Rule) -> bool {
    matches!(rule, Rule::infix | Rule::narrowing | Rule::member | Rule::prefix)
}

impl<'a> Lowering<'a> {
    pub(super) fn expression(&mut self, node: Option<Node<'a>>) -> Expression {
        let Some(node) = node else { return invalid(Span::default()) };
        let span = self.span(&node);
        let links = self.links;
        let expression = match node.as_rule() {
            Rule::operation | Rule::comparison => self.operation(node),
            Rule::conditional => {
                self.nested(span, |lowering| lowering.conditional(node)).unwrap_or_else(|| invalid(span))
            }
            Rule::quantifier => self.quantifier(node),
            Rule::question => self.question(node),
            Rule::text_over_lines | Rule::raw_over_lines => {
                Expression { kind: ExpressionKind::Text(self.text(Some(node))), span }
            }
            _ => {
                self.report_error_node(node);
                invalid(span)
            }
        };
        self.links = links;
        expression
    }

    fn operation(&mut self, node: Node<'a>) -> Expression {
        let span = self.span(&node);
        let children = children(node);
        let (mut total, mut run, mut deepest) = (0, 0, 0);
        for child in children.clone() {
            let prefix = child.as_rule() == Rule::prefix;
            run = if prefix { run + 1 } else { 0 };
            deepest = deepest.max(run);
            total += usize::from(is_link(child.as_rule()));
        }
        if self.depth + deepest > limits::NESTING {
            self.report(crate::syntax::recovery::nesting::diagnostic(Span {
                end: span.end.min(span.start + 1),
                ..span
            }));
            return invalid(span);
        }
        self.links += total;
        if self.links > limits::LINKS {
            self.report(
                Diagnostic::error(
                    code::TOO_DEEP,
                    span,
                    format!("This expression is too long (limit {} operators)", limits::LINKS),
                )
                .help("Bind parts of it with `let`"),
            );
            return invalid(span);
        }
        let mut inner = Inner(children.peekable());
        self.binary(&mut inner, binding::OR)
    }

    /// Operands joined by operators that bind at least as strongly as `weakest`.
    fn binary(&mut self, inner: &mut Inner<'a>, weakest: u8) -> Expression {
        let mut left = self.unary(inner);
        let mut compared: Option<Span> = None;
        loop {
            let Some(next) = inner.0.peek() else { return left };
            let (strength, is_infix) = match next.as_rule() {
                Rule::infix => (operator(next.as_str()).1, true),
                Rule::narrowing if next.as_str().starts_with("is") => (binding::COMPARISON, false),
                Rule::narrowing => (binding::NARROWING, false),
                _ => return left,
            };
            if strength < weakest {
                return left;
            }
            let Some(node) = inner.next() else { return left };
            let span = self.span(&node);
            if strength == binding::COMPARISON && compared.replace(span).is_some() {
                self.report(
                    Diagnostic::error(code::NOT_UNDERSTOOD, span, "Comparisons cannot be chained")
                        .help("Join the comparisons with `and`, or put one of them in parentheses"),
                );
            }
            left = if is_infix {
                let (operator, strength) = operator(node.as_str());
                let right = self.binary(inner, strength + 1);
                let whole = left.span.to(right.span);
                let kind = ExpressionKind::Binary {
                    operator,
                    operator_span: span,
                    left: Box::new(left),
                    right: Box::new(right),
                };
                Expression { kind, span: whole }
            } else {
                self.narrowing(left, node)
            };
        }
    }

    fn narrowing(&mut self, value: Expression, node: Node<'a>) -> Expression {
        let span = value.span.to(self.span(&node));
        let is = node.as_str().starts_with("is");
        let type_name = self.type_name(children(node).nth(1));
        let value = Box::new(value);
        let kind = if is { ExpressionKind::Is { value, type_name } } else { ExpressionKind::As { value, type_name } };
        Expression { kind, span }
    }

    fn unary(&mut self, inner: &mut Inner<'a>) -> Expression {
        let Some(prefix) = inner.take(Rule::prefix) else { return self.operand(inner) };
        let span = self.span(&prefix);
        match prefix.as_str() {
            "not" => {
                let value = self.binary(inner, binding::COMPARISON);
                Expression { span: span.to(value.span), kind: ExpressionKind::Not(Box::new(value)) }
            }
            "-" => {
                let value = self.unary(inner);
                Expression { span: span.to(value.span), kind: ExpressionKind::Negate(Box::new(value)) }
            }
            word => self.check_or_run(inner, word, span),
        }
    }

    /// `check P(…)` or `run R(…)`, and members of the result.
    fn check_or_run(&mut self, inner: &mut Inner<'a>, word: &str, span: Span) -> Expression {
        let operand = self.unary_call(inner);
        let Expression { kind: ExpressionKind::Call(call), span: end } = operand else {
            self.report(
                Diagnostic::error(code::MISSING_PART, span, format!("Expected a call after `{word}`"))
                    .help(format!("Write `{word} Name(argument)`")),
            );
            return invalid(span.to(operand.span));
        };
        let kind = if word == "check" { ExpressionKind::Check(call) } else { ExpressionKind::Run(call) };
        self.members(inner, Expression { kind, span: span.to(end) })
    }

    fn unary_call(&mut self, inner: &mut Inner<'a>) -> Expression {
        match inner.peek() {
            Some(Rule::prefix) => self.unary(inner),
            _ => self.primary(inner),
        }
    }

    fn operand(&mut self, inner: &mut Inner<'a>) -> Expression {
        let primary = self.primary(inner);
        self.members(inner, primary)
    }

    /// The members `.a.b(…)` of a value: one node for each word.
    fn members(&mut self, inner: &mut Inner<'a>, mut of: Expression) -> Expression {
        while let Some(node) = inner.take(Rule::member) {
            let mut parts = Inner::new(node);
            let path = self.path(parts.next());
            let mut arguments = parts.take(Rule::arguments).map(|node| (self.span(&node), self.arguments(node)));
            let names: Vec<Name> = path.segments().collect();
            let count = names.len();
            self.links += count.saturating_sub(1);
            if self.links > limits::LINKS {
                self.report(Diagnostic::error(code::TOO_DEEP, path.span, "This expression is too long"));
                return invalid(of.span.to(path.span));
            }
            for (position, name) in names.into_iter().enumerate() {
                let arguments = if position + 1 == count { arguments.take() } else { None };
                let end = arguments.as_ref().map_or(name.span, |(span, _)| *span);
                let span = of.span.to(end);
                let arguments = arguments.map(|(_, arguments)| arguments);
                of = Expression { kind: member(of, name, arguments, span), span };
            }
        }
        of
    }

    fn primary(&mut self, inner: &mut Inner<'a>) -> Expression {
        let Some(node) = inner.next() else { return invalid(Span::default()) };
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::path => {
                let path = self.path(Some(node));
                match inner.take(Rule::arguments) {
                    Some(arguments) => {
                        let span = span.to(self.span(&arguments));
                        let arguments = self.arguments(arguments);
                        return Expression { kind: ExpressionKind::Call(Call { path, arguments, span }), span };
                    }
                    None => ExpressionKind::Path(path),
                }
            }
            Rule::string | Rule::raw_string => ExpressionKind::Text(self.text(Some(node))),
            Rule::list => self.nested(span, |lowering| lowering.list(node)).unwrap_or(ExpressionKind::Invalid),
            Rule::group_of => self.nested(span, |lowering| lowering.group(node)).unwrap_or(ExpressionKind::Invalid),
            Rule::duration | Rule::number | Rule::percent | Rule::size | Rule::bad_quantity => {
                literal(self.amount(Some(node)))
            }
            _ => {
                self.report_error_node(node);
                ExpressionKind::Invalid
            }
        };
        Expression { kind, span }
    }

    fn group(&mut self, node: Node<'a>) -> ExpressionKind {
        let mut inner = Inner::new(node);
        let inside = self.expression(inner.next());
        while let Some(rest) = inner.next() {
            self.report_error_node(rest);
        }
        ExpressionKind::Group(Box::new(inside))
    }

    fn list(&mut self, node: Node<'a>) -> ExpressionKind {
        let span = self.span(&node);
        let mut items = Vec::new();
        let (mut each, mut condition, mut key) = (None, None, None);
        for child in children(node) {
            let place = self.span(&child);
            match child.as_rule() {
                Rule::for_in => {
                    let mut inner = Inner::new(child);
                    let value = (self.name(inner.next()), self.expression(inner.next()));
                    self.once(&mut each, |(name, _): &(Name, _)| name.span, value, place, "for");
                }
                Rule::where_clause => {
                    let value = self.expression(children(child).next());
                    self.once(&mut condition, |first: &Expression| first.span, value, place, "where");
                }
                Rule::sorted_by => {
                    let mut inner = Inner::new(child);
                    let value = (self.expression(inner.next()), inner.take(Rule::descending).is_some());
                    self.once(&mut key, |(first, _): &(Expression, _)| first.span, value, place, "sorted by");
                }
                Rule::operation | Rule::conditional | Rule::quantifier | Rule::question => {
                    items.push(self.expression(Some(child)));
                }
                _ => self.report_error_node(child),
            }
        }
        let (key, descending) = key.map_or((None, false), |(key, descending)| (Some(key), descending));
        if each.is_none() && condition.is_none() && key.is_none() {
            return ExpressionKind::List(items);
        }
        let element = if items.len() == 1 { items.pop() } else { None };
        let parts = match (element, each) {
            (Some(element), Some((variable, list))) => Some((Some(element), variable, list)),
            (Some(element), None) => items_of(element).map(|(variable, list)| (None, variable, list)),
            _ => None,
        };
        let Some((element, variable, list)) = parts else {
            self.report(
                Diagnostic::error(code::NOT_UNDERSTOOD, span, "Malformed list")
                    .help("Write `[a, b]`, `[x.field for x in list where condition]` or `[x in list where condition]`"),
            );
            return ExpressionKind::Invalid;
        };
        ExpressionKind::Comprehension(Box::new(Comprehension { element, variable, list, condition, key, descending }))
    }

    pub(super) fn arguments(&mut self, node: Node<'a>) -> Vec<Argument> {
        let span = self.span(&node);
        self.nested(span, |lowering| lowering.each_argument(node)).unwrap_or_default()
    }

    fn each_argument(&mut self, node: Node<'a>) -> Vec<Argument> {
        let mut arguments = Vec::new();
        let mut label = None;
        for child in children(node) {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::label => {
                    let text = child.as_str().trim_end_matches(':').into();
                    label = Some(Name { text, span: Span { end: span.end - 1, ..span } });
                }
                Rule::bad_part => self.report_error_node(child),
                _ => {
                    let label: Option<Name> = label.take();
                    let span = label.as_ref().map_or(span, |label| label.span.to(span));
                    arguments.push(Argument { label, value: self.expression(Some(child)), span });
                }
            }
        }
        arguments
    }

    /// A call as a statement, a clause or a part of one, where no members follow.
    pub(super) fn call(&mut self, node: Option<Node<'a>>) -> Call {
        let Some(node) = node else {
            let path = Path { text: "".into(), span: Span::default() };
            return Call { path, arguments: Vec::new(), span: Span::default() };
        };
        let mut inner = Inner::new(node);
        let path = self.path(inner.next());
        let mut span = path.span;
        let mut arguments = Vec::new();
        if let Some(node) = inner.take(Rule::arguments) {
            span = span.to(self.span(&node));
            arguments = self.arguments(node);
        }
        if let Some(member) = inner.next() {
            let rest =
                inner.0.by_ref().last().map_or(self.span(&member), |last| self.span(&member).to(self.span(&last)));
            self.report(
                Diagnostic::error(code::EXTRA_TEXT, rest, "The value of this expression is not used")
                    .help("Bind it with `let name = …`, or remove it"),
            );
        }
        Call { path, arguments, span }
    }

    fn conditional(&mut self, node: Node<'a>) -> Expression {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let condition = Box::new(self.expression(inner.next()));
        let mut part = |lowering: &mut Self, word: &str| match inner.next() {
            Some(missing) if missing.as_rule() == Rule::missing => {
                let place = lowering.span(&missing);
                let message = format!("Missing `{word}` in this conditional value");
                lowering.report(
                    Diagnostic::error(code::MISSING_PART, place, message)
                        .help("Write `if condition then value else value`"),
                );
                None
            }
            other => other.map(|node| lowering.expression(Some(node))),
        };
        let then = part(self, "then");
        let otherwise = if then.is_some() { part(self, "else") } else { None };
        let then = Box::new(then.unwrap_or_else(|| invalid(span.after())));
        let otherwise = Box::new(otherwise.unwrap_or_else(|| invalid(span.after())));
        Expression { kind: ExpressionKind::Conditional { condition, then, otherwise }, span }
    }

    fn quantifier(&mut self, node: Node<'a>) -> Expression {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let kind = match inner.next().map(|word| word.as_str()) {
            Some("all") => Quantifier::All,
            Some("any") => Quantifier::Any,
            _ => Quantifier::None,
        };
        let variable = self.name(inner.next());
        let list = Box::new(self.expression(inner.next()));
        let body = match inner.next() {
            Some(node) if node.as_rule() == Rule::comparison => self.expression(Some(node)),
            _ => {
                let word = match kind {
                    Quantifier::All => "all",
                    Quantifier::Any => "any",
                    Quantifier::None => "none",
                };
                self.report(
                    Diagnostic::error(code::MISSING_PART, span, format!("`{word}` has no condition"))
                        .help(format!("Write `{word} x in list: condition on x`")),
                );
                invalid(span.after())
            }
        };
        let kind = ExpressionKind::Quantifier { kind, variable, list, body: Box::new(body) };
        Expression { kind, span }
    }

    fn question(&mut self, node: Node<'a>) -> Expression {
        let span = self.span(&node);
        let mut inner = Inner::new(node);
        let message = self.text(inner.next());
        let choices = inner.next().map(|list| self.choices(list)).unwrap_or_default();
        let timings = self.timings(&mut inner);
        let default = match inner.next() {
            Some(node) if node.as_rule() == Rule::path => self.path(Some(node)).segments().next(),
            _ => {
                self.report(
                    Diagnostic::error(code::MISSING_PART, span.after(), "This question has no default answer")
                        .help("Add `default` and one of the choices after the time: `within 30m default no`"),
                );
                None
            }
        };
        let question = Question { message, choices, timings, default };
        Expression { kind: ExpressionKind::Ask(Box::new(question)), span }
    }

    fn choices(&mut self, list: Node<'a>) -> Vec<Name> {
        let span = self.span(&list);
        let mut names = Vec::new();
        let ExpressionKind::List(items) = self.list(list) else { return names };
        for item in items {
            match item.kind {
                ExpressionKind::Path(path) if !path.text.contains('.') => {
                    names.push(Name { text: path.text, span: path.span });
                }
                ExpressionKind::Invalid => {}
                ExpressionKind::Text(_)
                | ExpressionKind::Number(_)
                | ExpressionKind::Duration(_)
                | ExpressionKind::Size(_)
                | ExpressionKind::Percent(_)
                | ExpressionKind::Path(_)
                | ExpressionKind::Call(_)
                | ExpressionKind::Member { .. }
                | ExpressionKind::List(_)
                | ExpressionKind::Comprehension(_)
                | ExpressionKind::Group(_)
                | ExpressionKind::Not(_)
                | ExpressionKind::Negate(_)
                | ExpressionKind::Binary { .. }
                | ExpressionKind::As { .. }
                | ExpressionKind::Is { .. }
                | ExpressionKind::Conditional { .. }
                | ExpressionKind::Quantifier { .. }
                | ExpressionKind::Ask(_)
                | ExpressionKind::Check(_)
                | ExpressionKind::Run(_) => self.report(
                    Diagnostic::error(code::NOT_UNDERSTOOD, item.span, "A choice must be a single word")
                        .also(span, "the choices")
                        .help("Write the choices as words without quotes: `choices [yes, no]`"),
                ),
            }
        }
        names
    }
}

fn invalid(span: Span) -> Expression {
    Expression { kind: ExpressionKind::Invalid, span }
}

/// `x in list`, the head of `[x in list where …]`.
fn items_of(element: Expression) -> Option<(Name, Expression)> {
    let ExpressionKind::Binary { operator: Operator::In, left, right, .. } = element.kind else { return None };
    let ExpressionKind::Path(Path { text, span }) = left.kind else { return None };
    (!text.contains('.')).then(|| (Name { text, span }, *right))
}

fn literal(amount: Amount) -> ExpressionKind {
    match amount.kind {
        AmountKind::Number(number) => ExpressionKind::Number(number),
        AmountKind::Duration(duration) => ExpressionKind::Duration(duration),
        AmountKind::Size(bytes) => ExpressionKind::Size(bytes),
        AmountKind::Percent(number) => ExpressionKind::Percent(number),
        AmountKind::Name(path) => ExpressionKind::Path(path),
        AmountKind::Invalid => ExpressionKind::Invalid,
    }
}

/// `.name` or `.name(…)` of a value. A name that continues on the next line equals one on a single line.
fn member(of: Expression, name: Name, arguments: Option<Vec<Argument>>, span: Span) -> ExpressionKind {
    let ExpressionKind::Path(path) = of.kind else {
        return ExpressionKind::Member { of: Box::new(of), name, arguments };
    };
    let path = Path { text: eco_format!("{}.{}", path.text, name.text), span: path.span.to(name.span) };
    match arguments {
        Some(arguments) => ExpressionKind::Call(Call { path, arguments, span }),
        None => ExpressionKind::Path(path),
    }
}
