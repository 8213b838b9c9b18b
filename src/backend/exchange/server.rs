//! The server of a call, and the requests to it.

use crate::backend::CallContext;
use crate::backend::powershell::{CmdletReply, PowerShell, address, computer, is_server};
use crate::transport::powershell::{Object, Request};
use crate::value::{ActionError, ErrorKind, Host};
use std::time::Duration;

/// How often, and how far apart, a changed setting is read back: reads may reach another domain controller than the
/// write.
const READ_BACK: (u32, Duration) = (4, Duration::from_secs(5));

/// The server of a call.
pub(super) struct Server<'a> {
    pub host: &'a Host,
    /// Its address, checked for use in parameters.
    pub address: &'a str,
    powershell: PowerShell<'a>,
}

impl<'a> Server<'a> {
    pub fn new(host: &'a Host, context: &'a CallContext<'a>) -> Result<Self, ActionError> {
        Ok(Self { host, address: address(host)?, powershell: PowerShell::new(context)? })
    }

    /// A request for an Exchange cmdlet.
    pub fn exchange(&self, cmdlet: &str) -> Request {
        Request::new(self.powershell.exchange(self.host), cmdlet)
    }

    /// A request for a Windows cmdlet on the server itself.
    pub fn windows(&self, cmdlet: &str) -> Result<Request, ActionError> {
        Ok(Request::new(computer(self.host)?, cmdlet))
    }

    /// Sends a request, with the time that the call has left.
    pub async fn send(&self, request: Request) -> Result<CmdletReply, ActionError> {
        self.powershell.send(request).await
    }

    /// The time that the call has left.
    pub fn time_left(&self) -> Duration {
        self.powershell.time_left()
    }

    /// Waits for a time.
    pub async fn sleep(&self, time: Duration) {
        self.powershell.sleep(time).await;
    }

    /// Refuses objects about another server: cmdlets can answer for all servers when they do not understand an
    /// identity.
    pub fn check_server(&self, object: &Object<'_>, property: &str) -> Result<(), ActionError> {
        let name = object.text(property)?;
        if is_server(self.host, &name) {
            return Ok(());
        }
        let message = format!("the query was about {}, and the answer is about {name}", self.host.name);
        Err(ActionError::new(ErrorKind::Protocol, message))
    }

    /// Confirms a change by reading it back.
    ///
    /// # Errors
    /// `failed` if it keeps the old value, `unknown` if it cannot be read.
    pub async fn confirm_setting<T: PartialEq + std::fmt::Display>(
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
            if turn >= times || self.time_left() <= apart {
                return Err(wrong);
            }
            turn += 1;
            self.sleep(apart).await;
        }
    }
}
