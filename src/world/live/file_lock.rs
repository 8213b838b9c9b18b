//! Files in the state folder: private to their owner, and locked by `flock`, which the kernel releases when the process
//! ends.

use crate::value::{ActionError, ErrorKind};
use rustix::fs::{Mode, OFlags};
use std::fs::{File, TryLockError};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

/// The part of a file that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How long a lock of another process is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Flags of every open: no symbolic links, no blocking on pipes, append only.
const SAFELY: OFlags =
    OFlags::RDWR.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::APPEND);

/// Opens a file for reading and writing, and creates it and its folder, readable by their owner only.
pub fn open(folder: &Path, name: &str) -> Result<File, ActionError> {
    make(folder)?;
    let path = folder.join(name);
    let opened = rustix::fs::open(&path, SAFELY | OFlags::CREATE, Mode::RUSR | Mode::WUSR);
    Ok(File::from(opened.map_err(|error| failed(&path, &error.into()))?))
}

/// Creates a file; nothing if it exists.
pub fn create(folder: &Path, name: &str) -> Result<Option<File>, ActionError> {
    make(folder)?;
    let path = folder.join(name);
    match rustix::fs::open(&path, SAFELY | OFlags::CREATE | OFlags::EXCL, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(Some(File::from(file))),
        Err(rustix::io::Errno::EXIST) => Ok(None),
        Err(error) => Err(failed(&path, &error.into())),
    }
}

/// Opens a file for reading; nothing if it does not exist.
pub fn open_to_read(path: &Path) -> std::io::Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => Ok(Some(File::from(file))),
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn make(folder: &Path) -> Result<(), ActionError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| failed(folder, &error))
}

/// Takes the exclusive lock of a file; false if another process holds it.
pub fn try_lock(file: &File) -> Result<bool, ActionError> {
    is_locked(file.try_lock())
}

/// Takes the shared lock of a file; false if another process holds the exclusive one.
pub fn try_lock_shared(file: &File) -> Result<bool, ActionError> {
    is_locked(file.try_lock_shared())
}

/// Retries until a lock is taken.
///
/// # Errors
/// `refused` with the name of the file if another process holds it for too long.
pub async fn until_locked<T>(
    path: &Path,
    mut attempt: impl FnMut() -> Result<Option<T>, ActionError>,
) -> Result<T, ActionError> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(locked) = attempt()? {
            return Ok(locked);
        }
        if waited > PATIENCE {
            let message = format!("another process has been using {} for too long", path.display());
            return Err(ActionError::new(ErrorKind::Refused, message));
        }
        let pause = Duration::from_millis(10);
        waited += pause;
        tokio::time::sleep(pause).await;
    }
}

fn is_locked(result: Result<(), TryLockError>) -> Result<bool, ActionError> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => {
            Err(ActionError::new(ErrorKind::Refused, format!("cannot use locks: {error}")))
        }
    }
}

/// Reads a file. Bytes that are not UTF-8 are replaced.
pub fn read(mut file: &File, path: &Path) -> Result<String, ActionError> {
    use std::io::Seek;
    let mut bytes = Vec::new();
    file.rewind().map_err(|error| failed(path, &error))?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The error of a file in the state folder: nothing was done.
pub fn failed(path: &Path, error: &std::io::Error) -> ActionError {
    ActionError::new(ErrorKind::Refused, format!("cannot use {}: {error}", path.display()))
}
