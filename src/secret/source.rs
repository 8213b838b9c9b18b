//! Reads a secret's value from where the inventory says that it lies.

use super::SecretSource;
use rustix::fs::{FileType, Mode, OFlags};
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// No secret is longer than this many bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// The value, or why there is none: the end of a sentence, without any part of the value.
pub(super) fn read(source: &SecretSource, folder: &Path) -> Result<Zeroizing<String>, String> {
    match source {
        SecretSource::Environment(name) => read_variable(name),
        SecretSource::File(path) => {
            read_file(&folder.join(path)).map_err(|reason| format!("the file {} {reason}", path.display()))
        }
    }
}

fn read_variable(name: &str) -> Result<Zeroizing<String>, String> {
    match std::env::var(name) {
        Ok(value) if value.len() > LONGEST => Err(format!("the environment variable {name} is longer than 64 KiB")),
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(std::env::VarError::NotPresent) => Err(format!("the environment variable {name} is not set")),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("the environment variable {name} is not UTF-8")),
    }
}

/// The last part of the path may not be a symbolic link, and everything is asked of the opened file, not of its path,
/// so that nobody can exchange it in between. `NONBLOCK` keeps a pipe from holding us.
fn read_file(path: &Path) -> Result<Zeroizing<String>, String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
        rustix::io::Errno::NOENT => "does not exist".to_owned(),
        rustix::io::Errno::LOOP => "is a symbolic link; name the file itself".to_owned(),
        other => format!("cannot be opened: {}", std::io::Error::from(other)),
    })?;
    let status = rustix::fs::fstat(&opened).map_err(|error| format!("cannot be looked at: {error}"))?;
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Err("is not a regular file".to_owned());
    }
    if status.st_mode & 0o077 != 0 {
        return Err(format!("may be read by others (mode {:04o}); do chmod 600", status.st_mode & 0o7777));
    }
    if status.st_uid != rustix::process::geteuid().as_raw() {
        return Err("belongs to another user".to_owned());
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    std::fs::File::from(opened)
        .take(LONGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() > LONGEST {
        return Err("is longer than 64 KiB".to_owned());
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Zeroizing::new(text.to_owned()))
}
