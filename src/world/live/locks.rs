//! Locks that every run on this machine respects: one file for each name, held by `flock` until the world is dropped or
//! its process ends in any way.

use super::Clock;
use super::file_lock::try_lock;
use super::lock_queue::{LockQueue, QueuePlace, Waiting};
use super::store::{Store, failed, read};
use crate::value::{ActionError, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::time::Duration;

/// A file name has at most 255 bytes. The name of a lock is truncated well before.
const LONGEST_NAME: usize = 120;

/// How often a lock that is waited for is tried.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The locks of one run.
#[derive(Debug)]
pub struct Locks {
    folder: Store,
    queue: LockQueue,
    run: String,
    held: RefCell<BTreeMap<String, HeldLocks>>,
}

/// The holder of a lock, as its file names it. Releasing the lock empties the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The lock.
    pub lock: String,
    /// The run that holds it.
    pub run: String,
    /// Its process.
    pub process: u32,
    /// When it was taken.
    pub since: Timestamp,
}

/// A lock that is held; released when dropped.
#[derive(Debug)]
struct HeldLocks(File);

impl Drop for HeldLocks {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

impl Locks {
    /// No locks yet.
    pub fn new(store: &Store, run: String) -> Self {
        let folder = store.folder("locks");
        Self { queue: LockQueue::new(&folder), folder, run, held: RefCell::default() }
    }

    /// Takes all of the locks or none. Those that the run holds are kept. Waits until `until` for other runs, behind those
    /// that came before. Returns the holders that died without releasing one of the locks.
    ///
    /// # Errors
    /// `refused` with the holder of a lock, or with the run that waits for it before this one.
    pub async fn take(
        &self,
        mut names: Vec<String>,
        until: Timestamp,
        clock: &Clock,
    ) -> Result<Vec<Holder>, ActionError> {
        names.sort();
        names.dedup();
        names.retain(|name| !self.held.borrow().contains_key(name));
        let mut place: Option<QueuePlace> = None;
        loop {
            let refused = match self.try_all(&names, place.as_ref(), clock.now())? {
                Ok(gone) => return Ok(gone),
                Err(refused) => refused,
            };
            let left = clock.until(until);
            if left.is_zero() {
                return Err(ActionError::new(ErrorKind::Refused, refused));
            }
            if place.is_none() {
                let (run, process, since) = (self.run.clone(), std::process::id(), clock.now());
                place = Some(self.queue.enter(&Waiting { locks: names.clone(), run, process, since })?);
            }
            tokio::time::sleep(POLL_INTERVAL.min(left)).await;
        }
    }

    /// Takes all of the locks now, or says who keeps the run from it.
    fn try_all(
        &self,
        names: &[String],
        place: Option<&QueuePlace>,
        now: Timestamp,
    ) -> Result<Result<Vec<Holder>, String>, ActionError> {
        let held: Vec<String> = self.held.borrow().keys().cloned().collect();
        if let Some(Waiting { locks, run, process, since }) = self.queue.before(place, names, &held)? {
            let locks: Vec<String> = locks.iter().map(|lock| format!("{lock:?}")).collect();
            let locks = locks.join(", ");
            return Ok(Err(format!("run {run} (process {process}) has waited for the lock {locks} since {since:.0}")));
        }
        let mut locked = Vec::new();
        for name in names {
            let file_name = format!("{}.lock", file_name(name));
            let path = self.folder.path().join(&file_name);
            let file = self.folder.open(&file_name)?;
            if !try_lock(&file)? {
                return Ok(Err(held_by(name, &read(&file, &path)?)));
            }
            locked.push((name, path, file));
        }
        // The names of dead holders are replaced only when every lock is free.
        let (mut gone, mut taken) = (Vec::new(), Vec::new());
        for (name, path, mut file) in locked {
            gone.extend(serde_json::from_str::<Holder>(&read(&file, &path)?).ok());
            let (run, process) = (self.run.clone(), std::process::id());
            let holder = Holder { lock: name.clone(), run, process, since: now };
            let text = serde_json::to_string(&holder).unwrap_or_default();
            file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(|error| failed(&path, &error))?;
            taken.push((name.clone(), HeldLocks(file)));
        }
        self.held.borrow_mut().extend(taken);
        Ok(Ok(gone))
    }

    /// Releases locks. Names that are not held are ignored.
    pub fn release(&self, names: &[String]) {
        let mut held = self.held.borrow_mut();
        for name in names {
            held.remove(name);
        }
    }
}

fn held_by(name: &str, text: &str) -> String {
    match serde_json::from_str::<Holder>(text) {
        Ok(holder) => {
            let Holder { run, process, since, .. } = holder;
            format!("the lock {name:?} is held by run {run} (process {process}) since {since:.0}")
        }
        Err(_) => format!("the lock {name:?} is held by another run"),
    }
}

/// The file name for a name, unique for it: everything but letters, digits, `-` and `_` is escaped, and a long name ends
/// in its hash.
pub(super) fn file_name(name: &str) -> String {
    let mut escaped = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02x}"));
        }
    }
    if escaped.len() > LONGEST_NAME {
        escaped.truncate(LONGEST_NAME);
        escaped.push_str(&format!("%{:016x}", fnv1a(name.as_bytes())));
    }
    escaped
}

/// The 64-bit FNV-1a hash. It must be the same in every version of this program, because they share the files.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
