//! One command on a host, from the connection to its end.

use super::client::{arguments, environment};
use super::failure::not_begun;
use super::program::{PROGRAM, end, opening, ready, request};
use super::settings::{SshSettings, check_address, is_user_name};
use crate::transport::process::{
    Captured, ExitReason, GRACE, Invocation, Pipes, ProcessOutput, RunningGroup, sanitised, shown_limit, start,
};
use crate::value::{ActionError, ErrorKind};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

/// The longest word, in bytes: Linux starts no program with a longer one.
const LONGEST_WORD: usize = 128 * 1024 - 1;

/// The longest request: words, input and what is around them, in bytes.
const LONGEST_REQUEST: usize = 4 * 1024 * 1024;

/// The most that the login shell may write before the program is ready, in bytes.
const MOST_NOISE: usize = 64 * 1024;

/// How long ssh may take to end after the command has, and how long its last words are waited for.
const LINGER: Duration = Duration::from_secs(1);

/// The longest rest of the line that tells the end of a command, in bytes: its code, and whether it was stopped.
const LONGEST_END: usize = 32;

/// A command on a host.
#[derive(Debug)]
pub struct FarCommand<'a> {
    /// The name of the host, for messages.
    pub host: &'a str,
    /// Its address, and how ssh reaches it. None: it is this machine, and no ssh takes part.
    pub ssh: Option<(&'a str, &'a SshSettings)>,
    /// The program and its arguments.
    pub words: &'a [String],
    /// What it reads from standard input.
    pub input: &'a str,
    /// The user that it becomes by `sudo -n`.
    pub become_user: Option<&'a str>,
    /// The folder in which ssh runs and from which paths of the settings start.
    pub folder: &'a Path,
}

/// Runs a command on a host to its end, for at most `limit`.
///
/// At the deadline, when this future is dropped and when the connection is lost, the command on the host and what it has
/// started get SIGTERM, and SIGKILL after two seconds; at the latest when `limit` has passed there as well.
///
/// # Errors
/// `refused` if the command is invalid, the key of the host is not known or has changed, the login is refused, or the
/// shell of the host ends before the command begins. `unreachable` if there is no connection. In both cases nothing was run.
/// `unknown` if the connection was lost after the command may have begun. `timed_out` at the deadline.
pub async fn run(command: &FarCommand<'_>, limit: Duration) -> Result<ProcessOutput, ActionError> {
    check(command)?;
    let nonce = nonce()?;
    let request = request(&nonce, limit.as_secs().saturating_add(1), command.words, command.input);
    if request.len() > LONGEST_REQUEST {
        let message = format!("the command and its input are longer than {LONGEST_REQUEST} bytes");
        return Err(ActionError::new(ErrorKind::Refused, message));
    }
    let (arguments, environment) = match command.ssh {
        Some((address, settings)) => (arguments(address, settings, command.folder), environment()),
        None => (local_arguments(), Vec::new()),
    };
    let folder = Some(command.folder.to_owned());
    let (mut group, pipes) =
        start(&Invocation { arguments: &arguments, input: Some(&[]), environment: &environment, folder })?;
    if command.ssh.is_some() {
        // What ssh has started for a shared connection serves other commands as well.
        group.only_leader();
    }
    let mut session = Session {
        command,
        nonce,
        group,
        pipes,
        stdout: Captured::default(),
        stderr: Captured::default(),
        pending: Vec::new(),
    };
    let deadline = tokio::time::Instant::now() + limit;
    match tokio::time::timeout_at(deadline, session.begin()).await {
        Ok(begun) => begun?,
        Err(_) => {
            session.group.end(GRACE).await;
            let message = format!(
                "{} was not ready to run a command after {}, so nothing was run",
                command.host,
                shown_limit(limit)
            );
            return Err(ActionError::new(ErrorKind::Unreachable, message));
        }
    }
    match tokio::time::timeout_at(deadline, session.run(&request)).await {
        Ok(ended) => session.finish(ended).await,
        Err(_) => Err(session.give_up(limit).await),
    }
}

/// Refuses what would not arrive as it is written, or would be taken for something else.
fn check(command: &FarCommand<'_>) -> Result<(), ActionError> {
    let fault = match command.words.first() {
        None => "there is no command: the list of arguments is empty".to_owned(),
        Some(program) if program.is_empty() || program.starts_with('-') => {
            format!("{program:?} is not the name of a program")
        }
        _ if command.words.iter().any(|word| word.contains('\0')) => "an argument has a NUL byte in it".to_owned(),
        _ if command.input.contains('\0') => "the input has a NUL byte in it".to_owned(),
        _ if command.words.iter().any(|word| word.len() > LONGEST_WORD) => {
            format!("an argument is longer than {LONGEST_WORD} bytes")
        }
        _ if command.become_user.is_some_and(|user| !is_user_name(user)) => {
            format!("{:?} is not the name of a user to become", command.become_user.unwrap_or_default())
        }
        _ => match command.ssh {
            Some((address, _)) if !check_address(address) => {
                format!("ssh does not take the address of {}, {address:?}", command.host)
            }
            _ => return Ok(()),
        },
    };
    Err(ActionError::new(ErrorKind::Refused, fault))
}

/// The program without ssh: what the login shell of a host would read.
fn local_arguments() -> Vec<String> {
    ["sh", "-c", &PROGRAM].map(str::to_owned).to_vec()
}

/// A text that nobody can guess, by which the lines of the program are told from those of the command.
fn nonce() -> Result<String, ActionError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| ActionError::new(ErrorKind::Refused, error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A started ssh, and what has been read from it.
struct Session<'a> {
    command: &'a FarCommand<'a>,
    nonce: String,
    group: RunningGroup,
    pipes: Pipes,
    stdout: Captured,
    stderr: Captured,
    /// What was read and may belong to the line that tells the end.
    pending: Vec<u8>,
}

/// How the command has ended, by the program on the host.
struct FarExit {
    code: i32,
    /// Whether it was stopped, by its deadline there or because the connection was lost.
    stopped: bool,
}

impl Session<'_> {
    /// Waits until the program is ready, then sends the command.
    async fn begin(&mut self) -> Result<(), ActionError> {
        let (mut stdin, ready) = (self.pipes.stdin.take(), ready(&self.nonce));
        let opening = opening(&self.nonce, self.command.become_user);
        if let Some(stdin) = &mut stdin {
            // A program that ends early closes the pipe: its other pipes say why.
            let _ = stdin.write_all(opening.as_bytes()).await;
        }
        let mut seen: Vec<u8> = Vec::new();
        let found = {
            let reading = async {
                loop {
                    if let Some(at) = position(&seen, ready.as_bytes()) {
                        return Some(at + ready.len());
                    }
                    if seen.len() > MOST_NOISE || !read_some(&mut self.pipes.stdout, &mut seen).await {
                        return None;
                    }
                }
            };
            let errors = async {
                drain(&mut self.pipes.stderr, &mut self.stderr).await;
                std::future::pending::<()>().await;
            };
            tokio::select! {
                found = reading => found,
                () = errors => None,
            }
        };
        let Some(rest) = found else { return Err(self.refusal(seen.len()).await) };
        // What was written until now is not of the command, which has not begun.
        drain_ready(&mut self.pipes.stderr);
        self.stderr = Captured::default();
        self.pending = seen.split_off(rest.min(seen.len()));
        self.pipes.stdin = stdin;
        Ok(())
    }

    /// The error of a command that has not begun.
    async fn refusal(&mut self, noise: usize) -> ActionError {
        let host = self.command.host;
        if noise > MOST_NOISE {
            self.group.end(GRACE).await;
            let message = format!("the login shell of {host} writes more than {MOST_NOISE} bytes, so nothing was run");
            return ActionError::new(ErrorKind::Refused, message);
        }
        let _ = tokio::time::timeout(LINGER, drain(&mut self.pipes.stderr, &mut self.stderr)).await;
        let ending = match tokio::time::timeout(LINGER, self.group.ended()).await {
            Ok(Ok(())) => self.group.ending().ok(),
            _ => {
                self.group.end(GRACE).await;
                None
            }
        };
        not_begun(host, ending, &self.stderr)
    }

    /// Sends the command, which may begin from now on, and watches it.
    async fn run(&mut self, request: &str) -> Option<FarExit> {
        let mut stdin = self.pipes.stdin.take();
        let ended = {
            let sending = async {
                if let Some(stdin) = &mut stdin {
                    let _ = stdin.write_all(request.as_bytes()).await;
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                ended = self.watch() => ended,
                () = sending => None,
            }
        };
        drop(stdin);
        ended
    }

    /// Reads until the program says that the command has ended. None if the connection was lost before.
    async fn watch(&mut self) -> Option<FarExit> {
        let Self { nonce, pipes, stdout, stderr, pending, .. } = self;
        let end = end(nonce);
        let errors = async {
            drain(&mut pipes.stderr, stderr).await;
            std::future::pending::<()>().await;
        };
        let reading = async {
            loop {
                if let Some((at, ended)) = exit_in(pending, &end) {
                    stdout.push(pending.get(..at).unwrap_or_default());
                    return Some(ended);
                }
                // The line may be split between two reads.
                let whole = pending.len().saturating_sub(end.len() + LONGEST_END);
                stdout.push(pending.get(..whole).unwrap_or_default());
                pending.drain(..whole);
                if !read_some(&mut pipes.stdout, pending).await {
                    stdout.push(&std::mem::take(pending));
                    return None;
                }
            }
        };
        tokio::select! {
            ended = reading => ended,
            () = errors => None,
        }
    }

    /// The result of a command that has ended, or whose connection is lost.
    async fn finish(mut self, ended: Option<FarExit>) -> Result<ProcessOutput, ActionError> {
        self.pipes.stdin = None;
        let _ = tokio::time::timeout(LINGER, drain(&mut self.pipes.stderr, &mut self.stderr)).await;
        match tokio::time::timeout(LINGER, self.group.ended()).await {
            // What else is in the group is left alone.
            Ok(_) => drop(self.group.ending()),
            Err(_) => self.group.end(GRACE).await,
        }
        let host = self.command.host;
        let program = sanitised(self.command.words.first().map(String::as_bytes).unwrap_or_default());
        let Some(FarExit { code, stopped }) = ended else {
            let said = self.stderr.text();
            let last = said.lines().rfind(|line| !line.trim().is_empty());
            let said = last.map(|line| format!(": {}", sanitised(line.trim().as_bytes()))).unwrap_or_default();
            let message = format!("the connection to {host} was lost after {program} may have begun{said}");
            let error = ActionError::new(ErrorKind::Unknown, message);
            self.stdout.stop();
            return Err(if self.stdout.is_empty() { error } else { error.with(self.stdout.last_lines()) });
        };
        if stopped {
            self.stdout.stop();
        }
        Ok(ProcessOutput { ending: ExitReason::Code(code), stdout: self.stdout, stderr: self.stderr })
    }

    /// Stops the command at the deadline. The end of standard input tells the program on the host to do so.
    async fn give_up(mut self, limit: Duration) -> ActionError {
        self.pipes.stdin = None;
        let stopped = tokio::time::timeout(GRACE, self.watch()).await.ok().flatten();
        self.group.end(Duration::ZERO).await;
        let Self { command, mut stdout, mut stderr, .. } = self;
        let program = sanitised(command.words.first().map(String::as_bytes).unwrap_or_default());
        let how = match stopped {
            Some(_) => "and was stopped",
            None => "and whether it was stopped is unknown",
        };
        let message = format!("{program} had not ended on {} after {}, {how}", command.host, shown_limit(limit));
        let error = ActionError::new(ErrorKind::TimedOut, message);
        let seen = if stderr.is_empty() { &mut stdout } else { &mut stderr };
        seen.stop();
        if seen.is_empty() { error } else { error.with(seen.last_lines()) }
    }
}

/// Where a text stands in bytes.
fn position(bytes: &[u8], text: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, text)
}

/// How the command ended, if its last line is whole, and where that line begins.
fn exit_in(bytes: &[u8], end: &str) -> Option<(usize, FarExit)> {
    let at = position(bytes, end.as_bytes())?;
    let rest = bytes.get(at + end.len()..)?;
    let line = rest.get(..rest.iter().position(|byte| *byte == b'\n')?)?;
    let (code, state) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    Some((at, FarExit { code: code.parse().ok()?, stopped: !state.is_empty() }))
}

/// Reads what there is. False at the end.
async fn read_some(receiver: &mut Option<pipe::Receiver>, into: &mut Vec<u8>) -> bool {
    let Some(receiver) = receiver else { return false };
    let mut buffer = [0; 16 * 1024];
    match receiver.read(&mut buffer).await {
        Ok(count @ 1..) => {
            into.extend_from_slice(buffer.get(..count).unwrap_or_default());
            true
        }
        _ => false,
    }
}

async fn drain(receiver: &mut Option<pipe::Receiver>, captured: &mut Captured) {
    let mut bytes = Vec::new();
    while read_some(receiver, &mut bytes).await {
        captured.push(&bytes);
        bytes.clear();
    }
}

/// Discards what has been written so far.
fn drain_ready(receiver: &mut Option<pipe::Receiver>) {
    let mut buffer = [0; 16 * 1024];
    while let Some(Ok(1..)) = receiver.as_mut().map(|receiver| receiver.try_read(&mut buffer)) {}
}
