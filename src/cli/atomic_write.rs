//! Atomic file writes: concurrent readers see the old text or the new one.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Mode of a new file, before the umask applies.
const NEW: u32 = 0o666;

/// Replaces the text of a file atomically, and keeps its permissions.
///
/// # Errors
/// The file does not exist or cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    // Keep a symbolic link and replace its target.
    let path = path.canonicalize()?;
    let old = std::fs::metadata(&path)?;
    put(&path, text, Some(&old))
}

/// Like [`replace`], but also creates the file and its folders.
///
/// # Errors
/// The path is not a regular file, or it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(std::io::Error::other("the path is not a regular file")),
        Ok(_) => replace(path, text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            put(path, text, None)
        }
        Err(error) => Err(error),
    }
}

/// Writes a temporary file next to the target and renames it.
fn put(path: &Path, text: &str, old: Option<&Metadata>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let write = |mut file: File| {
        file.write_all(text.as_bytes())?;
        if let Some(old) = old {
            if std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid())).is_err() {
                tracing::debug!(file = %path.display(), "cannot keep the owner of the file");
            }
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    let mode = if old.is_some() { 0o600 } else { NEW };
    let file = File::options().write(true).create_new(true).mode(mode).open(&beside)?;
    write(file).inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })
}
