//! Decodes nodes to settings types: serde decodes a serde_yaml value, and the path of an error leads to its node.

use super::node::{Kind, Node};
use crate::diagnostic::suggestion;
use crate::source::Span;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use serde_yaml::{Number, Value};

/// Why a node could not be decoded.
#[derive(Debug)]
pub struct DecodeError {
    /// The position; `None` when an entry is missing from the whole.
    pub span: Option<Span>,
    pub message: String,
    pub help: Option<String>,
}

/// Decodes a node.
pub fn decode<T: DeserializeOwned>(node: &Node) -> Result<T, DecodeError> {
    let mut value = as_texts(node);
    loop {
        let error = match serde_path_to_error::deserialize(&value) {
            Ok(settings) => return Ok(settings),
            Err(error) => error,
        };
        // A scalar that does not fit as text is tried once more as the number or boolean that it looks like. So the
        // type decides: an argument may be written as 2222, a version as 1.10.
        let written = follow_value(&mut value, error.path());
        match written.and_then(|written| Some((as_number_or_truth(written.as_str()?)?, written))) {
            Some((other, written)) => *written = other,
            None => {
                let (key, node) = follow(node, error.path());
                let misfit = decode_error(&error.inner().to_string(), node, key);
                // The line with `password:` may hold a password by mistake and is never shown.
                let shown = !matches!(error.path().iter().next(), Some(Segment::Map { key }) if key == "password");
                return Err(DecodeError { span: misfit.span.filter(|_| shown), ..misfit });
            }
        }
    }
}

/// The value of a node with every scalar as text.
fn as_texts(node: &Node) -> Value {
    match &node.kind {
        _ if node.is_null() => Value::Null,
        Kind::Scalar { text, .. } => Value::String(text.clone()),
        Kind::List(items) => Value::Sequence(items.iter().map(as_texts).collect()),
        Kind::Map(entries) => {
            Value::Mapping(entries.iter().map(|(key, value)| (as_texts(key), as_texts(value))).collect())
        }
        Kind::Invalid => Value::Null,
    }
}

fn as_number_or_truth(text: &str) -> Option<Value> {
    let truth = || text.parse().map(Value::Bool).ok();
    text.parse::<Number>().map(Value::Number).ok().or_else(truth)
}

/// The node at the end of a path, and the position of its name if it has one.
fn follow<'n>(node: &'n Node, path: &Path) -> (Option<Span>, &'n Node) {
    path.iter().fold((None, node), |(key, node), segment| match (segment, &node.kind) {
        (Segment::Seq { index }, Kind::List(items)) => (None, items.get(*index).unwrap_or(node)),
        (Segment::Map { key: name }, Kind::Map(entries)) => {
            let entry = entries.iter().find(|(key, _)| key.text() == Some(name));
            entry.map_or((key, node), |(key, value)| (Some(key.span), value))
        }
        _ => (key, node),
    })
}

fn follow_value<'v>(value: &'v mut Value, path: &Path) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, segment| match segment {
        Segment::Seq { index } => value.get_mut(*index),
        Segment::Map { key } => value.get_mut(key.as_str()),
        Segment::Enum { .. } | Segment::Unknown => Some(value),
    })
}

/// Translates a message of serde. Repeats what is written only where it is a name.
fn decode_error(error: &str, node: &Node, key: Option<Span>) -> DecodeError {
    let at = |span, message| DecodeError { span, message, help: None };
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    if let Some(name) = error.strip_prefix("missing field ") {
        return at(None, format!("`{}:` is missing", name.trim_matches('`')));
    }
    let named_by_serde =
        ["unknown field ", "unknown variant ", "invalid "].iter().any(|start| error.starts_with(start));
    let Some((what, expected)) = error.rsplit_once(", expected ").filter(|_| named_by_serde) else {
        return at(Some(node.span), format!("Invalid value: {error}"));
    };
    let known = quoted(expected);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let named = |prefix| Some(what.strip_prefix(prefix)?.trim_matches('`'));
    if let Some(name) = named("unknown field ") {
        let help = Some(suggestion(name, &known));
        return DecodeError { help, ..at(key, format!("Unknown entry `{name}`")) };
    }
    if let Some(name) = named("unknown variant ") {
        let help = Some(suggestion(name, &known));
        let message = format!("Unknown word `{name}`");
        return DecodeError { help, ..at(Some(node.span), message) };
    }
    let (expected, is_text) = match expected {
        "u8" => ("a whole number from 0 to 255", false),
        "u32" | "u64" | "usize" => ("a whole number", false),
        "u16" => ("a whole number from 0 to 65535", false),
        "a boolean" => ("`true` or `false`", false),
        "a string" | "path string" => ("a text", true),
        "a sequence" => ("a list", true),
        _ if expected.starts_with("struct ") => ("entries (`name: …`)", true),
        "a Value::Tagged enum" => ("a word", true),
        other => (other, false),
    };
    // For a scalar of the wrong type the expected type is enough.
    let unlike = is_text || node.text().is_none() || node.is_null();
    let here = if unlike { format!(", found {}", node.what()) } else { String::new() };
    at(Some(node.span), format!("Expected {expected}{here}"))
}
