//! Names, imports, types and flow: from trees to a [`Program`](program::Program), gathering every error.
//!
//! A file is read with all that it imports ([`files`]), its declarations are collected ([`declarations`]), and each is
//! then lowered: expressions ([`expressions`]), calls ([`calls`]) and statements ([`statements`]) become those of the
//! program while their types, effects and flow are checked on the way. Nothing is lowered twice, and one slip gives one
//! diagnostic: what is wrong has the type [`Invalid`](types::Type::Invalid), which fits everywhere.

mod acts;
mod blanks;
mod calls;
mod changes;
mod commands;
mod constants;
mod context;
mod declarations;
mod effects;
mod expressions;
mod files;
mod goals;
mod graph;
mod hosts;
pub mod leaving;
mod limits;
mod loops;
mod matching;
mod members;
mod names;
pub mod numbering;
mod operators;
pub mod program;
mod runs;
mod signatures;
mod statements;
pub mod test_block;
mod test_lines;
mod timings;
pub mod types;

pub use files::{MAX_IMPORTS, OtherFiles, ReadFile, Session};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::FileId;

/// What came of checking one file with all that it imports.
#[derive(Debug)]
pub struct Checked {
    /// The program, if nothing is wrong.
    pub program: Option<program::Program>,
    /// What could be understood, if something is wrong, but every line could be read.
    pub draft: Option<Draft>,
    /// What was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The file that was asked for.
    pub file: Option<FileId>,
}

/// What a file means that has errors, as far as it goes. It can be looked at, and nothing runs it.
#[derive(Debug)]
pub struct Draft(program::Program);

impl Draft {
    /// Its declarations. Statements that were refused are not in them, and places may lead nowhere.
    pub fn outline(&self) -> &program::Program {
        &self.0
    }
}

impl Checked {
    /// Whether it cannot be run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}
