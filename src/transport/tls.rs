//! TLS for clients. Only connections to a verified peer are returned.

use crate::value::Timestamp;
use native_tls::{Certificate, Protocol};
use std::fmt;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_native_tls::TlsStream;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Why there is no secured connection.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The certificate does not prove the name of the peer.
    #[error("the certificate is not trusted: {0}")]
    Untrusted(String),
    /// The handshake failed before that: no TLS, too old a version, connection closed.
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
}

/// The content of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The distinguished name of the subject.
    pub subject: String,
    /// The distinguished name of the issuer.
    pub issuer: String,
    /// The DNS names and IP addresses for which it is valid.
    pub names: Vec<String>,
    /// The start of its validity.
    pub not_before: Timestamp,
    /// The end of its validity.
    pub not_after: Timestamp,
}

/// The trusted authorities: the system's, and possibly others.
#[derive(Clone)]
pub struct Trust {
    connector: tokio_native_tls::TlsConnector,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

impl Trust {
    /// The system's authorities and the PEM certificates in `extra`.
    pub fn new(extra: &[Certificate]) -> Result<Self, TlsError> {
        let mut builder = builder();
        for certificate in extra {
            builder.add_root_certificate(certificate.clone());
        }
        match builder.build() {
            Ok(connector) => Ok(Self { connector: connector.into() }),
            Err(error) => Err(TlsError::Handshake(reason(&error))),
        }
    }

    /// Starts TLS with the peer of this name (a DNS name or an IP address). Verifies the chain, the dates, the name and
    /// the strength of the signatures.
    pub async fn secure<S>(&self, name: &str, stream: S) -> Result<(TlsStream<S>, PeerCertificate), TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.connector.connect(name, stream).await.map_err(|error| classified(&error))?;
        let certificate = certificate_of(&stream)?;
        let named = certificate.names.iter().any(|own| own.parse::<std::net::IpAddr>().is_ok() == is_address(name));
        if !named {
            // OpenSSL accepts the common name of a certificate without subject alternative names; we do not.
            return Err(TlsError::Untrusted("it lists no names that it is valid for".to_owned()));
        }
        Ok((stream, certificate))
    }
}

/// The certificate that a peer presents, trusted or not. The connection is closed here and never returned.
pub async fn peer_certificate<S>(name: &str, stream: S) -> Result<PeerCertificate, TlsError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut blind = builder();
    blind.danger_accept_invalid_certs(true).danger_accept_invalid_hostnames(true);
    let connector = blind.build().map_err(|error| TlsError::Handshake(reason(&error)))?;
    let connector = tokio_native_tls::TlsConnector::from(connector);
    certificate_of(&connector.connect(name, stream).await.map_err(|error| classified(&error))?)
}

fn builder() -> native_tls::TlsConnectorBuilder {
    let mut builder = native_tls::TlsConnector::builder();
    builder.min_protocol_version(Some(Protocol::Tlsv12));
    builder
}

fn is_address(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
}

fn certificate_of<S>(stream: &TlsStream<S>) -> Result<PeerCertificate, TlsError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let der = stream.get_ref().peer_certificate().ok().flatten().and_then(|certificate| certificate.to_der().ok());
    let Some(der) = der else {
        return Err(TlsError::Untrusted("the peer sent none".to_owned()));
    };
    read(&der).ok_or_else(|| TlsError::Untrusted("it cannot be read".to_owned()))
}

/// Parses a DER certificate.
fn read(der: &[u8]) -> Option<PeerCertificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let moment = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|extension| &extension.value.general_names);
    Some(PeerCertificate {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names: names
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                GeneralName::IPAddress(bytes) => address(bytes),
                _ => None,
            })
            .collect(),
        not_before: moment(certificate.validity().not_before)?,
        not_after: moment(certificate.validity().not_after)?,
    })
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| std::net::Ipv4Addr::from(bytes).to_string());
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| std::net::Ipv6Addr::from(bytes).to_string())).ok()
}

/// OpenSSL appends its verdict on the certificate to the error, in parentheses.
fn classified(error: &native_tls::Error) -> TlsError {
    let text = error.to_string();
    match text.split_once("certificate verify failed") {
        Some((_, rest)) => {
            let verdict = rest.split_once(" (").and_then(|(_, verdict)| verdict.strip_suffix(')'));
            TlsError::Untrusted(verdict.unwrap_or("it could not be verified").to_owned())
        }
        None => TlsError::Handshake(reason(error)),
    }
}

/// The reason of an OpenSSL error, without its numbers and source files.
fn reason(error: &native_tls::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("error:").map(|rest| rest.split(':').nth(3)) {
        Some(Some(reason)) if !reason.is_empty() => reason.to_owned(),
        _ => text,
    }
}
