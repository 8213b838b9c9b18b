//! Runs a list of arguments as a process group of its own, with a deadline and bounded output.
//!
//! There is no shell, and the environment holds a few harmless variables only. The leader is not reaped until its group
//! has ended or is left alone, so that no signal reaches an unrelated process that got the same id.

mod capture;
mod group;
mod sanitise;
mod unknown_outcome;

#[cfg(test)]
mod tests;

pub use capture::Captured;
pub(super) use group::Group as RunningGroup;
pub use group::{dropped_groups_have_ended, end_every_group, wait_for_dropped_groups};
pub use sanitise::sanitised;

use crate::value::{ActionError, ErrorKind, SignedDuration, display_duration};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

/// The time between SIGTERM and SIGKILL.
pub const GRACE: Duration = Duration::from_secs(2);

/// How long output is still read after the leader has ended.
const LINGER: Duration = Duration::from_millis(250);

/// The variables that a child inherits. None of them holds a secret, loads code or changes what a program prints.
const INHERITED: [&str; 9] = ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"];

/// A command to run.
#[derive(Default)]
pub struct Invocation<'a> {
    /// The program, found in the search path unless it has a slash, and its arguments.
    pub arguments: &'a [String],
    /// What it reads from standard input; nothing when absent.
    pub input: Option<&'a [u8]>,
    /// Additional environment variables.
    pub environment: &'a [(String, String)],
    /// The folder in which it runs; this program's own when absent.
    pub folder: Option<PathBuf>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// With an exit code. By convention 126 means that a command cannot be executed, 127 that it was not found.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

impl ExitReason {
    /// Whether it ended with exit code 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// The kind of error that an unsuccessful ending means: [`Failed`](ErrorKind::Failed) if the command reported a
    /// failure, [`Unknown`](ErrorKind::Unknown) if its effect is unknown, because it was killed or because a program
    /// such as ssh reports a lost connection.
    pub fn kind(self, arguments: &[String]) -> ErrorKind {
        if unknown_outcome::is_unknown(self, arguments) { ErrorKind::Unknown } else { ErrorKind::Failed }
    }
}

/// Formats as the end of a sentence that begins with the name of the program.
impl std::fmt::Display for ExitReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(126) => f.write_str("ended with exit code 126 (what it was to run cannot be run)"),
            Self::Code(127) => f.write_str("ended with exit code 127 (what it was to run was not found)"),
            Self::Code(code) => write!(f, "ended with exit code {code}"),
            Self::Signal(number) => write!(f, "was ended by signal {number}{}", signal_name(*number)),
        }
    }
}

fn signal_name(number: i32) -> &'static str {
    match number {
        1 => " (SIGHUP)",
        2 => " (SIGINT)",
        6 => " (SIGABRT)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    }
}

/// The result of a process.
#[derive(Debug)]
pub struct ProcessOutput {
    /// How it ended.
    pub ending: ExitReason,
    /// Its standard output.
    pub stdout: Captured,
    /// Its standard error.
    pub stderr: Captured,
}

/// Runs a command to its end, for at most `limit`.
///
/// A process that the leader started may live on and keep the pipes open. It does not delay the result and is left
/// alone, because starting it may be the purpose of the command. At the deadline, and when this future is dropped, the
/// whole group gets SIGTERM, and SIGKILL after [`GRACE`].
///
/// # Errors
/// `refused` if nothing was started: no arguments, a NUL in one, no such program, or no permission. `timed_out` at the
/// deadline, with the end of the output as evidence. `unknown` if the process was started and cannot be watched.
pub async fn run(invocation: Invocation<'_>, limit: Duration) -> Result<ProcessOutput, ActionError> {
    let program = check_arguments(invocation.arguments)?;
    let (mut group, pipes) = start(&invocation)?;
    let Pipes { stdin, stdout, stderr } = pipes;
    let mut captured = (Captured::default(), Captured::default());
    let finished = {
        let input = invocation.input.unwrap_or_default();
        let reading = async {
            tokio::join!(feed(stdin, input), drain(stdout, &mut captured.0), drain(stderr, &mut captured.1));
        };
        tokio::pin!(reading);
        let mut read_out = false;
        let in_time = tokio::time::timeout(limit, async {
            let ended = group.ended();
            tokio::pin!(ended);
            let ended = tokio::select! {
                ended = &mut ended => ended,
                () = &mut reading => { read_out = true; ended.await }
            };
            if !read_out {
                let _ = tokio::time::timeout(LINGER, &mut reading).await;
            }
            ended
        })
        .await;
        if in_time.is_err() {
            // Keep reading: a closed pipe must not kill a process that reports its clean-up.
            let ended = group.end(GRACE);
            tokio::pin!(ended);
            tokio::select! {
                () = &mut ended => {}
                () = &mut reading, if !read_out => ended.await,
            }
        }
        in_time
    };
    let (stdout, stderr) = captured;
    match finished {
        Ok(Ok(())) => {
            let ending = group.ending().map_err(|error| lost_sight(program, &error))?;
            Ok(ProcessOutput { ending, stdout, stderr })
        }
        Ok(Err(error)) => Err(lost_sight(program, &error)),
        Err(_) => {
            let message = format!("{program} had not ended after {}", shown_limit(limit));
            let error = ActionError::new(ErrorKind::TimedOut, message);
            let mut seen = if stderr.is_empty() { stdout } else { stderr };
            seen.stop();
            Err(if seen.is_empty() { error } else { error.with(seen.last_lines()) })
        }
    }
}

/// A time limit for people. A call has lost some microseconds of it when it starts a process.
pub(super) fn shown_limit(limit: Duration) -> String {
    const STEP: u128 = 10;
    let milliseconds = limit.as_micros().div_ceil(1000 * STEP).saturating_mul(STEP);
    display_duration(SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX)))
}

fn check_arguments(arguments: &[String]) -> Result<&str, ActionError> {
    let refused = |message: &str| Err(ActionError::new(ErrorKind::Refused, message));
    let Some(program) = arguments.first().filter(|program| !program.is_empty()) else {
        return refused("there is no command: the list of arguments is empty, or its first is");
    };
    if arguments.iter().any(|argument| argument.contains('\0')) {
        return refused("an argument of the command has a NUL byte in it");
    }
    Ok(program)
}

fn not_started(program: &str, error: &std::io::Error) -> ActionError {
    let program = sanitised(program.as_bytes());
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => format!("{program} was not found, so nothing was run"),
        std::io::ErrorKind::PermissionDenied => format!("{program} may not be run, so nothing was run"),
        _ => format!("{program} could not be started: {error}"),
    };
    ActionError::new(ErrorKind::Refused, message)
}

fn lost_sight(program: &str, error: &std::io::Error) -> ActionError {
    let program = sanitised(program.as_bytes());
    ActionError::new(ErrorKind::Unknown, format!("{program} was started and lost sight of: {error}"))
}

/// Our ends of the pipes of a process.
pub(super) struct Pipes {
    pub stdin: Option<pipe::Sender>,
    pub stdout: Option<pipe::Receiver>,
    pub stderr: Option<pipe::Receiver>,
}

/// Starts a command in a group of its own. Its standard input is a pipe if there is an input, which the caller writes.
///
/// # Errors
/// `refused` if nothing was started, `unknown` if the process was started and cannot be watched.
pub(super) fn start(invocation: &Invocation<'_>) -> Result<(RunningGroup, Pipes), ActionError> {
    let program = check_arguments(invocation.arguments)?;
    let mut arguments = invocation.arguments.iter();
    let mut command = Command::new(arguments.next().map(String::as_str).unwrap_or_default());
    command.args(arguments).process_group(0).env_clear();
    command.stdin(if invocation.input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("TERM", "dumb").envs(invocation.environment.iter().map(|(name, value)| (name, value)));
    if let Some(folder) = &invocation.folder {
        command.current_dir(folder);
    }
    let child = command.spawn().map_err(|error| not_started(program, &error))?;
    watched(child).map_err(|error| lost_sight(program, &error))
}

/// The started process in a group of its own, with our ends of its pipes.
fn watched(mut child: Child) -> std::io::Result<(RunningGroup, Pipes)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut group = RunningGroup::new(child)?;
    for end in [stdout.as_ref().map(AsFd::as_fd), stderr.as_ref().map(AsFd::as_fd)].into_iter().flatten() {
        group.keep_open(end.try_clone_to_owned()?);
    }
    let pipes = Pipes {
        stdin: stdin.map(|end| pipe::Sender::from_owned_fd(OwnedFd::from(end))).transpose()?,
        stdout: stdout.map(|end| pipe::Receiver::from_owned_fd(OwnedFd::from(end))).transpose()?,
        stderr: stderr.map(|end| pipe::Receiver::from_owned_fd(OwnedFd::from(end))).transpose()?,
    };
    Ok((group, pipes))
}

/// A child may ignore its input; a closed pipe is no error.
async fn feed(sender: Option<pipe::Sender>, input: &[u8]) {
    if let Some(mut sender) = sender {
        let _ = sender.write_all(input).await;
    }
}

async fn drain(receiver: Option<pipe::Receiver>, captured: &mut Captured) {
    let Some(mut receiver) = receiver else { return };
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = receiver.read(&mut buffer).await {
        captured.push(buffer.get(..count).unwrap_or_default());
    }
}
