//! The baseline file: known findings that are not reported. An entry whose finding is gone is reported as stale.

use crate::diagnostic::current_rule_name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The identity of a finding. It contains no line, so edits elsewhere in the file do not change it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownFinding {
    /// Path relative to the inventory's folder, with `/` as separator.
    pub file: String,
    /// The current name of the rule.
    pub rule: String,
    /// The text of the diagnostic.
    pub message: String,
}

/// Known findings, each with the number of times it may occur.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<KnownFinding, usize>);

/// Why a text is not a baseline. The messages continue a sentence that begins with the file's name.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Not JSON, or not the fields of a baseline.
    #[error("is not a baseline: {0}")]
    Form(#[from] serde_json::Error),
    /// Written by another version.
    #[error("has the schema {0}, but this version only reads schema {SCHEMA}")]
    Schema(u32),
}

/// The only version of the file's schema.
const SCHEMA: u32 = 1;

/// The file as JSON, keys in the order in which people read them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    schema: u32,
    findings: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    rule: String,
    message: String,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    count: usize,
}

fn once() -> usize {
    1
}

fn is_once(count: &usize) -> bool {
    *count == 1
}

impl Baseline {
    /// Reads the text of a baseline file.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let written: BaselineFile = serde_json::from_str(text)?;
        if written.schema != SCHEMA {
            return Err(BaselineError::Schema(written.schema));
        }
        let mut known = BTreeMap::new();
        for Entry { file, rule, message, count } in written.findings {
            let rule = current_rule_name(&rule).to_owned();
            *known.entry(KnownFinding { file, rule, message }).or_default() += count;
        }
        Ok(Self(known))
    }

    /// A baseline that contains these findings.
    pub fn new(findings: impl Iterator<Item = KnownFinding>) -> Self {
        let mut known = BTreeMap::new();
        for finding in findings {
            *known.entry(finding).or_default() += 1;
        }
        Self(known)
    }

    /// The text of the file, as [`read`](Self::read) accepts it.
    pub fn text(&self) -> String {
        let entry = |(known, count): (&KnownFinding, &usize)| {
            let KnownFinding { file, rule, message } = known.clone();
            Entry { file, rule, message, count: *count }
        };
        let written = BaselineFile { schema: SCHEMA, findings: self.0.iter().map(entry).collect() };
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Consumes one occurrence of a finding; false where none is left.
    pub fn consume(&mut self, finding: &KnownFinding) -> bool {
        match self.0.get_mut(finding) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// The entries that were not consumed, with what is left of their counts.
    pub fn remaining(&self) -> impl Iterator<Item = (&KnownFinding, usize)> {
        self.0.iter().filter(|(_, count)| **count > 0).map(|(known, count)| (known, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(message: &str) -> KnownFinding {
        KnownFinding { file: "a.runbook".into(), rule: "no-poll-after-change".into(), message: message.into() }
    }

    #[test]
    fn what_is_written_is_read_and_met_as_often_as_it_was_found() {
        let baseline = Baseline::new([finding("one"), finding("two"), finding("one")].into_iter());
        let mut read = Baseline::read(&baseline.text()).unwrap();
        assert_eq!(read, baseline);
        assert!(read.consume(&finding("one")) && read.consume(&finding("one")));
        assert!(!read.consume(&finding("one")) && !read.consume(&finding("three")));
        assert_eq!(
            read.remaining().map(|(known, count)| (known.message.as_str(), count)).collect::<Vec<_>>(),
            [("two", 1)]
        );
    }

    #[test]
    fn an_old_name_of_a_rule_still_counts() {
        let text = Baseline::new([finding("one")].into_iter()).text();
        let mut read = Baseline::read(&text.replace("no-poll-after-change", "single-look-after-change")).unwrap();
        assert!(read.consume(&finding("one")));
    }

    #[test]
    fn another_schema_or_text_is_turned_down() {
        let newer = Baseline::read("{\"schema\": 2, \"findings\": []}").unwrap_err();
        assert!(matches!(newer, BaselineError::Schema(2)) && newer.to_string().contains("schema 2"), "{newer}");
        assert!(matches!(Baseline::read("[]"), Err(BaselineError::Form(_))));
    }
}
