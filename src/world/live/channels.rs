//! Reaches people: by every channel of a contact, and as the last resort in a file on this machine.

use super::Live;
use super::store::{Store, failed};
use crate::backend::human::{Console, NoAnswer, PersonAnswer, Question};
use crate::backend::mail;
use crate::backend::mail::Message;
use crate::engine::world::{Notification, Prompt, PromptReply};
use crate::secret::Redacted;
use crate::value::{ActionError, Contact, ErrorKind, MOST_APPROVALS, MailSettings, Timestamp};
use ecow::EcoString;
use std::io::Write;
use std::time::Duration;

/// The time limit of one channel.
const PATIENCE: Duration = Duration::from_secs(30);

/// The file for messages that could not be delivered.
const UNDELIVERED: &str = "undelivered.txt";

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
    pub console: Console,
    /// The people who may approve; everybody if empty.
    pub approvers: Vec<EcoString>,
}

/// Sends a message over every channel of a contact.
///
/// # Errors
/// `unreachable` if no channel took the message. It is then kept on this machine and printed on standard error.
pub async fn notify(live: &Live<'_>, notification: &Notification) -> Result<(), ActionError> {
    let channels = &live.config.channels;
    let circle = Contact::recipients(&channels.contacts, &notification.contact);
    let mut body = notification.body.clone();
    let taken_over = live.taken_over.borrow().clone();
    if notification.escalation && !taken_over.is_empty() {
        body.push_str("\nTaken over from runs that ended without releasing it:\n");
        taken_over.iter().for_each(|text| body.push_str(&format!("- {text}\n")));
    }
    let text = live.config.calls.secrets.redact_text(&body);
    let mut failures = Vec::new();
    let mut reached = false;
    for contact in &circle {
        if contact.terminal {
            match (channels.terminal)(&text) {
                true => reached = true,
                false => failures.push(format!("nobody is at the terminal of {}", contact.name)),
            }
        }
        if !contact.mail.is_empty() {
            match send(live, notification, contact, &text).await {
                Ok(()) => reached = true,
                Err(error) => failures.push(format!("mail to {}: {error}", contact.name)),
            }
        }
    }
    if reached {
        failures.iter().for_each(|failure| tracing::warn!(%failure, "a channel failed"));
        return Ok(());
    }
    if circle.is_empty() {
        failures.push(format!("unknown contact {}", notification.contact));
    }
    let kept = match last_resort(&live.config.store, &text) {
        Ok(path) => format!("the message is stored in {path}"),
        Err(error) => error.to_string(),
    };
    Err(ActionError::new(ErrorKind::Unreachable, format!("no contact was reached: {}; {kept}", failures.join(", "))))
}

async fn send(
    live: &Live<'_>,
    notification: &Notification,
    contact: &Contact,
    text: &Redacted<String>,
) -> Result<(), ActionError> {
    let Some(settings) = &live.config.channels.mail else {
        return Err(ActionError::new(ErrorKind::Refused, "the inventory does not say how to send mail"));
    };
    let secrets = live.config.calls.secrets;
    let message = Message {
        to: contact.mail.clone(),
        subject: secrets.redact_text(&notification.subject),
        body: text.clone(),
        id: format!("{}-{}-{}", notification.run, notification.address, contact.name).replace('/', "."),
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
    let kept = file.write_all(format!("---- {:.0}\n{shown}\n", Timestamp::now()).as_bytes());
    kept.and_then(|()| file.sync_data()).map_err(|error| failed(&path, &error))?;
    Ok(path.display().to_string())
}

/// Asks people. No answer in time is an answer as well.
pub async fn ask(live: &Live<'_>, prompt: &Prompt) -> PromptReply {
    let channels = &live.config.channels;
    let message = live.config.calls.secrets.redact_text(&prompt.message);
    // Whoever may approve, alone decides about an approval.
    let is_approval = prompt.choices.iter().any(|choice| choice == "approve");
    let only = if is_approval { channels.approvers.clone() } else { Vec::new() };
    let question = Question { message, choices: prompt.choices.clone(), only };
    match channels.console.ask(&question, live.clock.until(prompt.deadline)).await {
        Ok(PersonAnswer { choice, by }) => {
            let enough = choice != "approve" || prompt.by <= MOST_APPROVALS;
            PromptReply { answer: enough.then_some(choice), by: vec![by.to_string()] }
        }
        Err(NoAnswer::Nobody | NoAnswer::TimedOut) => PromptReply { answer: None, by: Vec::new() },
    }
}
