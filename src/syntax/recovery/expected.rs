//! Where a rule failed, and what it expected there, in words for people.

use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, Span};
use crate::syntax::grammar;
use crate::syntax::grammar::Rule;
use pest::error::{ErrorVariant, InputLocation};

/// Where parsing stopped.
pub(super) struct ParseFailure {
    /// In bytes from the start of the text.
    pub at: usize,
    pub expected: Vec<&'static str>,
}

/// Parses a text that is known to be wrong, with an empty block after it where the original has one.
pub(super) fn read(rule: Rule, text: &str, block: bool) -> ParseFailure {
    let whole = format!("{text}{}", if block { " { }" } else { " " });
    match grammar::read(rule, &whole) {
        Ok(pairs) => ParseFailure { at: pairs.as_str().len().min(text.len()), expected: Vec::new() },
        Err(error) => {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            let rules = match &error.variant {
                ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
                ErrorVariant::CustomError { .. } => &[],
            };
            ParseFailure { at, expected: names(rules, rule) }
        }
    }
}

/// Reports where a line stops making sense.
pub(super) fn diagnostic(file: FileId, start: usize, text: &str, word: &str, stuck: ParseFailure) -> Diagnostic {
    let rest = text.get(stuck.at..).unwrap_or("");
    let at = stuck.at + rest.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    let wanted = match stuck.expected.as_slice() {
        [] => String::new(),
        [one] => format!("expected {one}"),
        [first @ .., last] => format!("expected {} or {last}", first.join(", ")),
    };
    if rest.is_empty() {
        let end = (start + text.trim_end().len()) as u32;
        let span = Span::new(file, end, end);
        return Diagnostic::error(code::MISSING_PART, span, format!("This `{word}` is incomplete")).here(wanted);
    }
    let found = token(rest);
    if stuck.at == 0 || (found == word && stuck.expected.is_empty()) {
        let first = text.lines().next().unwrap_or("").trim_end();
        let span = Span::new(file, start as u32, (start + first.len()) as u32);
        return Diagnostic::error(code::NOT_UNDERSTOOD, span, format!("This `{word}` is malformed"));
    }
    let from = (start + at) as u32;
    let span = Span::new(file, from, from + found.len() as u32);
    Diagnostic::error(code::NOT_UNDERSTOOD, span, format!("Unexpected `{found}` in this `{word}`")).here(wanted)
}

/// The word, or the run of other characters, at the beginning of a text.
fn token(text: &str) -> &str {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let first = text.chars().next().unwrap_or(' ');
    let end = match first {
        '"' => text.char_indices().skip(1).find(|(_, c)| *c == '"').map(|(at, _)| at + 1),
        _ => text.find(|c: char| is_word(c) != is_word(first) || c.is_whitespace()),
    };
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

fn names(rules: &[Rule], whole: Rule) -> Vec<&'static str> {
    let is_value = |rule: &Rule| matches!(rule, Rule::list | Rule::group_of | Rule::prefix);
    let value = rules.iter().any(is_value);
    let mut names = Vec::new();
    for rule in rules.iter().filter(|rule| **rule != whole) {
        let name = match rule {
            Rule::prefix | Rule::list | Rule::group_of | Rule::operation | Rule::comparison => "a value",
            Rule::string | Rule::raw_string | Rule::text_over_lines if !value => "a quoted text",
            Rule::duration | Rule::number | Rule::percent | Rule::size | Rule::bad_quantity if !value => {
                "a number or duration"
            }
            Rule::name | Rule::path | Rule::label if !value => "a name",
            Rule::infix => "an operator",
            Rule::block | Rule::runbook_body | Rule::probe_body | Rule::arms | Rule::fields | Rule::words => "a block",
            Rule::timing => "`within`, `every`, `for` or `after`",
            Rule::parameters | Rule::arguments => "parentheses",
            Rule::type_of | Rule::type_name => "a type",
            Rule::call => "a call",
            Rule::evidence => "`with`",
            Rule::otherwise => "`else`",
            Rule::at_a_time | Rule::at_most => "`at most`",
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(4);
    names
}
