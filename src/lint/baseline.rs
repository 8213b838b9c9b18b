//! The findings that a team had when it began to ask the rules: they are not reported until they are gone, and then
//! must be taken off the list.

use crate::diagnostic::current_rule_name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a finding is known by. It has no line, so that a file may grow above it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownFinding {
    /// The file, as seen from the inventory's folder, `/` between its parts.
    pub file: String,
    /// The rule.
    pub rule: String,
    /// What it says.
    pub message: String,
}

/// How often each is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<KnownFinding, usize>);

/// The file, in the order in which people read it.
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
    /// Reads a baseline.
    ///
    /// # Errors
    /// The end of a sentence that begins with the file.
    pub fn read(text: &str) -> Result<Self, String> {
        let written: BaselineFile = serde_json::from_str(text).map_err(|error| format!("is no baseline: {error}"))?;
        if written.schema != 1 {
            return Err(format!("has the schema {}, and this program knows 1", written.schema));
        }
        let mut known = BTreeMap::new();
        for Entry { file, rule, message, count } in written.findings {
            let rule = current_rule_name(&rule).to_owned();
            *known.entry(KnownFinding { file, rule, message }).or_default() += count;
        }
        Ok(Self(known))
    }

    /// A baseline of these findings.
    pub fn new(findings: impl Iterator<Item = KnownFinding>) -> Self {
        let mut known = BTreeMap::new();
        for finding in findings {
            *known.entry(finding).or_default() += 1;
        }
        Self(known)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let entry = |(known, count): (&KnownFinding, &usize)| {
            let KnownFinding { file, rule, message } = known.clone();
            Entry { file, rule, message, count: *count }
        };
        let written = BaselineFile { schema: 1, findings: self.0.iter().map(entry).collect() };
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Whether a finding is in it; each entry stands for as many as it counts.
    pub fn take(&mut self, finding: &KnownFinding) -> bool {
        match self.0.get_mut(finding) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// What was not met.
    pub fn left(&self) -> impl Iterator<Item = (&KnownFinding, usize)> {
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
        assert!(read.take(&finding("one")) && read.take(&finding("one")));
        assert!(!read.take(&finding("one")) && !read.take(&finding("three")));
        assert_eq!(read.left().map(|(known, count)| (known.message.as_str(), count)).collect::<Vec<_>>(), [("two", 1)]);
    }

    #[test]
    fn an_old_name_of_a_rule_still_counts() {
        let text = Baseline::new([finding("one")].into_iter()).text();
        let mut read = Baseline::read(&text.replace("no-poll-after-change", "single-look-after-change")).unwrap();
        assert!(read.take(&finding("one")));
    }

    #[test]
    fn another_schema_or_text_is_turned_down() {
        assert!(Baseline::read("{\"schema\": 2, \"findings\": []}").unwrap_err().contains("schema 2"));
        assert!(Baseline::read("[]").is_err());
    }
}
