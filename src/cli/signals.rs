//! Signals while a run goes on: the first asks it to stop, the second ends it; a closed terminal does neither.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a run listens to.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on; must be called within the runtime.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal that asks the run to stop.
    pub async fn stop(&mut self) {
        loop {
            tokio::select! {
                Some(()) = self.interrupt.recv() => return,
                Some(()) = self.terminate.recv() => return,
                Some(()) = self.quit.recv() => return,
                // Nobody looks any more; the run goes on.
                Some(()) = self.hang_up.recv() => {}
                else => std::future::pending().await,
            }
        }
    }
}
