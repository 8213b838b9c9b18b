//! Text to tree: the grammar's pairs become an AST that keeps comments, and what is wrong becomes diagnostics.

pub mod ast;
mod grammar;
mod limits;
mod lower;
mod parse;
mod prescan;
mod recovery;
pub mod visit;

pub use lower::amounts::{duration, size};
pub use parse::{Parsed, parse};
pub use prescan::is_forbidden;
