//! The server that a call is about, and how it is asked.

use crate::backend::CallContext;
use crate::backend::powershell::{Answer, PowerShell, address, computer, is_server};
use crate::transport::powershell::{Object, Request};
use crate::value::{ActionError, ErrorKind, Host};
use std::time::Duration;

/// A setting is read back this often after it was changed, before it is called unchanged: it may be read from another
/// domain controller than the one it was written to.
const READ_BACK: (u32, Duration) = (4, Duration::from_secs(5));

/// One server.
pub(super) struct Server<'a> {
    pub host: &'a Host,
    /// As cmdlets take it.
    pub address: &'a str,
    powershell: PowerShell<'a>,
}

impl<'a> Server<'a> {
    pub fn new(host: &'a Host, context: &'a CallContext<'a>) -> Result<Self, ActionError> {
        Ok(Self { host, address: address(host)?, powershell: PowerShell::new(context)? })
    }

    /// A call of an Exchange cmdlet.
    pub fn exchange(&self, cmdlet: &str) -> Request {
        Request::new(self.powershell.exchange(self.host), cmdlet)
    }

    /// A call of a cmdlet of Windows, on the server itself.
    pub fn windows(&self, cmdlet: &str) -> Result<Request, ActionError> {
        Ok(Request::new(computer(self.host)?, cmdlet))
    }

    /// Asks, for as long as the call may still take.
    pub async fn ask(&self, request: Request) -> Result<Answer, ActionError> {
        self.powershell.ask(request).await
    }

    /// How much of the call's time is left.
    pub fn left(&self) -> Duration {
        self.powershell.left()
    }

    /// Lets time pass.
    pub async fn sleep(&self, time: Duration) {
        self.powershell.sleep(time).await;
    }

    /// Turns down what is said of another server: what a cmdlet takes for no identity can be answered for all.
    pub fn is_about_it(&self, object: &Object<'_>, property: &str) -> Result<(), ActionError> {
        let name = object.text(property)?;
        if is_server(self.host, &name) {
            return Ok(());
        }
        let message = format!("{} was asked about, and the answer is about {name}", self.host.name);
        Err(ActionError::new(ErrorKind::Protocol, message))
    }

    /// Holds a change to what can be read afterwards.
    ///
    /// # Errors
    /// `failed` when it still reads otherwise after a while. `unknown` when it was changed and cannot be read.
    pub async fn reads_as<T: PartialEq + std::fmt::Display>(
        &self,
        what: &str,
        expected: T,
        read: impl AsyncFn() -> Result<T, ActionError>,
    ) -> Result<(), ActionError> {
        let (times, apart) = READ_BACK;
        let mut turn = 1;
        loop {
            let wrong = match read().await {
                Ok(now) if now == expected => return Ok(()),
                Ok(now) => {
                    let message = format!("{what} of {} was set to {expected}, and reads {now}", self.host.name);
                    ActionError::new(ErrorKind::Failed, message)
                }
                Err(error) => {
                    let message = format!("{what} of {} was set, and cannot be read back: {error}", self.host.name);
                    ActionError { evidence: error.evidence, ..ActionError::new(ErrorKind::Unknown, message) }
                }
            };
            if turn >= times || self.left() <= apart {
                return Err(wrong);
            }
            turn += 1;
            self.sleep(apart).await;
        }
    }
}
