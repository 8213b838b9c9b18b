//! Text to tree: the grammar's pairs become an AST that keeps comments, and what is wrong becomes diagnostics.

pub mod ast;
mod build;
mod explain;
mod grammar;
mod limits;
mod parse;
mod scan;

pub use build::amounts::{duration, size};
pub use parse::{Parsed, parse};
pub use scan::is_forbidden;
