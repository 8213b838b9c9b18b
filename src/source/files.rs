//! The one way in which pure rooms get at files: somebody hands them over.

use std::path::{Path, PathBuf};

/// No file of the language, nor `rectify.yaml`, may be longer than this many bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Why a file could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// There is no such file.
    NotFound,
    /// It is a directory, a pipe, a device or a socket.
    NotAFile(&'static str),
    /// It is longer than [`MAX_FILE_BYTES`].
    TooLong,
    /// Its bytes are not UTF-8; the offset of the first that is not.
    NotUtf8(usize),
    /// It lies outside the folder that imports may reach.
    Outside,
    /// What the operating system said.
    Other(String),
}

/// The end of a sentence that begins with the file.
impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("does not exist"),
            Self::NotAFile(what) => write!(f, "is {what}, not a regular file"),
            Self::TooLong => f.write_str("is longer than 1 MiB"),
            Self::NotUtf8(offset) => write!(f, "is not UTF-8: byte {offset}, counted from 0, belongs to no character"),
            Self::Outside => f.write_str("lies outside the project's folder"),
            Self::Other(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

impl std::error::Error for FileError {}

/// Files by path, for imports. The real one is in `cli`; tests keep theirs in memory.
pub trait Files {
    /// Finds what `import "written"` in the file `from` means, as the path by which it is known from then on.
    /// Two imports of one file must give one path. An absolute path, or one that leaves the project's folder, even
    /// through a symbolic link, is [`FileError::Outside`].
    fn resolve(&self, from: &Path, written: &str) -> Result<PathBuf, FileError>;

    /// Reads a file that [`resolve`](Self::resolve) gave, never more than [`MAX_FILE_BYTES`] and one bytes of it.
    fn read(&self, path: &Path) -> Result<String, FileError>;
}
