//! Slips with what bounds a run: locks, limits, clauses, durations, counts.

use super::Edit;
use super::OperatorInput;
use super::texts::from_word;
use super::tree::{Node, range};
use rectify::syntax::ast::{Amount, AmountKind, ExpressionKind};
use std::ops::Range;

/// Clauses of a probe that have a say in its verdict. The others are for people.
const CLAUSES: [&str; 4] = ["timeout", "retries", "unknown if", "passed if"];

pub fn drop_bound(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        if let Node::Bound(span) = it.node {
            edits.push(Edit { range: range(span), with: String::new() });
        }
    }
}

pub fn drop_clause(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        let Node::Clause(span) = it.node else { continue };
        let begins = |word: &&str| {
            input.at(range(span)).split_whitespace().take(2).collect::<Vec<_>>().join(" ").starts_with(*word)
        };
        if CLAUSES.iter().any(begins) {
            edits.push(Edit { range: range(span), with: String::new() });
        }
    }
}

pub fn drop_duration(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        let Node::Timings(timings) = it.node else { continue };
        let all =
            [("after", &timings.after), ("within", &timings.within), ("for", &timings.hold), ("every", &timings.every)];
        for (word, amount) in all {
            let place = amount.as_ref().and_then(|amount| from_word(input.text, word, range(amount.span)));
            edits.extend(place.map(|range| Edit { range, with: String::new() }));
        }
    }
}

/// Where durations are written out: in expressions and after words.
fn durations<'s>(input: &'s OperatorInput<'_>) -> impl Iterator<Item = Range<usize>> + 's {
    input.tree.nodes.iter().filter_map(|it| match it.node {
        Node::Amount(Amount { kind: AmountKind::Duration(_), span }) => Some(range(*span)),
        Node::Expression(expression) => {
            matches!(expression.kind, ExpressionKind::Duration(_)).then(|| range(expression.span))
        }
        _ => None,
    })
}

pub fn swap_unit(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for place in durations(input) {
        let written = input.at(place.clone());
        let number = written.trim_end_matches(char::is_alphabetic);
        for unit in ["s", "m", "h"] {
            if !written.ends_with(unit) {
                edits.push(Edit { range: place.clone(), with: format!("{number}{unit}") });
            }
        }
    }
}

pub fn widen(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        match it.node {
            Node::Count(count) => {
                let place = range(count.span);
                edits.push(Edit { with: format!("{}0", input.at(place.clone())), range: place.clone() });
                let before = input.text[..place.start].trim_end();
                if before.ends_with("at most") {
                    edits.extend(from_word(input.text, ",", place).map(|range| Edit { range, with: String::new() }));
                }
            }
            Node::Timings(timings) => {
                for amount in [&timings.within, &timings.hold].into_iter().flatten() {
                    let place = range(amount.span);
                    let written = input.at(place.clone());
                    let number = written.trim_end_matches(char::is_alphabetic);
                    let with = format!("{number}0{}", &written[number.len()..]);
                    edits.push(Edit { range: place, with });
                }
            }
            _ => {}
        }
    }
}
