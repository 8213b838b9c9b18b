//! Whom to trust, remembered: reading the system's authorities takes many times as long as a handshake.

use super::tls::Trust;
use native_tls::Certificate;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A file of certificates may be so long, in bytes.
const LIMIT: u64 = 1 << 20;
/// After this time the system's authorities are read anew.
const LIFE: Duration = Duration::from_mins(10);

/// The authorities of the system, each time with those of another file beside them.
#[derive(Debug, Default)]
pub struct Trusts {
    /// By what the file held, so that one that was replaced counts from the next call on.
    known: Mutex<HashMap<Vec<u8>, (Instant, Trust)>>,
}

impl Trusts {
    /// The system's authorities and those in a file of PEM certificates. The sentence of an error says what is wrong
    /// with the file.
    pub fn with(&self, extra: Option<&Path>) -> Result<Trust, String> {
        let pem = extra.map(read_pem).transpose()?.unwrap_or_default();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (made, _)| made.elapsed() < LIFE);
        if let Some((_, trust)) = known.get(&pem) {
            return Ok(trust.clone());
        }
        let certificates = match extra {
            Some(file) => certificates(&pem).ok_or_else(|| format!("{} holds no PEM certificate", file.display()))?,
            None => Vec::new(),
        };
        let trust = Trust::new(&certificates).map_err(|error| error.to_string())?;
        known.insert(pem, (Instant::now(), trust.clone()));
        Ok(trust)
    }
}

fn certificates(pem: &[u8]) -> Option<Vec<Certificate>> {
    Certificate::stack_from_pem(pem).ok().filter(|certificates| !certificates.is_empty())
}

/// What a file of PEM certificates holds: of a regular file, and no more than 1 MiB of it.
///
/// # Errors
/// A sentence that names the file.
pub fn read_pem(file: &Path) -> Result<Vec<u8>, String> {
    let problem = |error: &dyn fmt::Display| format!("{} cannot be read: {error}", file.display());
    // Opening a pipe would wait for somebody to write into it.
    if !std::fs::metadata(file).map_err(|error| problem(&error))?.is_file() {
        return Err(format!("{} is not a file", file.display()));
    }
    let mut pem = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| problem(&error))?;
    opened.take(LIMIT + 1).read_to_end(&mut pem).map_err(|error| problem(&error))?;
    if pem.len() as u64 > LIMIT {
        return Err(format!("{} is longer than 1 MiB", file.display()));
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
            [(&b"no pem"[..], "holds no PEM certificate"), (&[b'x'; (1 << 20) + 1], "longer than 1 MiB")]
        {
            std::fs::write(&file, text).expect("a file");
            let error = Trusts::default().with(Some(&file)).expect_err("no certificates");
            assert!(error.ends_with(problem) && error.contains("ca.pem"), "{error}");
        }
        for (path, problem) in [("/nowhere/ca.pem", "cannot be read"), ("/dev/zero", "is not a file")] {
            let error = Trusts::default().with(Some(Path::new(path))).expect_err("no file");
            assert!(error.contains(problem) && error.contains(path), "{error}");
        }
    }
}
