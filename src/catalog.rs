//! What actions exist: every backend's signature file, parsed.

use crate::source::{SourceFile, SourceMap};
use crate::syntax;
use crate::syntax::ast;
use ecow::EcoString;
use std::sync::OnceLock;

/// A signature file: the name of its backend, the name people see in diagnostics, its text.
pub type SignatureFile = (&'static str, &'static str, &'static str);

/// The backends by name, and the files that they were read from.
#[derive(Debug, Default)]
pub struct Catalog {
    backends: Vec<ast::Backend>,
    sources: SourceMap,
}

impl Catalog {
    /// Parses signature files. They are part of the program; that they have no mistakes is what a test is for.
    pub fn read(files: &[SignatureFile]) -> Self {
        let mut catalog = Self::default();
        for (_, name, text) in files {
            let id = catalog.sources.add(SourceFile::new(*name, *text));
            let parsed = syntax::parse(id, text);
            catalog.backends.extend(parsed.file.declarations.into_iter().filter_map(|declaration| match declaration {
                ast::Declaration::Backend(backend) => Some(backend),
                _ => None,
            }));
        }
        catalog
    }

    /// The backends that come with the program.
    pub fn builtin() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| Self::read(SIGNATURES))
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

    /// The signature files, first in every [`SourceMap`] of a check: spans of signatures point into them.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }
}

/// The signature files beside the backends' code.
pub const SIGNATURES: &[SignatureFile] = &[
    ("exchange", "exchange.runbook", include_str!("backend/exchange/exchange.runbook")),
    ("exec", "exec.runbook", include_str!("backend/exec/exec.runbook")),
    ("host", "host.runbook", include_str!("backend/host/host.runbook")),
    ("imap", "imap.runbook", include_str!("backend/imap/imap.runbook")),
    ("service", "service.runbook", include_str!("backend/service/service.runbook")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    #[test]
    fn every_signature_file_is_understood_and_laid_out() {
        for ((name, file, text), (id, _)) in SIGNATURES.iter().zip(Catalog::builtin().sources().iter()) {
            let parsed = syntax::parse(id, text);
            assert_eq!(parsed.diagnostics, [], "{file}");
            assert!(Catalog::builtin().backend(name).is_some(), "{file} declares another backend than {name}");
        }
    }
}
