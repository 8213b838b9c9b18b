//! Headings of pages, and links to them.

use super::escape::TITLE;
use super::library::{DeclarationId, Document, declaration_id};
use super::source_text::Source;
use super::{Format, escape};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};

pub const PROBES: &str = "Probes";

/// A section of a page.
pub enum AnchorKind {
    /// A runbook or procedure, with its declaration.
    Declaration(Span),
    Probes,
}

/// The sections of a page after its title.
pub fn headings(document: &Document<'_>, documented: &BTreeSet<FileId>) -> Vec<(String, AnchorKind)> {
    let runbooks = document.runbooks().map(|it| (escape::inline(&it.title, TITLE), AnchorKind::Declaration(it.span)));
    let procedures = document.procedures(documented).into_iter();
    let procedures = procedures.map(|it| (format!("Procedure {}", it.name), AnchorKind::Declaration(it.span)));
    let probes = document.probes().next().map(|_| (PROBES.to_owned(), AnchorKind::Probes));
    runbooks.chain(procedures).chain(probes).collect()
}

/// The page and heading of each declaration.
pub struct Anchors {
    /// The files that have pages.
    pub documented: BTreeSet<FileId>,
    /// Page and anchor of declarations whose own file has a page.
    known: BTreeMap<DeclarationId, (String, String)>,
    /// Anchors of declarations without a page, on the pages that use them.
    guests: BTreeMap<(String, DeclarationId), String>,
}

impl Anchors {
    pub fn new(documents: &[Document<'_>], source: Source<'_>) -> Self {
        let documented: BTreeSet<FileId> = documents.iter().map(|document| document.file).collect();
        let (mut known, mut guests) = (BTreeMap::new(), BTreeMap::new());
        for document in documents {
            let mut seen = Names::default();
            seen.name(&escape::inline(&document.file_name(source), TITLE));
            for (heading, part) in headings(document, &documented) {
                let anchor = seen.name(&heading);
                match part {
                    AnchorKind::Declaration(span) if span.file == document.file => {
                        known.insert(declaration_id(span), (document.page.clone(), anchor));
                    }
                    AnchorKind::Declaration(span) => {
                        guests.insert((document.page.clone(), declaration_id(span)), anchor);
                    }
                    AnchorKind::Probes => known.extend(
                        document.probes().map(|it| (declaration_id(it.span), (document.page.clone(), anchor.clone()))),
                    ),
                }
            }
        }
        Self { documented, known, guests }
    }

    /// The target of a link from a page to a declaration.
    pub fn target(&self, from: &str, to: Span, format: Format) -> Option<String> {
        let (page, anchor) = match self.known.get(&declaration_id(to)) {
            Some((page, anchor)) => (page.as_str(), anchor),
            None => (from, self.guests.get(&(from.to_owned(), declaration_id(to)))?),
        };
        let file = if page == from { String::new() } else { relative(from, page) + format.extension() };
        match (file.is_empty(), anchor.is_empty()) {
            (true, true) => None,
            (_, true) => Some(file),
            _ => Some(format!("{file}#{anchor}")),
        }
    }
}

/// The relative path from one page to another, percent-encoded.
fn relative(from: &str, to: &str) -> String {
    let folders: Vec<&str> = from.split('/').collect();
    let folders = folders.split_last().map(|(_, folders)| folders).unwrap_or_default();
    let target: Vec<&str> = to.split('/').collect();
    let shared = folders.iter().zip(&target).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..", folders.len() - shared);
    let path: Vec<&str> = up.chain(target.into_iter().skip(shared)).collect();
    let mut encoded = String::new();
    for character in path.join("/").chars() {
        match character {
            safe if safe.is_alphanumeric() || "-_./".contains(safe) => encoded.push(safe),
            other => {
                let mut bytes = [0; 4];
                other.encode_utf8(&mut bytes).bytes().for_each(|byte| encoded.push_str(&format!("%{byte:02X}")));
            }
        }
    }
    encoded
}

/// Makes anchors from headings as code forges do: lower case, no punctuation, hyphens for blanks, and a number for each
/// repetition.
#[derive(Default)]
pub struct Names(BTreeMap<String, u32>);

impl Names {
    /// The anchor of the next heading, from its Markdown or its plain text: markup is ignored.
    pub fn name(&mut self, heading: &str) -> String {
        let kept = heading.trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = self.0.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{}", *count - 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_named_as_forges_name_them() {
        let mut names = Names::default();
        for (heading, name) in [
            ("IMAP logins fail", "imap-logins-fail"),
            ("重启 IMAP4（前端）", "重启-imap4前端"),
            ("Probes", "probes"),
            ("\\`Probes\\`", "probes-1"),
            ("Probes", "probes-2"),
            ("a_b", "a_b"),
            ("???", ""),
        ] {
            assert_eq!(names.name(heading), name, "{heading}");
        }
    }

    #[test]
    fn pages_point_at_each_other_from_folder_to_folder() {
        assert_eq!(relative("a", "b"), "b");
        assert_eq!(relative("imap/ctp", "probes"), "../probes");
        assert_eq!(relative("imap/ctp", "imap/a b"), "a%20b");
        assert_eq!(relative("probes", "imap/ctp"), "imap/ctp");
    }
}
