//! Files below the state folder: private, guarded by `flock`, which the kernel lets go of with the process.

use crate::value::{ActionError, ErrorKind};
use rustix::fs::{FlockOperation, Mode, OFlags};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// No file of the state folder is read further than this.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Makes the folder, readable by its owner only, and opens a file in it for reading and writing.
pub fn open(folder: &Path, name: &str) -> Result<File, ActionError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| failed(folder, &error))?;
    let path = folder.join(name);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::APPEND;
    let opened = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR);
    Ok(File::from(opened.map_err(|error| failed(&path, &error.into()))?))
}

/// Takes the file's lock if nobody has it.
pub fn try_lock(file: &File) -> Result<bool, ActionError> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(ActionError::new(ErrorKind::Refused, format!("locks cannot be had: {error}"))),
    }
}

/// All of a file, bytes that are not UTF-8 replaced.
pub fn read(mut file: &File, path: &Path) -> Result<String, ActionError> {
    use std::io::Seek;
    let mut bytes = Vec::new();
    file.rewind().map_err(|error| failed(path, &error))?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Nothing was done, because the machine's own state cannot be kept.
pub fn failed(path: &Path, error: &std::io::Error) -> ActionError {
    ActionError::new(ErrorKind::Refused, format!("{} cannot be used: {error}", path.display()))
}
