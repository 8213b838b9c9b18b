//! The sections `lints:` and `alerts:`: how bad what the rules find is, what was known already, and what must be answered.

use crate::diagnostic::{CODES, Code, Level, rule_page};
use crate::source::Span;
use crate::yaml::{Node, Reader, suggestion};
use ecow::EcoString;
use std::collections::BTreeMap;

/// What the team says of rules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lints {
    levels: BTreeMap<Code, Level>,
    /// The file of known findings, relative to the inventory's folder, and where it is named.
    pub baseline: Option<(String, Span)>,
}

impl Lints {
    /// What findings of a rule count as, if the team says so.
    pub fn level(&self, rule: Code) -> Option<Level> {
        self.levels.get(&rule).copied()
    }
}

/// An alert that some runbook must answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedAlert {
    /// Its name.
    pub name: EcoString,
    /// Where it is named.
    pub span: Span,
}

pub(super) fn read(reader: &mut Reader, node: &Node) -> Lints {
    let mut lints = Lints::default();
    for field in reader.named(node, "`lints:`") {
        if field.name == "baseline" {
            let path = reader.text(field.value, "baseline");
            lints.baseline = path.map(|path| (path.to_owned(), field.value.span));
            continue;
        }
        let Some(page) = rule_page(field.name) else {
            let known: Vec<&str> = CODES.iter().filter_map(|page| page.rule).chain(["baseline"]).collect();
            let noted = reader.error(field.key, format!("There is no rule named {}", field.name));
            noted.help(suggestion(field.name, &known));
            continue;
        };
        let levels = [Level::Off, Level::Warning, Level::Error];
        match levels.into_iter().find(|level| field.value.text() == Some(level.as_str())) {
            Some(level) => drop(lints.levels.insert(page.code, level)),
            None => {
                reader.error(field.value.span, format!("`{}:` is `off`, `warning` or `error`", field.name));
            }
        }
    }
    lints
}

pub(super) fn read_alerts(reader: &mut Reader, node: &Node) -> Vec<ExpectedAlert> {
    reader.texts(node, "alerts").into_iter().map(|(name, span)| ExpectedAlert { name, span }).collect()
}
