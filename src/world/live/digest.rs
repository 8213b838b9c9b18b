//! Digests: of several escalations about one topic, the first is sent at once, and those that come shortly after it are
//! sent together. They wait as files in the store, so it does not matter which process they come from. One of the
//! processes that wait sends them all; if it dies or hangs, another takes its place.

use super::Clock;
use super::channels::last_resort;
use super::file_lock::{try_lock, try_lock_shared, until_locked};
use super::locks::file_name;
use super::store::{Store, failed, open_to_read, read};
use crate::secret::Secrets;
use crate::value::{ActionError, SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, SystemTime};

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

/// How often the sender shows that it is alive, and how long the others believe it. Delivery itself may take longer: it
/// is tried again.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
const BELIEVED_FOR: Duration = Duration::from_secs(60);

/// The file that the sender locks.
const SENDER: &str = "sender.lock";

/// The extensions of a message that waits, and of what became of it.
const MESSAGE: &str = "message";
const OUTCOME: &str = "outcome";

/// The folder in the store.
const DIGESTS: &str = "digests";

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
        Self { folder: store.folder(DIGESTS).folder(&file_name(key)) }
    }

    /// Lets the message wait if others about its topic were sent a short time ago. Nothing if it is to be sent alone,
    /// now.
    ///
    /// # Errors
    /// The store cannot be used. The message does not wait.
    pub async fn enter(&self, message: &WaitingMessage, clock: &Clock) -> Result<Option<DigestPlace<'_>>, ActionError> {
        let mut state = self.state().await?;
        let now = clock.now();
        if !state.window.is_some_and(|window| window.is_open(now)) && self.waiting()?.is_empty() {
            state.write(Window::after(state.window, now))?;
            return Ok(None);
        }
        let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into());
        let name = format!("{:020}-{random:016x}", now.as_millisecond().max(0));
        let path = self.folder.path().join(&name).with_extension(MESSAGE);
        let text = serde_json::to_string(message).unwrap_or_default();
        // Nobody reads it before the state is free. Its lock says that somebody waits for what becomes of it. An error
        // drops the place, and with it the file.
        let file = self.folder.open(&format!("{name}.{MESSAGE}"))?;
        let mut place = DigestPlace { digest: self, name, path, sends_at: state.sends_at(now), file };
        try_lock(&place.file)?;
        let written = place.file.write_all(text.as_bytes()).and_then(|()| place.file.sync_data());
        written.map_err(|error| failed(&place.path, &error))?;
        Ok(Some(place))
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

    /// The messages that wait and can be read, in the order in which they came.
    fn waiting(&self) -> Result<Vec<(PathBuf, WaitingMessage)>, ActionError> {
        messages_in(self.folder.path())
    }
}

/// The messages in a folder that can be read, in the order in which they came.
fn messages_in(folder: &Path) -> Result<Vec<(PathBuf, WaitingMessage)>, ActionError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, &error)),
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == MESSAGE)).collect();
    paths.sort();
    let mut messages = Vec::new();
    for path in paths {
        let text = open_to_read(&path).map_err(|error| failed(&path, &error)).and_then(|file| match file {
            Some(file) => read(&file, &path).map(Some),
            None => Ok(None),
        });
        match text.map(|text| text.map(|text| serde_json::from_str(&text))) {
            Ok(Some(Ok(message))) => messages.push((path, message)),
            Ok(None) => {}
            // It keeps nobody else's message from being sent.
            Ok(Some(Err(error))) => tracing::warn!(%error, path = %path.display(), "a message that waits is damaged"),
            Err(error) => tracing::warn!("a message that waits cannot be read: {error}"),
        }
    }
    Ok(messages)
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
    /// Another process could not deliver it; its error. That process has kept it.
    Failed(String),
    /// Whoever was to send it hangs, or its file is gone: it no longer waits, and nobody else sends it.
    Alone,
    /// This process sends all that wait.
    Due(DueMessages),
}

/// The place of a message that waits. When it is dropped, the message waits no longer.
#[derive(Debug)]
pub struct DigestPlace<'d> {
    digest: &'d Digest,
    name: String,
    path: PathBuf,
    /// When the messages are sent.
    pub sends_at: Timestamp,
    /// Locked until it is dropped.
    file: File,
}

impl Drop for DigestPlace<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_file(self.path.with_extension(OUTCOME));
    }
}

impl DigestPlace<'_> {
    /// Waits until the message was sent, or until this process has to send those that wait. They may be others, if too
    /// many wait: then the message keeps its place.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn outcome(&self, clock: &Clock) -> Result<DigestOutcome, ActionError> {
        loop {
            if let Some(outcome) = self.is_over()? {
                return Ok(outcome);
            }
            let lock = self.digest.folder.open(SENDER)?;
            if !try_lock(&lock)? {
                let shown = lock.metadata().and_then(|metadata| metadata.modified()).ok();
                if shown.and_then(|time| time.elapsed().ok()).is_some_and(|silent| silent > BELIEVED_FOR) {
                    tracing::warn!("the process that was to send this message gives no sign of life");
                    return self.withdraw().await;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
                continue;
            }
            // Whoever held the lock may have sent the message in the meantime.
            if let Some(outcome) = self.is_over()? {
                return Ok(outcome);
            }
            let mut due = DueMessages { messages: Vec::new(), lock };
            let sends_at = self.digest.state().await?.sends_at(clock.now());
            due.while_alive(tokio::time::sleep(clock.until(sends_at))).await;
            let mut state = self.digest.state().await?;
            due.messages = self.digest.waiting()?;
            due.messages.truncate(MOST_MESSAGES);
            state.write(Window::after(state.window, clock.now()))?;
            return Ok(DigestOutcome::Due(due));
        }
    }

    /// What became of the message, if it no longer waits.
    fn is_over(&self) -> Result<Option<DigestOutcome>, ActionError> {
        let path = self.path.with_extension(OUTCOME);
        if let Some(file) = open_to_read(&path).map_err(|error| failed(&path, &error))? {
            return Ok(Some(match serde_json::from_str::<Option<String>>(&read(&file, &path)?) {
                Ok(None) => DigestOutcome::Sent,
                Ok(Some(why)) => DigestOutcome::Failed(why),
                Err(_) => DigestOutcome::Alone,
            }));
        }
        // Only this process deletes it without an outcome.
        Ok((!self.path.exists()).then_some(DigestOutcome::Alone))
    }

    /// Takes the message back from a sender that hangs.
    async fn withdraw(&self) -> Result<DigestOutcome, ActionError> {
        let _state = self.digest.state().await?;
        let outcome = self.is_over()?.unwrap_or(DigestOutcome::Alone);
        let _ = std::fs::remove_file(&self.path);
        Ok(outcome)
    }
}

/// The messages that this process sends. Nobody else sends messages of their topic meanwhile.
#[derive(Debug)]
pub struct DueMessages {
    messages: Vec<(PathBuf, WaitingMessage)>,
    lock: File,
}

impl DueMessages {
    /// Waits for something, and shows meanwhile that this process is alive.
    pub async fn while_alive<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let _ = self.lock.set_modified(SystemTime::now());
            tokio::select! {
                result = &mut work => return result,
                () = tokio::time::sleep(SIGN_OF_LIFE) => {}
            }
        }
    }

    /// Whether a message waits among others.
    pub fn are_several(&self) -> bool {
        self.messages.len() > 1
    }

    /// The subject of one message with all of them.
    pub fn subject(&self, topic: &str) -> String {
        if let [(_, only)] = self.messages.as_slice() {
            return only.subject.clone();
        }
        let name = |message: &WaitingMessage| match message.runbook.is_empty() {
            true => message.subject.clone(),
            false => message.runbook.clone(),
        };
        let named: Vec<String> = self.messages.iter().map(|(_, message)| name(message)).collect();
        let first: Vec<String> = named.iter().take(MOST_IN_SUBJECT).cloned().collect();
        let more = named.len().checked_sub(MOST_IN_SUBJECT).filter(|more| *more > 0);
        let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
        format!("[{topic}] {} more messages: {}{more}", named.len(), first.join(", "))
    }

    /// The text of one message with all of them. Of each text at most `longest` bytes are shown.
    pub fn body(&self, topic: &str, longest: usize) -> String {
        if let [(_, only)] = self.messages.as_slice() {
            return only.body.clone();
        }
        let messages = || self.messages.iter().map(|(_, message)| message).zip(1..);
        let mut body = format!(
            "{} messages came shortly after one about {topic} that was sent alone, and are sent together:\n\n",
            self.messages.len()
        );
        for (message, number) in messages() {
            body.push_str(&format!("{number}. {:.0} {}\n", message.at, message.subject));
        }
        let share = longest.saturating_sub(body.len()) / self.messages.len().max(1);
        for (message, number) in messages() {
            let text = message.body.trim_end();
            let end = (0..=share.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            let more = text.len() - end;
            let more = if more > 0 { format!("\n… {more} more bytes") } else { String::new() };
            let shown = text.get(..end).unwrap_or_default();
            body.push_str(&format!("\n---- {number}. {}\n\n{shown}{more}\n", message.subject));
        }
        body
    }

    /// Tells the processes that wait what became of their messages. Returns whether the message of `place` was one.
    pub fn end(self, result: &Result<(), ActionError>, place: &DigestPlace<'_>) -> bool {
        let outcome = serde_json::to_string(&result.as_ref().err().map(ToString::to_string)).unwrap_or_default();
        for (path, _) in &self.messages {
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            if name == place.name {
                continue;
            }
            if is_waited_for(path) {
                // It gets its name when it is complete. Without an outcome the message stays, and is sent once more.
                let (new, known) = (format!("{name}.new"), path.with_extension(OUTCOME));
                let written = place.digest.folder.open(&new).and_then(|mut file| {
                    let new = place.digest.folder.path().join(&new);
                    let written = file.set_len(0).and_then(|()| file.write_all(outcome.as_bytes()));
                    written.and_then(|()| std::fs::rename(&new, &known)).map_err(|error| failed(&known, &error))
                });
                if let Err(error) = written {
                    tracing::warn!("what became of a message cannot be told to its run: {error}");
                    continue;
                }
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

/// Keeps the messages of processes that were killed before they were sent, where no other process waits to send them.
/// Returns the file that they are kept in.
pub fn keep_unsent(store: &Store) -> Option<String> {
    let mut kept = None;
    for folder in std::fs::read_dir(store.folder(DIGESTS).path()).into_iter().flatten().flatten() {
        let messages = messages_in(&folder.path()).unwrap_or_default();
        if messages.iter().any(|(path, _)| is_waited_for(path)) {
            continue;
        }
        for (path, message) in messages {
            let text = Secrets::default().redact_text(&format!("{}\n\n{}", message.subject, message.body));
            if let Ok(file) = last_resort(store, &text) {
                let _ = std::fs::remove_file(&path);
                kept = Some(file);
            }
        }
    }
    kept
}
