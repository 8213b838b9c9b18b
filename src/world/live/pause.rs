//! The pause of all effects on a machine: a file in the store. A person or a program creates and removes it.

use super::Clock;
use super::store::{Store, failed, open_to_read, read};
use crate::value::{ActionError, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::time::Duration;

const FILE: &str = "paused";

/// How often a run looks whether a pause is over.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The longest reason that is shown, in characters.
const LONGEST_REASON: usize = 500;

/// Who has paused effects, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The account, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Since when, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

impl std::fmt::Display for Pause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("effects are paused")?;
        self.by.iter().try_for_each(|by| write!(f, " by {by}"))?;
        self.since.iter().try_for_each(|since| write!(f, " since {since:.0}"))?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

/// The pause of a store. A file that a program has written may hold just the reason. One that cannot be read is a pause:
/// nothing begins while it is not known whether it may.
pub fn current(store: &Store) -> Option<Pause> {
    let path = store.path().join(FILE);
    let unknown = |why: String| Some(Pause { by: None, since: None, reason: why });
    let text = match open_to_read(&path) {
        Ok(None) => return None,
        Ok(Some(file)) => read(&file, &path).map_err(|error| error.message),
        Err(error) => Err(failed(&path, &error).message),
    };
    match text {
        Ok(text) => Some(serde_json::from_str(&text).unwrap_or_else(|_| {
            let line: String = text.trim().chars().take(LONGEST_REASON).collect();
            let reason = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
            Pause { by: None, since: None, reason }
        })),
        Err(why) => unknown(why),
    }
}

/// Pauses effects. The pause that there is already is returned and stays.
pub fn pause(store: &Store, pause: &Pause) -> Result<Option<Pause>, ActionError> {
    let path = store.path().join(FILE);
    let mut file = loop {
        match store.create(FILE)? {
            Some(file) => break file,
            // It may end at this moment.
            None => match current(store) {
                Some(there) => return Ok(Some(there)),
                None => continue,
            },
        }
    };
    let text = serde_json::to_string(pause).unwrap_or_default() + "\n";
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| failed(&path, &error))?;
    Ok(None)
}

/// Ends the pause. Returns the one that there was.
pub fn unpause(store: &Store) -> Result<Option<Pause>, ActionError> {
    let (path, paused) = (store.path().join(FILE), current(store));
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(paused),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path, &error)),
    }
}

/// Waits until `until` for the end of a pause.
pub(super) async fn admit(store: &Store, until: Timestamp, clock: &Clock) -> Result<(), ActionError> {
    loop {
        let Some(pause) = current(store) else { return Ok(()) };
        let left = clock.until(until);
        if left.is_zero() {
            return Err(ActionError::new(ErrorKind::Refused, pause.to_string()));
        }
        tokio::time::sleep(POLL_INTERVAL.min(left)).await;
    }
}
