//! Locks that every run on this machine respects: one file a name, held by `flock` until the world is dropped or its
//! process ends, however it ends.

use super::state::{failed, open, read, try_lock};
use crate::value::{ActionError, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// A file name may not be longer than 255 bytes; a lock's name is cut well before.
const LONGEST_NAME: usize = 120;

/// The locks of one run.
#[derive(Debug)]
pub struct Locks {
    folder: PathBuf,
    run: String,
    held: RefCell<BTreeMap<String, HeldLocks>>,
}

/// What a lock's file says of its holder. Whoever lets go of the lock empties the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The lock.
    pub lock: String,
    /// The run that holds it.
    pub run: String,
    /// Its process.
    pub process: u32,
    /// Since when.
    pub since: Timestamp,
}

/// A lock that is held, until it is dropped.
#[derive(Debug)]
struct HeldLocks(File);

impl Drop for HeldLocks {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

impl Locks {
    /// No locks yet.
    pub fn new(folder: PathBuf, run: String) -> Self {
        Self { folder, run, held: RefCell::default() }
    }

    /// Takes all of them in name order, or none. Those that are held already are kept. Gives the runs that held one and
    /// are gone without having let go of it.
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

    /// Lets go of some of them; those that are not held are not missed.
    pub fn release(&self, names: &[String]) {
        let mut held = self.held.borrow_mut();
        for name in names {
            held.remove(name);
        }
    }

    fn take_one(&self, name: &str, now: Timestamp) -> Result<(HeldLocks, Option<Holder>), ActionError> {
        let file_name = file_name(name);
        let path = self.folder.join(&file_name);
        let mut file = open(&self.folder, &file_name)?;
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

/// A file name that no other lock has: what is not a letter, digit, `-` or `_` is escaped, and a long name ends in its
/// hash.
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

/// The 64-bit FNV-1a hash: the same in every version of this program, so that all of them lock one file for one name.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
