//! What people and programs read: diagnostics and runs, on a terminal or as JSON.

mod findings;
mod json;
pub mod run;
mod sanitise;
mod terminal;
pub mod testing;

pub use findings::{Findings, More, count_of};
pub use json::findings_as_json;
pub use sanitise::{same_length, sanitise, sanitise_line};
pub use terminal::{Style, findings_as_text};
