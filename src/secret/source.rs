//! Reads the value of a secret from its source.

use super::SecretSource;
use rustix::fs::{FileType, Mode, OFlags};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;
use zeroize::Zeroizing;

/// The longest secret, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// Why a secret has no value. No part of a value is in it.
#[derive(Debug, Error)]
pub(super) enum SourceError {
    #[error("the environment variable {name} {error}")]
    Variable { name: String, error: VariableError },
    #[error("the file {} {error}", path.display())]
    File { path: PathBuf, error: SecretFileError },
}

#[derive(Debug, Error)]
pub(super) enum VariableError {
    #[error("is longer than 64 KiB")]
    TooLong,
    #[error("is not set")]
    NotSet,
    #[error("is not UTF-8")]
    NotUtf8,
}

#[derive(Debug, Error)]
pub(super) enum SecretFileError {
    #[error("does not exist")]
    NotFound,
    #[error("is a symbolic link; give the path of the file itself")]
    SymbolicLink,
    #[error("cannot be opened: {0}")]
    NotOpened(io::Error),
    #[error("cannot be examined: {0}")]
    NoStatus(io::Error),
    #[error("is not a regular file")]
    NotAFile,
    #[error("is readable by others (mode {0:04o}); run chmod 600")]
    OpenToOthers(u32),
    #[error("belongs to another user")]
    ForeignOwner,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is longer than 64 KiB")]
    TooLong,
    #[error("is not UTF-8")]
    NotUtf8,
}

/// Reads the value of a secret.
pub(super) fn read(source: &SecretSource, folder: &Path) -> Result<Zeroizing<String>, SourceError> {
    match source {
        SecretSource::Environment(name) => {
            read_variable(name).map_err(|error| SourceError::Variable { name: name.clone(), error })
        }
        SecretSource::File(path) => {
            read_file(&folder.join(path)).map_err(|error| SourceError::File { path: path.clone(), error })
        }
    }
}

fn read_variable(name: &str) -> Result<Zeroizing<String>, VariableError> {
    match std::env::var(name) {
        Ok(value) if value.len() > LONGEST => Err(VariableError::TooLong),
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(std::env::VarError::NotPresent) => Err(VariableError::NotSet),
        Err(std::env::VarError::NotUnicode(_)) => Err(VariableError::NotUtf8),
    }
}

/// The file itself must not be a symbolic link, and every check is made on the opened file, so that the path cannot be
/// exchanged in between. `NONBLOCK` keeps a pipe from blocking.
fn read_file(path: &Path) -> Result<Zeroizing<String>, SecretFileError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
        rustix::io::Errno::NOENT => SecretFileError::NotFound,
        rustix::io::Errno::LOOP => SecretFileError::SymbolicLink,
        other => SecretFileError::NotOpened(other.into()),
    })?;
    let status = rustix::fs::fstat(&opened).map_err(|error| SecretFileError::NoStatus(error.into()))?;
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Err(SecretFileError::NotAFile);
    }
    if status.st_mode & 0o077 != 0 {
        return Err(SecretFileError::OpenToOthers(status.st_mode & 0o7777));
    }
    if status.st_uid != rustix::process::geteuid().as_raw() {
        return Err(SecretFileError::ForeignOwner);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    std::fs::File::from(opened)
        .take(LONGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(SecretFileError::Unreadable)?;
    if bytes.len() > LONGEST {
        return Err(SecretFileError::TooLong);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretFileError::NotUtf8)?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Zeroizing::new(text.to_owned()))
}
