//! Limits that hold for every run on this machine: a list of charges that is only ever added to, by one process at a
//! time.
//!
//! What it says decides what may be done, so it is believed whole or not at all: a line that cannot be read stops every
//! effect that is limited. Only the end of the last line may be missing, as after a power cut: it was never acknowledged,
//! so nothing was done on the strength of it.

use super::Clock;
use super::state::{failed, open, try_lock, until_locked};
use crate::engine::world::Charge;
use crate::value::{ActionError, ErrorKind, SignedDuration, Timestamp, display_duration};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const FILE: &str = "limits.jsonl";

/// What takes the ledger's place when it is rewritten.
const NEXT: &str = "limits.jsonl.new";

/// A ledger longer than this is rewritten without what is too old to matter.
const COMPACT_BYTES: u64 = 1024 * 1024;

/// A ledger longer than this is none of ours.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What is older than this matters to no limit.
const OLDEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Clocks of processes differ by less. What is dated further ahead was written by a wrong clock, or is read by one.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

/// The ledger of a state folder.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
}

/// One charge, as a line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    limit: String,
    run: String,
    /// When it counts from, where it is dated in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counted: Option<Timestamp>,
}

impl Entry {
    /// When it counts as charged. One of the future is one of now, until it is known from when it counts.
    fn time(&self, now: Timestamp) -> Timestamp {
        if self.at <= now { self.at } else { self.counted.unwrap_or(now).min(now) }
    }
}

/// The ledger, while no other process reads or writes it.
struct Open<'l> {
    ledger: &'l Ledger,
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Whether its last line has an end.
    ends: bool,
    entries: Vec<Entry>,
    now: Timestamp,
}

impl Ledger {
    /// The ledger in a folder; neither has to be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Whether all of them could be charged now; nothing is charged.
    pub async fn check(&self, charges: &[Charge], clock: &Clock) -> Result<(), ActionError> {
        let open = self.open(clock).await?;
        charges.iter().try_for_each(|charge| allowed(charge, &open.entries, open.now))
    }

    /// Charges all of them, synced to the disk, or none.
    pub async fn charge(&self, charges: &[Charge], run: &str, clock: &Clock) -> Result<(), ActionError> {
        let mut open = self.open(clock).await?;
        charges.iter().try_for_each(|charge| allowed(charge, &open.entries, open.now))?;
        let entry =
            |charge: &Charge| Entry { at: open.now, limit: charge.name.clone(), run: run.to_owned(), counted: None };
        let new: Vec<Entry> = charges.iter().map(entry).collect();
        if open.bytes > COMPACT_BYTES {
            let now = open.now;
            open.entries.retain(|entry| now.duration_since(entry.time(now)) < OLDEST);
            open.entries.extend(new);
            return open.replace();
        }
        open.append(&new)
    }

    /// Opens it for this process alone, and puts right what a power cut or a wrong clock has left.
    async fn open(&self, clock: &Clock) -> Result<Open<'_>, ActionError> {
        let path = self.folder.join(FILE);
        let file = self.locked(&path).await?;
        let bytes = read(&file, &path)?;
        let Lines { entries, whole } = lines(&bytes, &path)?;
        if whole < bytes.len() {
            let lost = bytes.len() - whole;
            tracing::warn!(
                "{}: its last line was cut off, and never counted; its {lost} bytes are left out",
                path.display()
            );
            let repaired = file.set_len(whole as u64).and_then(|()| file.sync_data());
            repaired.map_err(|error| failed(&path, &error))?;
        }
        let ends = bytes.get(..whole).is_none_or(|whole| whole.is_empty() || whole.ends_with(b"\n"));
        let now = clock.now();
        let mut open = Open { ledger: self, path, file, bytes: whole as u64, ends, entries: Vec::new(), now };
        let mut moved = false;
        for (line, mut entry) in entries {
            let ahead = |time: Timestamp| time.duration_since(now) > AHEAD;
            if ahead(entry.at) && entry.counted.is_none_or(ahead) {
                tracing::warn!(
                    "{}, line {line}: a charge of {} is dated {:.0}, which is in the future; it counts as one of now",
                    open.path.display(),
                    entry.limit,
                    entry.at
                );
                (entry.counted, moved) = (Some(now), true);
            }
            open.entries.push(entry);
        }
        if moved {
            open.replace()?;
            return Box::pin(self.open(clock)).await;
        }
        Ok(open)
    }

    async fn locked(&self, path: &Path) -> Result<File, ActionError> {
        until_locked(path, || {
            let file = open(&self.folder, FILE)?;
            // Whoever had it before may have put another file in its place.
            Ok((try_lock(&file)? && is_at(&file, path)).then_some(file))
        })
        .await
    }
}

impl Open<'_> {
    /// Adds charges; all of them are on the disk then, or none.
    fn append(&mut self, new: &[Entry]) -> Result<(), ActionError> {
        let mut addition = if self.ends { String::new() } else { "\n".to_owned() };
        addition.extend(new.iter().map(line));
        let written = self.file.write_all(addition.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            let _ = self.file.set_len(self.bytes);
            return Err(failed(&self.path, &error));
        }
        if self.bytes == 0 { self.sync_folder() } else { Ok(()) }
    }

    /// Writes the whole ledger anew, beside the old one, and puts it in its place.
    fn replace(&self) -> Result<(), ActionError> {
        let next = self.ledger.folder.join(NEXT);
        let text: String = self.entries.iter().map(line).collect();
        let mut file = open(&self.ledger.folder, NEXT)?;
        let written = file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).and_then(|()| file.sync_all());
        written.and_then(|()| std::fs::rename(&next, &self.path)).map_err(|error| failed(&next, &error))?;
        self.sync_folder()
    }

    /// A name outlives a power cut only when its folder is on the disk as well.
    fn sync_folder(&self) -> Result<(), ActionError> {
        let folder = &self.ledger.folder;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, &error))
    }
}

/// Whether the file is the one of this name.
fn is_at(file: &File, path: &Path) -> bool {
    let place = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let (Ok(open), Ok(named)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
    place(open) == place(named)
}

fn read(mut file: &File, path: &Path) -> Result<Vec<u8>, ActionError> {
    let mut bytes = Vec::new();
    file.rewind().map_err(|error| failed(path, &error))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("{} is longer than any ledger of limits: move it away", path.display());
        return Err(ActionError::new(ErrorKind::Refused, message));
    }
    Ok(bytes)
}

/// The charges of a ledger with the numbers of their lines, and how many of its bytes are whole lines.
struct Lines {
    entries: Vec<(usize, Entry)>,
    whole: usize,
}

fn lines(bytes: &[u8], path: &Path) -> Result<Lines, ActionError> {
    let mut lines = Lines { entries: Vec::new(), whole: 0 };
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let has_end = line.ends_with(b"\n");
        match serde_json::from_slice::<Entry>(line) {
            Ok(entry) => lines.entries.push((number, entry)),
            Err(_) if has_end && line.trim_ascii().is_empty() => {}
            // What was cut off is no JSON; what is JSON was written so.
            Err(_) if !has_end && serde_json::from_slice::<serde_json::Value>(line).is_err() => break,
            Err(_) => {
                let message = format!(
                    "{}, line {number}, cannot be read, so nobody knows what the limits still allow: correct the line, \
                     or take it out if what it counted is long past",
                    path.display()
                );
                return Err(ActionError::new(ErrorKind::Refused, message));
            }
        }
        lines.whole += line.len();
    }
    Ok(lines)
}

fn line(entry: &Entry) -> String {
    serde_json::to_string(entry).unwrap_or_default() + "\n"
}

/// Whether one more is allowed now.
fn allowed(charge: &Charge, entries: &[Entry], now: Timestamp) -> Result<(), ActionError> {
    let mut times: Vec<Timestamp> =
        entries.iter().filter(|entry| entry.limit == charge.name).map(|entry| entry.time(now)).collect();
    times.sort();
    let spent = |free: Timestamp| {
        let wait = display_duration(SignedDuration::from_secs(free.duration_since(now).as_secs().max(1)));
        let message = format!("the limit {} is spent; it allows the next in {wait}", charge.name);
        Err(ActionError::new(ErrorKind::Limit, message))
    };
    if let Some((count, window)) = charge.rate {
        let recent: Vec<Timestamp> = times.iter().copied().filter(|at| now.duration_since(*at) < window).collect();
        if recent.len() >= count as usize {
            // The next is free when so many have left the window that one more fits.
            let oldest = recent.get(recent.len().saturating_sub(count as usize)).copied().unwrap_or(now);
            return spent(oldest.checked_add(window).unwrap_or(Timestamp::MAX));
        }
    }
    if let (Some(gap), Some(last)) = (charge.apart, times.last().copied())
        && now.duration_since(last) < gap
    {
        return spent(last.checked_add(gap).unwrap_or(Timestamp::MAX));
    }
    Ok(())
}
