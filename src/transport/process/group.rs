//! A process group that ends when its owner lets go of it.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Groups whose leader has not been reaped, by its number. A group is signalled under this lock alone, and leaves before
/// its leader is reaped: so no signal reaches a stranger who got the same number.
static LIVING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Those of them whose owner let go of them, and that have not ended yet.
static DROPPED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// How often is looked whether a group has ended: it has no event of its own.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How long a killed group may take to be gone; longer only where the kernel itself holds it.
const GONE_WITHIN: Duration = Duration::from_secs(1);

/// Ends every group that is still there: asks it to, kills after [`GRACE`](super::GRACE) whoever has not ended, and
/// returns when nobody is left. For the moment before this program ends, while its locks are still held.
pub fn end_every_group() {
    if !signal_every_group(Signal::TERM) {
        return;
    }
    signal_every_group(Signal::CONT);
    if !wait_for_end(super::GRACE, || all_of(&LIVING)) {
        signal_every_group(Signal::KILL);
        wait_for_end(GONE_WITHIN, || all_of(&LIVING));
    }
}

/// Waits until the groups that somebody let go of have ended: at most [`GRACE`](super::GRACE), and a moment.
pub fn wait_for_dropped_groups() {
    wait_for_end(super::GRACE + GONE_WITHIN, || all_of(&DROPPED));
}

/// The same, without holding up anybody else.
pub async fn dropped_groups_have_ended() {
    let since = std::time::Instant::now();
    while since.elapsed() < super::GRACE + GONE_WITHIN && any_lives(&all_of(&DROPPED)) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Sends a signal to every group; whether there was one.
fn signal_every_group(signal: Signal) -> bool {
    let living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
    for pid in living.iter().filter_map(|leader| Pid::from_raw(*leader)) {
        let _ = kill_process_group(pid, signal);
    }
    !living.is_empty()
}

fn all_of(groups: &Mutex<BTreeSet<i32>>) -> BTreeSet<i32> {
    groups.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Whether the groups have ended in time.
fn wait_for_end(limit: Duration, groups: impl Fn() -> BTreeSet<i32>) -> bool {
    let since = std::time::Instant::now();
    while any_lives(&groups()) {
        if since.elapsed() >= limit {
            return false;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    true
}

/// A child that leads a group of its own.
pub(super) struct Group {
    /// None once it has been reaped or handed over.
    leader: Option<Leader>,
}

struct Leader {
    child: Child,
    pid: Pid,
    /// Readable when the leader has ended.
    watch: AsyncFd<OwnedFd>,
    /// Its output, open for as long as the group may still write: a closed pipe would kill it in the middle of cleaning up.
    output: Vec<OwnedFd>,
}

impl Group {
    pub(super) fn new(mut child: Child) -> std::io::Result<Self> {
        let watched = watch(&child);
        match watched {
            Ok((pid, watch)) => {
                LIVING.lock().unwrap_or_else(PoisonError::into_inner).insert(pid.as_raw_nonzero().get());
                Ok(Self { leader: Some(Leader { child, pid, watch, output: Vec::new() }) })
            }
            Err(error) => {
                // It cannot be watched, so it must not run.
                let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Keeps a pipe open until the group has ended.
    pub(super) fn keep_open(&mut self, end: OwnedFd) {
        if let Some(leader) = &mut self.leader {
            leader.output.push(end);
        }
    }

    /// Waits until the leader has ended, and leaves it unreaped.
    pub(super) async fn ended(&self) -> std::io::Result<()> {
        if let Some(leader) = &self.leader {
            drop(leader.watch.readable().await?);
        }
        Ok(())
    }

    /// Takes the leader's exit status. Whatever else is in the group is left alone from now on.
    pub(super) fn reap(&mut self) -> std::io::Result<ExitStatus> {
        let mut leader = self.leader.take().ok_or(std::io::ErrorKind::NotFound)?;
        leader.reap()
    }

    /// Asks the whole group to end, and kills after `grace` whoever has not.
    pub(super) async fn end(&mut self, grace: Duration) {
        if let Some(leader) = &self.leader {
            ask_to_end(leader.pid);
            let _ = tokio::time::timeout(grace, self.all_ended()).await;
        }
        if let Some(mut leader) = self.leader.take() {
            let _ = kill_process_group(leader.pid, Signal::KILL);
            let _ = leader.reap();
        }
    }

    /// Waits for the leader, then for the others: a group has no event, so they are looked for.
    async fn all_ended(&self) {
        let _ = self.ended().await;
        while self.leader.as_ref().is_some_and(|leader| others_live(leader.pid)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Group {
    /// The future was dropped: somebody cancelled. A thread sees to the end, so that nobody waits for the grace.
    fn drop(&mut self) {
        let Some(Leader { mut child, pid, watch, output }) = self.leader.take() else { return };
        let number = pid.as_raw_nonzero().get();
        DROPPED.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        ask_to_end(pid);
        let watch = watch.into_inner();
        let ending = std::thread::Builder::new().spawn(move || {
            let deadline = std::time::Instant::now() + super::GRACE;
            let limit = Timespec::try_from(super::GRACE).ok();
            let _ = poll(&mut [PollFd::new(&watch, PollFlags::IN)], limit.as_ref());
            while others_live(pid) && std::time::Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = kill_process_group(pid, Signal::KILL);
            wait_for_end(GONE_WITHIN, || BTreeSet::from([number]));
            forget(pid);
            let _ = child.wait();
            drop(output);
        });
        if ending.is_err() {
            // There is no thread to be had; its number stays the leader's, because nobody has reaped it.
            let _ = kill_process_group(pid, Signal::KILL);
            DROPPED.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
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
    for groups in [&LIVING, &DROPPED] {
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

/// A stopped process sees SIGTERM only when it goes on.
fn ask_to_end(pid: Pid) {
    let _ = kill_process_group(pid, Signal::TERM);
    let _ = kill_process_group(pid, Signal::CONT);
}

/// Whether anybody but an ended leader is in the group. When that cannot be told, yes.
fn others_live(group: Pid) -> bool {
    any_lives(&BTreeSet::from([group.as_raw_nonzero().get()]))
}

/// Whether anybody who has not ended is in one of the groups. When that cannot be told, yes.
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
            // After the name in parentheses: state, parent, group.
            let mut fields = status.rsplit(") ").next().unwrap_or_default().split(' ');
            let ended = matches!(fields.next(), Some("Z" | "X"));
            !ended && fields.nth(1).and_then(|field| field.parse().ok()).is_some_and(|group| groups.contains(&group))
        })
}
