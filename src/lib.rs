//! rectify: a language for recovery procedures, and the tool that checks, tests and runs them.
//!
//! Each module is a layer that `ARCHITECTURE.md` describes; data flows through them from top to bottom.

#![warn(missing_docs)]

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod source;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod diagnostic;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod value;

pub mod secret;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod yaml;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod inventory;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod syntax;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod format;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod catalog;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod program;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod check;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod lint;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod engine;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod docgen;

pub mod transport;

pub mod backend;

pub mod world;

pub mod simulation;

pub mod test_runner;

pub mod project;

pub mod report;

pub mod cli;
