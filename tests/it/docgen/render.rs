//! Checks files together and renders their pages.

use crate::support::files::InMemory;
use rectify::backend::registry;
use rectify::check::Session;
use rectify::docgen::{Document, Format, Library, Page};
use rectify::program::Program;
use rectify::source::{FileId, Files};
use std::path::Path;

/// The pages of `roots`: each a file's path and its page's name.
pub fn pages(files: &dyn Files, roots: &[(&str, &str)], format: Format) -> Vec<Page> {
    let catalog = registry::catalog();
    let mut session = Session::new(files, catalog, None, catalog.sources().clone());
    let checked: Vec<(FileId, Program)> = roots
        .iter()
        .map(|(_, root)| {
            let checked = session.check(Path::new(root));
            assert_eq!(checked.diagnostics, [], "{root}");
            (checked.file.expect("a file"), checked.program.expect("a program"))
        })
        .collect();
    let documents = roots.iter().zip(&checked).map(|((page, _), (file, program))| Document {
        page: (*page).to_owned(),
        file: *file,
        tree: session.tree(*file).expect("a tree"),
        program,
    });
    Library::new(session.sources(), documents.collect()).pages(format)
}

/// The page of one runbook text.
pub fn page(text: &str, format: Format) -> String {
    let files = InMemory([("main.runbook".into(), text.to_owned())].into());
    let pages = pages(&files, &[("main", "main.runbook")], format);
    pages.into_iter().map(|page| page.text).collect()
}

/// A runbook with a contact, a deadline and these statements.
pub fn runbook(statements: &str) -> String {
    format!("runbook Main(server: host) {{\n  contact oncall\n  ends within 1h\n\n{statements}\n}}\n")
}
