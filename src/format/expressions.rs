//! Expressions. They are broken at brackets, before `and`, `or`, `then` and `else`, and before the clauses of a
//! comprehension.

use super::Layout;
use super::document::Document;
use crate::source::Span;
use crate::syntax::ast::{
    Argument, Call, Comprehension, Expression, ExpressionKind, Operator, Quantifier, Question, Type, TypeName,
};

impl Layout<'_> {
    pub(super) fn expression(&mut self, expression: &Expression) -> Document {
        Document::Group(vec![self.open(expression)])
    }

    /// An expression that is broken together with its surroundings.
    pub(super) fn open(&mut self, expression: &Expression) -> Document {
        let mut first = expression;
        let mut links = Vec::new();
        // Left operands are walked in a loop, because a chain can be long although nesting cannot be deep.
        while let ExpressionKind::Binary { left: value, .. }
        | ExpressionKind::As { value, .. }
        | ExpressionKind::Is { value, .. }
        | ExpressionKind::Member { of: value, .. } = &first.kind
        {
            links.push(first);
            first = value;
        }
        let mut parts = vec![self.primary(first)];
        let mut broken = Vec::new();
        for link in links.into_iter().rev() {
            let into = if broken.is_empty() { &mut parts } else { &mut broken };
            match &link.kind {
                ExpressionKind::Binary { operator: operator @ (Operator::And | Operator::Or), right, .. } => {
                    self.comments_inside(&mut broken, expression.span.start, right.span.start);
                    broken.push(Document::Line);
                    broken.push(Document::text(format!("{} ", operator.symbol())));
                    broken.push(self.open(right));
                }
                ExpressionKind::Binary { operator, right, .. } => {
                    into.push(Document::text(format!(" {} ", operator.symbol())));
                    into.push(self.open(right));
                }
                ExpressionKind::As { type_name, .. } => {
                    into.push(Document::text(" as "));
                    into.push(self.type_name(type_name));
                }
                ExpressionKind::Is { type_name, .. } => {
                    into.push(Document::text(" is "));
                    into.push(self.type_name(type_name));
                }
                ExpressionKind::Member { name, arguments, .. } => {
                    into.push(Document::text(format!(".{}", name.text)));
                    if let Some(arguments) = arguments {
                        let place = Span { start: name.span.end, ..link.span };
                        into.push(self.arguments(arguments, place));
                    }
                }
                // Not a link: the loop above stops at these.
                ExpressionKind::Invalid
                | ExpressionKind::Text(_)
                | ExpressionKind::Number(_)
                | ExpressionKind::Duration(_)
                | ExpressionKind::Size(_)
                | ExpressionKind::Percent(_)
                | ExpressionKind::Path(_)
                | ExpressionKind::Call(_)
                | ExpressionKind::List(_)
                | ExpressionKind::Comprehension(_)
                | ExpressionKind::Group(_)
                | ExpressionKind::Not(_)
                | ExpressionKind::Negate(_)
                | ExpressionKind::Conditional { .. }
                | ExpressionKind::Quantifier { .. }
                | ExpressionKind::Ask(_)
                | ExpressionKind::Check(_)
                | ExpressionKind::Run(_) => {}
            }
        }
        if !broken.is_empty() {
            parts.push(Document::Indent(broken));
        }
        Document::Sequence(parts)
    }

    fn primary(&mut self, expression: &Expression) -> Document {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Call(call) => self.call(call),
            ExpressionKind::List(items) => {
                self.bracketed(("[", "]"), span, items, |item| item.span, |layout, item| layout.expression(item))
            }
            ExpressionKind::Comprehension(comprehension) => self.comprehension(comprehension, span),
            ExpressionKind::Group(inside) => {
                let mut parts = Vec::new();
                self.comments_inside(&mut parts, span.start, inside.span.start);
                parts.push(Document::Soft);
                parts.push(self.open(inside));
                self.comments_inside(&mut parts, span.start, span.end);
                Document::Group(vec![Document::text("("), Document::Indent(parts), Document::Soft, Document::text(")")])
            }
            ExpressionKind::Not(value) => Document::Sequence(vec![Document::text("not "), self.open(value)]),
            ExpressionKind::Negate(value) => Document::Sequence(vec![Document::text("-"), self.open(value)]),
            ExpressionKind::Check(call) => Document::Sequence(vec![Document::text("check "), self.call(call)]),
            ExpressionKind::Run(call) => Document::Sequence(vec![Document::text("run "), self.call(call)]),
            ExpressionKind::Conditional { condition, then, otherwise } => Document::Group(vec![
                Document::text("if "),
                self.expression(condition),
                Document::Indent(vec![
                    Document::Line,
                    Document::text("then "),
                    self.expression(then),
                    Document::Line,
                    Document::text("else "),
                    self.expression(otherwise),
                ]),
            ]),
            ExpressionKind::Quantifier { kind, variable, list, body } => {
                let word = match kind {
                    Quantifier::All => "all",
                    Quantifier::Any => "any",
                    Quantifier::None => "none",
                };
                Document::Sequence(vec![
                    Document::text(format!("{word} {} in ", variable.text)),
                    self.expression(list),
                    Document::text(": "),
                    self.expression(body),
                ])
            }
            ExpressionKind::Ask(question) => self.question(question),
            // Kept as they are written; a link is never the first of its chain.
            ExpressionKind::Invalid
            | ExpressionKind::Text(_)
            | ExpressionKind::Number(_)
            | ExpressionKind::Duration(_)
            | ExpressionKind::Size(_)
            | ExpressionKind::Percent(_)
            | ExpressionKind::Path(_)
            | ExpressionKind::Member { .. }
            | ExpressionKind::Binary { .. }
            | ExpressionKind::As { .. }
            | ExpressionKind::Is { .. } => self.source_text(span),
        }
    }

    fn comprehension(&mut self, comprehension: &Comprehension, span: Span) -> Document {
        let variable = &comprehension.variable.text;
        let mut parts = Vec::new();
        let first = comprehension.element.as_ref().map_or(comprehension.variable.span, |element| element.span);
        self.comments_inside(&mut parts, span.start, first.start);
        parts.push(Document::Soft);
        if let Some(element) = &comprehension.element {
            parts.push(self.expression(element));
            self.comments_inside(&mut parts, span.start, comprehension.variable.span.start);
            parts.push(Document::Line);
            parts.push(Document::text("for "));
        }
        parts.push(Document::text(format!("{variable} in ")));
        parts.push(self.expression(&comprehension.list));
        if let Some(condition) = &comprehension.condition {
            self.comments_inside(&mut parts, span.start, condition.span.start);
            parts.push(Document::Line);
            parts.push(Document::text("where "));
            parts.push(self.expression(condition));
        }
        if let Some(key) = &comprehension.key {
            self.comments_inside(&mut parts, span.start, key.span.start);
            parts.push(Document::Line);
            parts.push(Document::text("sorted by "));
            parts.push(self.expression(key));
            if comprehension.descending {
                parts.push(Document::text(" descending"));
            }
        }
        self.comments_inside(&mut parts, span.start, span.end);
        Document::Group(vec![Document::text("["), Document::Indent(parts), Document::Soft, Document::text("]")])
    }

    fn question(&mut self, question: &Question) -> Document {
        let choices: Vec<&str> = question.choices.iter().map(|choice| choice.text.as_str()).collect();
        let mut parts = vec![
            Document::text("ask "),
            self.quoted(&question.message),
            Document::text(format!(" choices [{}]", choices.join(", "))),
            self.spaced_timings(&question.timings),
        ];
        if let Some(default) = &question.default {
            parts.push(Document::text(format!(" default {}", default.text)));
        }
        Document::Sequence(parts)
    }

    pub(super) fn call(&mut self, call: &Call) -> Document {
        let place = Span { start: call.path.span.end, ..call.span };
        let arguments = self.arguments(&call.arguments, place);
        Document::Sequence(vec![Document::text(call.path.text.as_str()), arguments])
    }

    fn arguments(&mut self, arguments: &[Argument], place: Span) -> Document {
        self.bracketed(
            ("(", ")"),
            place,
            arguments,
            |argument| argument.span,
            |layout, argument| {
                let value = layout.expression(&argument.value);
                match &argument.label {
                    Some(label) => Document::Sequence(vec![Document::text(format!("{}: ", label.text)), value]),
                    None => value,
                }
            },
        )
    }

    pub(super) fn type_of(&mut self, type_of: &Type) -> Document {
        let mut parts = Vec::new();
        for alternative in &type_of.alternatives {
            if !parts.is_empty() {
                parts.push(Document::text(" or "));
            }
            parts.push(self.type_name(alternative));
        }
        Document::Sequence(parts)
    }

    fn type_name(&mut self, type_name: &TypeName) -> Document {
        let mut parts = vec![Document::text(type_name.path.text.as_str())];
        if let Some(inner) = &type_name.inner {
            parts.push(Document::text("<"));
            parts.push(self.type_of(inner));
            parts.push(Document::text(">"));
        }
        if type_name.optional {
            parts.push(Document::text("?"));
        }
        Document::Sequence(parts)
    }
}
