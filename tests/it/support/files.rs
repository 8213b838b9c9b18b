//! Files for tests, on disk and in memory: loading them, and checking them.

use crate::support::repository;
use rectify::backend::registry;
use rectify::check::{Checked, Session};
use rectify::diagnostic::Diagnostic;
use rectify::diagnostic::findings::{Findings, count_of};
use rectify::lint;
use rectify::lint::{FileSummary, LintOptions};
use rectify::report::{Style, findings_as_text};
use rectify::source::{FileError, Files, MAX_FILE_BYTES, SourceMap};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The folder `tests`.
pub fn tests_folder() -> PathBuf {
    repository().join("tests")
}

/// The root files in a folder of `tests`: each file, and the `main.runbook` of each subfolder.
pub fn roots(folder_name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(tests_folder().join(folder_name)).unwrap();
    let mut roots: Vec<PathBuf> = entries
        .map(|entry| {
            let name = Path::new(folder_name).join(entry.unwrap().file_name());
            if tests_folder().join(&name).is_dir() { name.join("main.runbook") } else { name }
        })
        .collect();
    roots.sort();
    roots
}

/// Files below `tests`, with paths relative to it.
pub struct TestFolder;

impl Files for TestFolder {
    fn resolve(&self, from: &Path, written: &str) -> Result<PathBuf, FileError> {
        inside(from, written)
    }

    fn read(&self, path: &Path) -> Result<String, FileError> {
        let bytes = std::fs::read(tests_folder().join(path)).map_err(|_| FileError::NotFound)?;
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLong);
        }
        String::from_utf8(bytes).map_err(|error| FileError::NotUtf8(error.utf8_error().valid_up_to()))
    }
}

/// Files in memory.
#[derive(Clone, Default)]
pub struct InMemory(pub BTreeMap<PathBuf, String>);

impl Files for InMemory {
    fn resolve(&self, from: &Path, written: &str) -> Result<PathBuf, FileError> {
        inside(from, written)
    }

    fn read(&self, path: &Path) -> Result<String, FileError> {
        self.0.get(path).cloned().ok_or(FileError::NotFound)
    }
}

/// Resolves `written` relative to the file `from`, without `..`. Must not leave the common root.
fn inside(from: &Path, written: &str) -> Result<PathBuf, FileError> {
    let mut path = from.parent().unwrap_or(Path::new("")).to_owned();
    for component in Path::new(written).components() {
        match component {
            Component::ParentDir if !path.pop() => return Err(FileError::Outside),
            Component::ParentDir | Component::CurDir => {}
            Component::Normal(name) => path.push(name),
            Component::RootDir | Component::Prefix(_) => return Err(FileError::Outside),
        }
    }
    Ok(path)
}

/// One finding of a check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub code: String,
    /// Message, labels and help.
    pub text: String,
}

impl Finding {
    /// Converts a diagnostic.
    pub fn of(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let file = sources.file(diagnostic.span().file).unwrap();
        let position = file.position(diagnostic.span().start);
        let labels = diagnostic.labels.iter().map(|label| label.text.as_str());
        let help = diagnostic.help.as_deref().unwrap_or_default();
        let parts = [diagnostic.message.as_str()].into_iter().chain(labels).chain([help]);
        Self {
            file: file.name.to_string(),
            line: position.line,
            column: position.column,
            code: diagnostic.code.0.to_owned(),
            text: parts.collect::<Vec<_>>().join("\n"),
        }
    }

    /// Whether this finding matches an expected one, whose text must be contained in this text.
    pub fn fits(&self, expected: &Self) -> bool {
        let Self { file, line, column, code, text } = expected;
        (file, line, column, code) == (&self.file, &self.line, &self.column, &self.code)
            && self.text.to_lowercase().contains(&text.to_lowercase())
    }
}

/// Parses `CODE [FILE] LINE:COLUMN [WORDS]`, the text behind `# expect: ` in a fixture; `None` for any other comment.
/// FILE is next to the fixture; without it the fixture itself is meant.
pub fn parse_expectation(root: &Path, line: &str) -> Option<Finding> {
    let (code, rest) = line.split_once(' ')?;
    let (mut place, mut words) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut file = root.to_owned();
    if place.ends_with(".runbook") || place.ends_with(".yaml") {
        file.set_file_name(place);
        (place, words) = words.split_once(' ').unwrap_or((words, ""));
    }
    let (line, column) = place.split_once(':')?;
    Some(Finding {
        file: file.to_string_lossy().into_owned(),
        line: line.parse().ok()?,
        column: column.parse().ok()?,
        code: code.to_owned(),
        text: words.to_owned(),
    })
}

/// Checks a file and returns its findings.
pub fn check(files: &dyn Files, root: &Path) -> (Checked, Vec<Finding>) {
    let catalog = registry::catalog();
    let mut session = Session::new(files, catalog, None, catalog.sources().clone());
    let checked = session.check(root);
    let findings = checked.diagnostics.iter().map(|diagnostic| Finding::of(diagnostic, session.sources())).collect();
    (checked, findings)
}

/// Output of `rectify check FILE` without an inventory, without colours, 100 columns wide.
pub fn screen(files: &dyn Files, root: &Path) -> String {
    let (found, sources) = check_and_lint(files, root, false);
    screen_of(found, &sources)
}

/// Checks and lints a file without an inventory. `whole` means that the file is the whole project, so that unused
/// declarations are findings.
pub fn check_and_lint(files: &dyn Files, root: &Path, whole: bool) -> (Vec<Diagnostic>, SourceMap) {
    let catalog = registry::catalog();
    let mut session = Session::new(files, catalog, None, catalog.sources().clone());
    let checked = session.check(root);
    let has_errors = checked.has_errors();
    let mut found = checked.diagnostics;
    if let Some(file) = session.read_file(root) {
        let own = match (&checked.program, &checked.draft) {
            (Some(program), _) => Some(lint::check_file(&session, file, program, None)),
            (None, Some(draft)) => Some(lint::check_draft(&session, file, draft, None)),
            (None, None) => None,
        };
        let others = session.read_files().filter(|other| own.is_none() || other.id != file.id);
        let facts: Vec<FileSummary> = others.map(|other| FileSummary::new(&session, other)).collect();
        let facts: Vec<FileSummary> = own.into_iter().chain(facts).collect();
        let today = jiff::civil::date(2026, 6, 1);
        found.extend(lint::finish(&facts, LintOptions { inventory: None, whole: whole && !has_errors, today }));
    }
    (found, session.into_sources())
}

/// Renders findings like `rectify check`, without colours, 100 columns wide.
pub fn screen_of(found: Vec<Diagnostic>, sources: &SourceMap) -> String {
    let findings = Findings::new(found, sources);
    let text = findings_as_text(&findings, sources, Style { colour: false, width: 100 });
    match count_of(std::iter::once(&findings)) {
        Some(count) => format!("{text}{count}\n"),
        None => text,
    }
}
