//! TCP connections with a deadline, and the reasons for a failure.

use std::io;
use std::net::{IpAddr, SocketAddr};
use thiserror::Error;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};

/// Why there is no connection. The first three are answers about the other side; the others are local failures.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The host answered that nothing listens on the port.
    #[error("the connection was refused")]
    Refused,
    /// The network reported that the host is unreachable.
    #[error("the network reports that the host is unreachable")]
    HostUnreachable,
    /// There was no answer before the deadline.
    #[error("no answer in time")]
    TimedOut,
    /// The name has no address, or the resolver failed.
    #[error("the name could not be resolved: {0}")]
    Unresolved(String),
    /// A local failure: no route, no such local address, no permission, too many open files.
    #[error("this machine could not connect: {0}")]
    Local(io::Error),
}

/// Connects to a host name or an IP address. Tries its addresses in the order of the resolver, each with an equal share
/// of the remaining time. `from` is the local address to use.
pub async fn connect(
    host: &str,
    port: u16,
    from: Option<IpAddr>,
    deadline: Instant,
) -> Result<TcpStream, ConnectError> {
    let resolved = match timeout_at(deadline, tokio::net::lookup_host((host, port))).await {
        Err(_) => return Err(ConnectError::Unresolved("the resolver did not answer in time".to_owned())),
        Ok(Err(error)) => return Err(ConnectError::Unresolved(error.to_string())),
        Ok(Ok(addresses)) => addresses,
    };
    let addresses: Vec<SocketAddr> =
        resolved.filter(|address| from.is_none_or(|from| from.is_ipv4() == address.is_ipv4())).collect();
    let mut failure = ConnectError::Unresolved("it has no address of the right kind".to_owned());
    for (position, address) in addresses.iter().enumerate() {
        let waiting = u32::try_from(addresses.len() - position).unwrap_or(u32::MAX);
        let share = deadline.saturating_duration_since(Instant::now()) / waiting;
        match timeout_at(Instant::now() + share, attempt(*address, from)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = more_telling(failure, classified(error)),
            Err(_) => failure = more_telling(failure, ConnectError::TimedOut),
        }
    }
    Err(failure)
}

async fn attempt(address: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_keepalive(true)?;
    if let Some(from) = from {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn classified(error: io::Error) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => ConnectError::Refused,
        io::ErrorKind::HostUnreachable => ConnectError::HostUnreachable,
        io::ErrorKind::TimedOut => ConnectError::TimedOut,
        _ => ConnectError::Local(error),
    }
}

/// The more informative of two failures: one address may be of a family that has no route from here.
fn more_telling(one: ConnectError, other: ConnectError) -> ConnectError {
    let weight = |error: &ConnectError| match error {
        ConnectError::Refused => 4,
        ConnectError::TimedOut => 3,
        ConnectError::HostUnreachable => 2,
        ConnectError::Local(_) => 1,
        ConnectError::Unresolved(_) => 0,
    };
    if weight(&one) > weight(&other) { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_network_says_is_told_from_what_we_could_not_do() {
        let about_the_host = |code| !matches!(classified(io::Error::from_raw_os_error(code)), ConnectError::Local(_));
        let (refused, timed_out, host_unreachable) = (111, 110, 113);
        assert!([refused, timed_out, host_unreachable].into_iter().all(about_the_host));
        let (not_permitted, too_many_files, no_such_address, network_unreachable) = (1, 24, 99, 101);
        assert!(![not_permitted, too_many_files, no_such_address, network_unreachable].into_iter().any(about_the_host));
    }

    #[test]
    fn of_several_addresses_the_one_that_says_most_counts() {
        let local = || ConnectError::Local(io::ErrorKind::NetworkUnreachable.into());
        assert!(matches!(more_telling(ConnectError::Refused, local()), ConnectError::Refused));
        assert!(matches!(more_telling(local(), ConnectError::Refused), ConnectError::Refused));
        assert!(matches!(more_telling(ConnectError::TimedOut, ConnectError::HostUnreachable), ConnectError::TimedOut));
    }
}
