//! Runs rectify on a site: reads its events while it runs, and collects its result.

use super::secrecy::assert_secret;
use super::site::Site;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// No run of the lab lasts this long.
const PATIENCE: Duration = Duration::from_secs(150);

/// A run in progress. Dropping it kills the process.
pub struct Run<'s> {
    site: &'s Site,
    child: Child,
    lines: Receiver<String>,
    seen: Vec<Value>,
    errors: JoinHandle<String>,
    terminal: Option<File>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; `None` if a signal ended the process.
    pub code: Option<i32>,
    /// All JSON events.
    pub events: Vec<Value>,
    /// Standard error, including the debug log.
    pub errors: String,
}

impl<'s> Run<'s> {
    /// Starts `rectify run ARGUMENTS --format json` without a terminal.
    pub fn start(site: &'s Site, arguments: &[&str]) -> Self {
        let mut command = site.command(assert_cmd::cargo::cargo_bin("rectify"));
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut run = Self::spawn(site, &mut command, arguments);
        let errors = run.child.stderr.take().expect("standard error");
        run.errors = std::thread::spawn(move || read(errors));
        run
    }

    /// Like [`start`](Self::start), with a terminal as standard input and standard error, which turns Ctrl-C into a
    /// signal.
    pub fn start_at_terminal(site: &'s Site, arguments: &[&str]) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&controller).and_then(|()| unlockpt(&controller)).expect("a terminal to be used");
        let name = ptsname(&controller, Vec::new()).expect("a terminal with a name");
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let flags = rustix::fs::OFlags::NOCTTY.bits() as i32;
        let terminal = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).expect("a terminal");
        let mut command = site.command("setsid");
        command.arg("--ctty").arg(assert_cmd::cargo::cargo_bin("rectify"));
        command.stdin(terminal.try_clone().expect("a copy")).stderr(terminal);
        let mut run = Self::spawn(site, &mut command, arguments);
        let controller = File::from(controller);
        let reader = controller.try_clone().expect("a copy");
        run.errors = std::thread::spawn(move || read(reader));
        run.terminal = Some(controller);
        run
    }

    fn spawn(site: &'s Site, command: &mut Command, arguments: &[&str]) -> Self {
        command.arg("run").args(arguments).args(["--format", "json"]).env("RECTIFY_LOG", "trace");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("standard output");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break; // and standard output is closed
                }
            }
        });
        let errors = std::thread::spawn(String::new);
        Self { site, child, lines, seen: Vec::new(), errors, terminal: None }
    }

    /// Waits for an event of this kind and returns it.
    pub fn until(&mut self, event: &str) -> Value {
        let latest = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(latest.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let value: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
                    self.seen.push(value.clone());
                    if value["event"] == event {
                        return value;
                    }
                }
                Err(_) => panic!("there was no event {event} in {:#?}", self.seen),
            }
        }
    }

    /// Sends a signal to the process.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).expect("it runs");
    }

    /// Types Ctrl-C in the terminal.
    pub fn press_control_c(&mut self) {
        self.terminal.as_mut().expect("it runs at a terminal").write_all(b"\x03").expect("the terminal takes it");
    }

    /// Closes the reading end of standard output.
    pub fn close_stdout(&mut self) {
        self.lines = channel().1;
    }

    fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for the end of the run. Searches all output, files and mail for the probe's password.
    pub fn end(mut self) -> Ended {
        let latest = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().expect("it can be waited for") {
                Some(status) => break status,
                None if Instant::now() > latest => panic!("it did not end; its events: {:#?}", self.seen),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push(serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("its standard output stays open"),
            }
        }
        let errors = std::mem::replace(&mut self.errors, std::thread::spawn(String::new));
        let errors = errors.join().expect("what it wrote to standard error");
        assert_secret(self.site, &[&format!("{:?}", self.seen), &errors]);
        Ended { code: status.code(), events: std::mem::take(&mut self.seen), errors }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end. A terminal reports an error when its last user closes it.
fn read(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Ended {
    /// Asserts the exit code and the outcome of the last event.
    #[track_caller]
    pub fn ends(self, code: i32, outcome: &str) -> Self {
        assert_eq!(self.code, Some(code), "{:#?}\n{}", self.events, self.errors);
        let last = self.last();
        assert_eq!((&last["event"], &last["outcome"]), (&"run_ended".into(), &outcome.into()), "{:#?}", self.events);
        self
    }

    /// All events of a kind.
    pub fn all(&self, event: &str) -> Vec<&Value> {
        self.events.iter().filter(|value| value["event"] == event).collect()
    }

    /// The last event.
    pub fn last(&self) -> &Value {
        self.events.last().expect("a run says something")
    }

    /// The effects that were performed, as the runbook would write them, without the messages that probes store and remove.
    pub fn effects(&self) -> Vec<&str> {
        let of = |event: &'static str, field: &'static str| {
            self.all(event).into_iter().filter_map(move |value| value[field].as_str()).collect::<Vec<_>>()
        };
        let effects = [of("effect_done", "text"), of("change_undone", "undo")].concat();
        effects.into_iter().filter(|effect| !effect.starts_with("imap.round_trip")).collect()
    }
}
