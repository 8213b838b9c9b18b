//! Notifications and escalations: their text, their contact, and that an escalation is sent once.

use super::call_text::{indented, one_line};
use crate::engine::address::Address;
use crate::engine::eval::driver::after;
use crate::engine::event::{EventKind, ShownEvidence};
use crate::engine::preview;
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::{Escalation, Exit, Flow};
use crate::engine::run::scheduler::{reply, wait_until};
use crate::engine::run::scope::Scope;
use crate::engine::run::tree::Run;
use crate::engine::world::Notification;
use crate::program::{Evidence, Expression};
use crate::value::{SignedDuration, Value, display_duration, without_invisible};
use ecow::EcoString;
use std::borrow::Cow;
use std::fmt::Write;
use std::rc::Rc;

/// The longest text of a run, or of its title, in a subject, in characters.
const LONGEST_NAME: usize = 70;

/// The longest cause of an unknown outcome in its message, in characters.
const LONGEST_CAUSE: usize = 1000;

/// The longest message of a runbook in a mail, in characters.
const LONGEST_MESSAGE: usize = 4000;

/// The longest value of evidence in an event, in characters.
const LONGEST_EVIDENCE: usize = 16 * 1024;

/// How long undos may take before the escalation is sent without waiting for them.
const ESCALATE_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Evaluates a message and its evidence. An error in the evidence becomes its text.
pub(crate) async fn evaluate_escalation<'t>(
    context: &mut StatementContext<'_, 't>,
    contact: &EcoString,
    message: &'t Expression,
    evidence: &'t [Evidence],
) -> Result<Escalation, Exit> {
    let message = context.text(message).await?;
    let mut shown = Vec::new();
    for piece in evidence {
        let value = match context.value_for_people(&piece.value).await {
            Ok(value) => value,
            Err(Exit::Failed(error)) => Value::text(format!("could not be determined: {error}")),
            Err(exit) => return Err(exit),
        };
        shown.push(ShownEvidence { label: piece.label.clone(), value });
    }
    let run = Rc::clone(&context.scope.run);
    Ok(Escalation { contact: Some(contact.clone()), message, evidence: shown, run, from_runbook: true, call: None })
}

/// Sends a notification. If nobody is reached the run continues.
pub(crate) async fn notify(scope: &Scope<'_>, evaluated: Escalation, at: Address) -> Flow {
    let Escalation { contact, message, evidence, .. } = evaluated;
    let contact = contact.unwrap_or_default();
    let Some(world) = scope.tree.effect_world else {
        return Err(preview::first_effect(scope, &format!("notify {contact} {message:?}")));
    };
    let notification = Notification {
        address: at,
        run: scope.run.id.clone(),
        runbook: scope.run.called(),
        topic: scope.run.topic(),
        contact: contact.clone(),
        hosts: Vec::new(),
        escalation: false,
        subject: subject(&scope.run, &scope.run, &message),
        body: with_evidence(format!("{}\n\n{}", indented(&brief(&message)), run_line(&scope.run)), &evidence),
        evidence,
    };
    let reply = reply(scope.tree, world.notify(notification), false).await.map_err(|_| Exit::Cancelled)?;
    let detail = reply.result.as_ref().err().map(ToString::to_string);
    scope.emit(EventKind::Notified { contact, message, delivered: detail.is_none(), detail });
    Ok(())
}

impl Scope<'_> {
    /// The escalation that an exit leads to, if nothing catches it.
    pub fn escalation_of(&self, exit: &Exit) -> Option<Escalation> {
        let exit = match exit {
            Exit::Escalated(escalation) => return Some((**escalation).clone()),
            Exit::Failed(error) => {
                let evidence = error.evidence.iter();
                let evidence = evidence.map(|value| ShownEvidence { label: "seen".into(), value: value.clone() });
                let exit = self.escalated_with(error.message.clone(), evidence.collect());
                let Exit::Escalated(escalation) = exit else { return None };
                return Some(Escalation { call: error.action.clone(), ..*escalation });
            }
            Exit::TimedOut => {
                let limit = self.run.deadline.map(|deadline| deadline.duration_since(self.run.started));
                let limit = limit.map(display_duration).unwrap_or_default();
                self.escalated(format!("it did not end within {limit}"))
            }
            Exit::Resolved(_) | Exit::Cancelled | Exit::Refused(_) | Exit::Stopped | Exit::DryRun { .. } => {
                return None;
            }
        };
        if let Exit::Escalated(escalation) = exit { Some(*escalation) } else { None }
    }

    /// Records, before undos begin, that the whole tree is certain to escalate.
    pub fn announce(&self, exit: &Exit) {
        let caught = self.catches_errors && matches!(exit, Exit::Failed(_));
        if !self.run.propagates_escalation || self.shielded || caught || self.tree.escalating.borrow().is_some() {
            return;
        }
        if let Some(escalation) = self.escalation_of(exit) {
            *self.tree.escalating.borrow_mut() = Some((self.now(), escalation));
            self.tree.wake();
        }
    }
}

/// Tells the contact of a run at once that it is unknown whether a call was carried out. `polls` says how the run finds
/// out. Nobody needs to be reached: the run goes on, and escalates if nobody can tell.
pub(crate) async fn notify_unknown_outcome(
    scope: &Scope<'_>,
    call: &Address,
    text: &str,
    cause: Option<&str>,
    polls: Option<String>,
) {
    let cause = cause.map(|cause| format!(": {}", one_line(cause, LONGEST_CAUSE))).unwrap_or_default();
    let message = format!("it is unknown whether {text} was carried out{cause}");
    let next = match polls {
        Some(polls) => format!("The run waits until that is known: {polls}."),
        None => "Nothing can be asked whether it was.".to_owned(),
    };
    let person = if scope.shielded { "" } else { " Whoever knows can answer where the run was started." };
    let body = format!("{}\n\n{}\n{next}{person}\n", indented(&message), run_line(&scope.run));
    send_notice(scope, call, message, body).await;
}

/// Tells the contact of a run that an undo waits for the end of a pause.
pub(super) async fn notify_waiting_undo(scope: &Scope<'_>, call: &Address, text: &str, why: &str) {
    let message = format!("an undo waits: {text}");
    let body = format!(
        "{}\n\n{}\nWhat it undoes stays in place until then: {}.\n",
        indented(&message),
        run_line(&scope.run),
        indented(why)
    );
    send_notice(scope, call, message, body).await;
}

/// Sends a message about a call to the contact of the run.
async fn send_notice(scope: &Scope<'_>, call: &Address, message: String, body: String) {
    let (Some(contact), Some(world)) = (scope.run.contact(), scope.tree.effect_world) else { return };
    let notification = Notification {
        address: call.turn(u32::MAX - 1),
        run: scope.run.id.clone(),
        runbook: scope.run.called(),
        topic: scope.run.topic(),
        contact: contact.clone(),
        hosts: Vec::new(),
        escalation: false,
        subject: subject(&scope.run, &scope.run, &message),
        body,
        evidence: Vec::new(),
    };
    let Ok(reply) = reply(scope.tree, world.notify(notification), false).await else { return };
    let detail = reply.result.err().map(|error| error.to_string());
    scope.emit(EventKind::Notified { contact, message, delivered: detail.is_none(), detail });
}

/// Sends the escalation when undos take long.
pub(crate) async fn escalation_timer(scope: &Scope<'_>) {
    let tree = scope.tree;
    wait_until(|| tree.escalating.borrow().is_some()).await;
    let Some((since, escalation)) = tree.escalating.borrow().clone() else { return };
    let until = after(since, ESCALATE_AFTER);
    if reply(tree, tree.read_world.wait(scope.run.address.clone(), until), false).await.is_ok() {
        send(scope, &escalation, true).await;
    }
}

/// Sends the one escalation of a run tree.
pub(crate) async fn send(scope: &Scope<'_>, escalation: &Escalation, cleaning_up: bool) {
    let tree = scope.tree;
    tree.notifying.set(true);
    let (delivered, detail) = match (&escalation.contact, tree.effect_world) {
        (Some(contact), Some(world)) => {
            let notification = Notification {
                address: scope.run.address.clone(),
                run: scope.run.id.clone(),
                runbook: scope.run.called(),
                topic: scope.run.topic(),
                contact: contact.clone(),
                hosts: escalation.run.hosts(),
                escalation: true,
                subject: subject(&scope.run, &escalation.run, &escalation.sentence()),
                body: body(scope, escalation, cleaning_up),
                evidence: escalation.evidence.clone(),
            };
            match reply(tree, world.notify(notification), false).await.map(|reply| reply.result) {
                Ok(Ok(())) => (true, None),
                Ok(Err(error)) => (false, Some(error.to_string())),
                Err(_) => (false, None),
            }
        }
        _ => (false, Some("the runbook names no contact".to_owned())),
    };
    let contact = escalation.contact.clone().unwrap_or_else(|| "nobody".into());
    let evidence = escalation.evidence.iter().map(cut).collect();
    scope.emit(EventKind::EscalationSent { contact, message: escalation.sentence(), delivered, detail, evidence });
    tree.delivered.set(Some(delivered));
    tree.notifying.set(false);
    tree.wake();
}

/// Tells the contact of an escalation that was sent during clean-up what is left in place after it, if anything is.
pub(crate) async fn send_clean_up_report(scope: &Scope<'_>, escalation: &Escalation) {
    let (Some(contact), Some(world)) = (&escalation.contact, scope.tree.effect_world) else { return };
    let left = left_in_place(scope);
    let message = match left.len() {
        0 => return,
        1 => "clean-up is over, and one change is left in place".to_owned(),
        some => format!("clean-up is over, and {some} changes are left in place"),
    };
    let mut body = format!("{message}\n\n{}", run_line(&scope.run));
    append_list(&mut body, "What was tried", "Nothing was changed.", &scope.run.log.borrow().attempts);
    append_list(&mut body, "Left in place", "", &left);
    let notification = Notification {
        address: scope.run.address.turn(u32::MAX - 1),
        run: scope.run.id.clone(),
        runbook: scope.run.called(),
        topic: scope.run.topic(),
        contact: contact.clone(),
        hosts: Vec::new(),
        escalation: false,
        subject: subject(&scope.run, &escalation.run, &message),
        body,
        evidence: Vec::new(),
    };
    let reply = reply(scope.tree, world.notify(notification), false).await;
    let detail = reply.ok().and_then(|reply| reply.result.err()).map(|error| error.to_string());
    if detail.is_some() {
        scope.tree.delivered.set(Some(false));
    }
    scope.emit(EventKind::Notified { contact: contact.clone(), message, delivered: detail.is_none(), detail });
}

/// The changes that are in place, with the reason and what undoes each.
fn left_in_place(scope: &Scope<'_>) -> Vec<String> {
    let record = scope.run.log.borrow();
    let found = scope.tree.found_in_place();
    let left = record.left.iter().chain(record.permanent.iter().map(|(_, left)| left)).chain(&found);
    left.map(|left| match &left.undo {
        Some(undo) => format!("{} ({}); to undo it: {undo}", left.change, left.why),
        None => format!("{} ({})", left.change, left.why),
    })
    .collect()
}

/// The subject, which begins with the run: `[WebDown(server: web1)] The page is down: it did not end within 1h`. A
/// child run that escalates comes first.
fn subject(run: &Run, escalating: &Run, sentence: &str) -> String {
    let called = one_line(&run.called(), LONGEST_NAME);
    let called = match escalating.id == run.id {
        true => called,
        false => format!("{}, of {called}", one_line(&escalating.called(), LONGEST_NAME)),
    };
    without_invisible(&format!("[{called}] {}: {sentence}", one_line(&run.title, LONGEST_NAME)))
}

/// The run, as a line of the message.
fn run_line(run: &Run) -> String {
    format!("Run {} of {}, {:?}.\n", run.id, run.called(), one_line(&run.title, 2 * LONGEST_NAME))
}

fn body(scope: &Scope<'_>, escalation: &Escalation, cleaning_up: bool) -> String {
    let record = scope.run.log.borrow();
    let mut text = format!("{}\n\n{}", indented(&brief(&escalation.sentence())), run_line(&scope.run));
    if escalation.run.id != scope.run.id {
        let _ = write!(text, "Found by a child run: {}", run_line(&escalation.run));
    }
    append_list(&mut text, "What was tried", "Nothing was changed.", &record.attempts);
    let left = left_in_place(scope);
    append_list(&mut text, "Left in place", "Nothing is left in place.", &left);
    if cleaning_up {
        text.push_str(
            "\nClean-up is still running; changes that it has not undone yet are not listed. Another message follows if \
             any of them stays.\n",
        );
    }
    with_evidence(text, &escalation.evidence)
}

/// A message, cut so that it does not displace what comes after it.
fn brief(message: &str) -> Cow<'_, str> {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()).into(),
        None => message.into(),
    }
}

/// A piece of evidence for an event: its text if it is too long.
fn cut(piece: &ShownEvidence) -> ShownEvidence {
    let text = piece.value.outline().join("\n");
    let value = match text.char_indices().nth(LONGEST_EVIDENCE) {
        Some((end, _)) => Value::text(format!("{}…", text.get(..end).unwrap_or_default())),
        None => piece.value.clone(),
    };
    ShownEvidence { label: piece.label.clone(), value }
}

/// Appends the evidence.
fn with_evidence(mut text: String, evidence: &[ShownEvidence]) -> String {
    for (position, piece) in evidence.iter().enumerate() {
        if position == 0 {
            text.push_str("\nEvidence:\n");
        }
        let lines = piece.value.outline();
        match lines.as_slice() {
            [line] if !matches!(piece.value.shown(), Value::Record(_)) => {
                let _ = writeln!(text, "- {}: {}", piece.label, indented(line));
            }
            lines => {
                let _ = writeln!(text, "- {}:", piece.label);
                for line in lines {
                    let _ = writeln!(text, "    {}", indented(line));
                }
            }
        }
    }
    text
}

fn append_list(text: &mut String, title: &str, nothing: &str, items: &[impl std::fmt::Display]) {
    if items.is_empty() {
        if !nothing.is_empty() {
            let _ = write!(text, "\n{nothing}\n");
        }
        return;
    }
    let _ = write!(text, "\n{title}:\n");
    for item in items {
        let _ = writeln!(text, "- {}", indented(&item.to_string()));
    }
}
