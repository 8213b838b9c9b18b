//! Limits on the size of a file. They make every walk over an AST, including its drop, safe on half a MiB of stack.

/// Maximum nesting of blocks, brackets, types, `if … then … else` and prefixes together.
pub(super) const NESTING: usize = 64;

/// Maximum number of operators and members between an expression and any part of it.
pub(super) const LINKS: usize = 256;
