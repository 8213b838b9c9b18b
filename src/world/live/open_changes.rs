//! Notes of open changes: one file for each run, each change on the disk before it is made. The run holds its file by
//! `flock`, so a file that nobody holds lists what a dead run left in place.

use super::file_lock::{try_lock, try_lock_shared, until_locked};
use super::store::{Store, failed, open_to_read, read};
use crate::engine::address::Address;
use crate::engine::event::FoundChange;
use crate::engine::world::ChangeNote;
use crate::secret::Secrets;
use crate::value::{ActionError, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Their folder, in the store.
const FOLDER: &str = "changes";

/// The extension of their files.
const EXTENSION: &str = "jsonl";

/// The longest text of a note, in bytes.
const LONGEST_TEXT: usize = 16 * 1024;

/// The largest number of changes of earlier runs that are reported one by one.
const MOST_FOUND: usize = 100;

/// The largest number of runs of one name that may have left notes.
const MOST_OF_ONE_NAME: usize = 1000;

/// The notes of one run.
#[derive(Debug)]
pub struct OpenChanges {
    folder: Store,
    run: String,
    file: RefCell<Option<OpenFile>>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    path: PathBuf,
    /// The length of its complete lines, in bytes.
    length: u64,
    /// The addresses of changes that are not over.
    open: BTreeSet<String>,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
enum Line {
    Made {
        address: String,
        at: Timestamp,
        run: String,
        runbook: String,
        host: Option<String>,
        change: String,
        undo: String,
    },
    Over {
        address: String,
    },
}

impl OpenChanges {
    /// No notes yet.
    pub fn new(store: &Store, run: String) -> Self {
        Self { folder: store.folder(FOLDER), run, file: RefCell::default() }
    }

    /// Adds a note, synced to the disk.
    pub async fn make(&self, note: &ChangeNote, secrets: &Secrets, now: Timestamp) -> Result<(), ActionError> {
        let text = |text: &str| bounded(secrets.redact_text(text).into_inner());
        let address = note.address.to_string();
        let line = Line::Made {
            address: address.clone(),
            at: now,
            run: note.run.to_string(),
            runbook: text(&note.runbook),
            host: note.host.as_deref().map(text),
            change: text(&note.change),
            undo: text(&note.undo),
        };
        let there = self.file.borrow_mut().take();
        let mut file = match there {
            Some(file) => file,
            None => {
                let created = self.create().await?;
                // Another branch may have created the file meanwhile.
                match self.file.borrow_mut().take() {
                    Some(open) => {
                        created.remove();
                        open
                    }
                    None => created,
                }
            }
        };
        let written = file.add(&line);
        if written.is_ok() {
            file.open.insert(address);
        }
        if file.open.is_empty() {
            file.remove();
        } else {
            *self.file.borrow_mut() = Some(file);
        }
        written
    }

    /// Removes the note of a change; the last one removes the file.
    pub fn over(&self, address: &Address) {
        let mut place = self.file.borrow_mut();
        let Some(file) = place.as_mut() else { return };
        let address = address.to_string();
        if !file.open.remove(&address) {
            return;
        }
        if file.open.is_empty() {
            file.remove();
            *place = None;
        } else if let Err(error) = file.add(&Line::Over { address }) {
            tracing::warn!(%error, "a change that was undone is still recorded");
        }
    }

    async fn create(&self) -> Result<OpenFile, ActionError> {
        for number in 1..=MOST_OF_ONE_NAME {
            let suffix = if number == 1 { String::new() } else { format!("~{number}") };
            let name = format!("{}{suffix}.{EXTENSION}", self.run);
            let path = self.folder.path().join(&name);
            let Some(file) = self.folder.create(&name)? else { continue };
            until_locked(&path, || Ok(try_lock(&file)?.then_some(()))).await?;
            return Ok(OpenFile { file, path, length: 0, open: BTreeSet::new() });
        }
        let message = format!("{} contains too many notes of runs named {}", self.folder.path().display(), self.run);
        Err(ActionError::new(ErrorKind::Refused, message))
    }
}

impl OpenFile {
    /// Appends a line durably, or leaves the file as it was.
    fn add(&mut self, line: &Line) -> Result<(), ActionError> {
        let text = serde_json::to_string(line).unwrap_or_default() + "\n";
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_all());
        match written.and_then(|()| if self.length == 0 { sync_folders(&self.path) } else { Ok(()) }) {
            Ok(()) => {
                self.length += text.len() as u64;
                Ok(())
            }
            Err(error) => {
                // If this fails as well, readers see an incomplete last line and ignore it.
                let _ = self.file.set_len(self.length);
                Err(failed(&self.path, &error))
            }
        }
    }

    fn remove(&self) {
        let removed = std::fs::remove_file(&self.path).and_then(|()| sync_folders(&self.path));
        if let Err(error) = removed {
            tracing::warn!(%error, path = %self.path.display(), "a note of an undone change could not be removed");
        }
    }
}

/// A new file name survives a power cut only if its folder is synced.
fn sync_folders(path: &Path) -> std::io::Result<()> {
    path.ancestors().skip(1).take(2).try_for_each(|folder| File::open(folder)?.sync_all())
}

fn bounded(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let cut = (0..=LONGEST_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// What dead runs left in place, the oldest first. A file that is locked belongs to a live run.
pub fn found(store: &Store) -> Vec<FoundChange> {
    let folder = store.path().join(FOLDER);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
    let mut changes: Vec<FoundChange> = paths.iter().flat_map(|path| left_by(path)).collect();
    changes.sort_by(|one, other| (one.since, &one.note, &one.change).cmp(&(other.since, &other.note, &other.change)));
    if let Some(more) = changes.len().checked_sub(MOST_FOUND).filter(|more| *more > 0)
        && let Some(next) = changes.get(MOST_FOUND).cloned()
    {
        changes.truncate(MOST_FOUND);
        let note = folder.display().to_string();
        changes.push(FoundChange { change: format!("{more} more changes of earlier runs"), undo: None, note, ..next });
    }
    changes
}

fn left_by(path: &Path) -> Vec<FoundChange> {
    let note = path.display().to_string();
    let unreadable = |why: &str| {
        vec![FoundChange {
            run: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            runbook: "an unknown runbook".to_owned(),
            host: None,
            since: Timestamp::UNIX_EPOCH,
            change: format!("a change whose note cannot be read ({why})"),
            undo: None,
            note: note.clone(),
        }]
    };
    let file = match open_to_read(path) {
        Ok(Some(file)) => file,
        // Its run has ended meanwhile.
        Ok(None) => return Vec::new(),
        Err(error) => return unreadable(&error.to_string()),
    };
    match try_lock_shared(&file) {
        Ok(true) => {}
        Ok(false) => return Vec::new(),
        Err(error) => return unreadable(&error.message),
    }
    let text = match read(&file, path) {
        Ok(text) => text,
        Err(error) => return unreadable(&error.message),
    };
    let mut open = BTreeMap::new();
    for line in text.split_inclusive('\n') {
        match serde_json::from_str(line) {
            Ok(Line::Made { address, at, run, runbook, host, change, undo }) => {
                let change =
                    FoundChange { run, runbook, host, since: at, change, undo: Some(undo), note: note.clone() };
                open.insert(address, change);
            }
            Ok(Line::Over { address }) => {
                open.remove(&address);
            }
            // An incomplete line was never acknowledged, so no effect relied on it.
            Err(_) if !line.ends_with('\n') => {}
            Err(error) => return unreadable(&error.to_string()),
        }
    }
    open.into_values().collect()
}
