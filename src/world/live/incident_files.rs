//! The incidents of this machine: one file for each contact and host, which every run reads.

use super::Clock;
use super::file_lock::{try_lock, until_locked};
use super::locks::file_name;
use super::store::{Store, failed, open_to_read, read};
use crate::engine::world::Notification;
use crate::value::ActionError;
use crate::world::incidents::Incident;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder in the store.
const INCIDENTS: &str = "incidents";

const EXTENSION: &str = "incident";

/// The incidents.
#[derive(Debug)]
pub struct IncidentFiles {
    folder: Store,
}

impl IncidentFiles {
    /// Those of a store.
    pub fn new(store: &Store) -> Self {
        Self { folder: store.folder(INCIDENTS) }
    }

    /// The oldest incident that an escalation follows up.
    pub fn followed_by(&self, notification: &Notification, clock: &Clock) -> Option<Incident> {
        let now = clock.now();
        let known = notification.hosts.iter().filter_map(|host| self.read(&name(&notification.contact, host)));
        known
            .filter(|incident| incident.is_open(now) && incident.run != notification.run)
            .min_by_key(|known| known.since)
    }

    /// Notes that a contact was told about the hosts of an escalation.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn note(&self, notification: &Notification, subject: &str, clock: &Clock) -> Result<(), ActionError> {
        for host in &notification.hosts {
            let name = name(&notification.contact, host);
            let path = self.folder.path().join(&name);
            let mut file = until_locked(&path, || {
                let file = self.folder.open(&name)?;
                Ok(try_lock(&file)?.then_some(file))
            })
            .await?;
            let now = clock.now();
            let known = serde_json::from_str(&read(&file, &path)?).ok();
            let incident = match known.filter(|known: &Incident| known.is_open(now)) {
                Some(known) => Incident { last: now, ..known },
                None => Incident::opened_by(notification, host, subject.to_owned(), now),
            };
            let text = serde_json::to_string(&incident).unwrap_or_default();
            let written = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
            written.map_err(|error| failed(&path, &error))?;
        }
        Ok(())
    }

    /// Closes the incidents of hosts, whoever was told.
    pub fn close(&self, hosts: &[String]) {
        if hosts.is_empty() {
            return;
        }
        for file in std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if self.read(&name).is_some_and(|incident| hosts.contains(&incident.host)) {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }

    /// The incident in a file; nothing if it cannot be read: then a message is a page, and no follow-up.
    fn read(&self, name: &str) -> Option<Incident> {
        let path: PathBuf = self.folder.path().join(name);
        let is_one = Path::new(name).extension().is_some_and(|extension| extension == EXTENSION);
        let file = is_one.then(|| open_to_read(&path).ok().flatten()).flatten()?;
        serde_json::from_str(&read(&file, &path).ok()?).ok()
    }
}

fn name(contact: &str, host: &str) -> String {
    format!("{}.{EXTENSION}", file_name(&format!("{contact} {host}")))
}
