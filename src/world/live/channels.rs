//! Reaches people: by every channel of a contact, and as the last resort in a file on this machine.

use super::Live;
use super::digest::{Digest, DigestOutcome, WaitingMessage};
use super::file_lock::{is_at, try_lock};
use super::store::{Store, failed};
use crate::backend::human::{Console, NoAnswer, PersonAnswer, Question};
use crate::backend::mail;
use crate::backend::mail::Message;
use crate::engine::world::{Notification, Prompt, PromptReply};
use crate::secret::Redacted;
use crate::value::{ActionError, Contact, ErrorKind, MOST_APPROVALS, MailSettings, SignedDuration, Timestamp};
use ecow::EcoString;
use std::future::poll_fn;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

/// The time limit of one channel.
const PATIENCE: Duration = Duration::from_secs(30);

/// The file for messages that could not be delivered.
const UNDELIVERED: &str = "undelivered.txt";

/// The file that it becomes when it is longer than this, in bytes.
const OLDER_UNDELIVERED: &str = "undelivered.old.txt";
const MOST_UNDELIVERED: u64 = 4 * 1024 * 1024;

/// The folder for whole messages that are too long to be sent.
const MESSAGES: &str = "messages";

/// How long a whole message is kept.
const KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The longest message that is sent, in bytes.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// How long a message that is no escalation is tried again.
const RETRY_NOTICE_FOR: SignedDuration = SignedDuration::from_secs(10);

/// The pause after the first attempt; each is twice as long as the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Shows a message on the terminal that started the run; false if nobody is there.
pub type Terminal<'a> = Box<dyn Fn(&Redacted<String>) -> bool + 'a>;

/// The contacts, and what carries messages and prompts to them.
pub struct Channels<'a> {
    /// The contacts of the inventory.
    pub contacts: Vec<Contact>,
    /// The mail server.
    pub mail: Option<MailSettings>,
    /// Shows messages to contacts that have a terminal.
    pub terminal: Terminal<'a>,
    /// Asks prompts.
    pub console: Rc<Console>,
    /// The people who may approve; everybody if empty.
    pub approvers: Vec<EcoString>,
}

/// Sends a message over every channel of a contact. While nobody is reached and that may be temporary, it is tried again:
/// an escalation for as long as the settings of the mail server say, another message for ten seconds, since it holds up
/// a repair. The message of an escalation is kept on this machine as soon as the first attempt has failed. Escalations
/// about one topic are gathered. One about a host that the contact was told about a short time ago is a follow-up.
///
/// # Errors
/// `unreachable` if no channel took the message. It is then kept on this machine and printed on standard error.
pub async fn notify(live: &Live<'_>, notification: &Notification) -> Result<(), ActionError> {
    if !notification.escalation {
        return send_message(live, notification).await;
    }
    let subject = live.config.calls.secrets.redact_text(&notification.subject);
    let sent = match live.incidents.followed_by(notification, &live.clock) {
        Some(incident) => {
            (live.config.listener)(&incident.event(&notification.run, live.now()));
            send_message(live, &incident.follow_up(notification)).await
        }
        None => send_message(live, notification).await,
    };
    // Only who was told has an incident. Without the note, the next message is a page as well.
    if sent.is_ok()
        && let Err(error) = live.incidents.note(notification, &subject, &live.clock).await
    {
        tracing::warn!("the incident is not noted: {error}");
    }
    sent
}

/// Sends a message, alone or together with others.
async fn send_message(live: &Live<'_>, notification: &Notification) -> Result<(), ActionError> {
    let mut body = notification.body.clone();
    let taken_over = live.taken_over.borrow().clone();
    if notification.escalation && !taken_over.is_empty() {
        body.push_str("\nTaken over from runs that ended without releasing it:\n");
        taken_over.iter().for_each(|text| body.push_str(&format!("- {text}\n")));
    }
    if notification.escalation {
        append_links(&mut body, &live.config.channels.contacts, &notification.contact);
    }
    let whole = live.config.calls.secrets.redact_text(&body);
    let text = bounded(live, notification, whole);
    let mut keeper = Keeper { store: &live.config.store, text: notification.escalation.then_some(&text) };
    let result = match gathering(live, notification) {
        Some(digest) => send_in_turn(live, notification, &text, &digest).await,
        None => deliver(live, notification, &text).await,
    };
    // It was delivered, or is kept.
    keeper.text = None;
    result
}

/// Appends the pages of a contact, which say what to do with an escalation: those of the contact that was named, and not of
/// those who get its messages as well.
fn append_links(body: &mut String, contacts: &[Contact], name: &str) {
    let links = contacts.iter().find(|contact| contact.name == name).map(|contact| contact.links.as_slice());
    let links = links.unwrap_or_default();
    if !links.is_empty() {
        body.push_str("\nWhere to go from here:\n");
        links.iter().for_each(|(what, address)| body.push_str(&format!("- {what}: {address}\n")));
    }
}

/// Keeps an escalation on this machine if the run is ended while it is sent.
struct Keeper<'a> {
    store: &'a Store,
    text: Option<&'a Redacted<String>>,
}

impl Drop for Keeper<'_> {
    fn drop(&mut self) {
        if let Some(text) = self.text
            && let Err(error) = last_resort(self.store, text)
        {
            tracing::error!("{error}");
        }
    }
}

/// The digest that an escalation belongs to. Whoever is at the terminal of a run is told at once, and a message that is
/// not mailed floods no mailbox.
fn gathering(live: &Live<'_>, notification: &Notification) -> Option<Digest> {
    let channels = &live.config.channels;
    let recipients = Contact::recipients(&channels.contacts, &notification.contact);
    let mailed: Vec<&str> = recipients.iter().flat_map(|contact| &contact.mail).map(String::as_str).collect();
    let mail = channels.mail.as_ref().filter(|_| !mailed.is_empty())?;
    let server = format!("{}:{}", mail.server, mail.port.map(|port| port.to_string()).unwrap_or_default());
    let is_gathered = notification.escalation && !notification.topic.is_empty() && !channels.console.is_attended();
    let key = format!("{} {} {server} {}", notification.topic, notification.contact, mailed.join(","));
    is_gathered.then(|| Digest::new(&live.config.store, &key))
}

/// Sends a message at once if it is the first about its topic; otherwise together with others.
async fn send_in_turn(
    live: &Live<'_>,
    notification: &Notification,
    text: &Redacted<String>,
    digest: &Digest,
) -> Result<(), ActionError> {
    let secrets = live.config.calls.secrets;
    let message = WaitingMessage {
        at: live.now(),
        runbook: secrets.redact_text(&notification.runbook).into_inner(),
        subject: secrets.redact_text(&notification.subject).into_inner(),
        body: text.to_string(),
    };
    let place = match digest.enter(&message, &live.clock).await {
        Ok(Some(place)) => place,
        Ok(None) => return deliver(live, notification, text).await,
        Err(error) => {
            tracing::warn!("messages cannot be gathered: {error}");
            return deliver(live, notification, text).await;
        }
    };
    let Notification { topic, contact, .. } = notification;
    tracing::warn!(
        "a message about {topic} was sent to {contact} a short time ago; this one waits until {:.0}, to be sent with those \
         that follow",
        place.sends_at
    );
    loop {
        let outcome = tokio::select! {
            outcome = place.outcome(&live.clock) => outcome,
            // Whoever has stopped the run may not wait for long before it is killed.
            _ = poll_fn(|context| live.config.cancel.poll(context)) => Ok(DigestOutcome::Alone),
        };
        match outcome {
            Ok(DigestOutcome::Sent) => return Ok(()),
            Ok(DigestOutcome::Failed(why)) => return Err(ActionError::new(ErrorKind::Unreachable, why)),
            Ok(DigestOutcome::Due(due)) => {
                let one = Notification { subject: due.subject(topic), ..notification.clone() };
                let whole = secrets.redact_text(&due.body(topic, usize::MAX));
                let text = match due.are_several() && whole.len() > LONGEST_MESSAGE {
                    false => bounded(live, &one, whole),
                    true => shortened(live, &one, &whole, &due.body(topic, LONGEST_MESSAGE)),
                };
                let result = due.while_alive(deliver(live, &one, &text)).await;
                if due.end(&result, &place) {
                    return result;
                }
            }
            alone => {
                if let Err(error) = alone {
                    tracing::warn!("messages cannot be gathered: {error}");
                }
                // Nobody else may send it as well.
                drop(place);
                return deliver(live, notification, text).await;
            }
        }
    }
}

/// Sends a message over every channel of its contact, and tries again. Unless it was delivered, it is kept.
async fn deliver(live: &Live<'_>, notification: &Notification, text: &Redacted<String>) -> Result<(), ActionError> {
    let channels = &live.config.channels;
    let delivery = live.deliveries.get();
    live.deliveries.set(delivery + 1);
    let retry_for = channels.mail.as_ref().map(|mail| mail.retry_for).unwrap_or_default();
    let retry_for = if notification.escalation { retry_for } else { retry_for.min(RETRY_NOTICE_FOR) };
    let until = live.now().checked_add(retry_for).unwrap_or(Timestamp::MAX);
    let (mut pause, mut kept) = (FIRST_PAUSE, None);
    loop {
        let attempt = try_channels(live, notification, text, delivery).await;
        if attempt.reached {
            attempt.failures.iter().for_each(|failure| tracing::warn!(%failure, "a channel failed"));
            return Ok(());
        }
        let left = live.clock.until(until);
        let is_last = !attempt.may_pass || left.is_zero();
        if kept.is_none() && (is_last || notification.escalation) {
            kept = Some(match last_resort(&live.config.store, text) {
                Ok(path) => format!("the message is stored in {path}"),
                Err(error) => error.to_string(),
            });
        }
        let failures = attempt.failures.join(", ");
        let kept = kept.as_deref().unwrap_or("the message is not stored yet");
        if is_last {
            let message = format!("no contact was reached: {failures}; {kept}");
            return Err(ActionError::new(ErrorKind::Unreachable, message));
        }
        if pause == FIRST_PAUSE {
            tracing::warn!("no contact was reached: {failures}; {kept}; trying again until {until:.0}");
        } else {
            tracing::debug!("no contact was reached: {failures}");
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What came of one attempt to reach a contact.
struct Attempt {
    reached: bool,
    failures: Vec<String>,
    /// Whether a channel that failed may work later.
    may_pass: bool,
}

async fn try_channels(live: &Live<'_>, notification: &Notification, text: &Redacted<String>, delivery: u32) -> Attempt {
    let channels = &live.config.channels;
    let circle = Contact::recipients(&channels.contacts, &notification.contact);
    let mut attempt = Attempt { reached: false, failures: Vec::new(), may_pass: false };
    for contact in &circle {
        if contact.terminal {
            match (channels.terminal)(text) {
                true => attempt.reached = true,
                false => attempt.failures.push(format!("nobody is at the terminal of {}", contact.name)),
            }
        }
        if !contact.mail.is_empty() {
            match send(live, notification, contact, text, delivery).await {
                Ok(()) => attempt.reached = true,
                Err(error) => {
                    // The identity of the message stays, so that a second copy is known as one.
                    attempt.may_pass |= matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Unknown);
                    attempt.failures.push(format!("mail to {}: {error}", contact.name));
                }
            }
        }
    }
    if circle.is_empty() {
        attempt.failures.push(format!("unknown contact {}", notification.contact));
    }
    attempt
}

/// The message, cut to what people read. The whole of a longer one is in a file of the store, which the message names.
fn bounded(live: &Live<'_>, notification: &Notification, whole: Redacted<String>) -> Redacted<String> {
    if whole.len() <= LONGEST_MESSAGE {
        return whole;
    }
    let cut = (0..=LONGEST_MESSAGE).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or_default();
    let head = whole.get(..cut).unwrap_or_default().to_owned();
    shortened(live, notification, &whole, &head)
}

/// A part of a message, with the name of the file that the whole is in.
fn shortened(live: &Live<'_>, notification: &Notification, whole: &Redacted<String>, part: &str) -> Redacted<String> {
    let number = live.whole_messages.get();
    live.whole_messages.set(number + 1);
    let name = format!("{}-{}-{:08x}-{number}.txt", notification.run, notification.address, live.attempt as u32);
    let name = name.replace('/', ".");
    let folder = live.config.store.folder(MESSAGES);
    let path = folder.path().join(&name);
    delete_old(&folder);
    let kept = folder.open(&name).and_then(|mut file| {
        let written = file.set_len(0).and_then(|()| file.write_all(whole.as_bytes()));
        written.map_err(|error| failed(&path, &error))
    });
    let place = match kept {
        Ok(()) => format!("the whole message is in {} on {}", path.display(), machine()),
        Err(error) => error.to_string(),
    };
    let more = whole.len().saturating_sub(part.len());
    live.config.calls.secrets.redact_text(&format!("{part}\n\n… {more} more bytes; {place}\n"))
}

/// Deletes the files of a folder that nobody has changed for [`KEPT_FOR`].
fn delete_old(folder: &Store) {
    for file in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
        let age = file.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > KEPT_FOR) {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// The name of this machine.
fn machine() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

async fn send(
    live: &Live<'_>,
    notification: &Notification,
    contact: &Contact,
    text: &Redacted<String>,
    delivery: u32,
) -> Result<(), ActionError> {
    let Some(settings) = &live.config.channels.mail else {
        return Err(ActionError::new(ErrorKind::Refused, "the inventory does not say how to send mail"));
    };
    let secrets = live.config.calls.secrets;
    let message = Message {
        to: contact.mail.clone(),
        subject: secrets.redact_text(&notification.subject),
        body: text.clone(),
        id: format!("{}-{}-{}-{:016x}-{delivery}", notification.run, notification.address, contact.name, live.attempt)
            .replace('/', "."),
    };
    let receipt = mail::send(settings, &message, secrets, &live.config.calls.folder, PATIENCE).await?;
    for (address, why) in receipt.refused {
        tracing::warn!(%address, %why, "a recipient was refused");
    }
    Ok(())
}

/// Keeps a message on this machine, prints it on standard error, and returns its file.
///
/// # Errors
/// `refused` if it cannot be kept.
pub fn last_resort(store: &Store, text: &Redacted<String>) -> Result<String, ActionError> {
    // Evidence comes from outside, and a terminal would obey its control characters.
    let shown: String =
        text.chars().map(|letter| if letter.is_control() && letter != '\n' { '?' } else { letter }).collect();
    let _ = std::io::stderr().lock().write_all(shown.as_bytes());
    let path = store.path().join(UNDELIVERED);
    let mut file = store.open(UNDELIVERED)?;
    let is_long = file.metadata().is_ok_and(|metadata| metadata.len() > MOST_UNDELIVERED);
    // One process moves it, and only the file that it has looked at.
    if is_long && try_lock(&file)? && is_at(&file, &path) {
        // The older half stays beside it.
        let older = store.path().join(OLDER_UNDELIVERED);
        std::fs::rename(&path, &older).map_err(|error| failed(&older, &error))?;
        file = store.open(UNDELIVERED)?;
    }
    let kept = file.write_all(format!("---- {:.0}\n{shown}\n", Timestamp::now()).as_bytes());
    kept.and_then(|()| file.sync_data()).map_err(|error| failed(&path, &error))?;
    Ok(path.display().to_string())
}

/// Asks people. No answer in time is an answer as well.
pub async fn ask(live: &Live<'_>, prompt: &Prompt) -> PromptReply {
    let channels = &live.config.channels;
    // Whoever may approve, alone decides about an approval.
    let is_approval = prompt.choices.iter().any(|choice| choice == "approve");
    let only = if is_approval { channels.approvers.clone() } else { Vec::new() };
    let message = live.config.calls.secrets.redact_text(&format!("{} asks: {}", prompt.runbook, prompt.message));
    let question = Question { message, choices: prompt.choices.clone(), only };
    match channels.console.ask(&question, live.clock.until(prompt.deadline)).await {
        Ok(PersonAnswer { choice, by }) => {
            let enough = choice != "approve" || prompt.by <= MOST_APPROVALS;
            PromptReply { answer: enough.then_some(choice), by: vec![by.to_string()] }
        }
        Err(NoAnswer::Nobody | NoAnswer::TimedOut) => PromptReply { answer: None, by: Vec::new() },
    }
}
