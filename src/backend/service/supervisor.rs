//! supervisord, through `supervisorctl`.

use super::ServiceSettings;
use super::manager::ServiceStatus;
use super::program::{ManagerProgram, said_by, words_of};
use crate::backend::CallContext;
use crate::transport::process::{Ending, ProcessOutput};
use crate::value::{ActionError, ErrorKind};

/// `supervisorctl`, with the configuration file that the host's entry names.
pub(super) fn program<'a>(settings: &ServiceSettings, context: &'a CallContext<'a>) -> ManagerProgram<'a> {
    let config = settings.config.as_ref().map(|config| ["-c".to_owned(), config.display().to_string()]);
    ManagerProgram::new("supervisorctl", settings, context, config.as_ref().map_or(&[], |config| config))
}

/// What a program is doing.
pub(super) async fn status(supervisor: &ManagerProgram<'_>, name: &str) -> Result<ServiceStatus, ActionError> {
    read_status(name, &supervisor.ask(&["status", name]).await?)
}

/// Reads what `status NAME` wrote. The exit code alone will not do: it is 0 for a program in BACKOFF as well.
fn read_status(name: &str, finished: &ProcessOutput) -> Result<ServiceStatus, ActionError> {
    let said = words_of(finished);
    let line = said.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == name).then(|| (words.next().unwrap_or_default().to_owned(), words.collect::<Vec<_>>()))
    });
    if let (Ending::Code(0 | 3), Some((state, rest))) = (finished.ending, &line) {
        // `pid 8431, uptime 0:00:01`
        let number = rest.iter().skip_while(|word| **word != "pid").nth(1);
        let process = number.and_then(|number| number.trim_end_matches(',').parse().ok());
        return Ok(ServiceStatus { state: word_for(state), process, said });
    }
    let error = if said.contains("no such process") {
        ActionError::new(ErrorKind::Failed, format!("supervisor has no program named {name}"))
    } else if finished.ending == Ending::Code(4) {
        ActionError::new(ErrorKind::Unreachable, "supervisord does not answer")
    } else {
        ActionError::new(ErrorKind::Failed, format!("supervisorctl {}", finished.ending))
    };
    Err(error.with(said_by(finished)))
}

fn word_for(state: &str) -> String {
    match state {
        "RUNNING" => "Running",
        "STARTING" => "Starting",
        "BACKOFF" => "Retrying",
        "STOPPING" => "Stopping",
        "STOPPED" | "EXITED" => "Stopped",
        "FATAL" => "Failed",
        "UNKNOWN" => "Unknown",
        other => return capitalised(other),
    }
    .to_owned()
}

/// The manager's own word, in the form that words of the language have.
pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str().to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), "_");
    first + &rest
}
