//! File access: regular files only, inside the project's root only, up to a size limit.

use crate::source::{FileError, Files, MAX_FILE_BYTES};
use rustix::fs::{FileType, Mode, OFlags};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The files of one project. Imports cannot leave its root.
#[derive(Debug, Clone)]
pub struct ProjectFiles {
    /// The canonical root.
    root: PathBuf,
    /// The base of relative names. `None` if the root was given as an absolute path.
    relative_to: Option<PathBuf>,
    /// A file whose text is not that on disk.
    buffer: Option<Buffer>,
}

/// The text of a file as an editor has it. The file need not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    /// The path of the file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Buffer {
    /// Whether a path is that of the file, however it is spelled.
    fn is_at(&self, path: &Path) -> bool {
        self.path == path || real_path(&self.path).is_ok_and(|own| real_path(path).is_ok_and(|other| own == other))
    }
}

/// The canonical path of a file that need not exist, in a folder that does.
fn real_path(path: &Path) -> std::io::Result<PathBuf> {
    path.canonicalize().or_else(|error| match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            Ok(folder.canonicalize()?.join(name))
        }
        _ => Err(error),
    })
}

impl ProjectFiles {
    /// Opens the project below a folder; fails if the folder cannot be resolved.
    pub fn new(root: &Path) -> Result<Self, FileError> {
        let named = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let relative_to = if root.is_absolute() { None } else { std::env::current_dir().ok() };
        let relative_to = relative_to.and_then(|folder| folder.canonicalize().ok());
        Ok(Self { root: named.canonicalize().map_err(error_of)?, relative_to, buffer: None })
    }

    /// Reads a file from a buffer instead of from the disk.
    pub fn set_buffer(&mut self, buffer: Option<Buffer>) {
        self.buffer = buffer;
    }

    /// The canonical name of a file of the project, however the path spells it.
    pub fn known_as(&self, path: &Path) -> Result<PathBuf, FileError> {
        let in_buffer = self.buffer.as_ref().is_some_and(|buffer| buffer.is_at(path));
        let found = if in_buffer { real_path(path) } else { path.canonicalize() }.map_err(error_of)?;
        if !found.starts_with(&self.root) {
            return Err(FileError::Outside);
        }
        Ok(match &self.relative_to {
            Some(folder) => relative(&found, folder),
            None => found,
        })
    }
}

impl Files for ProjectFiles {
    fn resolve(&self, from: &Path, written: &str) -> Result<PathBuf, FileError> {
        let written = Path::new(written);
        if written.components().any(|part| matches!(part, Component::RootDir | Component::Prefix(_))) {
            return Err(FileError::Outside);
        }
        let folder = from.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut place = folder.canonicalize().map_err(error_of)?;
        // Resolves components one by one, so that `../..` is reported as leaving the project, not as a missing file.
        for part in written.components() {
            match part {
                Component::ParentDir if place == self.root || !place.pop() => return Err(FileError::Outside),
                Component::Normal(name) => place.push(name),
                _ => {}
            }
        }
        self.known_as(&place)
    }

    fn read(&self, path: &Path) -> Result<String, FileError> {
        match &self.buffer {
            Some(buffer) if buffer.is_at(path) => Ok(buffer.text.clone()),
            _ => read_text(path),
        }
    }
}

/// Reads a text file of at most [`MAX_FILE_BYTES`]. Rejects pipes, devices and folders without blocking.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(|error| error_of(error.into()))?);
    let status = rustix::fs::fstat(&file).map_err(|error| error_of(error.into()))?;
    match FileType::from_raw_mode(status.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(FileError::NotAFile("a folder")),
        FileType::Fifo => return Err(FileError::NotAFile("a pipe")),
        FileType::Socket => return Err(FileError::NotAFile("a socket")),
        FileType::CharacterDevice | FileType::BlockDevice => return Err(FileError::NotAFile("a device")),
        _ => return Err(FileError::NotAFile("something else")),
    }
    if u64::try_from(status.st_size).unwrap_or(u64::MAX) > MAX_FILE_BYTES as u64 {
        return Err(FileError::TooLong);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(status.st_size).unwrap_or(0) + 1);
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(error_of)?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLong);
    }
    String::from_utf8(bytes).map_err(|error| FileError::NotUtf8(error.utf8_error().valid_up_to()))
}

pub(crate) fn error_of(error: std::io::Error) -> FileError {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => FileError::NotFound,
        // Opening a socket, or a device without a driver.
        _ if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => FileError::NotAFile("a socket"),
        std::io::ErrorKind::PermissionDenied => FileError::Other("permission denied".to_owned()),
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            FileError::Other("cycle of symbolic links".to_owned())
        }
        _ => FileError::Other(error.to_string()),
    }
}

/// An absolute path relative to another one.
fn relative(path: &Path, from: &Path) -> PathBuf {
    let shared = path.components().zip(from.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> (tempfile::TempDir, ProjectFiles, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir_all(root.join("lib")).unwrap();
        std::fs::write(folder.path().join("secret.runbook"), "outside").unwrap();
        std::fs::write(root.join("a.runbook"), "a").unwrap();
        std::fs::write(root.join("lib/b.runbook"), "b").unwrap();
        let files = ProjectFiles::new(&root).unwrap();
        (folder, files, root)
    }

    #[test]
    fn one_file_has_one_name() {
        let (_folder, files, root) = project();
        std::os::unix::fs::symlink("lib/b.runbook", root.join("link.runbook")).unwrap();
        let a = root.join("a.runbook");
        let plain = files.resolve(&a, "lib/b.runbook").unwrap();
        assert_eq!(files.resolve(&a, "./lib/../lib/b.runbook").unwrap(), plain);
        assert_eq!(files.resolve(&a, "link.runbook").unwrap(), plain);
        assert_eq!(files.read(&plain).unwrap(), "b");
        assert_eq!(files.resolve(&plain, "../a.runbook").unwrap(), files.known_as(&a).unwrap());
    }

    #[test]
    fn nothing_outside_the_root_is_reached() {
        let (folder, files, root) = project();
        let a = root.join("a.runbook");
        std::os::unix::fs::symlink(folder.path(), root.join("up")).unwrap();
        std::os::unix::fs::symlink("../secret.runbook", root.join("link.runbook")).unwrap();
        let absolute = folder.path().join("secret.runbook");
        for written in [
            "../secret.runbook",
            "lib/../../secret.runbook",
            "../nothing",
            "up/secret.runbook",
            "link.runbook",
            absolute.to_str().unwrap(),
        ] {
            assert_eq!(files.resolve(&a, written), Err(FileError::Outside), "{written}");
        }
    }

    #[test]
    fn names_what_cannot_be_read() {
        let (_folder, files, root) = project();
        std::fs::write(root.join("bad"), b"ok \xff").unwrap();
        std::fs::write(root.join("long"), vec![b' '; MAX_FILE_BYTES + 1]).unwrap();
        std::fs::write(root.join("longest"), vec![b' '; MAX_FILE_BYTES]).unwrap();
        std::os::unix::fs::symlink("loop", root.join("loop")).unwrap();
        assert_eq!(files.read(&root.join("bad")), Err(FileError::NotUtf8(3)));
        assert_eq!(files.read(&root.join("long")), Err(FileError::TooLong));
        assert_eq!(files.read(&root.join("longest")).map(|text| text.len()), Ok(MAX_FILE_BYTES));
        assert_eq!(files.read(&root.join("lib")), Err(FileError::NotAFile("a folder")));
        assert_eq!(files.read(Path::new("/dev/zero")), Err(FileError::NotAFile("a device")));
        assert_eq!(files.read(&root.join("none")), Err(FileError::NotFound));
        assert!(matches!(files.read(&root.join("loop")), Err(FileError::Other(_))));
    }

    /// How many bytes this thread has read, according to the kernel.
    fn read_so_far() -> u64 {
        let counters = std::fs::read_to_string("/proc/thread-self/io").unwrap();
        counters.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
    }

    #[test]
    fn a_long_file_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        File::create(&path).unwrap().set_len(100 * 1024 * 1024).unwrap();
        let before = read_so_far();
        assert_eq!(read_text(&path), Err(FileError::TooLong));
        // A file in /proc reports size 0 and has content.
        let endless = Path::new("/proc/kallsyms");
        if std::fs::metadata(endless).is_ok() {
            assert!(read_text(endless).is_ok() || read_text(endless) == Err(FileError::TooLong));
        }
        let counters = 4096;
        assert!(read_so_far() - before <= 2 * (MAX_FILE_BYTES as u64 + 1) + counters);
    }

    #[test]
    fn names_are_relative_to_the_current_folder() {
        assert_eq!(relative(Path::new("/a/b/c.runbook"), Path::new("/a")), Path::new("b/c.runbook"));
        assert_eq!(relative(Path::new("/a/x/c.runbook"), Path::new("/a/b/d")), Path::new("../../x/c.runbook"));
    }
}
