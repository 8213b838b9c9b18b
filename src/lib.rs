//! rectify: a language for recovery procedures, and the tool that checks, tests and runs them.
//!
//! [`project::Project`] is the entry point. This opens a project, checks one of its files, and runs a runbook in a
//! scripted world, on virtual time:
//!
//! ```
//! use rectify::engine::{self, RunOutcome, Start};
//! use rectify::project::Project;
//! use rectify::value::{SignedDuration, Timestamp, Value};
//! use rectify::world::scripted::{Rule, Scripted};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let file = folder.path().join("reload.runbook");
//! std::fs::write(
//!     &file,
//!     r#"
//!     runbook ReloadDovecot(reason: text) {
//!       contact mail_oncall
//!       ends within 10m
//!
//!       exec.disrupt(["doveadm", "reload"])
//!       resolve "Reloaded: ${reason}"
//!     }
//!     "#,
//! )?;
//!
//! let project = Project::find(&file)?;
//! let mut session = project.session();
//! let checked = project.check(&mut session, &file);
//! assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
//! let program = checked.program.expect("a program, since there is no error");
//!
//! let now: Timestamp = "2026-01-01T03:00:00Z".parse()?;
//! let world = Scripted::new(now).with(Rule::new("exec.disrupt").takes(SignedDuration::from_secs(3)));
//! let start = Start {
//!     runbook: 0,
//!     arguments: vec![Value::text("a new certificate")],
//!     run: "example".into(),
//!     at: now,
//!     step_limit: 1_000_000,
//!     by_alert: false,
//!     store: None,
//!     found: Vec::new(),
//! };
//! let ending = world.drive(engine::run(&program, &world, start))?;
//! assert_eq!(ending.outcome, RunOutcome::Resolved);
//! assert_eq!(ending.reason, "Reloaded: a new certificate");
//! assert_eq!(world.effects().len(), 1);
//! # Ok(())
//! # }
//! ```
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
