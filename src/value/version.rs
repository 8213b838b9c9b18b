//! Version numbers.

use serde::{Deserialize, Serialize};

/// Dotted numbers, compared number by number; a missing one counts as 0, so `26.0` equals `26`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(Vec<u64>);

impl Version {
    /// Reads `1.2.3`: one to eight numbers.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
        numbers.filter(|numbers| numbers.len() <= 8).map(Self)
    }

    fn significant(&self) -> &[u64] {
        let end = self.0.iter().rposition(|number| *number != 0).map_or(0, |last| last + 1);
        &self.0[..end]
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.significant() == other.significant()
    }
}

impl Eq for Version {}

impl std::hash::Hash for Version {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.significant().hash(state);
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.significant().cmp(other.significant())
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, number) in self.0.iter().enumerate() {
            write!(f, "{}{number}", if position > 0 { "." } else { "" })?;
        }
        Ok(())
    }
}
