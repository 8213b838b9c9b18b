//! YAML as a tree with positions. serde_yaml parses it; nothing is interpreted or expanded, and everything is bounded.

use super::positions;
use super::positions::{NodePosition, Offsets, PositionError, Shape};
use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileId, MAX_FILE_BYTES, Span};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::HashMap;

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its position.
    pub span: Span,
    /// Its kind and content.
    pub kind: Kind,
}

/// The kinds of nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A single value.
    Scalar {
        /// The text without quotes.
        text: String,
        /// Without quotes, so that it may mean a number, a boolean or null.
        plain: bool,
    },
    /// Items in order.
    List(Vec<Node>),
    /// The keys are distinct scalars.
    Map(Vec<(Node, Node)>),
    /// A node that has been reported as invalid.
    Invalid,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The value of an entry of a map.
    pub fn entry(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Whether it is null or empty.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Whether it has been reported as invalid.
    pub fn is_invalid(&self) -> bool {
        self.kind == Kind::Invalid
    }

    /// Its kind as words of a sentence.
    pub fn what(&self) -> &'static str {
        match &self.kind {
            _ if self.is_null() => "nothing",
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) | Kind::Invalid => "entries",
        }
    }
}

/// Parses the single document of a file. An empty file is an empty group; `None` when it is not YAML.
pub fn parse(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let whole = Span::new(file, 0, 0);
    if text.len() > MAX_FILE_BYTES {
        diagnostics.push(Diagnostic::error(code::BAD_YAML, whole, "This file is longer than 1 MiB"));
        return None;
    }
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offsets = Offsets::new(file, body, text.len() - body.len());
    // Positions first: they bound the depth and find aliases before anything could follow them.
    let empty = Node { span: whole, kind: Kind::Map(Vec::new()) };
    match positions::find(body, &offsets, diagnostics) {
        Ok(None) => Some(empty),
        Ok(Some(place)) => match read(body, &place, diagnostics) {
            Ok(root) if root.is_null() => Some(Node { span: root.span, ..empty }),
            Ok(root) => Some(root),
            Err(error) => {
                diagnostics.push(malformed(body, &offsets, &error, 0));
                None
            }
        },
        Err(PositionError::Refused(diagnostic)) => {
            diagnostics.push(*diagnostic);
            None
        }
        Err(PositionError::Malformed { index, reason }) => {
            let at = offsets.byte(index);
            diagnostics.push(
                same_from_serde_yaml(body, &offsets, at).unwrap_or_else(|| not_yaml(body, &offsets, at, &reason)),
            );
            None
        }
    }
}

/// The error of serde_yaml for a text that the other parser rejected at byte `at`, unless it accepts the text up to
/// there. It does not get the rest: unbounded nesting costs it quadratic time.
fn same_from_serde_yaml(body: &str, offsets: &Offsets<'_>, at: usize) -> Option<Diagnostic> {
    let head = body.get(..body.ceil_char_boundary(at.saturating_add(1)))?;
    let error = serde_yaml::from_str::<IgnoredAny>(head).err()?;
    let is_its_own = head.len() == body.len() || error.location().is_some_and(|location| location.index() < head.len());
    is_its_own.then(|| malformed(body, offsets, &error, at))
}

fn read(body: &str, place: &NodePosition, diagnostics: &mut Vec<Diagnostic>) -> Result<Node, serde_yaml::Error> {
    match serde_yaml::Deserializer::from_str(body).next() {
        Some(document) => At { place, diagnostics }.deserialize(document),
        None => Err(de::Error::custom(NOT_THE_SAME)),
    }
}

/// `at` is the position if serde_yaml gives none.
fn malformed(body: &str, offsets: &Offsets<'_>, error: &serde_yaml::Error, at: usize) -> Diagnostic {
    let mut reason = error.to_string();
    let at = error.location().map_or(at, |location| {
        // The diagnostic shows the position itself.
        reason = reason.replacen(&format!(" at line {} column {}", location.line(), location.column()), "", 1);
        location.index()
    });
    not_yaml(body, offsets, at, &reason)
}

fn not_yaml(body: &str, offsets: &Offsets<'_>, at: usize, reason: &str) -> Diagnostic {
    let at = body.floor_char_boundary(at);
    let line_start = body.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |line_end| line_end + 1);
    let line = body.get(line_start..).unwrap_or_default();
    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
    if line.get(..indent).is_some_and(|blanks| blanks.contains('\t')) {
        let span = offsets.bytes(line_start, line_start + indent);
        return Diagnostic::error(code::BAD_YAML, span, "This line is indented with a tab")
            .help("Indent with spaces: YAML is indented with spaces");
    }
    let message = format!("Malformed YAML: {reason}");
    Diagnostic::error(code::BAD_YAML, offsets.bytes(at, at), message)
}

const NOT_THE_SAME: &str = "YAML readers disagree about the meaning of this";

/// Deserialises the node at a position.
struct At<'p> {
    place: &'p NodePosition,
    diagnostics: &'p mut Vec<Diagnostic>,
}

impl At<'_> {
    fn then<'p>(&'p mut self, place: &'p NodePosition) -> At<'p> {
        At { place, diagnostics: self.diagnostics }
    }

    fn node<E>(&self, kind: Kind) -> Result<Node, E> {
        Ok(Node { span: self.place.span, kind })
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match &self.place.shape {
            // As a string, serde_yaml returns the characters as they are written: 1.10 keeps its zero.
            Shape::Scalar { .. } => deserializer.deserialize_str(self),
            Shape::List(_) => deserializer.deserialize_seq(self),
            Shape::Map(_) => deserializer.deserialize_map(self),
            // An ignored alias is not followed.
            Shape::Alias => deserializer.deserialize_ignored_any(IgnoredAny).and(self.node(Kind::Invalid)),
        }
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a different value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        let plain = matches!(self.place.shape, Shape::Scalar { plain: true });
        self.node(Kind::Scalar { text: text.to_owned(), plain })
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Node, A::Error> {
        let Shape::List(places) = &self.place.shape else { return Err(de::Error::custom(NOT_THE_SAME)) };
        let mut nodes = Vec::new();
        for place in places {
            match items.next_element_seed(self.then(place))? {
                Some(node) => nodes.push(node),
                None => return Err(de::Error::custom(NOT_THE_SAME)),
            }
        }
        self.node(Kind::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Node, A::Error> {
        let Shape::Map(places) = &self.place.shape else { return Err(de::Error::custom(NOT_THE_SAME)) };
        let mut nodes = Vec::new();
        let mut seen = HashMap::new();
        for (key_place, value_place) in places {
            let Some(key) = entries.next_key_seed(self.then(key_place))? else {
                return Err(de::Error::custom(NOT_THE_SAME));
            };
            let value = entries.next_value_seed(self.then(value_place))?;
            match key.text() {
                None if !key.is_invalid() => self.diagnostics.push(
                    Diagnostic::error(code::BAD_YAML, key.span, "This key must be a single word")
                        .help("Write `key: value`"),
                ),
                None => {}
                Some(name) => match seen.get(name) {
                    Some(first) => self.diagnostics.push(
                        Diagnostic::error(code::BAD_YAML, key.span, format!("Duplicate key `{name}`"))
                            .also(*first, "first defined here"),
                    ),
                    None => {
                        seen.insert(name.to_owned(), key.span);
                        nodes.push((key, value));
                    }
                },
            }
        }
        self.node(Kind::Map(nodes))
    }
}
