//! Explains lines that could not be parsed: parses them again by the rule of their first word.

pub(super) mod brace_positions;
mod expected;
mod keywords;
pub(super) mod nesting;
mod typos;

use super::grammar;
use super::grammar::Rule;
use crate::diagnostic::{Diagnostic, code, did_you_mean, nearest};
use crate::source::{FileId, Span};
use keywords::Keyword;

/// The kind of body that contains a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    File,
    Runbook,
    Block,
    Probe,
    Backend,
    Action,
    Test,
    Arms,
    Fields,
    Words,
    /// Inside text that could not be parsed itself, where anything may follow.
    Unparsed,
}

/// The word at the beginning of a text.
pub(super) fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

/// The keyword, if a blank must follow it.
pub(super) fn keyword(word: &str) -> Option<&'static str> {
    keywords::ALL.iter().map(|known| known.word).find(|known| *known == word)
}

/// A line that no rule accepts. If a block follows, the line is its head.
pub(super) fn line(file: FileId, start: usize, text: &str, context: Context, block: bool) -> Diagnostic {
    let text = text.trim_end();
    let first = text.lines().next().unwrap_or("").trim_end();
    let span = Span::new(file, start as u32, (start + first.len()) as u32);
    let word = first_word(text);
    if let Some(known) = keywords::keywords_in(context).find(|known| known.word == word) {
        return again(file, start, text, known, block);
    }
    let word_span = Span { end: span.start + word.len() as u32, ..span };
    if let Some(known) = keywords::ALL.iter().find(|known| known.word == word) {
        return Diagnostic::error(code::MISPLACED, word_span, format!("`{word}` is not allowed here")).help(format!(
            "Use it {}. {}",
            known.place.wording(),
            keywords::hint(context)
        ));
    }
    let rest = text.get(word.len()..).unwrap_or("");
    if rest.trim_start().starts_with('=') && !rest.trim_start().starts_with("==") && !word.is_empty() {
        return Diagnostic::error(code::NOT_UNDERSTOOD, span, "Assignment without `let`")
            .help("Write `let` before the name; a name is bound once and never changes")
            .fix(span.before(), "let ");
    }
    if let Some(near) =
        nearest(word, keywords::keywords_in(context).map(|known| known.word)).filter(|_| !word.is_empty())
    {
        let diagnostic = Diagnostic::error(code::NOT_UNDERSTOOD, word_span, format!("Unknown keyword `{word}`"))
            .here(did_you_mean(near));
        let known = keywords::keywords_in(context).find(|known| known.word == near);
        let corrected = format!("{near}{rest}");
        let certain = known.is_some_and(|known| understood(&corrected, known.rule, block));
        let diagnostic = match known {
            Some(known) => diagnostic.help(format!("Write {}", known.form)),
            None => diagnostic,
        };
        return if certain { diagnostic.fix(word_span, near) } else { diagnostic };
    }
    if let Some(diagnostic) = typos::at_start(span, text) {
        return diagnostic;
    }
    if rest.starts_with(['.', '(']) && !block {
        return call(file, start, text, span);
    }
    let message = if block { "Unrecognized block header" } else { "Unrecognized line" };
    Diagnostic::error(code::NOT_UNDERSTOOD, span, message).help(keywords::hint(context))
}

/// A line that begins like a call.
fn call(file: FileId, start: usize, text: &str, span: Span) -> Diagnostic {
    let path = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(text.len());
    if !text.get(path..).is_some_and(|rest| rest.starts_with('(')) {
        return Diagnostic::error(code::NOT_UNDERSTOOD, span, "An action needs its arguments in parentheses")
            .help("Write `backend.action(argument, name: argument)`, or `backend.action()` without arguments");
    }
    let stuck = expected::read(Rule::call, text, false);
    expected::diagnostic(file, start, text, "call", stuck).help("Write `backend.action(argument, name: argument)`")
}

/// Parses a line by the rule of its first word; returns where that stops.
fn again(file: FileId, start: usize, text: &str, known: &Keyword, block: bool) -> Diagnostic {
    let form = format!("Write {}", known.form);
    if let Some(second) = known.second
        && first_word(text.get(known.word.len()..).unwrap_or("").trim_start()) != second
    {
        let end = (start + known.word.len()) as u32;
        let word = Span::new(file, start as u32, end);
        return Diagnostic::error(code::MISSING_PART, word, format!("Missing `{second}` after `{}`", known.word))
            .help(form);
    }
    let rest = text.get(known.word.len()..).unwrap_or("").trim_start();
    if known.word == "require" && first_word(rest) == "approval" {
        return again(file, start + text.len() - rest.len(), rest, &keywords::APPROVAL, block);
    }
    let stuck = expected::read(known.rule, text, block);
    match typos::typo_at(file, start, text, stuck.at) {
        Some(typo) if known.word != "let" => typo,
        _ => expected::diagnostic(file, start, text, known.word, stuck).help(form),
    }
}

/// Text after a statement on its line that is not a statement.
pub(super) fn rest(file: FileId, start: usize, text: &str) -> Diagnostic {
    let text = text.trim_end();
    let first = text.lines().next().unwrap_or("").trim_end();
    let span = Span::new(file, start as u32, (start + first.len()) as u32);
    if let Some(typo) = typos::typo_at(file, start, text, 0) {
        return typo;
    }
    let word = first_word(text);
    let word_span = Span { end: span.start + word.len() as u32, ..span };
    if keywords::CONTINUATIONS.contains(&word) {
        return Diagnostic::error(code::EXTRA_TEXT, word_span, format!("Unexpected `{word}`"))
            .help(keywords::continuation(word));
    }
    let near = nearest(word, keywords::CONTINUATIONS.iter().copied()).filter(|_| word.len() > 2);
    if let Some(near) = near {
        return Diagnostic::error(code::NOT_UNDERSTOOD, word_span, format!("Unexpected `{word}`"))
            .here(did_you_mean(near))
            .help(keywords::continuation(near))
            .fix(word_span, near);
    }
    if let Some(unit) = keywords::unit(word) {
        return Diagnostic::error(code::BAD_LITERAL, word_span, "Space between a number and its unit")
            .help(format!("Write the number and its unit as one word, as in `5{unit}`"));
    }
    Diagnostic::error(code::EXTRA_TEXT, span, "Unexpected text after the statement")
        .help("Write each statement on a line of its own")
}

/// Unexpected text in parentheses or brackets.
pub(super) fn unexpected_part(span: Span, text: &str) -> Diagnostic {
    if let Some(typo) = typos::typo_at(span.file, span.start as usize, text, 0) {
        return typo;
    }
    let message = if text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_')) {
        "Missing comma or operator"
    } else {
        "Unexpected text between parentheses or brackets"
    };
    Diagnostic::error(code::NOT_UNDERSTOOD, span, message)
        .help("Separate arguments and items with commas, and write a parameter's name with a colon before its argument")
}

fn understood(text: &str, rule: Rule, block: bool) -> bool {
    let whole = if block { format!("{text} {{ }}") } else { text.to_owned() };
    grammar::read(rule, &whole).is_ok_and(|pairs| pairs.as_str().trim_end().len() == whole.trim_end().len())
}
