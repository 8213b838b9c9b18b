//! Alerts that start no runbook, and files with errors: notifies a contact, or stores the message on this machine.

use super::execute;
use super::execute::{CommandContext, Notifier};
use crate::cli::Exit;
use crate::cli::output::report;
use crate::project::alert::Alert;
use crate::project::selection::Job;
use crate::project::{Project, ProjectPath};
use crate::report::{sanitise, sanitise_line};
use std::path::Path;
use std::rc::Rc;

/// Maximum number of alerts per message, and of labels per alert.
const MOST: usize = 20;

/// Maximum length of a label or sentence, in characters.
const LONGEST: usize = 300;

/// Alerts and files that no run handles.
#[derive(Default)]
pub struct UndeliveredAlerts {
    alerts: Vec<UndeliveredAlert>,
    /// Files with errors, each with its project.
    pub skipped: Vec<(Rc<Project>, String)>,
    /// Projects whose default contacts may be notified, nearest first.
    pub projects: Vec<Rc<Project>>,
}

struct UndeliveredAlert {
    project: Option<Rc<Project>>,
    alert: Option<Alert>,
    why: Vec<String>,
}

/// The project of a path. `None` without an inventory.
pub fn project_at(path: &Path, config: Option<&Path>) -> Option<Rc<Project>> {
    let path = ProjectPath::of_file(path, config);
    path.config.as_ref()?;
    Project::open(&path).ok().map(Rc::new)
}

impl UndeliveredAlerts {
    /// Adds an alert that starts no runbook, or a message that cannot be read.
    pub fn alert(&mut self, project: Option<Rc<Project>>, alert: Option<Alert>, why: Vec<String>) {
        why.iter().for_each(|why| report(why));
        self.alerts.push(UndeliveredAlert { project, alert, why });
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.skipped.is_empty()
    }

    /// Notifies the default contacts. Stores messages without a recipient on this machine.
    pub async fn notify(&self, jobs: &[Job], id: &str, labelled: bool, shared: &CommandContext<'_>) -> Exit {
        let mut messages: Vec<(Option<Rc<Project>>, Message)> = Vec::new();
        let mut message_for = |project: Option<Rc<Project>>| -> usize {
            let same = |one: &Option<Rc<Project>>| match (one, &project) {
                (Some(one), Some(other)) => Rc::ptr_eq(one, other),
                (None, None) => true,
                _ => false,
            };
            match messages.iter().position(|(one, _)| same(one)) {
                Some(position) => position,
                None => {
                    messages.push((project, Message::default()));
                    messages.len() - 1
                }
            }
        };
        let alerts: Vec<usize> = self
            .alerts
            .iter()
            .map(|undelivered| message_for(self.notifying_project(undelivered.project.as_ref())))
            .collect();
        let files: Vec<usize> =
            self.skipped.iter().map(|(project, _)| message_for(self.notifying_project(Some(project)))).collect();
        for (undelivered, position) in self.alerts.iter().zip(alerts) {
            if let Some((_, message)) = messages.get_mut(position) {
                message.alerts.push(undelivered);
            }
        }
        for ((_, why), position) in self.skipped.iter().zip(files) {
            if let Some((_, message)) = messages.get_mut(position) {
                message.files.push(why);
            }
        }
        let mut exit = Exit::Success;
        for (project, message) in messages {
            let unusable = if message.alerts.is_empty() { Exit::Success } else { Exit::Usage };
            let (subject, body) = (message.subject(), message.body(jobs));
            let notified = match project {
                _ if shared.arguments.dry_run => {
                    report(&format!("Would tell the default_contact: {subject}"));
                    unusable
                }
                None if message.alerts.is_empty() => Exit::Success,
                None => {
                    execute::keep(&format!("{subject}\n\n{body}"), shared);
                    unusable
                }
                Some(project) => match (Notifier { project: &project, subject, body })
                    .notify(id, labelled.then(|| "[-]".to_owned()), shared)
                    .await
                {
                    Some(true) => unusable,
                    Some(false) => Exit::Undelivered,
                    None => return Exit::Cancelled,
                },
            };
            exit = exit.worse(notified);
        }
        exit
    }

    /// The project whose default contact is notified: the given one, or the nearest with a default contact. A project
    /// with a broken inventory is the last choice: what could be parsed of it may still name a contact.
    fn notifying_project(&self, project: Option<&Rc<Project>>) -> Option<Rc<Project>> {
        let all: Vec<&Rc<Project>> = project.into_iter().chain(&self.projects).collect();
        let sound = all.iter().find(|project| !project.is_broken() && project.default_contact().is_some());
        let any = || all.iter().find(|project| project.default_contact().is_some());
        sound.or_else(any).map(|project| {
            // The same inventory may be open in two projects of the list; use the first, so that messages merge.
            let place = |project: &Project| project.path.config.as_ref().and_then(|config| config.canonicalize().ok());
            let same = |other: &&Rc<Project>| place(other).is_some() && place(other) == place(project);
            self.projects.iter().find(same).unwrap_or(project).clone()
        })
    }
}

/// The message to one contact.
#[derive(Default)]
struct Message<'l> {
    alerts: Vec<&'l UndeliveredAlert>,
    files: Vec<&'l str>,
}

impl Message<'_> {
    fn subject(&self) -> String {
        match self.alerts.as_slice() {
            [] => format!("rectify: {}", self.files.first().map(|file| bounded(file)).unwrap_or_default()),
            [only] => {
                let why = only.why.first().map(|why| bounded(why)).unwrap_or_default();
                format!("rectify: {} started no runbook: {why}", only.named())
            }
            several => {
                let names: Vec<String> = several.iter().take(MOST).map(|undelivered| undelivered.named()).collect();
                format!("rectify: {} alerts started no runbook: {}", several.len(), names.join(", "))
            }
        }
    }

    fn body(&self, jobs: &[Job]) -> String {
        let mut text = String::new();
        if !self.alerts.is_empty() {
            text.push_str("You are the only one told: no runbook was started.\n");
        }
        for undelivered in self.alerts.iter().take(MOST) {
            text.push_str(&format!("\n{}:\n", undelivered.named()));
            undelivered.why.iter().for_each(|why| text.push_str(&format!("- {}\n", bounded(why))));
            let labels = undelivered.alert.iter().flat_map(|alert| &alert.labels);
            for (name, value) in labels.take(MOST) {
                text.push_str(&format!("- label {} = {}\n", bounded(name), bounded(value)));
            }
            if let Some(more) = undelivered.alert.as_ref().and_then(|alert| alert.labels.len().checked_sub(MOST + 1)) {
                text.push_str(&format!("- and {} more labels\n", more + 1));
            }
        }
        if let Some(more) = self.alerts.len().checked_sub(MOST + 1) {
            text.push_str(&format!("\nand {} more alerts\n", more + 1));
        }
        if !self.files.is_empty() {
            text.push_str("\nFiles with errors, whose runbooks no alert can start:\n");
            self.files.iter().take(MOST).for_each(|file| text.push_str(&format!("- {}\n", bounded(file))));
            if let Some(more) = self.files.len().checked_sub(MOST + 1) {
                text.push_str(&format!("- and {} more files\n", more + 1));
            }
        }
        if !self.alerts.is_empty() && !jobs.is_empty() {
            text.push_str("\nRuns of the same notification:\n");
            jobs.iter().take(MOST).for_each(|job| text.push_str(&format!("- {}\n", bounded(&job.call_text()))));
        }
        text
    }
}

impl UndeliveredAlert {
    fn named(&self) -> String {
        match &self.alert {
            Some(alert) => format!("The alert {}", bounded(&alert.name)),
            None => "An unreadable alert".to_owned(),
        }
    }
}

/// Puts text from outside on one line and truncates it.
fn bounded(text: &str) -> String {
    let line = sanitise_line(text);
    match line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", sanitise(line.get(..cut).unwrap_or_default())),
        None => line.into_owned(),
    }
}
