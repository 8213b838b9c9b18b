//! The ledger of limits, shared by every run on this machine: charges are appended by one process at a time.
//!
//! It decides what may be done, so it is read completely or not at all: a line that cannot be read stops every limited
//! effect. Only the last line may be incomplete, as after a power cut: it was never acknowledged, so no effect relied
//! on it.

use super::Clock;
use super::file_lock::{is_at, try_lock, until_locked};
use super::store::{Store, failed};
use crate::engine::world::Charge;
use crate::value::{ActionError, ErrorKind, SignedDuration, Timestamp, display_duration};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

const FILE: &str = "limits.jsonl";

/// The new ledger while it is rewritten.
const NEXT: &str = "limits.jsonl.new";

/// A longer ledger is rewritten without charges that are too old to matter, in bytes.
const COMPACT_BYTES: u64 = 1024 * 1024;

/// A longer file is not a ledger, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Older charges matter to no limit.
const OLDEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Clocks of processes differ by less. A charge that is dated further ahead was written with a wrong clock, or is read
/// with one.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

/// The ledger of a store.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
}

/// A line of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Charge(Entry),
    Reset(Reset),
}

/// One charge.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    /// The counter. Lines of earlier versions have the rule in it.
    limit: String,
    run: String,
    /// When it started to count, if it is dated in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counted: Option<Timestamp>,
    /// The rules that it was checked against, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
}

/// A counter that somebody has reset: earlier charges no longer count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// When.
    pub at: Timestamp,
    /// The counter.
    pub reset: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What a counter has counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CounterState {
    /// The counter: `host.reboot per on=w1`.
    pub counter: String,
    /// The times of the charges that count, the oldest first.
    pub charges: Vec<Timestamp>,
    /// The run of the last one.
    pub last_run: String,
    /// The rules that the last one was checked against.
    pub rules: Vec<String>,
    /// The last reset.
    pub reset: Option<Reset>,
}

impl Entry {
    /// The time that it counts from. A charge of the future counts from now until its time is recorded.
    fn time(&self, now: Timestamp) -> Timestamp {
        if self.at <= now { self.at } else { self.counted.unwrap_or(now).min(now) }
    }
}

/// The ledger, locked for this process.
struct Open<'l> {
    ledger: &'l Ledger,
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Whether its last line has a line end.
    ends: bool,
    entries: Vec<Entry>,
    resets: Vec<Reset>,
    now: Timestamp,
}

impl Ledger {
    /// The ledger in a store. Neither needs to exist.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Checks whether all of the charges are allowed now.
    pub async fn check(&self, charges: &[Charge], clock: &Clock) -> Result<(), ActionError> {
        let open = self.open(clock).await?;
        open.allow(charges)
    }

    /// What each counter has counted, in the order of their names.
    pub async fn counters(&self, clock: &Clock) -> Result<Vec<CounterState>, ActionError> {
        let open = self.open(clock).await?;
        let resets = open.resets.iter().map(|reset| reset.reset.as_str());
        let names: BTreeSet<&str> = open.entries.iter().map(|entry| entry.limit.as_str()).chain(resets).collect();
        let reset = |name: &str| open.resets.iter().rfind(|reset| reset.reset == name);
        let state = |name: &str| {
            let mut entries: Vec<&Entry> = open.counted(name).collect();
            entries.sort_by_key(|entry| entry.time(open.now));
            let last = entries.last();
            CounterState {
                counter: name.to_owned(),
                charges: entries.iter().map(|entry| entry.time(open.now)).collect(),
                last_run: last.map(|entry| entry.run.clone()).unwrap_or_default(),
                rules: last.map(|entry| entry.rules.clone()).unwrap_or_default(),
                reset: reset(name).cloned(),
            }
        };
        Ok(names.into_iter().map(state).collect())
    }

    /// Resets a counter: its charges so far no longer count.
    pub async fn reset(&self, counter: &str, by: &str, reason: &str, clock: &Clock) -> Result<(), ActionError> {
        let mut open = self.open(clock).await?;
        let (reset, by, reason) = (counter.to_owned(), by.to_owned(), reason.to_owned());
        open.append(&[Line::Reset(Reset { at: open.now, reset, by, reason })])
    }

    /// Makes all of the charges, synced to the disk, or none.
    pub async fn charge(&self, charges: &[Charge], run: &str, clock: &Clock) -> Result<(), ActionError> {
        let mut open = self.open(clock).await?;
        open.allow(charges)?;
        // One charge of each counter, however many rules look at it.
        let mut rules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for charge in charges {
            rules.entry(&charge.counter).or_default().push(charge.name.clone());
        }
        let entry = |(counter, rules): (&str, Vec<String>)| Entry {
            at: open.now,
            limit: counter.to_owned(),
            run: run.to_owned(),
            counted: None,
            rules,
        };
        let new: Vec<Entry> = rules.into_iter().map(entry).collect();
        if open.bytes > COMPACT_BYTES {
            let now = open.now;
            open.entries.retain(|entry| now.duration_since(entry.time(now)) < OLDEST);
            open.resets.retain(|reset| now.duration_since(reset.at) < OLDEST);
            open.entries.extend(new);
            return open.replace();
        }
        open.append(&new.into_iter().map(Line::Charge).collect::<Vec<_>>())
    }

    /// Locks and reads it, and repairs what a power cut or a wrong clock has left.
    async fn open(&self, clock: &Clock) -> Result<Open<'_>, ActionError> {
        let path = self.store.path().join(FILE);
        let file = self.locked(&path).await?;
        let bytes = read(&file, &path)?;
        let Lines { entries, resets, whole } = lines(&bytes, &path)?;
        if whole < bytes.len() {
            let lost = bytes.len() - whole;
            tracing::warn!("{}: ignoring its truncated last line of {lost} bytes, which never counted", path.display());
            let repaired = file.set_len(whole as u64).and_then(|()| file.sync_data());
            repaired.map_err(|error| failed(&path, &error))?;
        }
        let ends = bytes.get(..whole).is_none_or(|whole| whole.is_empty() || whole.ends_with(b"\n"));
        let now = clock.now();
        let entries_so_far = Vec::new();
        let mut open =
            Open { ledger: self, path, file, bytes: whole as u64, ends, entries: entries_so_far, resets, now };
        let mut moved = false;
        for (line, mut entry) in entries {
            let ahead = |time: Timestamp| time.duration_since(now) > AHEAD;
            if ahead(entry.at) && entry.counted.is_none_or(ahead) {
                tracing::warn!(
                    "{}, line {line}: a charge of {} is dated in the future ({:.0}) and counts as made now",
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
            let file = self.store.open(FILE)?;
            // Its former holder may have replaced the file.
            Ok((try_lock(&file)? && is_at(&file, path)).then_some(file))
        })
        .await
    }
}

impl Open<'_> {
    /// Checks whether all of the charges are allowed.
    fn allow(&self, charges: &[Charge]) -> Result<(), ActionError> {
        charges.iter().try_for_each(|charge| {
            let times = self.counted(&charge.counter).map(|entry| entry.time(self.now)).collect();
            allowed(charge, times, self.now)
        })
    }

    /// The charges of a counter since it was last reset. A line of an earlier version that was written for another rule
    /// of the same call is no charge of its own.
    fn counted<'o>(&'o self, counter: &'o str) -> impl Iterator<Item = &'o Entry> {
        let entries = self.entries.iter().filter(move |entry| entry.limit == counter);
        let mut seen = BTreeSet::new();
        entries.filter(move |entry| seen.insert((entry.at, &entry.run)))
    }

    /// Appends charges: all of them are on the disk afterwards, or none.
    fn append(&mut self, new: &[Line]) -> Result<(), ActionError> {
        let mut addition = if self.ends { String::new() } else { "\n".to_owned() };
        addition.extend(new.iter().map(line));
        let written = self.file.write_all(addition.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            let _ = self.file.set_len(self.bytes);
            return Err(failed(&self.path, &error));
        }
        if self.bytes == 0 { self.sync_folder() } else { Ok(()) }
    }

    /// Writes a new ledger next to the old one and renames it.
    fn replace(&self) -> Result<(), ActionError> {
        let next = self.ledger.store.path().join(NEXT);
        let resets = self.resets.iter().cloned().map(Line::Reset);
        let charges = self.entries.iter().cloned().map(Line::Charge);
        let text: String = resets.chain(charges).map(|entry| line(&entry)).collect();
        let mut file = self.ledger.store.open(NEXT)?;
        let written = file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).and_then(|()| file.sync_all());
        written.and_then(|()| std::fs::rename(&next, &self.path)).map_err(|error| failed(&next, &error))?;
        self.sync_folder()
    }

    /// A file name survives a power cut only if its folder is synced.
    fn sync_folder(&self) -> Result<(), ActionError> {
        let folder = self.ledger.store.path();
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, &error))
    }
}

fn read(mut file: &File, path: &Path) -> Result<Vec<u8>, ActionError> {
    let mut bytes = Vec::new();
    file.rewind().map_err(|error| failed(path, &error))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("{} is too long for a ledger of limits: move it away", path.display());
        return Err(ActionError::new(ErrorKind::Refused, message));
    }
    Ok(bytes)
}

/// The charges of a ledger with their line numbers, and the length of its complete lines in bytes.
struct Lines {
    entries: Vec<(usize, Entry)>,
    resets: Vec<Reset>,
    whole: usize,
}

/// The counter of a limit as earlier versions wrote it: `host.reboot 1 per 1d per on=w1` is `host.reboot per on=w1`.
fn counter_of(limit: String) -> String {
    let words: Vec<&str> = limit.split(' ').collect();
    let is_number = |word: &str| word.parse::<u32>().is_ok();
    let is_duration = |word: &str| word.parse::<SignedDuration>().is_ok();
    match words.as_slice() {
        [name, count, "per", window, rest @ ..] if is_number(count) && is_duration(window) => {
            [&[*name], rest].concat().join(" ")
        }
        [name, gap, "apart", rest @ ..] if is_duration(gap) => [&[*name], rest].concat().join(" "),
        _ => limit,
    }
}

fn lines(bytes: &[u8], path: &Path) -> Result<Lines, ActionError> {
    let mut lines = Lines { entries: Vec::new(), resets: Vec::new(), whole: 0 };
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let has_end = line.ends_with(b"\n");
        match serde_json::from_slice::<Line>(line) {
            Ok(Line::Charge(entry)) => {
                lines.entries.push((number, Entry { limit: counter_of(entry.limit), ..entry }));
            }
            Ok(Line::Reset(reset)) => {
                // By its place in the file, whatever the clock said.
                lines.entries.retain(|(_, entry)| entry.limit != reset.reset);
                lines.resets.push(reset);
            }
            Err(_) if has_end && line.trim_ascii().is_empty() => {}
            // A truncated line is not JSON; a line that is JSON was written completely.
            Err(_) if !has_end && serde_json::from_slice::<serde_json::Value>(line).is_err() => break,
            Err(_) => {
                let message = format!(
                    "{}, line {number} cannot be read, so it is unknown what the limits still allow: correct the line, or remove it if \
                     it counted something long past",
                    path.display()
                );
                return Err(ActionError::new(ErrorKind::Refused, message));
            }
        }
        lines.whole += line.len();
    }
    Ok(lines)
}

fn line(entry: &Line) -> String {
    serde_json::to_string(entry).unwrap_or_default() + "\n"
}

/// Checks whether a charge is allowed now.
fn allowed(charge: &Charge, mut times: Vec<Timestamp>, now: Timestamp) -> Result<(), ActionError> {
    times.sort();
    let spent = |free: Timestamp| {
        let wait = display_duration(SignedDuration::from_secs(free.duration_since(now).as_secs().max(1)));
        let message = format!("the limit {} is used up; the next is allowed in {wait}", charge.name);
        Err(ActionError::new(ErrorKind::Limit, message))
    };
    if let Some((count, window)) = charge.rate {
        let recent: Vec<Timestamp> = times.iter().copied().filter(|at| now.duration_since(*at) < window).collect();
        if recent.len() >= count as usize {
            // The next one is allowed when the oldest that fills the window has left it.
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
