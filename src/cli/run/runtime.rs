//! What runs go on upon: the runtime, and the ear for signals, open from the first moment to the last.

use crate::cli::Exit;
use crate::cli::output::report;
use crate::cli::signals::Signals;
use crate::transport::process::end_every_group;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How long is listened for a signal that has come already: the runtime hears of it in its next turn.
const MOMENT: Duration = Duration::from_millis(1);

/// After the second signal the run has so long to end by itself, and to say what it leaves.
const PATIENCE: Duration = Duration::from_secs(1);

/// A runtime that listens to signals.
pub struct RunRuntime {
    /// Everything asynchronous runs on it, on this one thread.
    pub runtime: Runtime,
    /// The signals.
    pub signals: Signals,
}

impl RunRuntime {
    /// Listens from now on.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn new() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listening = runtime.enter();
        let signals = Signals::listen()?;
        drop(listening);
        end_at_second_signal()?;
        Ok(Self { runtime, signals })
    }

    /// Whether a signal has come that nobody has answered.
    pub fn is_stopped(&mut self) -> bool {
        let signals = &mut self.signals;
        self.runtime.block_on(async { tokio::time::timeout(MOMENT, signals.stop()).await.is_ok() })
    }

    /// What comes of work that blocks; none if a signal comes before. The work is then left alone, and ends with the
    /// program.
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

/// Ends the program at the second signal also while its own thread calculates, and hears nothing. It listens on a thread
/// of its own.
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
        });
        end_every_group();
        report(
            "A second signal ended the run at once, while it calculated: nothing was taken back. Its temporary changes are \
             still in place, and noted below the state folder: the next run tells of them",
        );
        std::process::exit(i32::from(Exit::Cancelled as u8));
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(listen).map(drop)
}
