//! The catalog of actions, parsed from signature files.

use crate::source::{SourceFile, SourceMap};
use crate::syntax;
use crate::syntax::ast;
use ecow::EcoString;

/// The signature file of a backend.
#[derive(Debug, Clone, Copy)]
pub struct SignatureFile {
    /// The name of the backend. Diagnostics call the file `NAME.runbook`.
    pub backend: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The declared backends and the files that declare them.
#[derive(Debug, Default)]
pub struct Catalog {
    backends: Vec<ast::Backend>,
    sources: SourceMap,
}

impl Catalog {
    /// Parses signature files. They are part of the program; a test makes sure that they have no mistakes.
    pub fn read(files: impl IntoIterator<Item = SignatureFile>) -> Self {
        let mut catalog = Self::default();
        for SignatureFile { backend, text } in files {
            let id = catalog.sources.add(SourceFile::new(format!("{backend}.runbook"), text));
            let parsed = syntax::parse(id, text);
            catalog.backends.extend(parsed.file.declarations.into_iter().filter_map(|declaration| match declaration {
                ast::Declaration::Backend(backend) => Some(backend),
                _ => None,
            }));
        }
        catalog
    }

    /// A backend by name.
    pub fn backend(&self, name: &str) -> Option<&ast::Backend> {
        self.backends.iter().find(|backend| backend.name.text == name)
    }

    /// Every backend.
    pub fn backends(&self) -> impl Iterator<Item = &ast::Backend> {
        self.backends.iter()
    }

    /// The names of every backend.
    pub fn names(&self) -> impl Iterator<Item = &EcoString> {
        self.backends.iter().map(|backend| &backend.name.text)
    }

    /// The signature files. They come first in every [`SourceMap`] of a check, because spans of signatures point into
    /// them.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }
}
