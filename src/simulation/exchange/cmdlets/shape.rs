//! Filters objects and selects their properties.

use super::numbers::number;
use super::reply::{Object, Reply};
use crate::transport::powershell::{Envelope, Request, SCHEMA};
use serde_json::{Map, Value};

/// The envelope for a reply; `numbers` returns enums as numbers.
pub(super) fn envelope(reply: Reply, request: &Request, numbers: bool) -> Envelope {
    let mut data = Vec::new();
    for object in &reply.objects {
        // A missing property is null and matches nothing.
        let passes = request.filter.as_ref().is_none_or(|filter| {
            let value = property(object, &filter.property).map(shown);
            value.is_some_and(|text| like(&filter.like, &text))
        });
        if passes {
            let fields = request.select.iter().map(|name| {
                let value = property(object, name).unwrap_or(&Value::Null);
                let number = if numbers { number(name, value) } else { None };
                (name.clone(), number.unwrap_or_else(|| value.clone()))
            });
            data.push(fields.collect::<Map<_, _>>());
        }
    }
    Envelope { schema: SCHEMA, ok: reply.errors.is_empty(), data, warnings: reply.warnings, errors: reply.errors }
}

fn property<'o>(object: &'o Object, name: &str) -> Option<&'o Value> {
    object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A part of a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PatternPart {
    /// Any number of characters.
    Any,
    /// One character.
    One,
    /// One of these.
    Of(Vec<(char, char)>),
    /// This one.
    Is(char),
}

/// Whether a text matches a PowerShell wildcard: `*`, `?`, `[a-c]`, and a backtick before a literal character.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let parts = parts(&pattern.to_lowercase());
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let (mut at, mut part) = (0, 0);
    // The last `*` and how much it matched, for backtracking.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(at) {
        let fits = match parts.get(part) {
            Some(PatternPart::Any) => {
                star = Some((part, at));
                part += 1;
                continue;
            }
            Some(PatternPart::One) => true,
            Some(PatternPart::Of(ranges)) => ranges.iter().any(|(first, last)| first <= letter && letter <= last),
            Some(PatternPart::Is(own)) => own == letter,
            None => false,
        };
        match (fits, star) {
            (true, _) => (at, part) = (at + 1, part + 1),
            (false, Some((position, taken))) => {
                star = Some((position, taken + 1));
                (at, part) = (taken + 1, position + 1);
            }
            (false, None) => return false,
        }
    }
    parts.iter().skip(part).all(|part| *part == PatternPart::Any)
}

fn parts(pattern: &str) -> Vec<PatternPart> {
    let mut parts = Vec::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => parts.push(PatternPart::Any),
            '?' => parts.push(PatternPart::One),
            '`' => parts.push(PatternPart::Is(letters.next().unwrap_or('`'))),
            '[' => {
                let mut ranges = Vec::new();
                while let Some(first) = letters.next().filter(|letter| *letter != ']') {
                    let last = match letters.peek() {
                        Some('-') => {
                            letters.next();
                            letters.next().unwrap_or(first)
                        }
                        _ => first,
                    };
                    ranges.push((first, last));
                }
                parts.push(PatternPart::Of(ranges));
            }
            other => parts.push(PatternPart::Is(other)),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn wildcards_are_those_of_powershell() {
        let yes = [("IMAP*", "imap.proxy"), ("*", ""), ("i?ap", "IMAP"), ("[a-j]map", "imap"), ("a*b*c", "axxbxxbc")];
        for (pattern, text) in yes.into_iter().chain([("a`*b", "a*b"), ("**", "x"), ("imap", "IMAP")]) {
            assert!(like(pattern, text), "{pattern}, {text}");
        }
        for (pattern, text) in
            [("IMAP*", "pop"), ("IMAP", "IMAP.Proxy"), ("", "x"), ("a`*b", "axb"), ("[a", "b"), ("?", "")]
        {
            assert!(!like(pattern, text), "{pattern}, {text}");
        }
    }
}
