//! A file and its imports, each read once.

use super::context::{Context, Patterns};
use super::{Checked, Draft};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, code};
use crate::inventory::Inventory;
use crate::source::{FileError, FileId, Files, SourceFile, SourceMap, Span};
use crate::syntax;
use crate::syntax::ast;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The maximum number of files that a file imports, directly or through others, including itself.
pub const MAX_IMPORTS: usize = 100;

/// Checks files against one catalog and one inventory. Keeps what it has read, so that a file with several importers is
/// read and parsed once.
pub struct Session<'a> {
    files: &'a dyn Files,
    pub(super) catalog: &'a Catalog,
    pub(super) inventory: Option<&'a Inventory>,
    other_files: Option<&'a dyn OtherFiles>,
    sources: SourceMap,
    parsed: BTreeMap<PathBuf, Rc<ParsedFile>>,
    /// The file that an import refers to, by the span of its path.
    imports: BTreeMap<Span, FileId>,
    patterns: Patterns,
}

/// The project's files other than the one that is checked. They share the inventory.
pub trait OtherFiles {
    /// Whether one of them declares a role.
    fn declares_role(&self, role: &str) -> bool;
}

/// A parsed file, for callers that need more than its program.
#[derive(Debug, Clone, Copy)]
pub struct ReadFile<'s> {
    /// The file itself.
    pub id: FileId,
    /// The AST. Lines that could not be read are missing.
    pub tree: &'s ast::File,
}

struct ParsedFile {
    id: FileId,
    tree: ast::File,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Session<'a> {
    /// A session whose source map begins with `sources`: the catalog's files, then the inventory's.
    pub fn new(
        files: &'a dyn Files,
        catalog: &'a Catalog,
        inventory: Option<&'a Inventory>,
        sources: SourceMap,
    ) -> Self {
        Self {
            files,
            catalog,
            inventory,
            other_files: None,
            sources,
            parsed: BTreeMap::new(),
            imports: BTreeMap::new(),
            patterns: Patterns::default(),
        }
    }

    /// The same session, for a file in a project with other files.
    pub fn with_other_files(self, others: &'a dyn OtherFiles) -> Self {
        Self { other_files: Some(others), ..self }
    }

    /// Every file that was read, for rendering diagnostics.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// The files that were checked or imported, by path.
    pub fn read_files(&self) -> impl Iterator<Item = ReadFile<'_>> {
        self.parsed.values().map(|file| ReadFile { id: file.id, tree: &file.tree })
    }

    /// A file that was checked or imported.
    pub fn read_file(&self, path: &Path) -> Option<ReadFile<'_>> {
        self.parsed.get(path).map(|file| ReadFile { id: file.id, tree: &file.tree })
    }

    /// The file that an import refers to, by the span of its path.
    pub fn imported(&self, path: Span) -> Option<FileId> {
        self.imports.get(&path).copied()
    }

    /// Ends the session and keeps its sources.
    pub fn into_sources(self) -> SourceMap {
        self.sources
    }

    /// The AST of a file that was read, with comments.
    pub fn tree(&self, file: FileId) -> Option<&ast::File> {
        self.parsed.values().find(|parsed| parsed.id == file).map(|parsed| &parsed.tree)
    }

    /// Checks one file.
    pub fn check(&mut self, root: &Path) -> Checked {
        let mut loading = Loading::default();
        let file = match self.read(root) {
            Ok(file) => file,
            Err(error) => {
                let id = self.sources.add(SourceFile::new(root.to_string_lossy().into_owned(), ""));
                let message = format!("`{}` {error}", root.display());
                let diagnostic = Diagnostic::error(code::UNREADABLE_FILE, Span::new(id, 0, 0), message);
                return Checked { program: None, draft: None, diagnostics: vec![diagnostic], file: Some(id) };
            }
        };
        let id = file.id;
        self.load(root, file, &mut loading);
        let trees: Vec<&ast::File> = loading.files.iter().map(|file| &file.tree).collect();
        let (program, found) = {
            let around = (self.inventory, self.other_files);
            Context::check(self.catalog, around, &self.sources, &trees, &mut self.patterns)
        };
        let mut diagnostics: Vec<Diagnostic> =
            loading.files.iter().flat_map(|file| file.diagnostics.iter().cloned()).collect();
        diagnostics.extend(loading.diagnostics);
        // An unreadable line has one finding. Whatever the checker finds in the rest of it would follow from that.
        let line = |diagnostic: &Diagnostic| {
            let span = diagnostic.span();
            self.sources.file(span.file).map(|file| (span.file, file.position(span.start).line))
        };
        let unread: BTreeSet<_> = diagnostics.iter().map(line).collect();
        diagnostics.extend(found.into_iter().filter(|diagnostic| !unread.contains(&line(diagnostic))));
        diagnostics.sort_by_key(|diagnostic| diagnostic.span());
        let mut checked = Checked { program: None, draft: None, diagnostics, file: Some(id) };
        match checked.has_errors() {
            false => checked.program = Some(program),
            true if unread.is_empty() => checked.draft = Some(Draft(program)),
            true => {}
        }
        checked
    }

    fn read(&mut self, path: &Path) -> Result<Rc<ParsedFile>, FileError> {
        if let Some(file) = self.parsed.get(path) {
            return Ok(file.clone());
        }
        let text = self.files.read(path)?;
        let id = self.sources.add(SourceFile::new(path.to_string_lossy().into_owned(), text.as_str()));
        let parsed = syntax::parse(id, &text);
        let file = Rc::new(ParsedFile { id, tree: parsed.file, diagnostics: parsed.diagnostics });
        self.parsed.insert(path.to_owned(), file.clone());
        Ok(file)
    }

    fn load(&mut self, path: &Path, file: Rc<ParsedFile>, loading: &mut Loading) {
        loading.open.push(path.to_owned());
        loading.files.push(file.clone());
        for declaration in &file.tree.declarations {
            let ast::Declaration::Import(import) = declaration else { continue };
            let span = import.path.span;
            let Some(written) = import.path.literal() else {
                let message = "An import path must not contain `${…}`";
                loading.diagnostics.push(Diagnostic::error(code::NOT_A_LITERAL, span, message));
                continue;
            };
            let found = self.files.resolve(path, &written);
            match found.and_then(|target| self.read(&target).map(|file| (target, file))) {
                Ok((target, imported)) => {
                    self.imports.insert(span, imported.id);
                    self.import(target, imported, span, loading);
                }
                Err(error) => {
                    let message = format!("Cannot import {written:?}: it {error}");
                    loading.diagnostics.push(
                        Diagnostic::error(code::IMPORT_FAILED, span, message)
                            .help("Write a path inside the project, relative to the importing file"),
                    );
                }
            }
        }
        loading.open.pop();
    }

    fn import(&mut self, target: PathBuf, file: Rc<ParsedFile>, span: Span, loading: &mut Loading) {
        if let Some(first) = loading.open.iter().position(|open| *open == target) {
            let circle: Vec<String> =
                loading.open[first..].iter().chain([&target]).map(|path| path.display().to_string()).collect();
            let message = format!("Import cycle: {}", circle.join(" → "));
            loading.diagnostics.push(
                Diagnostic::error(code::IMPORT_CYCLE, span, message).help("Move what both files need into a third one"),
            );
        } else if loading.files.iter().any(|known| known.id == file.id) {
            // Another file has imported it already.
        } else if loading.files.len() >= MAX_IMPORTS {
            if !std::mem::replace(&mut loading.full, true) {
                let message = format!("Too many imports (limit {MAX_IMPORTS} files)");
                loading.diagnostics.push(Diagnostic::error(code::TOO_MANY_IMPORTS, span, message));
            }
        } else {
            self.load(&target, file, loading);
        }
    }
}

#[derive(Default)]
struct Loading {
    files: Vec<Rc<ParsedFile>>,
    open: Vec<PathBuf>,
    diagnostics: Vec<Diagnostic>,
    full: bool,
}
