//! A runbook file on standard input: `-` and `--stdin-path`.

use super::UsageError;
use crate::project::files::Buffer;
use crate::source::MAX_FILE_BYTES;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The text on standard input, if it is the only path that is given, with the path of its file. Without one it is a file of the
/// current folder that does not exist.
///
/// # Errors
/// `-` beside other paths, `--stdin-path` without `-`, and a text that no runbook file may have.
pub fn stdin_buffer(paths: &[PathBuf], stdin_path: Option<&Path>) -> Result<Option<Buffer>, UsageError> {
    let dash = Path::new("-");
    match (paths, stdin_path) {
        ([path], _) if path == dash => {}
        (_, Some(_)) => return Err("`--stdin-path` is for standard input: give `-` as the only path".into()),
        _ if paths.iter().any(|path| path == dash) => {
            return Err("Standard input, `-`, cannot be given beside other paths".into());
        }
        _ => return Ok(None),
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("Standard input cannot be read: {error}"))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(format!(
            "Standard input is longer than {MAX_FILE_BYTES} bytes, the most that a runbook file may have"
        )
        .into());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        format!("Standard input is not valid UTF-8 from byte {} on", error.utf8_error().valid_up_to())
    })?;
    let path = stdin_path.map_or_else(|| PathBuf::from("standard-input.runbook"), Path::to_owned);
    Ok(Some(Buffer { path, text }))
}
