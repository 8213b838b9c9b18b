//! The address of a host's IMAP server and the authorities to trust, from the entry of the host.

use super::ImapSettings;
use crate::transport::tls::Trust;
use crate::transport::trust::Trusts;
use crate::value::{ActionError, ErrorKind, Host, Security};
use std::net::IpAddr;
use std::path::Path;

/// An IMAP server to connect to.
pub(super) struct Endpoint {
    /// The name of the host's inventory entry.
    pub host: String,
    pub address: String,
    pub port: u16,
    pub from: Option<IpAddr>,
    /// Whether TLS starts with STARTTLS.
    pub starttls: bool,
    /// The name that its certificate must have.
    pub server_name: String,
    pub trust: Trust,
}

impl Endpoint {
    /// Reads the settings of a host. Refuses those that would send a password without TLS.
    pub fn for_host(host: &Host, folder: &Path, trusts: &Trusts) -> Result<Self, ActionError> {
        let refused = |problem: String| ActionError::new(ErrorKind::Refused, problem);
        let settings = host.settings.get::<ImapSettings>().cloned().ok_or_else(|| {
            refused(format!("the inventory does not say how to reach IMAP on {}: add `imap:` to its entry", host.name))
        })?;
        let starttls = match settings.security {
            Security::Tls => false,
            Security::Starttls => true,
            Security::None => {
                return Err(refused(format!(
                    "IMAP on {} is never used without TLS: set `security` to `tls` or `starttls`",
                    host.name
                )));
            }
        };
        let file = settings.ca.map(|file| folder.join(file));
        let trust = trusts
            .with(file.as_deref())
            .map_err(|problem| refused(format!("the certificates to trust for IMAP on {}: {problem}", host.name)))?;
        Ok(Self {
            host: host.name.to_string(),
            address: host.address.clone(),
            port: settings.port.unwrap_or(if starttls { 143 } else { 993 }),
            from: settings.from_address,
            starttls,
            server_name: settings.server_name.unwrap_or_else(|| host.address.clone()),
            trust,
        })
    }
}
