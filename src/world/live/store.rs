//! The store: the folder for what all runs on a machine share, or all runs of a user. Locks, limits, notes of open
//! changes, pauses and messages that could not be delivered are files in it.
//!
//! Whoever can write to the store can hide a lock or spend a limit, so a store that others may write to is refused. A
//! store whose group may write to it is shared by that group: what is created in it can be used by all of its members.

use crate::value::{ActionError, ErrorKind};
use rustix::fs::{Access, Mode, OFlags};
use std::fs::{File, Metadata, Permissions};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The store of a machine, if somebody has created it.
pub const MACHINE_STORE: &str = "/var/lib/rectify";

/// The part of a file that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

const GROUP_MAY_WRITE: u32 = 0o020;
const OTHERS_MAY_WRITE: u32 = 0o002;

/// Flags of every open: no symbolic links, no blocking on pipes, append only.
const SAFELY: OFlags =
    OFlags::RDWR.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::APPEND);

/// Why there is no store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No place is named.
    #[error(
        "None of STATE_DIRECTORY, XDG_STATE_HOME and HOME is set, and there is no {MACHINE_STORE}, so there is no place for \
         locks and limits"
    )]
    NoPlace,
    /// Everybody may write to it.
    #[error(
        "Everybody may write to the store {store} (mode {mode:o}), so its locks and limits protect nothing. Take that right \
         away: `chmod o-w {store}`"
    )]
    OpenToOthers {
        /// The folder.
        store: String,
        /// Its permissions.
        mode: u32,
    },
    /// It is the store of somebody else.
    #[error("The store {store} belongs to another user (uid {owner}). Name one of your own in XDG_STATE_HOME")]
    OfAnotherUser {
        /// The folder.
        store: String,
        /// Its owner.
        owner: u32,
    },
    /// This user is not in its group.
    #[error(
        "This user may not write to {store}, the store of this machine, and would not see the locks of other users elsewhere. \
         Add the user to the group of {store} (gid {group})"
    )]
    NotAMember {
        /// The folder.
        store: String,
        /// Its group.
        group: u32,
    },
    /// It cannot be looked at.
    #[error("Cannot use {store}: {error}")]
    Unusable {
        /// The folder.
        store: String,
        /// Why.
        error: std::io::Error,
    },
}

/// Where a store may be, in the order in which the first that exists is used.
#[derive(Debug, Clone, Default)]
pub struct StorePlaces {
    /// `$STATE_DIRECTORY`, which systemd sets for a service: the store itself.
    pub service: Option<PathBuf>,
    /// [`MACHINE_STORE`].
    pub machine: PathBuf,
    /// `$XDG_STATE_HOME`.
    pub state_home: Option<PathBuf>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
}

impl StorePlaces {
    /// The places that the environment of this process names.
    pub fn from_environment() -> Self {
        let path = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        // systemd separates several folders by colons.
        let first = |path: PathBuf| path.to_string_lossy().split(':').next().map(PathBuf::from);
        Self {
            service: path("STATE_DIRECTORY").and_then(first),
            machine: MACHINE_STORE.into(),
            state_home: path("XDG_STATE_HOME"),
            home: path("HOME"),
        }
    }

    /// Where this user's own store is.
    fn of_user(&self) -> Option<PathBuf> {
        let home = || self.home.as_ref().map(|home| home.join(".local/state"));
        Some(self.state_home.clone().or_else(home)?.join("rectify"))
    }

    /// The store, and another one on this machine that its runs do not use.
    ///
    /// # Errors
    /// There is none, or it protects nothing.
    pub fn find(&self) -> Result<(Store, Option<PathBuf>), StoreError> {
        let machine = Some(self.machine.clone()).filter(|folder| folder.is_dir());
        let mut places = self.service.clone().into_iter().chain(machine).chain(self.of_user());
        let folder = places.next().ok_or(StoreError::NoPlace)?;
        let is_same = |other: &PathBuf| other.canonicalize().ok() == folder.canonicalize().ok();
        let other = places.find(|other| other.is_dir() && !is_same(other));
        Ok((Store::at(folder)?, other))
    }
}

/// A store.
#[derive(Debug, Clone, Default)]
pub struct Store {
    folder: PathBuf,
    /// The group that may write to it.
    group: Option<u32>,
}

impl Store {
    /// A store in a folder, which need not exist.
    ///
    /// # Errors
    /// Others may write to it, or this user may not.
    pub fn at(folder: PathBuf) -> Result<Self, StoreError> {
        let store = folder.display().to_string();
        let metadata = match std::fs::metadata(&folder) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self { folder, group: None }),
            Err(error) => return Err(StoreError::Unusable { store, error }),
        };
        let shared = is_safe(&metadata, &store)?;
        if rustix::fs::access(&folder, Access::WRITE_OK | Access::EXEC_OK).is_err() {
            return Err(StoreError::NotAMember { store, group: metadata.gid() });
        }
        Ok(Self { folder, group: shared.then(|| metadata.gid()) })
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// A folder in it.
    pub(super) fn folder(&self, name: &str) -> Self {
        Self { folder: self.folder.join(name), group: self.group }
    }

    /// Opens a file for reading and writing. Creates it and its folder.
    pub(super) fn open(&self, name: &str) -> Result<File, ActionError> {
        let path = self.folder.join(name);
        loop {
            match rustix::fs::open(&path, SAFELY, Mode::empty()) {
                Ok(file) => return Ok(File::from(file)),
                Err(rustix::io::Errno::NOENT) => {
                    if let Some(file) = self.create(name)? {
                        return Ok(file);
                    }
                }
                Err(error) => return Err(failed(&path, &error.into())),
            }
        }
    }

    /// Creates a file; nothing if it exists.
    pub(super) fn create(&self, name: &str) -> Result<Option<File>, ActionError> {
        self.make()?;
        let path = self.folder.join(name);
        let mode = if self.group.is_some() { 0o660 } else { 0o600 };
        // It gets its name when everybody in the group can use it, whatever the umask is.
        let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into());
        let new = self.folder.join(format!(".{}-{random:016x}", std::process::id()));
        let flags = SAFELY | OFlags::CREATE | OFlags::EXCL;
        let opened = rustix::fs::open(&new, flags, Mode::from_raw_mode(mode));
        let file = File::from(opened.map_err(|error| failed(&path, &error.into()))?);
        let named = self.share(&file, mode).and_then(|()| {
            let here = rustix::fs::CWD;
            match rustix::fs::renameat_with(here, &new, here, &path, rustix::fs::RenameFlags::NOREPLACE) {
                Ok(()) => Ok(true),
                Err(rustix::io::Errno::EXIST) => Ok(false),
                Err(error) => Err(error.into()),
            }
        });
        match named {
            Ok(true) => Ok(Some(file)),
            unnamed => {
                let _ = std::fs::remove_file(&new);
                unnamed.map(|_| None).map_err(|error| failed(&path, &error))
            }
        }
    }

    /// Gives a file or folder to the group of a shared store.
    fn share(&self, file: &File, mode: u32) -> std::io::Result<()> {
        if let Some(group) = self.group
            && file.metadata()?.gid() != group
        {
            std::os::unix::fs::fchown(file, None, Some(group))?;
        }
        file.set_permissions(Permissions::from_mode(mode))
    }

    fn make(&self) -> Result<(), ActionError> {
        if self.folder.is_dir() {
            return Ok(());
        }
        let made = match self.group {
            None => std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder),
            Some(_) => {
                let above = self.folder.parent().map(Path::to_owned).unwrap_or_default();
                if !above.is_dir() {
                    Self { folder: above.clone(), group: self.group }.make()?;
                }
                self.make_shared(&above)
            }
        };
        made.map_err(|error| failed(&self.folder, &error))
    }

    /// Makes a folder in a shared store. It gets its name when everybody in the group can use it, whatever the umask is.
    fn make_shared(&self, above: &Path) -> std::io::Result<()> {
        let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into());
        let new = above.join(format!(".{}-{random:016x}", std::process::id()));
        std::fs::DirBuilder::new().mode(0o770).create(&new)?;
        let named = File::open(&new).and_then(|folder| self.share(&folder, 0o2770)).and_then(|()| {
            let here = rustix::fs::CWD;
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            rustix::fs::renameat_with(here, &new, here, &self.folder, flags).map_err(std::io::Error::from)
        });
        match named {
            Err(error) => {
                let _ = std::fs::remove_dir(&new);
                if error.kind() == std::io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Whether the group of a store may write to it.
fn is_safe(metadata: &Metadata, store: &str) -> Result<bool, StoreError> {
    let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
    let shared = mode & GROUP_MAY_WRITE != 0;
    if mode & OTHERS_MAY_WRITE != 0 {
        return Err(StoreError::OpenToOthers { store: store.to_owned(), mode });
    }
    if !shared && owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(StoreError::OfAnotherUser { store: store.to_owned(), owner });
    }
    Ok(shared)
}

/// Opens a file for reading; nothing if it does not exist.
pub(super) fn open_to_read(path: &Path) -> std::io::Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => Ok(Some(File::from(file))),
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads a file. Bytes that are not UTF-8 are replaced.
pub(super) fn read(mut file: &File, path: &Path) -> Result<String, ActionError> {
    use std::io::Seek;
    let mut bytes = Vec::new();
    file.rewind().map_err(|error| failed(path, &error))?;
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The error of a file in the store: nothing was done.
pub(super) fn failed(path: &Path, error: &std::io::Error) -> ActionError {
    ActionError::new(ErrorKind::Refused, format!("cannot use {}: {error}", path.display()))
}
