//! Files below the state folder: private, guarded by `flock`, which the kernel lets go of with the process.

use crate::value::{ActionError, ErrorKind};
use rustix::fs::{FlockOperation, Mode, OFlags};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

/// No file of the state folder is read further than this.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How long a process that holds a lock of a file is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How files are opened: never through a link, never waiting for a pipe, always added to.
const SAFELY: OFlags =
    OFlags::RDWR.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::APPEND);

/// Makes the folder, readable by its owner only, and opens a file in it for reading and writing.
pub fn open(folder: &Path, name: &str) -> Result<File, ActionError> {
    make(folder)?;
    let path = folder.join(name);
    let opened = rustix::fs::open(&path, SAFELY | OFlags::CREATE, Mode::RUSR | Mode::WUSR);
    Ok(File::from(opened.map_err(|error| failed(&path, &error.into()))?))
}

/// The same of a file that must not have been there; nothing where it was.
pub fn create(folder: &Path, name: &str) -> Result<Option<File>, ActionError> {
    make(folder)?;
    let path = folder.join(name);
    match rustix::fs::open(&path, SAFELY | OFlags::CREATE | OFlags::EXCL, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(Some(File::from(file))),
        Err(rustix::io::Errno::EXIST) => Ok(None),
        Err(error) => Err(failed(&path, &error.into())),
    }
}

/// A file that is there already; nothing where it is not.
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

/// Takes the file's lock if nobody has it.
pub fn try_lock(file: &File) -> Result<bool, ActionError> {
    lock(file, FlockOperation::NonBlockingLockExclusive)
}

/// The same for somebody who only looks: others may look as well.
pub fn try_lock_shared(file: &File) -> Result<bool, ActionError> {
    lock(file, FlockOperation::NonBlockingLockShared)
}

/// Tries to take a lock until it is had; an error names the file when another process has had it for too long.
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

fn lock(file: &File, how: FlockOperation) -> Result<bool, ActionError> {
    match rustix::fs::flock(file, how) {
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
