//! How people are reached: every channel of a contact, and when all of them fail, this machine as the last resort.

use super::Live;
use super::state::{failed, open};
use crate::engine::world::{Answered, Asking, Telling};
use crate::value::{ActionError, Call, Class, Contact, ErrorKind, SignedDuration, Value};
use ecow::EcoString;
use std::io::Write;
use std::path::Path;

/// How long one channel is tried before the next one is.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Where messages are kept that nobody could be given.
const UNDELIVERED: &str = "undelivered.txt";

/// Whom the inventory names, and whether somebody sits before the terminal.
#[derive(Debug)]
pub struct Channels {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// Whether questions can be asked and messages be seen on the terminal.
    pub attended: bool,
}

impl Channels {
    /// A contact and those that hear of everything it hears of, each once.
    fn circle(&self, name: &str) -> Vec<&Contact> {
        let mut names: Vec<&str> = vec![name];
        let mut circle = Vec::new();
        let mut next = 0;
        while let Some(name) = names.get(next).copied() {
            next += 1;
            let Some(contact) = self.contacts.iter().find(|contact| contact.name == name) else { continue };
            circle.push(contact);
            for other in &contact.also {
                if !names.contains(&other.as_str()) {
                    names.push(other);
                }
            }
        }
        circle
    }
}

/// Tells a contact over every channel that it has.
///
/// # Errors
/// `unreachable` when no channel took the message; then it is kept on this machine and shown on standard error.
pub async fn tell(live: &Live<'_>, telling: &Telling) -> Result<(), ActionError> {
    let circle = live.equipment.channels.circle(&telling.contact);
    let mut failures = Vec::new();
    let mut reached = false;
    let message = message(live, telling);
    for contact in &circle {
        if !contact.mail.is_empty() {
            let call = mail(contact, telling, live, &message);
            match deliver(live, &call).await {
                Ok(()) => reached = true,
                Err(error) => failures.push(format!("mail to {}: {error}", contact.name)),
            }
        }
        if contact.terminal {
            match deliver(live, &terminal(&message)).await {
                Ok(()) => reached = true,
                Err(error) => failures.push(format!("the terminal of {}: {error}", contact.name)),
            }
        }
    }
    if reached {
        for failure in failures {
            tracing::warn!(%failure, "a channel failed");
        }
        return Ok(());
    }
    if circle.is_empty() {
        failures.push(format!("the inventory has no contact {}", telling.contact));
    }
    let kept = last_resort(&live.equipment.state, &message);
    let kept = kept.map_or_else(|error| error.to_string(), |path| format!("the message is kept in {path}"));
    Err(ActionError::new(ErrorKind::Unreachable, format!("nobody was reached ({}); {kept}", failures.join("; "))))
}

async fn deliver(live: &Live<'_>, call: &Call) -> Result<(), ActionError> {
    let deadline = live.now().checked_add(PATIENCE).unwrap_or(crate::value::Timestamp::MAX);
    live.perform(call, deadline).await.map(|_| ())
}

/// What is told, secrets masked.
fn message(live: &Live<'_>, telling: &Telling) -> String {
    let mut text = format!("{}\n\n{}\n", telling.subject, telling.body.trim_end());
    for evidence in &telling.evidence {
        text.push_str(&format!("\n{}: {}\n", evidence.label, evidence.value));
    }
    live.equipment.secrets.redact_text(&text).into_inner()
}

fn call(backend: &str, action: &str, arguments: Vec<(&str, Value)>) -> Call {
    let arguments = arguments.into_iter().map(|(name, value)| (EcoString::from(name), value)).collect();
    Call { backend: backend.into(), action: action.into(), class: Class::Change, arguments }
}

fn mail(contact: &Contact, telling: &Telling, live: &Live<'_>, message: &str) -> Call {
    let to = Value::list(contact.mail.iter().map(|address| Value::text(address.as_str())));
    let subject = live.equipment.secrets.redact_text(&telling.subject).into_inner();
    call("mail", "send", vec![("to", to), ("subject", Value::text(subject)), ("body", Value::text(message))])
}

fn terminal(message: &str) -> Call {
    call("human", "tell", vec![("message", Value::text(message))])
}

/// Keeps a message on this machine, and shows it to whoever looks at standard error.
fn last_resort(state: &Path, message: &str) -> Result<String, ActionError> {
    // Evidence comes from outside; a terminal obeys control characters.
    let shown: String =
        message.chars().map(|letter| if letter.is_control() && letter != '\n' { '?' } else { letter }).collect();
    let _ = writeln!(std::io::stderr().lock(), "{shown}");
    let path = state.join(UNDELIVERED);
    let mut file = open(state, UNDELIVERED)?;
    let kept = file.write_all(format!("---- {}\n{message}\n", crate::value::Timestamp::now()).as_bytes());
    kept.and_then(|()| file.sync_data()).map_err(|error| failed(&path, &error))?;
    Ok(path.display().to_string())
}

/// Asks people; silence is an answer.
pub async fn ask(live: &Live<'_>, asking: &Asking) -> Result<Answered, ActionError> {
    if !live.equipment.channels.attended {
        return Ok(Answered { answer: None, by: Vec::new() });
    }
    let choices = Value::list(asking.choices.iter().map(|choice| Value::word(choice.clone())));
    let message = live.equipment.secrets.redact_text(&asking.message).into_inner();
    let call = call("human", "ask", vec![("message", Value::text(message)), ("choices", choices)]);
    match live.perform(&call, asking.deadline).await {
        Ok(Value::Word(answer) | Value::Text(answer)) => Ok(Answered { answer: Some(answer), by: vec![whoever()] }),
        Ok(_) => Ok(Answered { answer: None, by: Vec::new() }),
        Err(error) if error.kind == ErrorKind::TimedOut => Ok(Answered { answer: None, by: Vec::new() }),
        Err(error) => Err(error),
    }
}

fn whoever() -> String {
    std::env::var("USER").unwrap_or_else(|_| "somebody at the terminal".to_owned())
}
