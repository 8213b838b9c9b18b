//! Secrets: handles, where their values come from, and the one point where they are masked.

use crate::value::{ActionError, ErrorKind};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where the value of a secret is found when it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable of this program.
    Environment(String),
    /// A file that only its owner may read; relative to the inventory's folder.
    File(PathBuf),
}

/// Resolves references to secrets and remembers what it resolved, so that it can be masked.
#[derive(Debug, Default)]
pub struct Secrets {
    sources: BTreeMap<String, SecretSource>,
    folder: PathBuf,
}

impl Secrets {
    /// The secrets of an inventory; paths of files are relative to `folder`.
    pub fn new(sources: BTreeMap<String, SecretSource>, folder: impl Into<PathBuf>) -> Self {
        Self { sources, folder: folder.into() }
    }

    /// The value behind a reference, read now.
    pub fn reveal(&self, reference: &str) -> Result<Revealed, ActionError> {
        let value = match self.sources.get(reference) {
            Some(SecretSource::Environment(name)) => std::env::var(name).ok(),
            Some(SecretSource::File(path)) => std::fs::read_to_string(self.folder.join(path)).ok(),
            None => None,
        };
        value
            .map(Revealed)
            .ok_or_else(|| ActionError::new(ErrorKind::Refused, format!("the secret {reference:?} cannot be used")))
    }
}

/// The value of a secret, for as long as it is used.
pub struct Revealed(String);

impl std::ops::Deref for Revealed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Revealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Revealed(…)")
    }
}
