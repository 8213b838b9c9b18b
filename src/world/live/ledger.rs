//! Limits that hold for every run on this machine: a list of charges that is only ever added to, by one process at a
//! time.

use super::Clock;
use super::state::{failed, open, read, try_lock};
use crate::engine::world::Charge;
use crate::value::{ActionError, ErrorKind, SignedDuration, Timestamp, display_duration};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

const FILE: &str = "limits.jsonl";

/// A ledger longer than this is rewritten without what is too old to matter.
const COMPACT_BYTES: usize = 1024 * 1024;

/// What is older than this matters to no limit.
const OLDEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How long another process's charge is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

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
}

impl Ledger {
    /// The ledger in a folder; neither has to be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Charges all of them, synced to the disk, or none.
    pub async fn charge(&self, charges: &[Charge], run: &str, clock: &Clock) -> Result<(), ActionError> {
        let path = self.folder.join(FILE);
        let mut file = open(&self.folder, FILE)?;
        let mut waited = Duration::ZERO;
        while !try_lock(&file)? {
            if waited > PATIENCE {
                let message = format!("another process has been using {} for too long", path.display());
                return Err(ActionError::new(ErrorKind::Refused, message));
            }
            let pause = Duration::from_millis(10);
            waited += pause;
            tokio::time::sleep(pause).await;
        }
        let text = read(&file, &path)?;
        // A line that a power cut tore was never acknowledged, so nothing was done on the strength of it.
        let entries: Vec<Entry> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let now = clock.now();
        for charge in charges {
            allowed(charge, &entries, now)?;
        }
        let new = charges.iter().map(|charge| Entry { at: now, limit: charge.name.clone(), run: run.to_owned() });
        let mut addition = if text.is_empty() || text.ends_with('\n') { String::new() } else { "\n".to_owned() };
        if text.len() > COMPACT_BYTES {
            let recent = entries.into_iter().filter(|entry| now.duration_since(entry.at) < OLDEST);
            let all: String = recent.chain(new).map(|entry| line(&entry)).collect();
            return self.replace(&all);
        }
        addition.extend(new.map(|entry| line(&entry)));
        file.write_all(addition.as_bytes()).and_then(|()| file.sync_data()).map_err(|error| failed(&path, &error))
    }

    /// Writes the whole ledger anew under the lock that the caller holds on the old one.
    ///
    /// The file keeps its place on the disk: a new file under the old name would leave others locking the old one.
    fn replace(&self, text: &str) -> Result<(), ActionError> {
        let path = self.folder.join(FILE);
        let file = std::fs::OpenOptions::new().write(true).open(&path).map_err(|error| failed(&path, &error))?;
        let write = |mut file: &std::fs::File| {
            file.write_all(text.as_bytes())?;
            file.set_len(text.len() as u64)?;
            file.sync_data()
        };
        write(&file).map_err(|error| failed(&path, &error))
    }
}

fn line(entry: &Entry) -> String {
    serde_json::to_string(entry).unwrap_or_default() + "\n"
}

/// Whether one more is allowed now. A charge from the future (the clock was set back) counts as one of now.
fn allowed(charge: &Charge, entries: &[Entry], now: Timestamp) -> Result<(), ActionError> {
    let mut times: Vec<Timestamp> =
        entries.iter().filter(|entry| entry.limit == charge.name).map(|entry| entry.at.min(now)).collect();
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
