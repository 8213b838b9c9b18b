//! Cached trust stores: reading the system's authorities takes many times as long as a handshake.

use super::tls::{TlsError, Trust};
use native_tls::Certificate;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use thiserror::Error;

/// The longest file of certificates, in bytes.
const LIMIT: u64 = 1 << 20;
/// How long the system's authorities are cached.
const LIFE: Duration = Duration::from_mins(10);

/// Why certificates to trust cannot be used.
#[derive(Debug, Error)]
pub enum TrustError {
    /// The file cannot be opened or read.
    #[error("{} cannot be read: {error}", file.display())]
    Unreadable {
        /// Its path.
        file: PathBuf,
        /// The operating system's error message.
        error: io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    /// It is longer than 1 MiB.
    #[error("{} is longer than 1 MiB", .0.display())]
    TooLong(PathBuf),
    /// There is no certificate in it.
    #[error("{} contains no PEM certificate", .0.display())]
    NoCertificate(PathBuf),
    /// The TLS library does not take them.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Cached trust stores: the system's authorities, each with those of one other file.
#[derive(Debug, Default)]
pub struct Trusts {
    /// Keyed by the content of the file, so that a replaced file counts from the next call on.
    known: Mutex<HashMap<Vec<u8>, (Instant, Trust)>>,
}

impl Trusts {
    /// The system's authorities and those in a file of PEM certificates.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn with(&self, extra: Option<&Path>) -> Result<Trust, TrustError> {
        let pem = extra.map(read_pem).transpose()?.unwrap_or_default();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (made, _)| made.elapsed() < LIFE);
        if let Some((_, trust)) = known.get(&pem) {
            return Ok(trust.clone());
        }
        let certificates = match extra {
            Some(file) => certificates(&pem).ok_or_else(|| TrustError::NoCertificate(file.to_owned()))?,
            None => Vec::new(),
        };
        let trust = Trust::new(&certificates)?;
        known.insert(pem, (Instant::now(), trust.clone()));
        Ok(trust)
    }
}

fn certificates(pem: &[u8]) -> Option<Vec<Certificate>> {
    Certificate::stack_from_pem(pem).ok().filter(|certificates| !certificates.is_empty())
}

/// Reads a file of PEM certificates: a regular file of at most 1 MiB.
///
/// # Errors
/// When it is no such file or cannot be read.
pub fn read_pem(file: &Path) -> Result<Vec<u8>, TrustError> {
    let unreadable = |error| TrustError::Unreadable { file: file.to_owned(), error };
    // Opening a pipe would block until there is a writer.
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(TrustError::NotAFile(file.to_owned()));
    }
    let mut pem = Vec::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(LIMIT + 1).read_to_end(&mut pem).map_err(unreadable)?;
    if pem.len() as u64 > LIMIT {
        return Err(TrustError::TooLong(file.to_owned()));
    }
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use super::Trusts;
    use std::path::Path;

    #[test]
    fn a_file_without_certificates_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ca.pem");
        for (text, problem) in
            [(&b"no pem"[..], "contains no PEM certificate"), (&[b'x'; (1 << 20) + 1], "longer than 1 MiB")]
        {
            std::fs::write(&file, text).expect("a file");
            let error = Trusts::default().with(Some(&file)).expect_err("no certificates").to_string();
            assert!(error.ends_with(problem) && error.contains("ca.pem"), "{error}");
        }
        for (path, problem) in [("/nowhere/ca.pem", "cannot be read"), ("/dev/zero", "is not a file")] {
            let error = Trusts::default().with(Some(Path::new(path))).expect_err("no file").to_string();
            assert!(error.contains(problem) && error.contains(path), "{error}");
        }
    }
}
