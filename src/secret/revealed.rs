//! The value of a secret while it is in use.

use zeroize::Zeroizing;

/// The value of a secret. It reads as text, is wiped when dropped, and is never shown.
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
