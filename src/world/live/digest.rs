//! Digests: of several escalations about one topic, the first is sent at once, and those that come shortly after it are
//! sent together. They wait as files in the store, so it does not matter which process they come from. One of the
//! processes that wait sends them all; if it dies, another takes its place.

use super::Clock;
use super::file_lock::{try_lock, try_lock_shared, until_locked};
use super::locks::file_name;
use super::store::{Store, failed, open_to_read, read};
use crate::value::{ActionError, SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long messages are gathered after the first one.
const FIRST_WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Each window is twice as long as the one before, up to this.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// After a window without messages and this time, the next message is the first again.
const QUIET: SignedDuration = SignedDuration::from_mins(15);

/// The largest number of messages in a digest. Others are in the next one.
const MOST_MESSAGES: usize = 256;

/// The longest list of runs in a subject.
const MOST_IN_SUBJECT: usize = 3;

/// How often a message that waits looks whether it was sent.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The extensions of a message that waits, and of the reason why it could not be delivered.
const MESSAGE: &str = "message";
const FAILURE: &str = "failure";

/// A message that waits. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingMessage {
    /// When it came.
    pub at: Timestamp,
    /// Its runbook with its arguments; empty for a message of no run.
    pub runbook: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// When messages of one topic to one contact are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    /// Messages are gathered until then.
    until: Timestamp,
    /// Its length, in seconds.
    length: i64,
}

impl Window {
    /// The window after a message that is sent now.
    fn after(previous: Option<Window>, now: Timestamp) -> Self {
        let add = |time: Timestamp, span| time.checked_add(span).unwrap_or(Timestamp::MAX);
        let length = match previous {
            Some(window) if now < add(window.until, QUIET) => {
                SignedDuration::from_secs(window.length.saturating_mul(2)).clamp(FIRST_WINDOW, LONGEST_WINDOW)
            }
            _ => FIRST_WINDOW,
        };
        Self { until: add(now, length), length: length.as_secs() }
    }

    /// Whether messages are still gathered. A window that ends later than any can comes from a wrong clock.
    fn is_open(self, now: Timestamp) -> bool {
        now < self.until && self.until.duration_since(now) <= LONGEST_WINDOW
    }
}

/// The messages of one topic to one contact.
#[derive(Debug)]
pub struct Digest {
    folder: Store,
}

impl Digest {
    /// Those of a key, which names topic and contact.
    pub fn new(store: &Store, key: &str) -> Self {
        Self { folder: store.folder("digests").folder(&file_name(key)) }
    }

    /// Lets the message wait if others about its topic were sent a short time ago. Nothing if it is to be sent alone,
    /// now.
    pub async fn enter(&self, message: &WaitingMessage, clock: &Clock) -> Result<Option<DigestPlace<'_>>, ActionError> {
        let mut state = self.state().await?;
        let now = clock.now();
        let is_first = !state.window.is_some_and(|window| window.is_open(now)) && self.waiting()?.is_empty();
        if is_first {
            state.write(Window::after(state.window, now))?;
            return Ok(None);
        }
        let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into());
        let name = format!("{:020}-{random:016x}", now.as_millisecond().max(0));
        let path = self.folder.path().join(&name).with_extension(MESSAGE);
        let text = serde_json::to_string(message).unwrap_or_default();
        // Nobody reads it before the state is free. Its lock says that somebody waits for what becomes of it.
        let mut file = self.folder.open(&format!("{name}.{MESSAGE}"))?;
        try_lock(&file)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(|error| failed(&path, &error))?;
        Ok(Some(DigestPlace { digest: self, name, path, sends_at: state.sends_at(now), _file: file }))
    }

    /// Its window, locked for this process.
    async fn state(&self) -> Result<State, ActionError> {
        let name = "window.json";
        let path = self.folder.path().join(name);
        let file = until_locked(&path, || {
            let file = self.folder.open(name)?;
            Ok(try_lock(&file)?.then_some(file))
        })
        .await?;
        // What a power cut has torn is no window.
        let window = serde_json::from_str(&read(&file, &path)?).ok();
        Ok(State { window, file, path })
    }

    /// The files of the messages that wait, in the order in which they came.
    fn waiting(&self) -> Result<Vec<PathBuf>, ActionError> {
        let folder = self.folder.path();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(folder, &error)),
        };
        let paths = entries.flatten().map(|entry| entry.path());
        let mut waiting: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|extension| extension == MESSAGE)).collect();
        waiting.sort();
        Ok(waiting)
    }
}

struct State {
    window: Option<Window>,
    file: File,
    path: PathBuf,
}

impl State {
    /// When the messages that wait are sent.
    fn sends_at(&self, now: Timestamp) -> Timestamp {
        self.window.filter(|window| window.is_open(now)).map_or(now, |window| window.until)
    }

    fn write(&mut self, window: Window) -> Result<(), ActionError> {
        let text = serde_json::to_string(&window).unwrap_or_default();
        let written = self.file.set_len(0).and_then(|()| self.file.write_all(text.as_bytes()));
        written.map_err(|error| failed(&self.path, &error))
    }
}

/// What became of a message that waited.
pub enum DigestOutcome {
    /// Another process has sent it.
    Sent,
    /// Another process could not deliver it; its error.
    Failed(String),
    /// This process sends all that wait.
    Due(DueMessages),
}

/// The place of a message that waits. Dropped before its end, the message waits no longer.
#[derive(Debug)]
pub struct DigestPlace<'d> {
    digest: &'d Digest,
    name: String,
    path: PathBuf,
    /// When the messages are sent.
    pub sends_at: Timestamp,
    /// Locked until it is dropped.
    _file: File,
}

impl Drop for DigestPlace<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_file(self.path.with_extension(FAILURE));
    }
}

impl DigestPlace<'_> {
    /// Waits until the message was sent, or until this process has to send those that wait. They may be others, if too
    /// many wait: then the message keeps its place.
    pub async fn outcome(&self, clock: &Clock) -> Result<DigestOutcome, ActionError> {
        let lock_name = "sender.lock";
        loop {
            if let Some(outcome) = self.is_over()? {
                return Ok(outcome);
            }
            let lock = self.digest.folder.open(lock_name)?;
            if !try_lock(&lock)? {
                tokio::time::sleep(POLL_INTERVAL).await;
                continue;
            }
            // Whoever held the lock may have sent the message in the meantime.
            if let Some(outcome) = self.is_over()? {
                return Ok(outcome);
            }
            let sends_at = self.digest.state().await?.sends_at(clock.now());
            tokio::time::sleep(clock.until(sends_at)).await;
            let mut state = self.digest.state().await?;
            let mut waiting = self.digest.waiting()?;
            waiting.truncate(MOST_MESSAGES);
            state.write(Window::after(state.window, clock.now()))?;
            let mut due = DueMessages { messages: Vec::new(), _lock: lock };
            for path in waiting {
                let Some(file) = open_to_read(&path).map_err(|error| failed(&path, &error))? else { continue };
                match serde_json::from_str(&read(&file, &path)?) {
                    Ok(message) => due.messages.push((path, message)),
                    Err(error) => {
                        tracing::warn!(%error, path = %path.display(), "a message that waits cannot be read");
                        let _ = std::fs::rename(&path, path.with_extension("unreadable"));
                    }
                }
            }
            return Ok(DigestOutcome::Due(due));
        }
    }

    /// What became of the message, if it no longer waits.
    fn is_over(&self) -> Result<Option<DigestOutcome>, ActionError> {
        let failure = self.path.with_extension(FAILURE);
        if let Some(file) = open_to_read(&failure).map_err(|error| failed(&failure, &error))? {
            let why = read(&file, &failure)?;
            return Ok(Some(DigestOutcome::Failed(why)));
        }
        Ok((!self.path.exists()).then_some(DigestOutcome::Sent))
    }
}

/// The messages that this process sends. Nobody else sends messages of their topic meanwhile.
#[derive(Debug)]
pub struct DueMessages {
    messages: Vec<(PathBuf, WaitingMessage)>,
    _lock: File,
}

impl DueMessages {
    /// Subject and text of one message with all of them.
    pub fn as_one(&self, topic: &str) -> (String, String) {
        let messages = || self.messages.iter().map(|(_, message)| message);
        if let [(_, only)] = self.messages.as_slice() {
            return (only.subject.clone(), only.body.clone());
        }
        let named: Vec<&str> = messages()
            .map(|message| if message.runbook.is_empty() { &*message.subject } else { &*message.runbook })
            .collect();
        let mut subject = format!("[{topic}] {} more messages: ", named.len());
        subject.push_str(&named.iter().take(MOST_IN_SUBJECT).copied().collect::<Vec<_>>().join(", "));
        if let Some(more) = named.len().checked_sub(MOST_IN_SUBJECT).filter(|more| *more > 0) {
            subject.push_str(&format!(" and {more} more"));
        }
        let mut body = format!(
            "{} messages came shortly after one about {topic} that was sent alone, and are sent together:\n\n",
            named.len()
        );
        for (message, number) in messages().zip(1..) {
            body.push_str(&format!("{number}. {:.0} {}\n", message.at, message.subject));
        }
        for (message, number) in messages().zip(1..) {
            body.push_str(&format!("\n---- {number}. {}\n\n{}\n", message.subject, message.body.trim_end()));
        }
        (subject, body)
    }

    /// Tells the processes that wait what became of their messages. Returns whether the message of `place` was one.
    pub fn end(self, result: &Result<(), ActionError>, place: &DigestPlace<'_>) -> bool {
        for (path, _) in &self.messages {
            if let (Err(error), Some(name)) = (result, path.file_stem().and_then(|name| name.to_str()))
                && name != place.name
                && is_waited_for(path)
            {
                let kept = place.digest.folder.open(&format!("{name}.{FAILURE}"));
                let _ = kept.map(|mut file| file.write_all(error.to_string().as_bytes()));
            }
            let _ = std::fs::remove_file(path);
        }
        self.messages.iter().any(|(path, _)| *path == place.path)
    }
}

/// Whether the process that wrote a message is alive and waits.
fn is_waited_for(path: &Path) -> bool {
    open_to_read(path).ok().flatten().is_some_and(|file| !try_lock_shared(&file).unwrap_or(true))
}
