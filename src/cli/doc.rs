//! `rectify doc PATH…`.

use super::atomic_write::write;
use super::output::report;
use super::{Exit, Output, UsageError};
use crate::docgen::{Document, Format, Library, Page};
use crate::program::Program;
use crate::project::{Project, ProjectPath, by_project};
use crate::source::FileId;
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Write pages that describe runbooks: steps, probes, flow charts
#[derive(Debug, Args)]
pub struct DocArguments {
    /// Runbook files, or folders to search for *.runbook files. Pages link to the pages of the other files given
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Page format
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    format: WrittenPage,
    /// Write one page per file (charts: one per runbook) to this folder instead of printing them
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// List the pages that would change, and change nothing
    #[arg(long, requires = "output")]
    check: bool,
    /// The inventory [default: rectify.yaml in the nearest folder above each file]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The formats by the names that they are typed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WrittenPage {
    /// Markdown pages with charts, for a code forge or a wiki
    Markdown,
    /// Only the charts
    Mermaid,
    /// Self-contained pages for a browser
    Html,
}

impl From<WrittenPage> for Format {
    fn from(written: WrittenPage) -> Self {
        match written {
            WrittenPage::Markdown => Self::Markdown,
            WrittenPage::Mermaid => Self::Mermaid,
            WrittenPage::Html => Self::Html,
        }
    }
}

pub fn run(arguments: &DocArguments, output: &Output) -> Result<Exit, UsageError> {
    let Some(pages) = pages(arguments, output)? else { return Ok(Exit::Usage) };
    Ok(match &arguments.output {
        None => {
            pages.iter().for_each(|page| output.print(&page.text));
            Exit::Success
        }
        Some(folder) => write_pages(&pages, folder, arguments.check, output),
    })
}

/// Renders all pages. `None` if a file has errors, which have been reported.
fn pages(arguments: &DocArguments, output: &Output) -> Result<Option<Vec<Page>>, UsageError> {
    let mut pages = Vec::new();
    let mut is_valid = true;
    for (path, files) in by_project(&arguments.paths, arguments.config.as_deref())? {
        match project_pages(&path, files, arguments, output)? {
            Some(found) => pages.extend(found),
            None => is_valid = false,
        }
    }
    let mut known = BTreeMap::new();
    for page in &pages {
        if known.insert(page.path.as_str(), ()).is_some() {
            return Err(format!(
                "Two files would have the same page, {}: give the folder that contains both",
                page.path
            )
            .into());
        }
    }
    Ok(is_valid.then_some(pages))
}

/// Renders the pages of one project.
fn project_pages(
    path: &ProjectPath,
    mut files: Vec<PathBuf>,
    arguments: &DocArguments,
    output: &Output,
) -> Result<Option<Vec<Page>>, UsageError> {
    files.sort();
    let project = Project::open(path)?;
    let mut session = project.session();
    let mut diagnostics = project.diagnostics.clone();
    let mut checked = Vec::new();
    for path in &files {
        let found = project.check(&mut session, path);
        diagnostics.extend(found.diagnostics);
        let is_new = |file| checked.iter().all(|(_, known, _)| *known != file);
        if let (Some(file), Some(program)) = (found.file.filter(|file| is_new(*file)), found.program) {
            // A file with only tests gets no page.
            if only_tests(&program, file) {
                continue;
            }
            checked.push((page_name(path, &arguments.paths), file, program));
        }
    }
    if output.show(diagnostics, session.sources()) {
        return Ok(None);
    }
    let documents = checked.iter().filter_map(|(page, file, program)| {
        let tree = session.tree(*file)?;
        Some(Document { page: page.clone(), file: *file, tree, program })
    });
    Ok(Some(Library::new(session.sources(), documents.collect()).pages(arguments.format.into())))
}

/// The path of a file's page without extension: relative to the given folder that contains it, or the file's name.
fn page_name(file: &Path, given: &[PathBuf]) -> String {
    let inside = given.iter().filter(|path| path.is_dir()).find_map(|folder| file.strip_prefix(folder).ok());
    let inside = inside.map(Path::to_owned).or_else(|| file.file_name().map(PathBuf::from)).unwrap_or_default();
    let inside = inside.with_extension("");
    let parts = inside.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Whether a file declares tests and nothing else.
fn only_tests(program: &Program, file: FileId) -> bool {
    let runbooks = program.runbooks.iter().map(|it| it.span);
    let procedures = program.procedures.iter().map(|it| it.span);
    let probes = program.probes.iter().map(|it| it.span);
    !program.tests.is_empty() && runbooks.chain(procedures).chain(probes).all(|span| span.file != file)
}

/// Writes the pages that changed; with `check`, lists them instead.
fn write_pages(pages: &[Page], folder: &Path, check: bool, output: &Output) -> Exit {
    let mut exit = Exit::Success;
    for page in pages {
        let path = folder.join(&page.path);
        // An unreadable page counts as changed; writing it reports the reason.
        if std::fs::read(&path).is_ok_and(|found| found == page.text.as_bytes()) {
            continue;
        }
        if check {
            output.print(&format!("{} would change\n", path.display()));
            exit = Exit::Findings;
            continue;
        }
        if let Err(error) = write(&path, &page.text) {
            report(&format!("{} cannot be written: {error}", path.display()));
            return Exit::Usage;
        }
        output.print(&format!("{} written\n", path.display()));
    }
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_names_mirror_the_folders_of_files() {
        let folder = tempfile::tempdir().unwrap();
        let given = [folder.path().to_owned(), PathBuf::from("elsewhere/one.runbook")];
        assert_eq!(page_name(&folder.path().join("a/b.runbook"), &given), "a/b");
        assert_eq!(page_name(Path::new("elsewhere/one.runbook"), &given), "one");
        assert_eq!(page_name(Path::new("../v1.2.runbook"), &given), "v1.2");
    }
}
