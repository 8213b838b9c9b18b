//! Words that belong together: those of an enum, the fields of a record, the texts that one argument is given.

use super::folder::Folder;
use super::tree::{Node, NodeIndex};
use ecow::EcoString;
use rectify::backend::registry;
use rectify::syntax::ast::{Declaration, ExpressionKind};
use rectify::value::ErrorKind;
use std::collections::{BTreeMap, BTreeSet};

/// What may be taken for each other.
pub struct Words {
    /// Enums, each with its words in order.
    pub enums: Vec<Vec<EcoString>>,
    /// Records and roles, each with its fields.
    pub records: Vec<Vec<EcoString>>,
    /// The probes of the folder.
    pub probes: Vec<EcoString>,
    /// Its contacts.
    pub contacts: Vec<EcoString>,
    /// For a callee and the position or label of an argument: the texts that stand there, in quotes.
    pub texts: BTreeMap<String, BTreeSet<String>>,
}

impl Words {
    /// Gathers them from the catalogue, the language and a folder.
    pub fn of(folder: &Folder) -> Self {
        let list = |words: &[&str]| words.iter().map(|word| EcoString::from(*word)).collect::<Vec<_>>();
        let mut enums = vec![
            list(&["passed", "failed", "unknown"]),
            list(&["resolved", "escalated", "cancelled"]),
            ErrorKind::ALL.iter().map(|kind| kind.as_str().into()).collect(),
        ];
        let mut records = vec![
            list(&["probe", "verdict", "reason", "started", "ended", "value"]),
            list(&["kind", "message", "action"]),
        ];
        for backend in registry::catalog().backends() {
            let own = backend.enumerations.iter();
            enums.extend(own.map(|it| it.words.iter().map(|word| word.text.clone()).collect()));
            records.extend(backend.records.iter().map(|it| it.fields.iter().map(|f| f.name.text.clone()).collect()));
        }
        let (mut probes, mut texts) = (Vec::new(), BTreeMap::<String, BTreeSet<String>>::new());
        for file in &folder.files {
            for declaration in &file.tree.declarations {
                match declaration {
                    Declaration::Role(it) | Declaration::Record(it) => {
                        records.push(it.fields.iter().map(|field| field.name.text.clone()).collect());
                    }
                    Declaration::Enumeration(it) => {
                        enums.push(it.words.iter().map(|word| word.text.clone()).collect());
                    }
                    Declaration::Probe(it) => probes.push(it.name.text.clone()),
                    _ => {}
                }
            }
            for (key, span) in NodeIndex::new(&file.tree).nodes.iter().flat_map(|scoped| text_arguments(&scoped.node)) {
                texts.entry(key).or_default().insert(file.text[span].to_owned());
            }
        }
        let contacts = folder.inventory.contacts.iter().map(|contact| contact.name.clone()).collect();
        Self { enums, records, probes, contacts, texts }
    }

    /// Enums that have a word.
    pub fn enums_of<'w>(&'w self, word: &'w str) -> impl Iterator<Item = &'w Vec<EcoString>> {
        self.enums.iter().filter(move |words| words.iter().any(|own| own == word))
    }
}

/// The arguments of a call that are texts: where they are an argument of, and where they stand.
pub fn text_arguments(node: &Node<'_>) -> Vec<(String, std::ops::Range<usize>)> {
    let Node::Call(call) = node else { return Vec::new() };
    let numbered = call.arguments.iter().enumerate();
    numbered
        .filter(|(_, argument)| matches!(argument.value.kind, ExpressionKind::Text(_)))
        .map(|(position, argument)| {
            let which = argument.label.as_ref().map_or_else(|| position.to_string(), |label| label.text.to_string());
            let span = argument.value.span;
            (format!("{} {which}", call.path.text), span.start as usize..span.end as usize)
        })
        .collect()
}
