//! Whether a host accepts connections.

use super::ReachablePort;
use crate::transport::system::System;
use crate::transport::tcp::ConnectError;
use crate::value::{ActionError, ErrorKind, Host};
use std::time::Duration;

/// A host that does not answer for this long is unreachable.
const SILENCE: Duration = Duration::from_secs(5);

/// Tries a TCP connection to each of the host's addresses, for at most `limit` in all.
pub(super) async fn reachable(host: &Host, system: &dyn System, limit: Duration) -> Result<bool, ActionError> {
    let ReachablePort(port) = *host.settings.get().ok_or_else(|| {
        let message = format!("the entry of {} has no `reachable_port:`", host.name);
        ActionError::new(ErrorKind::Refused, message)
    })?;
    // Shorter than the limit of the call, so that an unanswered connection is a result and not a timeout of the call.
    let silence = SILENCE.min(limit.mul_f32(0.8));
    match system.connect(&host.address, port, silence).await {
        Ok(()) => Ok(true),
        Err(ConnectError::Refused | ConnectError::HostUnreachable | ConnectError::TimedOut) => Ok(false),
        // A local failure says nothing about the host.
        Err(error @ (ConnectError::Unresolved(_) | ConnectError::Local(_))) => {
            Err(ActionError::new(ErrorKind::Unreachable, format!("{}: {error}", host.name)))
        }
    }
}
