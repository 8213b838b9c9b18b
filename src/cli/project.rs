//! The project that a file belongs to: its folder, its inventory, and the files that imports may reach.

use super::files::{ProjectFiles, describe, read_text};
use super::walk::{config_above, named};
use crate::catalog::Catalog;
use crate::check::{Checked, Session};
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::inventory::{self, Inventory};
use crate::source::{FileError, SourceFile, SourceMap, Span};
use std::path::{Path, PathBuf};

/// What stands around the files of one project.
pub struct Project {
    /// The folder that imports may not leave, and that paths of the inventory start from.
    pub folder: PathBuf,
    /// What the inventory says, if there is one.
    pub inventory: Option<Inventory>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    files: ProjectFiles,
    /// The catalogue's files and the inventory's.
    sources: SourceMap,
}

impl Project {
    /// Where the project of a path is: its inventory (given, or found above), and its folder.
    pub fn place(path: &Path, config: Option<&Path>) -> (Option<PathBuf>, PathBuf) {
        let config = config.map(Path::to_owned).or_else(|| config_above(path));
        let beside = |file: &Path| match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let folder = match &config {
            Some(config) => beside(config),
            None if path.is_dir() => path.to_owned(),
            None => beside(path),
        };
        (config, folder)
    }

    /// Reads the inventory. What is wrong in it is kept as diagnostics.
    ///
    /// # Errors
    /// A sentence, when the folder cannot be used.
    pub fn open(config: Option<&Path>, folder: PathBuf) -> Result<Self, String> {
        let files = ProjectFiles::new(&folder).map_err(|error| named(&folder, &error))?;
        let mut sources = Catalog::builtin().sources().clone();
        let mut diagnostics = Vec::new();
        let inventory = config.and_then(|path| {
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
        Ok(Self { folder, inventory, diagnostics, files, sources })
    }

    /// Whether the inventory cannot be used.
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// A session that checks files of this project.
    pub fn session(&self) -> Session<'_> {
        Session::new(&self.files, Catalog::builtin(), self.inventory.as_ref(), self.sources.clone())
    }

    /// Checks one file.
    pub fn check(&self, session: &mut Session<'_>, path: &Path) -> Checked {
        // A path that leads out of the project, or nowhere, is reported under the name that was typed.
        let known = self.files.known_as(path).unwrap_or_else(|_| path.to_owned());
        session.check(&known)
    }
}

fn unreadable(path: &Path, error: &FileError, span: Span) -> Diagnostic {
    Diagnostic::error(code::UNREADABLE_FILE, span, format!("{} {}", path.display(), describe(error)))
}
