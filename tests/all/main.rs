//! Every integration test, in one binary.

mod corpus;
mod syntax_accepts;
mod wrong_files;
