//! Secrets: handles, where their values come from, and the one point where they are masked.

/// Resolves references to secrets and remembers what it resolved, so that it can be masked.
#[derive(Debug, Default)]
pub struct Secrets {}
