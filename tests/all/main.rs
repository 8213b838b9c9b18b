//! Every integration test, in one binary.

mod check_hostile;
mod corpus;
mod right_files;
mod syntax_accepts;
mod wrong_files;
