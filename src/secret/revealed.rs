//! The value of a secret while somebody uses it.

use zeroize::Zeroizing;

/// A secret's value: readable as text, wiped when it is dropped, never shown.
pub struct Revealed(Zeroizing<String>);

impl Revealed {
    pub(super) fn new(value: Zeroizing<String>) -> Self {
        Self(value)
    }
}

impl std::ops::Deref for Revealed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Revealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Revealed(***)")
    }
}
