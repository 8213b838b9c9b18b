//! Every integration test, in one binary.

mod syntax_accepts;
