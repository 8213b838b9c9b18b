//! Files for pure modules: they read through [`Files`], which the caller implements.

use std::path::{Path, PathBuf};
use thiserror::Error;

/// No file of the language, nor `rectify.yaml`, may be longer than this many bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Why a file could not be read: the end of a sentence that begins with its path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileError {
    /// There is no such file.
    #[error("does not exist")]
    NotFound,
    /// It is a directory, a pipe, a device or a socket.
    #[error("is {0}, not a regular file")]
    NotAFile(&'static str),
    /// It is longer than [`MAX_FILE_BYTES`].
    #[error("is longer than 1 MiB")]
    TooLong,
    /// Its bytes are not UTF-8; the offset of the first that is not.
    #[error("is not UTF-8 (byte {0})")]
    NotUtf8(usize),
    /// It lies outside the folder that imports may reach.
    #[error("is outside of the project's folder")]
    Outside,
    /// The operating system's error message.
    #[error("cannot be read: {0}")]
    Other(String),
}

/// Files by path, for imports. `project::files` reads real files; tests keep theirs in memory.
pub trait Files {
    /// Resolves `import "written"` in the file `from` to the path that identifies the file. Two imports of one file
    /// must give one path. An absolute path, or one that leaves the project's folder, even through a symbolic link, is
    /// [`FileError::Outside`].
    fn resolve(&self, from: &Path, written: &str) -> Result<PathBuf, FileError>;

    /// Reads a file whose path [`resolve`](Self::resolve) returned; at most [`MAX_FILE_BYTES`] and one bytes of it.
    fn read(&self, path: &Path) -> Result<String, FileError>;
}
