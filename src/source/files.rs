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

/// Files by path, for imports. The real one is in `cli`; tests keep theirs in memory.
pub trait Files {
    /// Finds what `import "written"` in the file `from` means, as the path by which it is known from then on.
    /// Two imports of one file must give one path. An absolute path, or one that leaves the project's folder, even
    /// through a symbolic link, is [`FileError::Outside`].
    fn resolve(&self, from: &Path, written: &str) -> Result<PathBuf, FileError>;

    /// Reads a file that [`resolve`](Self::resolve) gave, never more than [`MAX_FILE_BYTES`] and one bytes of it.
    fn read(&self, path: &Path) -> Result<String, FileError>;
}
