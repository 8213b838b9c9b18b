//! The sections `lints:` and `alerts:`: levels of rules, the baseline, and alerts that need a runbook.

use crate::diagnostic::{CODES, Code, Level, rule_page, suggestion};
use crate::source::Span;
use crate::yaml::{Node, Reader};
use ecow::EcoString;
use std::collections::BTreeMap;

/// The section `lints:`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lints {
    levels: BTreeMap<Code, Level>,
    /// The baseline file, relative to the folder of the inventory, and the position of its name.
    pub baseline: Option<(String, Span)>,
}

impl Lints {
    /// The level of a rule, if it is set.
    pub fn level(&self, rule: Code) -> Option<Level> {
        self.levels.get(&rule).copied()
    }
}

/// An alert that needs a runbook.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedAlert {
    /// Its name.
    pub name: EcoString,
    /// The position of the name.
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
            let noted = reader.error(field.key, format!("Unknown rule `{}`", field.name));
            noted.help(suggestion(field.name, &known));
            continue;
        };
        let levels = [Level::Off, Level::Warning, Level::Error];
        match levels.into_iter().find(|level| field.value.text() == Some(level.as_str())) {
            Some(level) => drop(lints.levels.insert(page.code, level)),
            None => {
                reader.error(field.value.span, format!("`{}:` must be `off`, `warning` or `error`", field.name));
            }
        }
    }
    lints
}

pub(super) fn read_alerts(reader: &mut Reader, node: &Node) -> Vec<ExpectedAlert> {
    reader.texts(node, "alerts").into_iter().map(|(name, span)| ExpectedAlert { name, span }).collect()
}
