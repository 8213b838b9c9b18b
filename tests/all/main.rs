//! Every integration test, in one binary.

mod format_fixtures;
mod format_properties;
mod fuzz;
mod generate;
mod syntax_accepts;
mod syntax_hostile;
mod syntax_planted;
