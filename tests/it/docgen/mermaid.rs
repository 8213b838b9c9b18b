//! A strict parser for charts. Accepts only the forms that the generator writes.

use std::collections::{BTreeMap, BTreeSet};

/// A parsed chart.
#[derive(Debug, Default)]
pub struct Chart {
    /// Node labels by id, with entities decoded.
    pub nodes: BTreeMap<String, String>,
    /// Nodes per group, including those of nested groups.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// Labels of groups.
    pub frames: BTreeMap<String, String>,
    /// From, to, label.
    pub edges: Vec<(String, String, Option<String>)>,
}

impl Chart {
    /// Parses a whole chart.
    ///
    /// # Errors
    /// The first line that does not belong to a chart, and why.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut chart = Self::default();
        let mut open: Vec<String> = Vec::new();
        let mut lines = text.lines();
        if lines.next() != Some("flowchart TD") {
            return Err("it does not begin as a chart".to_owned());
        }
        for line in lines {
            let wrong = |why: &str| format!("{why}: {line}");
            let body = line.trim_start();
            if line.len() - body.len() != 2 * (open.len() + 1) - if body == "end" { 2 } else { 0 } {
                return Err(wrong("another indentation"));
            }
            let (id, rest) = body.split_at(body.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(body.len()));
            if body == "end" {
                open.pop().ok_or_else(|| wrong("nothing is open"))?;
            } else if let Some(rest) = body.strip_prefix("subgraph ") {
                if !chart.edges.is_empty() {
                    return Err(wrong("a group behind an edge"));
                }
                let (id, label) = rest.split_once('[').ok_or_else(|| wrong("no label"))?;
                let label = label_of(label, "]").ok_or_else(|| wrong("a bad label"))?;
                chart.frames.insert(id.to_owned(), label);
                if chart.groups.insert(id.to_owned(), BTreeSet::new()).is_some() {
                    return Err(wrong("a second group of the name"));
                }
                open.push(id.to_owned());
            } else if let Some(rest) = rest.strip_prefix(" -->") {
                if !open.is_empty() {
                    return Err(wrong("an edge inside a group"));
                }
                let (label, to) = match rest.strip_prefix('|') {
                    Some(rest) => {
                        let (label, to) = rest.split_once("| ").ok_or_else(|| wrong("an open label"))?;
                        (Some(label_of(label, "").ok_or_else(|| wrong("a bad label"))?), to)
                    }
                    None => (None, rest.strip_prefix(' ').ok_or_else(|| wrong("no blank"))?),
                };
                for end in [id, to] {
                    if !chart.nodes.contains_key(end) && !chart.groups.contains_key(end) {
                        return Err(wrong("an end that is not there"));
                    }
                }
                chart.edges.push((id.to_owned(), to.to_owned(), label));
            } else {
                let shapes = [("([", "])"), ("[[", "]]"), ("{{", "}}"), ("[", "]")];
                let label = shapes.iter().find_map(|(open, close)| label_of(rest.strip_prefix(open)?, close));
                let label = label.ok_or_else(|| wrong("no node"))?;
                if !chart.edges.is_empty() || id.is_empty() || chart.nodes.insert(id.to_owned(), label).is_some() {
                    return Err(wrong("a node out of place"));
                }
                open.iter().for_each(|group| {
                    chart.groups.get_mut(group).expect("an open group").insert(id.to_owned());
                });
            }
        }
        match open.is_empty() {
            true => Ok(chart),
            false => Err("a group is not closed".to_owned()),
        }
    }

    /// All nodes reachable from the start.
    pub fn reached(&self) -> BTreeSet<&str> {
        let mut reached = BTreeSet::from(["start"]);
        loop {
            let left = |from: &str| match self.groups.get(from) {
                Some(nodes) => nodes.iter().any(|node| reached.contains(node.as_str())),
                None => reached.contains(from),
            };
            let next: Vec<&str> = self.edges.iter().filter(|edge| left(&edge.0)).map(|edge| edge.1.as_str()).collect();
            let before = reached.len();
            reached.extend(next);
            if reached.len() == before {
                return reached;
            }
        }
    }
}

/// The quoted label that fills the text up to `close`, with entities decoded.
fn label_of(text: &str, close: &str) -> Option<String> {
    let inside = text.strip_suffix(close)?.strip_prefix('"')?.strip_suffix('"')?;
    let lines: Option<Vec<String>> = inside.split("<br/>").map(decoded).collect();
    lines.map(|lines| lines.join("\n"))
}

/// Decodes a line of a label; `None` if it contains a character that must be escaped.
fn decoded(mut line: &str) -> Option<String> {
    let mut text = String::new();
    let number = line.find(['.', ')']).filter(|end| *end > 0);
    if line.is_empty()
        || line.starts_with(['-', '+', '*'])
        || number.is_some_and(|end| line[..end].parse::<u64>().is_ok())
    {
        return None;
    }
    while let Some(character) = line.chars().next() {
        if let Some(rest) = line.strip_prefix('#') {
            let (number, rest) = rest.split_once(';')?;
            text.push(char::from_u32(number.parse().ok()?)?);
            line = rest;
            continue;
        }
        if "\"`<>&{}[]|*_~;%\\$@^".contains(character) || character.is_control() {
            return None;
        }
        text.push(character);
        line = &line[character.len_utf8()..];
    }
    Some(text)
}

#[test]
fn the_reader_is_strict() {
    for bad in [
        "flowchart TD\n  a[\"x\"",
        "flowchart TD\n  a[x]",
        "flowchart TD\n  a[\"x\" ]",
        "flowchart TD\n  a[\"1. x\"]",
        "flowchart TD\n  a[\"`x`\"]",
        "flowchart TD\n  a[\"#x;\"]",
        "flowchart TD\n  a[\"x\"]\n  a[\"x\"]",
        "flowchart TD\n  a[\"x\"]\n  a --> b",
        "flowchart TD\n  a[\"x\"]\n  a -->|x| a",
        "flowchart TD\n  subgraph g[\"x\"]\n    a[\"x\"]",
        "flowchart TD\n  a[\"x\"]\n  end",
        "graph TD\n",
    ] {
        assert!(Chart::read(bad).is_err(), "{bad}");
    }
    let good = "flowchart TD\n  start([\"重启 #34;x#34;<br/>y\"])\n  subgraph g1[\"g\"]\n    n1{{\"?\"}}\n  end\n  n2[\"z\"]\n  \
                start -->|\"l\"| n1\n  g1 --> n2\n";
    let chart = Chart::read(good).expect("a chart");
    assert_eq!(chart.nodes["start"], "重启 \"x\"\ny");
    assert_eq!(chart.reached(), BTreeSet::from(["start", "n1", "n2"]));
}
