//! The project that a file belongs to: its folder, its inventory, and the files that imports may reach.

pub(crate) mod alert;
pub(crate) mod arguments;
pub(crate) mod check;
pub(crate) mod discovery;
pub(crate) mod files;
pub(crate) mod selection;

use self::discovery::{CONFIG, config_above, named, readable_runbooks, runbook_files};
use self::files::{ProjectFiles, read_text};
use crate::catalog::Catalog;
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

/// Where a project is: its inventory, if there is one, and its folder.
pub type ProjectPath = (Option<PathBuf>, PathBuf);

/// The runbook files that some paths mean, by the project that they belong to, in order. A project that has no file
/// among them stands there because its inventory was named.
///
/// # Errors
/// A sentence, when a path leads nowhere or to no runbook.
pub fn by_project(paths: &[PathBuf], config: Option<&Path>) -> Result<BTreeMap<ProjectPath, Vec<PathBuf>>, String> {
    let mut projects = BTreeMap::<ProjectPath, Vec<PathBuf>>::new();
    for path in paths {
        if path.file_name().is_some_and(|name| name == CONFIG) && config.is_none() {
            projects.entry(place_of(path, Some(path))).or_default();
            continue;
        }
        let files = runbook_files(path)?;
        if files.is_empty() {
            return Err(format!("There is no *.runbook file below {}", path.display()));
        }
        // Without an inventory above it, a folder that was named is one project.
        let whole = path.is_dir().then(|| place_of(path, config));
        for file in files {
            let own = place_of(&file, config);
            let place = match (&own.0, &whole) {
                (None, Some(whole)) => whole.clone(),
                _ => own,
            };
            projects.entry(place).or_default().push(file);
        }
    }
    Ok(projects)
}

/// The project of a path: its inventory (given, or found above), and the folder that its imports stay in. An inventory
/// that was given and lies elsewhere makes no project of the folder that it lies in.
pub fn place_of(path: &Path, config: Option<&Path>) -> ProjectPath {
    let folder = match config {
        Some(config) if is_below(path, &beside(config)) => beside(config),
        _ => match config_above(path) {
            Some(above) => beside(&above),
            None if path.is_dir() => path.to_owned(),
            None => beside(path),
        },
    };
    (config.map(Path::to_owned).or_else(|| config_above(path)), folder)
}

/// The folder that a file lies in.
fn beside(file: &Path) -> PathBuf {
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

/// What stands around the files of one project.
pub struct Project {
    /// The inventory's path, if there is one.
    pub config: Option<PathBuf>,
    /// The folder that paths of the inventory start from.
    pub folder: PathBuf,
    /// What the inventory says, if there is one.
    pub inventory: Option<Inventory>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    files: ProjectFiles,
    /// The catalogue's files and the inventory's.
    sources: SourceMap,
    place: ProjectPath,
    /// Files that were named for the same inventory, wherever they lie.
    named: Vec<PathBuf>,
    /// Every role that a file of the project declares; read when it is asked for.
    roles: OnceLock<BTreeSet<EcoString>>,
}

impl Project {
    /// Reads the inventory. What is wrong in it is kept as diagnostics.
    ///
    /// # Errors
    /// A sentence, when the folder cannot be used.
    pub fn open(place: &ProjectPath) -> Result<Self, String> {
        let (config, folder) = place;
        let files = ProjectFiles::new(folder).map_err(|error| named(folder, &error))?;
        let mut sources = Catalog::builtin().sources().clone();
        let mut diagnostics = Vec::new();
        let inventory = config.as_deref().and_then(|path| {
            let name = path.to_string_lossy().into_owned();
            match read_text(path) {
                Ok(text) => {
                    let file = sources.add(SourceFile::new(name, text.as_str()));
                    let (inventory, found) = inventory::parse(file, &text);
                    diagnostics.extend(found);
                    Some(inventory)
                }
                Err(error) => {
                    let file = sources.add(SourceFile::new(name, ""));
                    diagnostics.push(unreadable(path, &error, Span::new(file, 0, 0)));
                    None
                }
            }
        });
        let folder = config.as_deref().map_or_else(|| folder.clone(), beside);
        let (place, named, roles) = (place.clone(), Vec::new(), OnceLock::new());
        Ok(Self { config: config.clone(), folder, inventory, diagnostics, files, sources, place, named, roles })
    }

    /// The same project with these files, wherever they lie.
    pub fn with(self, files: &[PathBuf]) -> Self {
        Self { named: files.to_vec(), ..self }
    }

    /// Whether the inventory cannot be used.
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whom an alert is told to that nothing fits.
    pub fn default_contact(&self) -> Option<&str> {
        let inventory = self.inventory.as_ref()?;
        let name = inventory.default_contact.as_deref()?;
        inventory.contact(name).map(|contact| contact.name.as_str())
    }

    /// The secrets that the inventory names. Nothing is read yet.
    pub fn secrets(&self) -> Secrets {
        let sources = self.inventory.as_ref().map(|inventory| inventory.secrets.clone()).unwrap_or_default();
        Secrets::new(sources, &self.folder)
    }

    /// The names of the inventory's secrets.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.inventory.iter().flat_map(|inventory| inventory.secrets.keys().map(String::as_str))
    }

    /// The inventory, if nothing is wrong with it: what is held against half of one would be found wanting for the
    /// other half's sake.
    pub fn sound_inventory(&self) -> Option<&Inventory> {
        self.inventory.as_ref().filter(|_| !self.is_broken())
    }

    /// A session that checks files of this project.
    pub fn session(&self) -> Session<'_> {
        Session::new(&self.files, Catalog::builtin(), self.sound_inventory(), self.sources.clone())
            .with_other_files(self)
    }

    /// The name that a file is known by. A path that leads out of the project, or nowhere, has the name that was typed.
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
        self.roles.get_or_init(|| roles_of(&self.place, &self.named)).contains(role)
    }
}

/// The roles that the files of a project declare: those below its folder that have no inventory of their own, and those
/// that were named. What cannot be read declares none.
fn roles_of((config, folder): &ProjectPath, named: &[PathBuf]) -> BTreeSet<EcoString> {
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
        // A role is declared by its word: most files need not be read any closer.
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

fn unreadable(path: &Path, error: &FileError, span: Span) -> Diagnostic {
    Diagnostic::error(code::UNREADABLE_FILE, span, format!("{} {}", path.display(), error))
}
