//! Slips with names and texts: misspelt, or another one that would fit.

use super::Edit;
use super::OperatorInput;
use super::texts::misspelt;
use super::tree::{Local, Node, patterns, range};
use super::words::text_arguments;
use rectify::syntax::ast::{ExpressionKind, Name, Path, Pattern};
use std::ops::Range;

/// No more than so many other words of one enum are tried at one place: those that follow it.
const MOST_WORDS: usize = 3;

/// Every path that is read, with what is in scope there.
fn paths<'s>(input: &'s OperatorInput<'_>) -> impl Iterator<Item = (&'s Path, &'s [Local])> {
    input.tree.nodes.iter().filter_map(|it| {
        let path = match it.node {
            Node::Interpolation(path) => path,
            Node::Expression(expression) => match &expression.kind {
                ExpressionKind::Path(path) => path,
                _ => return None,
            },
            _ => return None,
        };
        Some((path, it.scope.as_slice()))
    })
}

fn replace(name: &Name, with: &str) -> Edit {
    Edit { range: range(name.span), with: with.to_owned() }
}

/// The first word of a path, and the fields after it.
fn apart(path: &Path) -> (Option<Name>, Vec<Name>) {
    let mut words = path.segments();
    (words.next(), words.collect())
}

/// Paths that are one word that is not in scope: words of an enum.
fn words<'s>(input: &'s OperatorInput<'_>) -> Vec<(Range<usize>, &'s str)> {
    let mut found: Vec<(Range<usize>, &str)> = paths(input)
        .filter(|(path, scope)| !path.text.contains('.') && scope.iter().all(|local| local.name != path.text))
        .map(|(path, _)| (range(path.span), path.text.as_str()))
        .collect();
    for it in &input.tree.nodes {
        let Node::Arm(arm) = it.node else { continue };
        for pattern in &arm.patterns {
            if let Pattern::Word(path) = pattern {
                found.push((range(path.span), &path.text));
            }
        }
    }
    found.retain(|(_, word)| input.words.enums_of(word).next().is_some());
    found
}

pub fn misspell(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for (path, _) in paths(input) {
        edits.extend(apart(path).1.iter().map(|field| replace(field, &misspelt(&field.text))));
    }
    for it in &input.tree.nodes {
        match it.node {
            Node::Field(field) => edits.push(replace(&field.name, &misspelt(&field.name.text))),
            Node::Parameter(parameter) => edits.push(replace(&parameter.name, &misspelt(&parameter.name.text))),
            Node::Expression(expression) => {
                if let ExpressionKind::Member { name, .. } = &expression.kind {
                    edits.push(replace(name, &misspelt(&name.text)));
                }
            }
            Node::Call(call) => {
                let labels = call.arguments.iter().filter_map(|argument| argument.label.as_ref());
                edits.extend(labels.map(|label| replace(label, &misspelt(&label.text))));
            }
            _ => {}
        }
    }
    edits.extend(words(input).into_iter().map(|(range, word)| Edit { range, with: misspelt(word) }));
}

pub fn another_field(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for (path, _) in paths(input) {
        for field in apart(path).1 {
            let records = input.words.records.iter().filter(|fields| fields.contains(&field.text));
            let others = records.flatten().filter(|other| **other != field.text);
            edits.extend(others.map(|other| replace(&field, other)));
        }
    }
}

fn another(input: &OperatorInput<'_>, edits: &mut Vec<Edit>, fits: impl Fn(&Local, &Local) -> bool) {
    for (path, scope) in paths(input) {
        let Some(first) = apart(path).0 else { continue };
        let Some(own) = scope.iter().find(|local| local.name == first.text) else { continue };
        let others = scope.iter().filter(|other| other.name != own.name && fits(own, other));
        edits.extend(others.map(|other| replace(&first, &other.name)));
    }
}

pub fn another_host(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    another(input, edits, |own, other| own.host && other.host);
}

pub fn another_value(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    another(input, edits, |own, other| !(own.host && other.host));
}

pub fn another_word(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for (range, word) in words(input) {
        for family in input.words.enums_of(word) {
            let at = family.iter().position(|own| own == word).unwrap_or_default();
            let others = family.iter().cycle().skip(at + 1).take(MOST_WORDS.min(family.len() - 1));
            edits.extend(others.map(|other| Edit { range: range.clone(), with: other.to_string() }));
        }
    }
}

pub fn another_probe(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        let Node::ProbeCall(call) = it.node else { continue };
        let others = input.words.probes.iter().filter(|probe| **probe != call.path.text);
        edits.extend(others.map(|probe| Edit { range: range(call.path.span), with: probe.to_string() }));
    }
}

pub fn another_text(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        for (key, place) in text_arguments(&it.node) {
            let written = input.at(place.clone());
            let others = input.words.texts.get(&key).into_iter().flatten().filter(|other| *other != written);
            edits.extend(others.map(|other| Edit { range: place.clone(), with: other.clone() }));
        }
    }
}

pub fn misspell_text(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    let mut misspell = |place: Range<usize>| {
        // The quotes stay; so does a path in a probe's name, whose last part is what is misspelt.
        let written = input.at(place.clone());
        if let Some(inner) = written.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            let (path, name) = inner.rsplit_once('\\').map_or(("", inner), |(path, name)| (path, name));
            let path = if path.is_empty() { String::new() } else { format!("{path}\\") };
            edits.push(Edit { range: place, with: format!("\"{path}{}\"", misspelt(name)) });
        }
    };
    for it in &input.tree.nodes {
        text_arguments(&it.node).into_iter().for_each(|(_, place)| misspell(place));
        match it.node {
            Node::Arm(arm) => patterns(arm).into_iter().for_each(|span| misspell(range(span))),
            Node::Expression(expression) => {
                if let ExpressionKind::List(items) = &expression.kind {
                    items.iter().for_each(|item| misspell(range(item.span)));
                }
            }
            _ => {}
        }
    }
}

pub fn another_contact(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        let Node::Contact(path) = it.node else { continue };
        let others = input.words.contacts.iter().filter(|contact| **contact != path.text);
        edits.extend(others.map(|contact| Edit { range: range(path.span), with: contact.to_string() }));
    }
}
