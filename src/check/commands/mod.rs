//! Commands: lists of arguments, and the words among them that a program would read as code.
//!
//! No shell reads a command here, but some programs pass their words to one, or to another language: `ssh` to a shell
//! on the other host, `su -c` to a local shell, `psql -c` to a database. Text from outside must not be part of such a
//! word.

mod programs;
mod reading;
mod ssh;
mod wrappers;

pub(crate) use self::ssh::{as_remote, ssh_command};

use self::reading::{CodeWord, Reading, Word, least_origin};
use super::context::Context;
use super::scope::{BodyKind, BodyScope};
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{Expression, ExpressionKind, Method, TextPart};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::Value;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};
use std::sync::LazyLock;

impl<'a> Context<'a> {
    /// Checks a command: its program is literal, no word from outside can be taken for an option, and none is read as
    /// code. `input` is the place of the text for standard input.
    pub(super) fn guard_command(
        &mut self,
        body: &BodyScope<'a>,
        call: &ast::Call,
        command: &mut Expression,
        input: Option<Span>,
    ) {
        let span = command.span;
        let ExpressionKind::List(items) = &mut command.kind else {
            if !matches!(command.kind, ExpressionKind::Constant(_)) {
                self.report(
                    Diagnostic::error(
                        code::NOT_A_LITERAL,
                        span,
                        "A command must be a literal list of arguments",
                    )
                    .help("Write `[\"program\", \"argument\", value]`; only the arguments after the program may be computed"),
                );
            }
            return;
        };
        if items.is_empty() {
            self.report(
                Diagnostic::error(code::MISSING_ARGUMENT, span, "This command has no program")
                    .help("Write `[\"program\", \"argument\", …]`"),
            );
        }
        if let Some(program) = items.first()
            && !matches!(program.kind, ExpressionKind::Constant(_))
        {
            self.report(
                Diagnostic::error(code::NOT_A_LITERAL, program.span, "The program of a command must be a literal")
                    .help("Write the program's name as a text: otherwise text from outside could choose the program"),
            );
        }
        self.guard_code(body, call, items, input);
        let mut options_ended = false;
        for item in items {
            let begins_written = matches!(&item.kind, ExpressionKind::Text(parts) if starts_written(parts));
            if let ExpressionKind::Constant(Value::Text(text)) = &item.kind {
                options_ended |= text == "--";
            } else if !begins_written && !is_written(item) && !options_ended {
                let inner = item.clone();
                item.kind = ExpressionKind::FromOutside(Box::new(inner));
            }
        }
    }

    /// Reports text from outside in words that the program, or one that it starts, reads as code; and every script that
    /// is not literal.
    fn guard_code(&mut self, body: &BodyScope<'a>, call: &ast::Call, items: &[Expression], input: Option<Span>) {
        let words = items.iter().enumerate().map(|(at, item)| command_word(item, at, body)).collect();
        let Reading { found, scripts, .. } =
            Reading::new(words, input.map_or(Origin::Written, |span| body.origin(span)));
        if let Some(script) = scripts.iter().find_map(|at| items.get(*at)) {
            let message = "A script must be a literal";
            self.report(
                Diagnostic::error(code::NOT_A_LITERAL, script.span, message)
                    .help("Pass the value as an argument after the script, and use `\"$1\"` in the script"),
            );
        }
        let mut spans: Vec<Span> = Vec::new();
        let mut first: Option<&CodeWord> = None;
        for found in found.iter().filter(|found| !scripts.contains(&found.at)) {
            let least = least_origin(&found.program, found.shell);
            let places = match items.get(found.at) {
                Some(item) => outside_spans(item, body, least),
                None => input.into_iter().collect(),
            };
            first = first.or(Some(found));
            for place in places {
                if !spans.contains(&place) {
                    spans.push(place);
                }
            }
        }
        let (Some(found), [span, rest @ ..]) = (first, spans.as_slice()) else { return };
        let message = format!("`{}` {}, and this text comes from outside", found.program, found.why);
        let mut diagnostic = Diagnostic::error(code::OUTSIDE_TEXT_AS_CODE, *span, message);
        for span in rest {
            diagnostic = diagnostic.also(*span, "and this one");
        }
        let text = self.sources.file(call.span.file).map(|file| &*file.text).unwrap_or_default();
        if let Some(replacement) = as_remote(call, text, true) {
            diagnostic = diagnostic.fix(call.span, replacement);
        }
        self.report(diagnostic.help(match (found.shell, &body.kind) {
            _ if is_ssh(&found.program) => {
                "Call `remote` instead, as in `remote.disrupt([\"systemctl\", \"restart\", name], on: server)`: each word arrives \
                 as it is, and no shell reads it"
            }
            (true, BodyKind::Signature) => {
                "Extract what is allowed with `TEXT.capture(r\"^[A-Za-z0-9_.-]+$\")` and an `else` with a literal text, or give \
                 the parameter an `enum` instead of `text`"
            }
            (true, _) => {
                "Extract what is allowed: `let word = TEXT.capture(r\"^[A-Za-z0-9_.-]+$\") else { … }`, or give the parameter \
                 an `enum` instead of `text`"
            }
            (false, _) => {
                "Pass it as data, if the program can read data (`psql -v`, `awk -v`, `jq --arg`, `input:`), or give the \
                 parameter an `enum` or a number instead of `text`"
            }
        }));
    }
}

/// Whether a program is ssh, in whose place `remote` can be called: it takes any text as it is, so no word of ssh needs to be
/// from outside.
fn is_ssh(program: &str) -> bool {
    ["ssh", "slogin", "autossh"].contains(&program)
}

/// Where a value comes from. A value made of several has the greatest origin among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// From the runbook, the inventory, or a type that holds no text.
    #[default]
    Written,
    /// From outside, but only plain characters, which a shell reads like any other word.
    Plain,
    Outside,
}

/// What is known of a word before the command runs.
fn command_word<'w>(item: &'w Expression, at: usize, body: &BodyScope<'_>) -> Word<'w> {
    let written = written_text(item);
    let ExpressionKind::Text(parts) = &item.kind else {
        let prefix = written.unwrap_or_default();
        return Word { written, prefix, colon: prefix.contains(':'), origin: body.origin(item.span), at };
    };
    let prefix = match parts.first() {
        Some(TextPart::Literal(text)) => text.as_str(),
        _ => "",
    };
    let origin = |part: &TextPart| match part {
        TextPart::Value(value) => body.origin(value.span),
        TextPart::Literal(_) => Origin::Written,
    };
    let origin = parts.iter().map(origin).max().unwrap_or_default();
    let colon = parts.iter().any(|part| matches!(part, TextPart::Literal(text) if text.contains(':')));
    Word { written, prefix, colon, origin, at }
}

/// The parts of a word that come from outside.
fn outside_spans(item: &Expression, body: &BodyScope<'_>, least: Origin) -> Vec<Span> {
    let ExpressionKind::Text(parts) = &item.kind else { return vec![item.span] };
    let values = parts.iter().filter_map(|part| match part {
        TextPart::Value(value) => Some(value.span),
        TextPart::Literal(_) => None,
    });
    values.filter(|span| body.origin(*span) >= least).collect()
}

/// The origin of an expression, from the origins of its parts.
pub(super) fn origin_of(expression: &Expression, type_of: &Type, touched: Origin) -> Origin {
    match expression {
        expression if is_written(expression) || !holds_text(type_of) => Origin::Written,
        expression if is_plain(expression) => touched.min(Origin::Plain),
        _ => touched,
    }
}

fn written_text(item: &Expression) -> Option<&str> {
    if let ExpressionKind::Constant(Value::Text(text)) = &item.kind { Some(text) } else { None }
}

/// Whether a word is one of several texts of the runbook.
fn is_written(item: &Expression) -> bool {
    if let ExpressionKind::Conditional(_, then, otherwise) = &item.kind {
        return is_written(then) && is_written(otherwise);
    }
    matches!(item.kind, ExpressionKind::Constant(_))
}

fn starts_written(parts: &[TextPart]) -> bool {
    matches!(parts.first(), Some(TextPart::Literal(text)) if !text.is_empty())
}

/// Whether a value of a type can contain text from outside: a text, a word of an open enum, or something that contains
/// one.
pub(super) fn holds_text(type_of: &Type) -> bool {
    type_of.holds(|inner| matches!(inner, Type::Text | Type::Json) || matches!(inner, Type::Enum(words) if words.open))
}

/// Characters that every program reads as themselves: letters and digits of every script, `_` and some punctuation.
static PLAIN: LazyLock<ClassUnicode> =
    LazyLock::new(|| match regex_syntax::parse(r"[\w@%+=:,./-]").as_ref().map(Hir::kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => class.clone(),
        _ => ClassUnicode::empty(),
    });

/// Whether an expression extracts only plain characters from a text.
fn is_plain(expression: &Expression) -> bool {
    let ExpressionKind::Method(_, Method::Capture(regex)) = &expression.kind else { return false };
    let Ok(pattern) = regex_syntax::Parser::new().parse(regex.as_str()) else { return false };
    holds_only(first_group(&pattern).unwrap_or(&pattern), &PLAIN)
}

/// The result of `capture`: the first group where every match has one, else possibly the whole match.
fn first_group(hir: &Hir) -> Option<&Hir> {
    let mut open = vec![hir];
    while let Some(next) = open.pop() {
        match next.kind() {
            HirKind::Capture(group) if group.index == 1 => return Some(&group.sub),
            HirKind::Capture(group) => open.push(&group.sub),
            HirKind::Repetition(repeated) if repeated.min > 0 => open.push(&repeated.sub),
            HirKind::Concat(parts) => open.extend(parts),
            HirKind::Repetition(_)
            | HirKind::Alternation(_)
            | HirKind::Empty
            | HirKind::Literal(_)
            | HirKind::Class(_)
            | HirKind::Look(_) => {}
        }
    }
    None
}

fn holds_only(hir: &Hir, plain: &ClassUnicode) -> bool {
    let within = |class: &ClassUnicode| {
        let mut others = class.clone();
        others.difference(plain);
        others.ranges().is_empty()
    };
    let mut open = vec![hir];
    while let Some(next) = open.pop() {
        match next.kind() {
            HirKind::Literal(literal) => {
                let Ok(text) = std::str::from_utf8(&literal.0) else { return false };
                let class = text.chars().map(|character| ClassUnicodeRange::new(character, character));
                if !within(&ClassUnicode::new(class)) {
                    return false;
                }
            }
            HirKind::Class(Class::Unicode(class)) if !within(class) => return false,
            HirKind::Class(Class::Bytes(_)) => return false,
            HirKind::Capture(group) => open.push(&group.sub),
            HirKind::Repetition(repeated) => open.push(&repeated.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => open.extend(parts),
            HirKind::Class(Class::Unicode(_)) | HirKind::Empty | HirKind::Look(_) => {}
        }
    }
    true
}
