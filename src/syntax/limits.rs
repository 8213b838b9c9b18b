//! How much a file may hold. The limits make every walk over a tree, its drop included, safe on half a MiB of stack.

/// Blocks, brackets, types, `if … then … else` and prefixes inside one another, all together.
pub(super) const NESTING: usize = 64;

/// Operators and members on the way from a whole expression to any part of it.
pub(super) const LINKS: usize = 256;
