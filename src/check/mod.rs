//! Names, imports, types and flow: from trees to a [`Program`](crate::program::Program), gathering every error.
//!
//! A file is read with all that it imports ([`files`]), its declarations are collected ([`declarations`]), and each is
//! then lowered: expressions ([`expressions`]), calls ([`calls`]) and statements ([`statements`]) become those of the
//! program while their types, effects and flow are checked on the way. Nothing is lowered twice, and one slip gives one
//! diagnostic: what is wrong has the type [`Invalid`](crate::program::types::Type::Invalid), which fits everywhere.

#![warn(clippy::wildcard_enum_match_arm)]

mod commands;
mod context;
mod declarations;
mod expressions;
mod files;
mod scope;
mod statements;
mod test_blocks;
mod topological_sort;
mod unknown_taint;
mod unused_changes;

pub use files::{MAX_IMPORTS, OtherFiles, ReadFile, Session};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::FileId;

/// What came of checking one file with all that it imports.
#[derive(Debug)]
pub struct Checked {
    /// The program, if nothing is wrong.
    pub program: Option<crate::program::Program>,
    /// What could be understood, if something is wrong, but every line could be read.
    pub draft: Option<Draft>,
    /// What was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The file that was asked for.
    pub file: Option<FileId>,
}

/// What a file means that has errors, as far as it goes. It can be looked at, and nothing runs it.
#[derive(Debug)]
pub struct Draft(crate::program::Program);

impl Draft {
    /// Its declarations. Statements that were refused are not in them, and places may lead nowhere.
    pub fn outline(&self) -> &crate::program::Program {
        &self.0
    }
}

impl Checked {
    /// Whether it cannot be run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}
