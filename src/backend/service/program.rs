//! A manager that is a program: `supervisorctl`, `systemctl`.

use super::ServiceSettings;
use crate::backend::{CallContext, working_folder};
use crate::transport::process::{Invocation, ProcessOutput};
use crate::value::{ActionError, ErrorKind, Value};

/// How it is called.
pub(super) struct ManagerProgram<'a> {
    arguments: Vec<String>,
    context: &'a CallContext<'a>,
}

impl<'a> ManagerProgram<'a> {
    /// By its usual name, unless the host's entry has a command; with what comes before every verb.
    pub fn new(usual: &str, settings: &ServiceSettings, context: &'a CallContext<'a>, more: &[String]) -> Self {
        let mut arguments = match &settings.command {
            Some(command) if !command.is_empty() => command.clone(),
            _ => vec![usual.to_owned()],
        };
        arguments.extend_from_slice(more);
        Self { arguments, context }
    }

    /// Asks it something.
    ///
    /// # Errors
    /// `unreachable` where nobody heard what it said. Other bad endings are for the caller to read.
    pub async fn ask(&self, words: &[&str]) -> Result<ProcessOutput, ActionError> {
        let finished = self.run(words).await?;
        if finished.ending.is_success() || finished.ending.kind(&self.arguments) != ErrorKind::Unknown {
            return Ok(finished);
        }
        let program = self.arguments.first().map_or("", String::as_str);
        let error = ActionError::new(ErrorKind::Unreachable, format!("{program} {}", finished.ending));
        Err(error.with(Value::text(words_of(&finished))))
    }

    /// Runs it with these words.
    async fn run(&self, words: &[&str]) -> Result<ProcessOutput, ActionError> {
        let arguments: Vec<String> =
            self.arguments.iter().cloned().chain(words.iter().map(|word| (*word).to_owned())).collect();
        let folder = Some(working_folder(self.context));
        let invocation = Invocation { arguments: &arguments, folder, ..Invocation::default() };
        self.context.system.run(invocation, self.context.time_left()).await
    }

    /// Has something done to a service. That it was done is for another look to say.
    ///
    /// # Errors
    /// `failed` where the manager says no, `unknown` where nobody heard what it said.
    pub async fn order(&self, verb: &str, name: &str, words: &[&str]) -> Result<(), ActionError> {
        let finished = self.run(words).await?;
        if finished.ending.is_success() {
            return Ok(());
        }
        let program = self.arguments.first().map_or("", String::as_str);
        let message = format!("{program} {verb} {name} {}", finished.ending);
        let kind = finished.ending.kind(&self.arguments);
        Err(ActionError::new(kind, message).with(said_by(&finished)))
    }
}

/// What it wrote, in one text.
pub(super) fn words_of(finished: &ProcessOutput) -> String {
    said_by(finished).to_string()
}

/// The same as a value, marked where it is not all that it wrote.
pub(super) fn said_by(finished: &ProcessOutput) -> Value {
    let words = [finished.stdout.last_lines(), finished.stderr.last_lines()];
    let loss = words.iter().find_map(Value::loss);
    let words = words.iter().map(ToString::to_string).filter(|words| !words.is_empty());
    Value::text(words.collect::<Vec<_>>().join("\n")).losing_if(loss)
}
