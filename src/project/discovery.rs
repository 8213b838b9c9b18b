//! Finds the runbook files below a path and the inventory above it.

use super::ProjectError;
use super::files::error_of;
use std::path::{Path, PathBuf};

/// File name of the inventory.
pub const CONFIG: &str = "rectify.yaml";

/// File extension of runbooks.
const EXTENSION: &str = "runbook";

/// Maximum depth of a folder search.
const MAX_FOLDERS: usize = 32;

/// The runbook files of a path: the file itself, or every `*.runbook` below the folder, sorted. Skips hidden folders
/// and symbolic links to folders.
///
/// # Errors
/// A file or folder cannot be read.
pub fn runbook_files(path: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    let unreadable = |error| ProjectError::Unreadable { path: path.to_owned(), error: error_of(error) };
    let status = std::fs::metadata(path).map_err(unreadable)?;
    if !status.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    search(path, MAX_FOLDERS, &mut found)?;
    found.sort();
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), ProjectError> {
    let unreadable = |error| ProjectError::Unreadable { path: folder.to_owned(), error: error_of(error) };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        let path = entry.path();
        if kind.is_dir() {
            if depth > 0 && !entry.file_name().as_encoded_bytes().starts_with(b".") {
                search(&path, depth - 1, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == EXTENSION) {
            found.push(path);
        }
    }
    Ok(())
}

/// Maximum number of folder entries that [`readable_runbooks`] visits.
const MOST_ENTRIES: usize = 100_000;

/// The runbook files below a folder, unsorted. Skips whatever cannot be read.
pub fn readable_runbooks(folder: &Path) -> Vec<PathBuf> {
    let mut left = MOST_ENTRIES;
    let mut open = vec![(folder.to_owned(), MAX_FOLDERS)];
    let mut found = Vec::new();
    while let Some((folder, depth)) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if left == 0 {
                return found;
            }
            left -= 1;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth > 0 && !entry.file_name().as_encoded_bytes().starts_with(b".") {
                    open.push((path, depth - 1));
                }
            } else if path.extension().is_some_and(|extension| extension == EXTENSION) {
                found.push(path);
            }
        }
    }
    found
}

/// The inventory of a path: the nearest `rectify.yaml` in its folder or above.
pub fn config_above(path: &Path) -> Option<PathBuf> {
    let folder = if path.is_dir() { path } else { path.parent()? };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let start = folder.canonicalize().ok()?;
    // Walks up the canonical folders, but builds the result from the given path, so that names keep their spelling.
    let mut written = folder.to_owned();
    for real in start.ancestors() {
        if real.join(CONFIG).exists() {
            let config = written.join(CONFIG);
            return Some(if written.is_absolute() || config.exists() { config } else { real.join(CONFIG) });
        }
        written = match (written.file_name(), written.parent()) {
            (Some(_), Some(parent)) if parent.as_os_str().is_empty() => PathBuf::from("."),
            (Some(_), Some(parent)) => parent.to_owned(),
            _ => written.join(".."),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_means_every_runbook_below_it_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.runbook", "a/z.runbook", "a/notes.txt", ".git/x.runbook", "a/.hidden.runbook"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        let found = runbook_files(folder.path()).unwrap();
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a/.hidden.runbook", "a/z.runbook", "b.runbook"]);
    }

    #[test]
    fn the_nearest_inventory_above_counts() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("one/two");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(folder.path().join(CONFIG), "").unwrap();
        std::fs::write(deep.join("a.runbook"), "").unwrap();
        let expected = folder.path().canonicalize().unwrap().join(CONFIG);
        let found = |path: &Path| config_above(path).unwrap().canonicalize().unwrap();
        assert_eq!(found(&deep), expected);
        assert_eq!(found(&deep.join("a.runbook")), expected);
    }
}
