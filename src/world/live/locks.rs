//! Locks that every run on this machine respects: one file for each name, held by `flock` until the world is dropped or
//! its process ends in any way.

use super::file_lock::try_lock;
use super::store::{Store, failed, read};
use crate::value::{ActionError, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;

/// A file name has at most 255 bytes. The name of a lock is truncated well before.
const LONGEST_NAME: usize = 120;

/// The locks of one run.
#[derive(Debug)]
pub struct Locks {
    folder: Store,
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
        Self { folder: store.folder("locks"), run, held: RefCell::default() }
    }

    /// Takes all of the locks in the order of their names, or none. Those that the run holds are kept. Returns the
    /// holders that died without releasing one of them.
    pub fn take(&self, mut names: Vec<String>, now: Timestamp) -> Result<Vec<Holder>, ActionError> {
        names.sort();
        names.dedup();
        let (mut taken, mut gone) = (Vec::new(), Vec::new());
        for name in names {
            if !self.held.borrow().contains_key(&name) {
                let (held, before) = self.take_one(&name, now)?;
                gone.extend(before);
                taken.push((name, held));
            }
        }
        self.held.borrow_mut().extend(taken);
        Ok(gone)
    }

    /// Releases locks. Names that are not held are ignored.
    pub fn release(&self, names: &[String]) {
        let mut held = self.held.borrow_mut();
        for name in names {
            held.remove(name);
        }
    }

    fn take_one(&self, name: &str, now: Timestamp) -> Result<(HeldLocks, Option<Holder>), ActionError> {
        let file_name = file_name(name);
        let path = self.folder.path().join(&file_name);
        let mut file = self.folder.open(&file_name)?;
        if !try_lock(&file)? {
            return Err(ActionError::new(ErrorKind::Refused, held_by(name, &read(&file, &path)?)));
        }
        let before = serde_json::from_str(&read(&file, &path)?).ok();
        let holder = Holder { lock: name.to_owned(), run: self.run.clone(), process: std::process::id(), since: now };
        let text = serde_json::to_string(&holder).unwrap_or_default();
        file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(|error| failed(&path, &error))?;
        Ok((HeldLocks(file), before))
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

/// The file name of a lock, unique for it: everything but letters, digits, `-` and `_` is escaped, and a long name ends
/// in its hash.
fn file_name(name: &str) -> String {
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
    escaped + ".lock"
}

/// The 64-bit FNV-1a hash. It must be the same in every version of this program, because they share the files.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
