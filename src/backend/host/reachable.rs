//! Whether a host accepts connections.

use crate::value::{ActionError, ErrorKind, Host};
use std::io::ErrorKind as Io;
use std::time::Duration;
use tokio::net::TcpStream;

/// A host that says nothing for this long is not reachable.
const SILENCE: Duration = Duration::from_secs(5);

/// Tries a TCP connection to each of the host's addresses, for at most `limit` in all.
pub(super) async fn reachable(host: &Host, limit: Duration) -> Result<bool, ActionError> {
    let port = host.settings.reachable_port.ok_or_else(|| {
        let message = format!(
            "the entry of {} does not say which port tells that it is reachable (`reachable_port:`)",
            host.name
        );
        ActionError::new(ErrorKind::Refused, message)
    })?;
    let failed = |what: &str| ActionError::new(ErrorKind::Unreachable, format!("{}: {what}", host.name));
    // Less than the whole limit, so that silence is an answer and not a timeout of the call.
    let silence = SILENCE.min(limit.mul_f32(0.8));
    let resolved = tokio::time::timeout(silence, tokio::net::lookup_host((host.address.as_str(), port))).await;
    let addresses: Vec<_> = match resolved {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => return Err(failed(&format!("the address {:?} cannot be resolved: {error}", host.address))),
        Err(_) => return Err(failed(&format!("the address {:?} was not resolved in time", host.address))),
    };
    let attempts = async {
        let mut no_way = None;
        for address in &addresses {
            match TcpStream::connect(address).await {
                Ok(_) => return Ok(true),
                Err(error)
                    if matches!(error.kind(), Io::NetworkUnreachable | Io::AddrNotAvailable | Io::PermissionDenied) =>
                {
                    no_way = Some(error);
                }
                Err(_) => {}
            }
        }
        match no_way {
            Some(error) => Err(failed(&format!("this machine has no way to it: {error}"))),
            None => Ok(false),
        }
    };
    tokio::time::timeout(silence, attempts).await.unwrap_or(Ok(false))
}
