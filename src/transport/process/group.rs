//! A process group that ends when its handle is dropped.

use super::ExitReason;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};
use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The groups whose leader has not been reaped, by process id. A group is signalled only under this lock and leaves the
/// set before its leader is reaped, so no signal reaches an unrelated process that got the same id.
static RUNNING_GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// The groups whose handle was dropped and that have not ended yet.
static DROPPED_GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// The leaders that are ended alone: what they have started serves other processes as well.
static LONE_LEADERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// How often a group is checked for its end: there is no event for it.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The longest time until a killed group is gone; the kernel can delay it.
const GONE_WITHIN: Duration = Duration::from_secs(1);

/// Ends every group: sends SIGTERM, kills what has not ended after [`GRACE`](super::GRACE), and returns when nothing is
/// left. Called before this program exits, while it still holds its locks.
pub fn end_every_group() {
    if !signal_every_group(Signal::TERM) {
        return;
    }
    signal_every_group(Signal::CONT);
    if !wait_for_end(super::GRACE, || all_of(&RUNNING_GROUPS)) {
        signal_every_group(Signal::KILL);
        wait_for_end(GONE_WITHIN, || all_of(&RUNNING_GROUPS));
    }
}

/// Waits until the dropped groups have ended: at most [`GRACE`](super::GRACE), and a moment.
pub fn wait_for_dropped_groups() {
    wait_for_end(super::GRACE + GONE_WITHIN, || all_of(&DROPPED_GROUPS));
}

/// Like [`wait_for_dropped_groups`], without blocking the thread.
pub async fn dropped_groups_have_ended() {
    let since = std::time::Instant::now();
    while since.elapsed() < super::GRACE + GONE_WITHIN && any_lives(&all_of(&DROPPED_GROUPS)) {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Sends a signal to every group. Returns whether there was one.
fn signal_every_group(signal: Signal) -> bool {
    let living = RUNNING_GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
    living.iter().filter_map(|leader| Pid::from_raw(*leader)).for_each(|leader| send(leader, signal));
    !living.is_empty()
}

fn all_of(groups: &Mutex<BTreeSet<i32>>) -> BTreeSet<i32> {
    groups.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Waits until the groups have ended. Returns whether they did within `limit`.
fn wait_for_end(limit: Duration, groups: impl Fn() -> BTreeSet<i32>) -> bool {
    let since = std::time::Instant::now();
    while any_lives(&groups()) {
        if since.elapsed() >= limit {
            return false;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    true
}

/// A child that leads a group of its own.
pub(in crate::transport) struct Group {
    /// `None` once it has been reaped or handed over.
    leader: Option<Leader>,
}

struct Leader {
    child: Child,
    pid: Pid,
    /// Readable when the leader has ended.
    watch: AsyncFd<OwnedFd>,
    /// The pipes of its output, kept open while the group may write: a closed pipe could kill a process that cleans up.
    output: Vec<OwnedFd>,
}

impl Group {
    pub(in crate::transport) fn new(mut child: Child) -> std::io::Result<Self> {
        let watched = watch(&child);
        match watched {
            Ok((pid, watch)) => {
                RUNNING_GROUPS.lock().unwrap_or_else(PoisonError::into_inner).insert(pid.as_raw_nonzero().get());
                Ok(Self { leader: Some(Leader { child, pid, watch, output: Vec::new() }) })
            }
            Err(error) => {
                // A process that cannot be watched must not run.
                let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// From now on only the leader is ended, and what it has started is left alone.
    pub(in crate::transport) fn only_leader(&mut self) {
        if let Some(leader) = &self.leader {
            LONE_LEADERS.lock().unwrap_or_else(PoisonError::into_inner).insert(leader.pid.as_raw_nonzero().get());
        }
    }

    /// Keeps a pipe open until the group has ended.
    pub(in crate::transport) fn keep_open(&mut self, end: OwnedFd) {
        if let Some(leader) = &mut self.leader {
            leader.output.push(end);
        }
    }

    /// Waits until the leader has ended, without reaping it.
    pub(in crate::transport) async fn ended(&self) -> std::io::Result<()> {
        if let Some(leader) = &self.leader {
            drop(leader.watch.readable().await?);
        }
        Ok(())
    }

    /// How the leader ended. Other processes of the group are left alone from now on.
    pub(in crate::transport) fn ending(&mut self) -> std::io::Result<ExitReason> {
        let mut leader = self.leader.take().ok_or(std::io::ErrorKind::NotFound)?;
        let status = leader.reap()?;
        Ok(match (status.code(), status.signal()) {
            (Some(code), _) => ExitReason::Code(code),
            (None, signal) => ExitReason::Signal(signal.unwrap_or_default()),
        })
    }

    /// Sends SIGTERM to the group, and kills what has not ended after `grace`.
    pub(in crate::transport) async fn end(&mut self, grace: Duration) {
        if let Some(leader) = &self.leader {
            ask_to_end(leader.pid);
            let _ = tokio::time::timeout(grace, self.all_ended()).await;
        }
        if let Some(mut leader) = self.leader.take() {
            send(leader.pid, Signal::KILL);
            let _ = leader.reap();
        }
    }

    /// Waits for the leader, then polls for the other processes: a group has no event.
    async fn all_ended(&self) {
        let _ = self.ended().await;
        while self.leader.as_ref().is_some_and(|leader| others_live(leader.pid)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Group {
    /// The future was dropped by a cancellation. A thread ends the group, so that nothing blocks for the grace period.
    fn drop(&mut self) {
        let Some(Leader { mut child, pid, watch, output }) = self.leader.take() else { return };
        let number = pid.as_raw_nonzero().get();
        DROPPED_GROUPS.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        ask_to_end(pid);
        let watch = watch.into_inner();
        let ending = std::thread::Builder::new().spawn(move || {
            let deadline = std::time::Instant::now() + super::GRACE;
            let limit = Timespec::try_from(super::GRACE).ok();
            let _ = poll(&mut [PollFd::new(&watch, PollFlags::IN)], limit.as_ref());
            while others_live(pid) && std::time::Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
            send(pid, Signal::KILL);
            wait_for_end(GONE_WITHIN, || BTreeSet::from([number]));
            forget(pid);
            let _ = child.wait();
            drop(output);
        });
        if ending.is_err() {
            // Without a thread, kill at once. The id stays valid, because the leader has not been reaped.
            send(pid, Signal::KILL);
            DROPPED_GROUPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        }
    }
}

impl Leader {
    fn reap(&mut self) -> std::io::Result<ExitStatus> {
        forget(self.pid);
        self.child.wait()
    }
}

fn forget(pid: Pid) {
    for groups in [&RUNNING_GROUPS, &DROPPED_GROUPS, &LONE_LEADERS] {
        groups.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid.as_raw_nonzero().get());
    }
}

#[expect(
    deprecated,
    reason = "what replaces it is unsafe; its one fault concerns types without I/O safety, and OwnedFd has it"
)]
fn watch(child: &Child) -> std::io::Result<(Pid, AsyncFd<OwnedFd>)> {
    let pid = Pid::from_child(child);
    let handle = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
    Ok((pid, AsyncFd::with_interest(handle, Interest::READABLE)?))
}

/// A stopped process handles SIGTERM only after SIGCONT.
fn ask_to_end(pid: Pid) {
    send(pid, Signal::TERM);
    send(pid, Signal::CONT);
}

/// Sends a signal to a group, or to its leader where only that is ended.
fn send(leader: Pid, signal: Signal) {
    let _ = match is_alone(leader.as_raw_nonzero().get()) {
        true => kill_process(leader, signal),
        false => kill_process_group(leader, signal),
    };
}

fn is_alone(leader: i32) -> bool {
    LONE_LEADERS.lock().unwrap_or_else(PoisonError::into_inner).contains(&leader)
}

/// Whether the group has a process other than an ended leader; true if that cannot be determined.
fn others_live(group: Pid) -> bool {
    any_lives(&BTreeSet::from([group.as_raw_nonzero().get()]))
}

/// Whether one of the groups has a process that has not ended; true if that cannot be determined.
fn any_lives(groups: &BTreeSet<i32>) -> bool {
    if groups.is_empty() {
        return false;
    }
    let Ok(processes) = std::fs::read_dir("/proc") else { return true };
    processes
        .flatten()
        .filter(|entry| entry.file_name().as_encoded_bytes().first().is_some_and(u8::is_ascii_digit))
        .any(|entry| {
            let status = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            // The fields after the name in parentheses: state, parent, group.
            let mut fields = status.rsplit(") ").next().unwrap_or_default().split(' ');
            let ended = matches!(fields.next(), Some("Z" | "X"));
            let group =
                fields.nth(1).and_then(|field| field.parse::<i32>().ok()).filter(|group| groups.contains(group));
            let own = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
            !ended && group.is_some_and(|group| own == Some(group) || !is_alone(group))
        })
}
