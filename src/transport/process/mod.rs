//! Runs a list of arguments as a process group of its own, with a deadline and bounded output.
//!
//! There is no shell and no inherited environment but for a few harmless variables. The leader stays unreaped until its
//! group has been dealt with, so that a signal can never reach a stranger who got the same number.

mod capture;
mod group;
mod sanitise;
mod unknown_outcome;

#[cfg(test)]
mod tests;

pub use capture::Captured;
pub use group::{dropped_groups_have_ended, end_every_group, wait_for_dropped_groups};
pub use sanitise::sanitised;

use crate::value::{ActionError, ErrorKind, SignedDuration, display_duration};
use group::Group;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

/// How long a group may take to end after it was asked to, before it is killed.
pub const GRACE: Duration = Duration::from_secs(2);

/// How long the output of whoever outlived the leader is still read.
const LINGER: Duration = Duration::from_millis(250);

/// The variables that a child inherits. Nothing that may hold a secret, load code or change what a program prints.
const INHERITED: [&str; 9] = ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"];

/// What is to be run.
#[derive(Default)]
pub struct Invocation<'a> {
    /// The program, found in the search path unless it has a slash, and its arguments.
    pub arguments: &'a [String],
    /// What it reads; nothing when absent.
    pub input: Option<&'a [u8]>,
    /// Variables beside the inherited ones.
    pub environment: &'a [(String, String)],
    /// Where it runs; this program's own folder when absent.
    pub folder: Option<PathBuf>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With an exit code. By custom 126 says that what it was to run cannot be run, 127 that it was not found.
    Code(i32),
    /// By a signal: killed, or crashed.
    Signal(i32),
}

impl Ending {
    /// Whether it ended with exit code 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// What a bad ending says of a command that was to act: [`Failed`](ErrorKind::Failed) where the command itself says
    /// no, [`Unknown`](ErrorKind::Unknown) where nobody has heard how it went: it was killed, or a program that reached
    /// elsewhere says that its connection was lost.
    pub fn kind(self, arguments: &[String]) -> ErrorKind {
        if unknown_outcome::is_unknown(self, arguments) { ErrorKind::Unknown } else { ErrorKind::Failed }
    }
}

/// The end of a sentence that begins with the program.
impl std::fmt::Display for Ending {
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

/// A process that has ended.
#[derive(Debug)]
pub struct ProcessOutput {
    /// How.
    pub ending: Ending,
    /// What it wrote to its standard output.
    pub stdout: Captured,
    /// What it wrote to its standard error.
    pub stderr: Captured,
}

/// Runs it to its end, for at most `limit`.
///
/// A process that the leader started and that lives on may keep the pipes open: it does not hold us, and it is left
/// alone, because a command may well be there to start something. At the deadline, and when this future is dropped, the
/// whole group is asked to end (SIGTERM), and killed when it has not ended after [`GRACE`].
///
/// # Errors
/// `refused` when nothing was started: no arguments, a NUL in one, no such program, or one that may not be run.
/// `timed_out` at the deadline; the evidence is the end of its output. `unknown` when it was started and cannot be watched.
pub async fn run(invocation: Invocation<'_>, limit: Duration) -> Result<ProcessOutput, ActionError> {
    let program = check_arguments(invocation.arguments)?;
    let (mut group, pipes) = start(program, &invocation)?;
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
            // It is read on: whoever reports its clean-up must not die of a closed pipe.
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
            let status = group.reap().map_err(|error| lost_sight(program, &error))?;
            Ok(ProcessOutput { ending: ending_of(status), stdout, stderr })
        }
        Ok(Err(error)) => Err(lost_sight(program, &error)),
        Err(_) => {
            let limit = display_duration(SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX));
            let error = ActionError::new(ErrorKind::TimedOut, format!("{program} had not ended after {limit}"));
            let mut seen = if stderr.is_empty() { stdout } else { stderr };
            seen.stop();
            Err(if seen.is_empty() { error } else { error.with(seen.last_lines()) })
        }
    }
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

struct Pipes {
    stdin: Option<pipe::Sender>,
    stdout: Option<pipe::Receiver>,
    stderr: Option<pipe::Receiver>,
}

fn start(program: &str, invocation: &Invocation<'_>) -> Result<(Group, Pipes), ActionError> {
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

/// What was started, in a group of its own, with the other ends of its pipes.
fn watched(mut child: Child) -> std::io::Result<(Group, Pipes)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut group = Group::new(child)?;
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

fn ending_of(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Code(code),
        (None, signal) => Ending::Signal(signal.unwrap_or_default()),
    }
}

/// A child that does not read what it is given has decided not to: that is no error.
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
