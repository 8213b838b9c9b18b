//! The integration tests, in one binary.

mod lab;
mod mail;
