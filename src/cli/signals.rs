//! Signals during a run: the first requests a stop, the second ends the run. A hang-up (closed terminal) does neither.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a run listens to.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Starts listening. Must be called within the runtime.
    ///
    /// # Errors
    /// The operating system refuses a signal handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal that requests a stop.
    pub async fn stop(&mut self) {
        loop {
            tokio::select! {
                Some(()) = self.interrupt.recv() => return,
                Some(()) = self.terminate.recv() => return,
                Some(()) = self.quit.recv() => return,
                // The terminal is gone; the run continues.
                Some(()) = self.hang_up.recv() => {}
                else => std::future::pending().await,
            }
        }
    }
}
