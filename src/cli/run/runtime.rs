//! The async runtime and the signal listener.

use crate::cli::Exit;
use crate::cli::output::report;
use crate::cli::signals::Signals;
use crate::transport::process::{GRACE, end_every_group};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// How long to wait for a signal that has already arrived: the runtime reports it at its next poll.
const MOMENT: Duration = Duration::from_millis(1);

/// How long a run may take to end by itself after the second signal, and to show what is left in place.
const PATIENCE: Duration = Duration::from_secs(1);

/// The signals that the main thread has handled.
static SIGNALS_HANDLED: AtomicU32 = AtomicU32::new(0);

/// A runtime that listens to signals.
pub struct RunRuntime {
    /// A single-threaded runtime for everything asynchronous.
    pub runtime: Runtime,
    /// The signals that stop a run.
    pub signals: Signals,
}

impl RunRuntime {
    /// Starts the runtime and listens to signals from now on.
    ///
    /// # Errors
    /// The operating system refuses a signal handler or a thread.
    pub fn new() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listening = runtime.enter();
        let signals = Signals::listen()?;
        drop(listening);
        end_at_second_signal()?;
        Ok(Self { runtime, signals })
    }

    /// Whether a signal has arrived that was not handled yet.
    pub fn is_stopped(&mut self) -> bool {
        let signals = &mut self.signals;
        self.runtime.block_on(async { tokio::time::timeout(MOMENT, signals.stop()).await.is_ok() })
    }

    /// Runs to the end, and counts the signals that arrive meanwhile.
    pub fn count_signals<T>(&mut self, count: &watch::Sender<u32>, work: impl Future<Output = T>) -> T {
        let signals = &mut self.signals;
        self.runtime.block_on(async {
            let mut work = pin!(work);
            loop {
                tokio::select! {
                    result = &mut work => return result,
                    () = signals.stop() => {
                        count.send_modify(|count| *count += 1);
                        SIGNALS_HANDLED.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        })
    }

    /// Runs blocking work on its own thread. Returns `None` if a signal comes first; the thread then keeps running
    /// until the program ends.
    pub fn unless_stopped<T: Send + 'static>(&mut self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(work()));
        let signals = &mut self.signals;
        self.runtime.block_on(async {
            tokio::select! {
                result = receiver => result.ok(),
                () = signals.stop() => None,
            }
        })
    }
}

/// Ends the program at the second signal, even if the main thread computes and does not poll its signals. Listens on
/// its own thread.
fn end_at_second_signal() -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listening = runtime.enter();
    let mut signals = Signals::listen()?;
    drop(listening);
    let listen = move || {
        runtime.block_on(async {
            signals.stop().await;
            signals.stop().await;
            tokio::time::sleep(PATIENCE).await;
            if SIGNALS_HANDLED.load(Ordering::Relaxed) > 1 {
                // The main thread ends the program itself, once its processes have ended.
                tokio::time::sleep(2 * GRACE).await;
            }
        });
        end_every_group();
        report(
            "A second signal ended the run during a computation, and nothing was undone. Its temporary changes are still in place \
             and recorded in the store: the next run reports them",
        );
        std::process::exit(i32::from(Exit::Cancelled as u8));
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(listen).map(drop)
}
