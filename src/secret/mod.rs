//! Secrets: references, sources of values, and the masking of everything that leaves the program.
//!
//! A runbook holds the *name* of a secret. Its value is read when an action needs it ([`Secrets::reveal`]) and is wiped
//! afterwards. It is remembered here for masking only: everything that leaves the program goes through
//! [`Secrets::redact_text`] or [`Secrets::redact_value`], which search for the value itself and for every encoding that
//! programs commonly give it. Masking by the name of a field is not attempted: it leaks.

mod encodings;
mod patterns;
mod redacted;
mod revealed;
mod source;

#[cfg(test)]
mod tests;

pub use crate::value::SecretSource;
pub use redacted::Redacted;
pub use revealed::Revealed;

use crate::value::{ActionError, ErrorKind};
use patterns::Patterns;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// The mask. Its length does not depend on the secret's.
pub const MASK: &str = "***";

/// The shortest secret, in characters. A shorter one could not be masked without hiding ordinary text.
pub const SHORTEST: usize = 4;

/// Resolves references to secrets, and masks the resolved values.
#[derive(Default)]
pub struct Secrets {
    sources: BTreeMap<String, SecretSource>,
    folder: PathBuf,
    known: Mutex<KnownSecret>,
}

#[derive(Default)]
struct KnownSecret {
    values: Vec<Zeroizing<String>>,
    /// `None` when a value has been added since.
    patterns: Option<Arc<Patterns>>,
}

impl Secrets {
    /// The secrets of an inventory; paths of files start from `folder`. Reads nothing yet.
    pub fn new(sources: BTreeMap<String, SecretSource>, folder: impl Into<PathBuf>) -> Self {
        Self { sources, folder: folder.into(), known: Mutex::default() }
    }

    /// Reads the value of a secret.
    ///
    /// # Errors
    /// `refused`, without an effect: no such secret, its variable or file is missing, others may read the file, or the
    /// value is shorter than [`SHORTEST`] characters. No error repeats any part of a value.
    pub fn reveal(&self, reference: &str) -> Result<Revealed, ActionError> {
        let source = self.sources.get(reference).ok_or_else(|| {
            ActionError::new(ErrorKind::Refused, format!("no secret named {reference:?} is in the inventory"))
        })?;
        let value = source::read(source, &self.folder).map_err(|reason| {
            ActionError::new(ErrorKind::Refused, format!("the secret {reference:?} cannot be used: {reason}"))
        })?;
        if value.chars().count() < SHORTEST {
            let message =
                format!("the secret {reference:?} is shorter than {SHORTEST} characters, so it could not be masked");
            return Err(ActionError::new(ErrorKind::Refused, message));
        }
        self.register(&value);
        Ok(Revealed::new(value))
    }

    /// Registers a value that was read or derived from a secret, so that it is masked from now on.
    ///
    /// A value shorter than [`SHORTEST`] characters is masked only where it is the whole of a text.
    pub fn register(&self, value: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !value.is_empty() && !known.values.iter().any(|old| old.as_str() == value) {
            known.values.push(Zeroizing::new(value.to_owned()));
            known.patterns = None;
        }
    }

    /// The current patterns.
    fn patterns(&self) -> Arc<Patterns> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(patterns) = &known.patterns {
            return patterns.clone();
        }
        let patterns = Arc::new(Patterns::new(known.values.iter().map(|value| value.as_str())));
        known.patterns = Some(patterns.clone());
        patterns
    }
}

/// Shows names only.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("names", &self.sources.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
