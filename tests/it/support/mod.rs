//! Shared by several tests: fixtures, projects in temporary folders, programs built by hand, snapshots.

pub mod exchange;
pub mod files;
pub mod mail_sink;
pub mod program;
pub mod project;
pub mod simulation;
pub mod snapshot;
pub mod ssh_server;

use std::path::Path;

/// The root of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
