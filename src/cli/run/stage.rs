//! What runs go on upon: the runtime, and the ear for signals, open from the first moment to the last.

use super::super::signals::Signals;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How long is listened for a signal that has come already: the runtime hears of it in its next turn.
const MOMENT: Duration = Duration::from_millis(1);

/// A runtime that listens to signals.
pub struct Stage {
    /// Everything asynchronous runs on it, on this one thread.
    pub runtime: Runtime,
    /// The signals.
    pub signals: Signals,
}

impl Stage {
    /// Listens from now on.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn new() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listening = runtime.enter();
        let signals = Signals::listen()?;
        drop(listening);
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
