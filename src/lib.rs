//! rectify: a language for recovery procedures, and what checks, rehearses and runs them.
//!
//! Each module is a room of the house that `ARCHITECTURE.md` draws; data walks through them from top to bottom.

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
pub mod check;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod lint;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod engine;

#[deny(clippy::disallowed_methods, clippy::iter_over_hash_type)]
pub mod document;

pub mod transport;

pub mod backend;

pub mod world;

pub mod tester;

pub mod report;

pub mod cli;
