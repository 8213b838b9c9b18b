//! Locks of files by `flock`, which the kernel releases when the process ends.

use crate::value::{ActionError, ErrorKind};
use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// How long a lock of another process is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Whether the path still names the file.
pub fn is_at(file: &File, path: &Path) -> bool {
    let place = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let (Ok(open), Ok(named)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
    place(open) == place(named)
}
