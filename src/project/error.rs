//! Why a project cannot be used.

use crate::source::FileError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a project cannot be used; one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProjectError {
    /// A file or folder cannot be read.
    #[error("{} {error}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: FileError,
    },
    /// A folder without runbooks.
    #[error("There is no *.runbook file below {}", .0.display())]
    NoRunbooks(PathBuf),
}
