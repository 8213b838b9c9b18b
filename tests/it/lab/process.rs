//! Child processes that end with their test.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Panics with the name of the Debian package if a program is missing.
pub fn must_be_installed(program: &str, package: &str) {
    let folders = std::env::var("PATH").unwrap_or_default();
    let found = folders.split(':').chain(["/usr/sbin"]).any(|folder| Path::new(folder).join(program).is_file());
    assert!(found, "the lab needs the program {program}: install the Debian package {package}");
}

/// A free loopback port below 32768. The system assigns ports from 32768 up to connections and listeners of parallel
/// tests, so it cannot take this one. The search starts at a random port.
pub fn free_port() -> u16 {
    const FIRST: u16 = 23_000;
    const SPAN: u64 = 9_000;
    static TAKEN: AtomicU64 = AtomicU64::new(0);
    let chance = RandomState::new().hash_one(std::process::id());
    let candidates = (0..SPAN).map(|_| {
        let offset = chance.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % SPAN;
        FIRST + u16::try_from(offset).expect("it fits")
    });
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    candidates.into_iter().find(is_free).expect("there is a free port")
}

/// A program in its own process group.
pub struct Child(std::process::Child);

impl Child {
    /// Starts the program with /dev/null as all its standard streams.
    pub fn start(command: &mut Command) -> Self {
        let command = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}")))
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends a signal to the whole process group.
    pub fn signal(&self, signal: Signal) {
        signal_group(self.id(), signal);
    }

    /// Sends SIGTERM and waits. If the process does not end in time, dropping it kills the group.
    pub fn end(&mut self, patience: Duration) {
        let _ = kill_process(pid(self.id()), Signal::TERM);
        let latest = Instant::now() + patience;
        while self.is_running() && Instant::now() < latest {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

fn pid(number: u32) -> Pid {
    i32::try_from(number).ok().and_then(Pid::from_raw).expect("a process has a number")
}

/// Sends a signal to a process group, if it still exists.
pub fn signal_group(group: u32, signal: Signal) {
    let _ = kill_process_group(pid(group), signal);
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.0.wait();
    }
}

/// Polls a condition every few milliseconds; panics after 15 seconds.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let latest = Instant::now() + Duration::from_secs(15);
    while !is_so() {
        assert!(Instant::now() < latest, "waited 15s for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
