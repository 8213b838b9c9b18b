//! YAML as a tree with positions. Every mistake is a diagnostic at its line and column, one does not hide the next, and
//! nothing is expanded or interpreted.

mod decode;
mod node;
mod positions;
mod reader;
#[cfg(feature = "schema")]
pub mod schema;

pub use node::{Kind, Node, parse};
pub use reader::{Field, Reader};
