//! Projects: the runbook files of a folder, its inventory, and the operations on both. The library's entry point.
//!
//! [`Project::find`] opens the project of a path; [`Project::check`] checks one of its files. [`selection`] selects the
//! runbook that a person or an [`alert`] starts and binds its [`arguments`]. [`check`] checks and lints whole projects.

pub mod alert;
pub mod arguments;
pub mod check;
pub mod discovery;
mod error;
pub mod files;
pub mod selection;

pub use error::ProjectError;

use self::discovery::{CONFIG, config_above, readable_runbooks, runbook_files};
use self::files::{Buffer, ProjectFiles, read_text};
use crate::backend::registry;
use crate::check::{Checked, OtherFiles, Session};
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::inventory::Inventory;
use crate::secret::Secrets;
use crate::source::{FileError, FileId, SourceFile, SourceMap, Span};
use crate::syntax::ast::Declaration;
use crate::{inventory, syntax};
use ecow::EcoString;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The location of a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectPath {
    /// Path of the inventory, `rectify.yaml`, if there is one.
    pub config: Option<PathBuf>,
    /// The folder that imports must stay in.
    pub folder: PathBuf,
}

impl ProjectPath {
    /// The project of a file or folder. Its inventory is `config`, or else the nearest one above the path. Its folder
    /// is the inventory's, unless `config` lies outside the path's project.
    pub fn of_file(path: &Path, config: Option<&Path>) -> Self {
        let folder = match config {
            Some(config) if is_below(path, &parent_folder(config)) => parent_folder(config),
            _ => match config_above(path) {
                Some(above) => parent_folder(&above),
                None if path.is_dir() => path.to_owned(),
                None => parent_folder(path),
            },
        };
        Self { config: config.map(Path::to_owned).or_else(|| config_above(path)), folder }
    }
}

/// Groups the runbook files of some paths by project, in order. A path to an inventory adds a project without files.
///
/// # Errors
/// A path cannot be read, or has no runbook file.
pub fn by_project(
    paths: &[PathBuf],
    config: Option<&Path>,
) -> Result<BTreeMap<ProjectPath, Vec<PathBuf>>, ProjectError> {
    let mut projects = BTreeMap::<ProjectPath, Vec<PathBuf>>::new();
    for path in paths {
        if path.file_name().is_some_and(|name| name == CONFIG) && config.is_none() {
            projects.entry(ProjectPath::of_file(path, Some(path))).or_default();
            continue;
        }
        let files = runbook_files(path)?;
        if files.is_empty() {
            return Err(ProjectError::NoRunbooks(path.clone()));
        }
        // A folder without an inventory above it is one project.
        let whole = path.is_dir().then(|| ProjectPath::of_file(path, config));
        for file in files {
            let own = ProjectPath::of_file(&file, config);
            let project = match (&own.config, &whole) {
                (None, Some(whole)) => whole.clone(),
                _ => own,
            };
            projects.entry(project).or_default().push(file);
        }
    }
    Ok(projects)
}

/// The parent folder of a file; `.` if the path has only a name.
fn parent_folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn is_below(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

/// A project: an inventory, and the files that imports may reach.
pub struct Project {
    /// Where the inventory and the files are.
    pub path: ProjectPath,
    /// The base of relative paths in the inventory.
    pub folder: PathBuf,
    /// `None` if the project has no inventory.
    pub inventory: Option<Inventory>,
    /// Diagnostics of the inventory.
    pub diagnostics: Vec<Diagnostic>,
    files: ProjectFiles,
    /// The files of the catalog and the inventory.
    sources: SourceMap,
    /// Files outside the folder that use the same inventory.
    named: Vec<PathBuf>,
    /// Every role that a file of the project declares; computed on first use.
    roles: OnceLock<BTreeSet<EcoString>>,
}

impl Project {
    /// Opens the project of a file or folder, with the nearest `rectify.yaml` above it.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn find(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        Self::open(&ProjectPath::of_file(path.as_ref(), None))
    }

    /// Opens a project and reads its inventory. Errors in it become [`diagnostics`](Self::diagnostics).
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn open(path: &ProjectPath) -> Result<Self, ProjectError> {
        let ProjectPath { config, folder } = path;
        let unreadable = |error| ProjectError::Unreadable { path: folder.clone(), error };
        let files = ProjectFiles::new(folder).map_err(unreadable)?;
        let mut sources = registry::catalog().sources().clone();
        let mut diagnostics = Vec::new();
        let inventory = config.as_deref().and_then(|path| {
            let name = path.to_string_lossy().into_owned();
            match read_text(path) {
                Ok(text) => {
                    let file = sources.add(SourceFile::new(name, text.as_str()));
                    let (inventory, found) = inventory::parse(file, &text, &registry::sections());
                    diagnostics.extend(found);
                    Some(inventory)
                }
                Err(error) => {
                    let file = sources.add(SourceFile::new(name, ""));
                    diagnostics.push(unreadable_inventory(path, &error, Span::new(file, 0, 0)));
                    None
                }
            }
        });
        let folder = config.as_deref().map_or_else(|| folder.clone(), parent_folder);
        let (path, named, roles) = (path.clone(), Vec::new(), OnceLock::new());
        Ok(Self { path, folder, inventory, diagnostics, files, sources, named, roles })
    }

    /// Reads one of its files from a buffer instead of from the disk.
    #[must_use]
    pub fn with_buffer(mut self, buffer: Option<Buffer>) -> Self {
        self.files.set_buffer(buffer);
        self
    }

    /// Adds files that use the same inventory, wherever they are.
    #[must_use]
    pub fn with_files(self, files: &[PathBuf]) -> Self {
        Self { named: files.to_vec(), ..self }
    }

    /// Whether the inventory has errors.
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The contact for alerts that start no runbook.
    pub fn default_contact(&self) -> Option<&str> {
        let inventory = self.inventory.as_ref()?;
        let name = inventory.default_contact.as_deref()?;
        inventory.contact(name).map(|contact| contact.name.as_str())
    }

    /// The secrets of the inventory; each is read on first use.
    pub fn secrets(&self) -> Secrets {
        let sources = self.inventory.as_ref().map(|inventory| inventory.secrets.clone()).unwrap_or_default();
        Secrets::new(sources, &self.folder)
    }

    /// The names of the inventory's secrets.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.inventory.iter().flat_map(|inventory| inventory.secrets.keys().map(String::as_str))
    }

    /// The inventory, unless it has errors: a check against half an inventory would report false errors.
    pub fn sound_inventory(&self) -> Option<&Inventory> {
        self.inventory.as_ref().filter(|_| !self.is_broken())
    }

    /// Creates a session that checks files of this project.
    pub fn session(&self) -> Session<'_> {
        Session::new(&self.files, registry::catalog(), self.sound_inventory(), self.sources.clone())
            .with_other_files(self)
    }

    /// The name of a file in diagnostics. A path that does not exist or leaves the project keeps its spelling.
    pub fn known_as(&self, path: &Path) -> PathBuf {
        self.files.known_as(path).unwrap_or_else(|_| path.to_owned())
    }

    /// Checks one file.
    pub fn check(&self, session: &mut Session<'_>, path: &Path) -> Checked {
        session.check(&self.known_as(path))
    }
}

impl OtherFiles for Project {
    fn declares_role(&self, role: &str) -> bool {
        self.roles.get_or_init(|| roles_of(&self.path, &self.named)).contains(role)
    }
}

/// The roles that a project declares: in files below its folder without an inventory of their own, and in the named
/// files. Skips files that cannot be read.
fn roles_of(ProjectPath { config, folder }: &ProjectPath, named: &[PathBuf]) -> BTreeSet<EcoString> {
    let real = |path: &Path| path.canonicalize().ok();
    let own = config.as_deref().and_then(real);
    let below =
        readable_runbooks(folder).into_iter().filter(|file| match config_above(file).as_deref().and_then(real) {
            Some(above) => Some(above) == own,
            None => true,
        });
    let mut roles = BTreeSet::new();
    for file in below.chain(named.iter().cloned()) {
        let Ok(text) = read_text(&file) else { continue };
        // Skip the parser: a file that declares a role contains this word.
        if !text.contains("role") {
            continue;
        }
        let tree = syntax::parse(FileId(0), &text).file;
        roles.extend(tree.declarations.into_iter().filter_map(|declaration| match declaration {
            Declaration::Role(shape) => Some(shape.name.text),
            _ => None,
        }));
    }
    roles
}

fn unreadable_inventory(path: &Path, error: &FileError, span: Span) -> Diagnostic {
    Diagnostic::error(code::UNREADABLE_FILE, span, format!("{} {}", path.display(), error))
}
