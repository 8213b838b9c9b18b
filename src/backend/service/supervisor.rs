//! supervisord, through `supervisorctl`.

use super::ServiceSettings;
use super::control_program::{ControlProgram, output_text, output_value};
use super::manager::{Manager, Order, ServiceState, ServiceStatus};
use crate::backend::CallContext;
use crate::transport::process::{ExitReason, ProcessOutput};
use crate::value::{ActionError, ErrorKind, Host};

/// The supervisord of a host.
pub(super) struct Supervisor<'a>(ControlProgram<'a>);

impl<'a> Supervisor<'a> {
    pub fn new(host: &'a Host, settings: &ServiceSettings, context: &'a CallContext<'a>) -> Self {
        let config = settings.config.as_ref().map(|config| ["-c".to_owned(), config.display().to_string()]);
        let options = config.as_ref().map_or(&[][..], |config| config);
        Self(ControlProgram::new("supervisorctl", host, settings, context, options))
    }
}

impl Manager for Supervisor<'_> {
    async fn status(&self, name: &str) -> Result<ServiceStatus, ActionError> {
        read_status(name, &self.0.query(&["status", name]).await?)
    }

    async fn order(&self, order: Order, name: &str) -> Result<(), ActionError> {
        self.0.order(order, name, &[order.as_str(), name]).await
    }
}

/// Parses the output of `status NAME`. The exit code is not enough: it is 0 for a program in BACKOFF as well.
fn read_status(name: &str, finished: &ProcessOutput) -> Result<ServiceStatus, ActionError> {
    let report = output_text(finished);
    let line = report.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == name).then(|| (words.next().unwrap_or_default().to_owned(), words.collect::<Vec<_>>()))
    });
    if let (ExitReason::Code(0 | 3), Some((state, rest))) = (finished.ending, &line) {
        // `pid 8431, uptime 0:00:01`
        let number = rest.iter().skip_while(|word| **word != "pid").nth(1);
        let process = number.and_then(|number| number.trim_end_matches(',').parse().ok());
        return Ok(ServiceStatus { state: state_of(state), process, report });
    }
    let error = if report.contains("no such process") {
        ActionError::new(ErrorKind::Failed, format!("supervisor has no program named {name}"))
    } else if finished.ending == ExitReason::Code(4) {
        ActionError::new(ErrorKind::Unreachable, "supervisord does not answer")
    } else {
        ActionError::new(ErrorKind::Failed, format!("supervisorctl {}", finished.ending))
    };
    Err(error.with(output_value(finished)))
}

fn state_of(word: &str) -> ServiceState {
    match word {
        "RUNNING" => ServiceState::Running,
        "STARTING" => ServiceState::Starting,
        "BACKOFF" => ServiceState::Retrying,
        "STOPPING" => ServiceState::Stopping,
        "STOPPED" | "EXITED" => ServiceState::Stopped,
        "FATAL" => ServiceState::Failed,
        "UNKNOWN" => ServiceState::Unknown,
        other => ServiceState::from_word(&capitalised(other)),
    }
}

/// A manager's own word in the form of the language's words: a capital letter first, underscores for marks.
pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str().to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), "_");
    first + &rest
}
