//! Texts in quotes: replaces escapes and separates interpolations.

use super::{Lowering, children};
use crate::diagnostic::{Diagnostic, code};
use crate::syntax::ast::{Text, TextPart};
use crate::syntax::grammar::{Node, Rule};
use ecow::EcoString;

impl<'a> Lowering<'a> {
    pub(super) fn text(&mut self, node: Option<Node<'a>>) -> Text {
        let Some(node) = node else { return Text { parts: Vec::new(), raw: false, span: Default::default() } };
        let span = self.span(&node);
        let (start, end) = (span.start as usize, span.end as usize);
        let raw = matches!(node.as_rule(), Rule::raw_string | Rule::raw_over_lines);
        let mut parts = Parts::default();
        if raw {
            let text = self.original.get(start..end).unwrap_or("").trim_start_matches('r').trim_matches('#');
            parts.literal(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(""));
            return Text { parts: parts.finish(), raw, span };
        }
        let mut from = start + 1;
        for part in children(node) {
            let (part_start, part_end) = (part.as_span().start(), part.as_span().end());
            parts.literal(self.original.get(from..part_start).unwrap_or(""));
            from = part_end;
            self.text_part(part, &mut parts);
        }
        parts.literal(self.original.get(from..end.saturating_sub(1)).unwrap_or(""));
        Text { parts: parts.finish(), raw, span }
    }

    fn text_part(&mut self, node: Node<'a>, parts: &mut Parts) {
        let span = self.span(&node);
        match node.as_rule() {
            Rule::interpolation => {
                let path = self.path(children(node).next());
                parts.interpolation(path);
            }
            Rule::escape => match escaped(node.as_str()) {
                Some(c) => parts.character(c),
                None => self.report(
                    Diagnostic::error(code::BAD_LITERAL, span, format!("`{}` is not a Unicode character", node.as_str()))
                        .help("Write the hexadecimal number of a Unicode character between `\\u{` and `}`"),
                ),
            },
            Rule::bad_escape => {
                let written = node.as_str();
                self.report(
                    Diagnostic::error(code::BAD_LITERAL, span, format!("Unknown escape `{written}`"))
                        .help("Write `\\\\` for a backslash, or write a raw text, `r\"…\"`. Available: `\\\\`, `\\\"`, `\\n`, `\\t`, `\\$` and `\\u{…}`"),
                );
            }
            _ => self.report(
                Diagnostic::error(code::BAD_LITERAL, span, "Only a name can be interpolated")
                    .help("Write `${name}` or `${name.field}`, and bind any other value with `let` first; for a dollar sign, write `\\$`"),
            ),
        }
    }
}

fn escaped(written: &str) -> Option<char> {
    match written.strip_prefix('\\')? {
        "n" => Some('\n'),
        "t" => Some('\t'),
        number if number.starts_with('u') => {
            let digits = number.strip_prefix("u{")?.strip_suffix('}')?;
            u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
        }
        other => other.chars().next(),
    }
}

/// Parts under construction: adjacent literals are joined.
#[derive(Default)]
struct Parts {
    done: Vec<TextPart>,
    literal: EcoString,
}

impl Parts {
    fn literal(&mut self, text: &str) {
        if text.contains('\r') {
            self.literal.push_str(&text.replace("\r\n", "\n"));
        } else {
            self.literal.push_str(text);
        }
    }

    fn character(&mut self, c: char) {
        self.literal.push(c);
    }

    fn interpolation(&mut self, path: crate::syntax::ast::Path) {
        self.end_literal();
        self.done.push(TextPart::Interpolation(path));
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.done.push(TextPart::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> Vec<TextPart> {
        self.end_literal();
        self.done
    }
}
