//! rectify: a language for recovery procedures, and what checks, rehearses and runs them.
//!
//! Each module is a room of the house that `ARCHITECTURE.md` draws; data walks through them from top to bottom.

#![warn(missing_docs)]

pub mod source;

pub mod diagnostic;

pub mod value;

pub mod secret;

pub mod inventory;

pub mod syntax;

pub mod format;

pub mod catalog;

pub mod check;

pub mod engine;

pub mod transport;

pub mod backend;

pub mod world;

pub mod report;

pub mod cli;
