//! Source text on one line: an expression is best described by its own words.

use super::escape;
use super::escape::SENTENCE;
use crate::program::{Expression, ExpressionKind, Parameter, TextPart};
use crate::source::{SourceMap, Span};
use crate::value::{SourceText, Value};

#[derive(Clone, Copy)]
pub struct Source<'a>(pub &'a SourceMap);

impl Source<'_> {
    /// The source under a span, on one line.
    pub fn line(self, span: Span) -> String {
        one_line(self.0.text(span))
    }

    /// The source under a span, as a code span.
    pub fn code(self, span: Span) -> String {
        escape::code(&self.line(span))
    }

    pub fn expression(self, expression: &Expression) -> String {
        self.code(expression.span)
    }

    /// A text as Markdown, with interpolated expressions as code spans.
    pub fn text(self, text: &Expression, most: usize) -> String {
        let parts: Vec<String> = match &text.kind {
            ExpressionKind::Constant(value) => vec![escape::inline(&value.to_string(), most)],
            ExpressionKind::Text(parts) => parts
                .iter()
                .map(|part| match part {
                    TextPart::Literal(literal) => escape::inline_part(literal, most),
                    TextPart::Value(value) => self.code(value.span),
                })
                .collect(),
            ExpressionKind::Local(_)
            | ExpressionKind::Field(..)
            | ExpressionKind::Fact(..)
            | ExpressionKind::Method(..)
            | ExpressionKind::List(_)
            | ExpressionKind::Record { .. }
            | ExpressionKind::Comprehension(_)
            | ExpressionKind::Quantifier { .. }
            | ExpressionKind::Not(_)
            | ExpressionKind::Negate(_)
            | ExpressionKind::And(..)
            | ExpressionKind::Or(..)
            | ExpressionKind::Compare(..)
            | ExpressionKind::In(..)
            | ExpressionKind::Contains(..)
            | ExpressionKind::Matches(..)
            | ExpressionKind::Arithmetic(..)
            | ExpressionKind::As { .. }
            | ExpressionKind::IsRole(..)
            | ExpressionKind::IsAbsent(_)
            | ExpressionKind::Conditional(..)
            | ExpressionKind::Observe(_)
            | ExpressionKind::Check(_)
            | ExpressionKind::FromOutside(_)
            | ExpressionKind::Hosts(_)
            | ExpressionKind::Now
            | ExpressionKind::RunStarted
            | ExpressionKind::GoalAnswer => vec![self.code(text.span)],
        };
        parts.concat().trim().to_owned()
    }

    /// A message in quotes.
    pub fn message(self, text: &Expression) -> String {
        format!("“{}”", self.text(text, SENTENCE))
    }

    /// A text without markup, with interpolated expressions between `‹` and `›`.
    pub fn plain_text(self, text: &Expression) -> String {
        match &text.kind {
            ExpressionKind::Constant(value) => value.to_string(),
            ExpressionKind::Text(parts) => parts
                .iter()
                .map(|part| match part {
                    TextPart::Literal(literal) => literal.to_string(),
                    TextPart::Value(value) => format!("‹{}›", self.line(value.span)),
                })
                .collect(),
            ExpressionKind::Local(_)
            | ExpressionKind::Field(..)
            | ExpressionKind::Fact(..)
            | ExpressionKind::Method(..)
            | ExpressionKind::List(_)
            | ExpressionKind::Record { .. }
            | ExpressionKind::Comprehension(_)
            | ExpressionKind::Quantifier { .. }
            | ExpressionKind::Not(_)
            | ExpressionKind::Negate(_)
            | ExpressionKind::And(..)
            | ExpressionKind::Or(..)
            | ExpressionKind::Compare(..)
            | ExpressionKind::In(..)
            | ExpressionKind::Contains(..)
            | ExpressionKind::Matches(..)
            | ExpressionKind::Arithmetic(..)
            | ExpressionKind::As { .. }
            | ExpressionKind::IsRole(..)
            | ExpressionKind::IsAbsent(_)
            | ExpressionKind::Conditional(..)
            | ExpressionKind::Observe(_)
            | ExpressionKind::Check(_)
            | ExpressionKind::FromOutside(_)
            | ExpressionKind::Hosts(_)
            | ExpressionKind::Now
            | ExpressionKind::RunStarted
            | ExpressionKind::GoalAnswer => self.line(text.span),
        }
    }

    /// `NAME(parameter: argument, …)` without arguments that equal their defaults.
    pub fn call(self, name: &str, parameters: &[Parameter], arguments: &[Expression]) -> String {
        let is_default =
            |parameter: &Parameter, value: &Value| *value == Value::Absent || parameter.default.as_ref() == Some(value);
        let given = parameters.iter().zip(arguments).filter(|(parameter, argument)| {
            !matches!(&argument.kind, ExpressionKind::Constant(value) if is_default(parameter, value))
        });
        let given: Vec<String> =
            given.map(|(parameter, argument)| format!("{}: {}", parameter.name, self.line(argument.span))).collect();
        format!("{name}({})", given.join(", "))
    }

    /// `NAME(parameter: type, parameter: type = default)`.
    pub fn signature(self, name: &str, parameters: &[Parameter]) -> String {
        let shown = parameters.iter().map(|parameter| match &parameter.default {
            Some(Value::Absent) | None => format!("{}: {}", parameter.name, parameter.type_of),
            Some(default) => format!("{}: {} = {}", parameter.name, parameter.type_of, SourceText(default)),
        });
        format!("{name}({})", shown.collect::<Vec<_>>().join(", "))
    }
}

/// Puts source text on one line: blanks, line ends and comments between words become one blank; texts stay.
fn one_line(code: &str) -> String {
    let mut line = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let raw = first == '#' && is_raw(&line) && rest.starts_with("#\"");
        if first.is_whitespace() || first == '#' && !raw {
            let (gap, after) = rest.split_at(length_of_gap(rest));
            let is_needed = !gap.contains('\n') || !line.ends_with(['(', '[']) && !after.starts_with([')', ']', '.']);
            if is_needed && !line.is_empty() && !after.is_empty() {
                line.push(' ');
            }
            rest = after;
            continue;
        }
        let length = if first == '"' || raw { length_of_text(rest, &line) } else { first.len_utf8() };
        let (piece, after) = rest.split_at(length);
        line.push_str(piece);
        rest = after;
    }
    line
}

/// The length in bytes of the blanks, line ends and comments at the start.
fn length_of_gap(rest: &str) -> usize {
    let mut after = rest.trim_start();
    while after.starts_with('#') {
        after = after.find('\n').and_then(|end| after.get(end..)).unwrap_or_default().trim_start();
    }
    rest.len() - after.len()
}

/// Whether the text ends with an `r` that is a word of its own.
fn is_raw(before: &str) -> bool {
    before.strip_suffix('r').is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c)))
}

/// The length in bytes of the text literal at the start, quotes included.
fn length_of_text(rest: &str, before: &str) -> usize {
    let end = match rest.strip_prefix("#\"") {
        Some(inside) => inside.find("\"#").map(|end| end + 4),
        None if is_raw(before) => rest.get(1..).and_then(|inside| inside.find('"')).map(|end| end + 2),
        None => {
            let mut escaped = false;
            let closes = |character: char| {
                let closes = character == '"' && !escaped;
                escaped = character == '\\' && !escaped;
                closes
            };
            rest.get(1..).and_then(|inside| inside.find(closes)).map(|end| end + 2)
        }
    };
    end.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn layout_goes_and_texts_stay() {
        for (code, line) in [
            ("a  ==\n    b", "a == b"),
            ("f(\n  a,  # the first\n  b\n)", "f(a, b)"),
            ("x # no\n  .count", "x.count"),
            ("f(\"a  # b\", c)", "f(\"a  # b\", c)"),
            ("f(\"a \\\" # b\")  # c", "f(\"a \\\" # b\")"),
            ("f(r\"\\\")  # c", "f(r\"\\\")"),
            ("f(r#\"a \" # b\"#)", "f(r#\"a \" # b\"#)"),
            ("bar\n  # note\n  and c", "bar and c"),
            ("\"open", "\"open"),
        ] {
            assert_eq!(one_line(code), line, "{code:?}");
        }
    }
}
