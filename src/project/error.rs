//! Why a project cannot be used.

use crate::source::FileError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a project cannot be used. Displays as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProjectError {
    /// A file or folder cannot be read.
    #[error("{} {error}", .path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// Why it cannot be read.
        error: FileError,
    },
    /// A folder contains no runbooks.
    #[error("No *.runbook file in {}", .0.display())]
    NoRunbooks(PathBuf),
}
