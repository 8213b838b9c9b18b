//! Parses text: the grammar's pairs become an AST with comments, and mistakes become diagnostics.

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
