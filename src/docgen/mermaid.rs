//! Writes a chart as Mermaid text. All of a label is shown, and none of it is syntax.

use super::chart::{Chart, Item, Shape};
use super::escape::{bounded, visible};
use std::fmt::Write;

/// Maximum length of a label's line, in characters.
const LINE: usize = 100;

/// Indentation for each level of groups.
const INDENT: usize = 2;

/// The text, beginning with `flowchart TD`. Nodes come before edges, because an edge within a group would pull its ends
/// into the group.
pub fn text(chart: &Chart) -> String {
    let mut text = String::from("flowchart TD\n");
    items(&mut text, &chart.items, 1);
    for edge in &chart.edges {
        let label = edge.label.as_ref().map(|label| format!("|{}|", quoted([label.as_str()]))).unwrap_or_default();
        let _ = writeln!(text, "  {} -->{label} {}", edge.from, edge.to);
    }
    text
}

fn items(text: &mut String, all: &[Item], depth: usize) {
    let indent = " ".repeat(depth * INDENT);
    for item in all {
        let _ = match item {
            Item::Node { id, shape, label } => {
                let (open, close) = match shape {
                    Shape::End => ("([", "])"),
                    Shape::Doing => ("[", "]"),
                    Shape::Question => ("{{", "}}"),
                    Shape::Part => ("[[", "]]"),
                };
                writeln!(text, "{indent}{id}{open}{}{close}", quoted(label.iter().map(String::as_str)))
            }
            Item::Group { id, label, items: inner } => {
                let _ = writeln!(text, "{indent}subgraph {id}[{}]", quoted([label.as_str()]));
                items(text, inner, depth + 1);
                writeln!(text, "{indent}end")
            }
        };
    }
}

/// A label in quotes.
fn quoted<'t>(lines: impl IntoIterator<Item = &'t str>) -> String {
    let lines: Vec<String> = lines.into_iter().map(escaped).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

/// A line of a label. Characters that Mermaid, Markdown or HTML could interpret become `#` and a number.
fn escaped(line: &str) -> String {
    let line = bounded(visible(line).trim(), LINE);
    if line.is_empty() {
        return "#8203;".to_owned();
    }
    let mut escaped = String::with_capacity(line.len());
    for (at, character) in line.char_indices() {
        let is_list_mark = match character {
            '-' => at == 0,
            '.' | ')' => at > 0 && line.bytes().take(at).all(|byte| byte.is_ascii_digit()),
            _ => false,
        };
        if (character.is_alphanumeric() || PLAIN.contains(character) || !character.is_ascii()) && !is_list_mark {
            escaped.push(character);
        } else {
            let _ = write!(escaped, "#{};", u32::from(character));
        }
    }
    escaped
}

/// ASCII characters that mean nothing within quotes.
const PLAIN: &str = " .,:?!/()'+=-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_label_is_syntax() {
        for (text, label) in [
            ("重启 IMAP4（前端）", "\"重启 IMAP4（前端）\""),
            ("say \"end\"", "\"say #34;end#34;\""),
            ("`code` #1 [x] {y} <b> & a_b *c* ~ ;", {
                "\"#96;code#96; #35;1 #91;x#93; #123;y#125; #60;b#62; #38; a#95;b #42;c#42; #126; #59;\""
            }),
            ("1. one", "\"1#46; one\""),
            ("2.1 one", "\"2#46;1 one\""),
            ("- one", "\"#45; one\""),
            ("a\nb\u{202e}c", "\"a ⏎ b#92;u#123;202e#125;c\""),
            ("", "\"#8203;\""),
            ("%% x --> y |z|", "\"#37;#37; x --#62; y #124;z#124;\""),
        ] {
            assert_eq!(quoted([text]), label);
        }
        assert_eq!(quoted(["one", "two"]), "\"one<br/>two\"");
        assert!(quoted(["x".repeat(900).as_str()]).chars().count() < LINE + 5);
    }
}
