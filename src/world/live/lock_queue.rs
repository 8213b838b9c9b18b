//! Who waits for locks: one file for each waiting request, numbered in the order in which they came. A request holds its
//! file by `flock`, so the file of a dead process keeps nobody waiting.

use super::file_lock::{is_at, try_lock};
use super::store::{Store, failed, open_to_read, read};
use crate::value::{ActionError, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// The extension of their files.
const EXTENSION: &str = "wait";

/// How often a number that somebody else took at the same time is replaced by the next.
const MOST_ATTEMPTS: usize = 1000;

/// The requests that wait, in a store.
#[derive(Debug)]
pub struct LockQueue {
    folder: Store,
}

/// What a file says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// The locks that it waits for.
    pub locks: Vec<String>,
    /// The run.
    pub run: String,
    /// Its process.
    pub process: u32,
    /// Since when.
    pub since: Timestamp,
}

/// A place in the queue; given up when dropped.
#[derive(Debug)]
pub struct QueuePlace {
    number: u64,
    path: PathBuf,
    /// Locked until it is dropped.
    file: File,
}

impl Drop for QueuePlace {
    fn drop(&mut self) {
        // Its number may be somebody else's by now.
        if is_at(&self.file, &self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl LockQueue {
    /// The queue in the folder of the locks.
    pub fn new(locks: &Store) -> Self {
        Self { folder: locks.folder("queue") }
    }

    /// Enters the queue at its end.
    pub fn enter(&self, waiting: &Waiting) -> Result<QueuePlace, ActionError> {
        // A file gets its number when it is locked and complete, so that nobody takes it for that of a dead process.
        let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into());
        let name = format!("new-{}-{random:016x}", std::process::id());
        let new = self.folder.path().join(&name);
        let mut file = self.folder.open(&name)?;
        let text = serde_json::to_string(waiting).unwrap_or_default();
        let locked = try_lock(&file)?;
        file.write_all(text.as_bytes()).map_err(|error| failed(&new, &error))?;
        for _ in 0..MOST_ATTEMPTS {
            let number = self.numbers()?.last().map_or(1, |(last, _)| last + 1);
            let path = self.folder.path().join(format!("{number:016}.{EXTENSION}"));
            let here = rustix::fs::CWD;
            match rustix::fs::renameat_with(here, &new, here, &path, rustix::fs::RenameFlags::NOREPLACE) {
                Ok(()) if locked => return Ok(QueuePlace { number, path, file }),
                Err(rustix::io::Errno::EXIST) => {}
                Ok(()) => break,
                Err(error) => return Err(failed(&path, &error.into())),
            }
        }
        let message = format!("cannot wait for a lock: too many requests in {}", self.folder.path().display());
        Err(ActionError::new(ErrorKind::Refused, message))
    }

    /// The first request that came before `place`, or before now, and waits for one of these locks. One that waits for a
    /// lock that this run holds, `held`, can only come after it.
    pub fn before(
        &self,
        place: Option<&QueuePlace>,
        names: &[String],
        held: &[String],
    ) -> Result<Option<Waiting>, ActionError> {
        let earlier = |number: u64| place.is_none_or(|place| number < place.number);
        for (number, path) in self.numbers()?.into_iter().filter(|(number, _)| earlier(*number)) {
            let Some(file) = open_to_read(&path).map_err(|error| failed(&path, &error))? else { continue };
            if try_lock(&file)? {
                if is_at(&file, &path) {
                    tracing::debug!(number, "a request for a lock whose process is gone");
                    let _ = std::fs::remove_file(&path);
                }
                continue;
            }
            match serde_json::from_str::<Waiting>(&read(&file, &path)?) {
                Ok(waiting) if waiting.locks.iter().any(|lock| held.contains(lock)) => {}
                Ok(waiting) if waiting.locks.iter().any(|lock| names.contains(lock)) => return Ok(Some(waiting)),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, path = %path.display(), "a request for a lock cannot be read"),
            }
        }
        Ok(None)
    }

    /// The files with their numbers, in order.
    fn numbers(&self) -> Result<Vec<(u64, PathBuf)>, ActionError> {
        let folder = self.folder.path();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(folder, &error)),
        };
        let number = |path: PathBuf| {
            let is_waiting = path.extension().is_some_and(|extension| extension == EXTENSION);
            let number = path.file_stem()?.to_str()?.parse().ok().filter(|_| is_waiting)?;
            Some((number, path))
        };
        let mut numbers: Vec<(u64, PathBuf)> = entries.flatten().filter_map(|entry| number(entry.path())).collect();
        numbers.sort();
        Ok(numbers)
    }
}
