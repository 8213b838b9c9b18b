//! Secrets: handles, where their values come from, and the one point where they are masked.

use crate::value::{ActionError, ErrorKind};

/// Resolves references to secrets and remembers what it resolved, so that it can be masked.
#[derive(Debug, Default)]
pub struct Secrets {}

impl Secrets {
    /// The value behind a reference.
    pub fn reveal(&self, reference: &str) -> Result<Revealed, ActionError> {
        let name = reference.strip_prefix("env:").unwrap_or(reference);
        std::env::var(name)
            .map(Revealed)
            .map_err(|_| ActionError::new(ErrorKind::Refused, format!("the secret {reference:?} cannot be found")))
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
