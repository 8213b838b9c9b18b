//! Checks names, imports, types and flow: turns ASTs into a [`Program`](crate::program::Program) and reports every
//! error.
//!
//! A file is read with its imports (`files`) and its declarations are collected (`declarations`). Then expressions
//! (`expressions`) and statements (`statements`) are lowered, while their types, effects and flow are checked.
//! Nothing is lowered twice. One mistake gives one diagnostic: it has the type
//! [`Invalid`](crate::program::types::Type::Invalid), which fits everywhere.

#![warn(clippy::wildcard_enum_match_arm)]

mod approvals;
mod child_runs;
mod commands;
mod context;
mod declarations;
mod expressions;
mod files;
mod goal_claims;
mod scope;
mod statements;
mod test_blocks;
mod topological_sort;
mod unknown_taint;
mod unused_changes;
mod verdict_paths;

pub(crate) use commands::{as_remote, ssh_command};
pub use files::{MAX_IMPORTS, OtherFiles, ReadFile, Session};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::FileId;

/// The result of checking one file with its imports.
#[derive(Debug)]
pub struct Checked {
    /// The program, where there are no errors.
    pub program: Option<crate::program::Program>,
    /// What could be lowered, where there are errors but every line could be read.
    pub draft: Option<Draft>,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The file that was checked.
    pub file: Option<FileId>,
}

/// The incomplete program of a file with errors. It can be examined but not run.
#[derive(Debug)]
pub struct Draft(crate::program::Program);

impl Draft {
    /// Its declarations. Rejected statements are missing, and indices may be out of range.
    pub fn outline(&self) -> &crate::program::Program {
        &self.0
    }
}

impl Checked {
    /// Whether it has errors and cannot run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}
