//! Reads values out of nodes and reports what does not fit.

use super::decode;
use super::decode::DecodeError;
use super::node::{Kind, Node};
use crate::diagnostic::{Diagnostic, DiagnosticBuilder, code, suggestion};
use crate::source::Span;
use ecow::EcoString;
use serde::de::DeserializeOwned;

/// Collects the diagnostics.
#[derive(Debug, Default)]
pub struct Reader {
    /// The diagnostics, in the order in which they were found.
    pub diagnostics: Vec<Diagnostic>,
}

/// An entry of a group.
#[derive(Debug, Clone, Copy)]
pub struct Field<'n> {
    /// Its name.
    pub name: &'n str,
    /// The position of the name.
    pub key: Span,
    /// Its value.
    pub value: &'n Node,
}

impl Reader {
    /// A reader without diagnostics.
    pub fn new() -> Self {
        Self { diagnostics: Vec::new() }
    }

    /// Reports an error.
    pub fn error(&mut self, span: Span, message: impl Into<String>) -> DiagnosticBuilder<'_> {
        DiagnosticBuilder::new(self.diagnostics.push_mut(Diagnostic::error(code::BAD_YAML, span, message)))
    }

    /// The entries of a group with names that the file chooses.
    pub fn named<'n>(&mut self, node: &'n Node, what: &str) -> Vec<Field<'n>> {
        match &node.kind {
            Kind::Map(entries) => entries
                .iter()
                .filter_map(|(key, value)| Some(Field { name: key.text()?, key: key.span, value }))
                .collect(),
            _ => {
                if !node.is_null() && !node.is_invalid() {
                    self.error(node.span, format!("{what} must have entries (`name: …`), found {}", node.what()));
                }
                Vec::new()
            }
        }
    }

    /// The entries of a group with fixed names. Others are reported.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Vec<Field<'n>> {
        let mut fields = self.named(node, what);
        fields.retain(|field| {
            let is_known = known.contains(&field.name);
            if !is_known {
                let noted = self.error(field.key, format!("{what} has no entry `{}`", field.name));
                noted.help(suggestion(field.name, known));
            }
            is_known
        });
        fields
    }

    /// A single value as text.
    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match node.text() {
            Some(text) if !node.is_null() && !text.is_empty() => Some(text),
            _ => {
                if !node.is_invalid() {
                    self.error(node.span, format!("`{what}:` must be a text, found {}", node.what()));
                }
                None
            }
        }
    }

    /// A list of texts, or one text that stands for a list of one.
    pub fn texts(&mut self, node: &Node, what: &str) -> Vec<(EcoString, Span)> {
        match &node.kind {
            Kind::List(items) => {
                items.iter().filter_map(|item| Some((self.text(item, what)?.into(), item.span))).collect()
            }
            Kind::Map(_) => {
                self.error(node.span, format!("`{what}:` must be a list of texts, found {}", node.what()));
                Vec::new()
            }
            _ if node.is_null() => Vec::new(),
            _ => self.text(node, what).map(|text| (text.into(), node.span)).into_iter().collect(),
        }
    }

    /// Decodes a node to a settings type.
    pub fn decode<T: DeserializeOwned>(&mut self, key: Span, node: &Node) -> Option<T> {
        if node.is_invalid() {
            return None;
        }
        match decode::decode(node) {
            Ok(settings) => Some(settings),
            Err(DecodeError { span, message, help }) => {
                let noted = self.error(span.unwrap_or(key), message);
                if let Some(help) = help {
                    noted.help(help);
                }
                None
            }
        }
    }
}
