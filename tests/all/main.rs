//! Every integration test, in one binary.

mod format_properties;
mod generate;
mod syntax_accepts;
