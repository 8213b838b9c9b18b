//! Programs that control managers: `supervisorctl`, `systemctl`.

use super::ServiceSettings;
use super::manager::Order;
use crate::backend::CallContext;
use crate::backend::road::{Road, as_query};
use crate::transport::process::ProcessOutput;
use crate::value::{ActionError, ErrorKind, Host, Value};

/// Such a program, for the time of one call.
pub(super) struct ControlProgram<'a> {
    arguments: Vec<String>,
    road: Road<'a>,
    context: &'a CallContext<'a>,
}

impl<'a> ControlProgram<'a> {
    /// The `command:` of the settings, else the program by its usual name, with the `options` that every call has.
    pub fn new(
        usual: &str,
        host: &'a Host,
        settings: &ServiceSettings,
        context: &'a CallContext<'a>,
        options: &[String],
    ) -> Self {
        let mut arguments = match &settings.command {
            Some(command) if !command.is_empty() => command.clone(),
            _ => vec![usual.to_owned()],
        };
        arguments.extend_from_slice(options);
        Self { arguments, road: Road::to(host, context), context }
    }

    /// Runs a query.
    ///
    /// # Errors
    /// `unreachable` where the connection to the manager was lost. The caller interprets other exit codes.
    pub async fn query(&self, arguments: &[&str]) -> Result<ProcessOutput, ActionError> {
        let finished = self.run(arguments).await.map_err(as_query)?;
        if finished.ending.is_success() || finished.ending.kind(&self.arguments) != ErrorKind::Unknown {
            return Ok(finished);
        }
        let program = self.arguments.first().map_or("", String::as_str);
        let error = ActionError::new(ErrorKind::Unreachable, format!("{program} {}", finished.ending));
        Err(error.with(Value::text(output_text(&finished))))
    }

    async fn run(&self, arguments: &[&str]) -> Result<ProcessOutput, ActionError> {
        let more = arguments.iter().map(|argument| (*argument).to_owned());
        let arguments: Vec<String> = self.arguments.iter().cloned().chain(more).collect();
        self.road.run_declared(&arguments, self.context.time_left()).await
    }

    /// Gives an order. Whether it was carried out shows in the state of the service.
    ///
    /// # Errors
    /// `failed` where the manager refuses, `unknown` where the connection to it was lost.
    pub async fn order(&self, order: Order, name: &str, arguments: &[&str]) -> Result<(), ActionError> {
        let finished = self.run(arguments).await?;
        if finished.ending.is_success() {
            return Ok(());
        }
        let program = self.arguments.first().map_or("", String::as_str);
        let message = format!("{program} {} {name} {}", order.as_str(), finished.ending);
        let kind = finished.ending.kind(&self.arguments);
        Err(ActionError::new(kind, message).with(output_value(&finished)))
    }
}

/// The output in one text.
pub(super) fn output_text(finished: &ProcessOutput) -> String {
    output_value(finished).to_string()
}

/// The output as a value, marked where a part of it is missing.
pub(super) fn output_value(finished: &ProcessOutput) -> Value {
    let words = [finished.stdout.last_lines(), finished.stderr.last_lines()];
    let loss = words.iter().find_map(Value::loss);
    let words = words.iter().map(ToString::to_string).filter(|words| !words.is_empty());
    Value::text(words.collect::<Vec<_>>().join("\n")).with_loss_if(loss)
}
