//! A folder of runbooks in memory: checked as it is, or with one file replaced.

use jiff::civil::{Date, date};
use rectify::backend::registry;
use rectify::check::{Checked, Session};
use rectify::diagnostic::Severity;
use rectify::inventory::Inventory;
use rectify::lint::{FileSummary, LintOptions};
use rectify::program::Program;
use rectify::source::{FileError, FileId, Files, SourceFile, SourceMap};
use rectify::syntax::ast;
use rectify::{inventory, lint, syntax};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files with this ending hold the tests of the others: they are run, and never mutated.
const TESTS: &str = ".test.runbook";

/// The day on which rules look: allows that end do so by it.
const TODAY: Date = date(2026, 1, 15);

/// A folder of runbooks with its inventory.
pub struct Folder {
    /// Its path.
    pub path: PathBuf,
    /// The files that are mutated, by name.
    pub files: Vec<File>,
    /// The files of tests: name and text.
    pub tests: Vec<(String, String)>,
    /// What `rectify.yaml` says.
    pub inventory: Inventory,
    /// The catalogue's files and the inventory's.
    sources: SourceMap,
}

/// A file that is mutated.
pub struct File {
    /// Its name in the folder.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Its tree.
    pub tree: ast::File,
}

/// The programs of a folder, and the first thing that is wrong with one.
#[derive(Default)]
pub struct Checks {
    /// One for each file without errors: its name, its number in its program, and the program.
    pub programs: Vec<(String, Option<FileId>, Program)>,
    /// The code of the first finding.
    pub finding: Option<String>,
    /// Whether a finding is an error, so that the file cannot be run.
    pub refused: bool,
}

/// The files of a folder, one of them perhaps replaced.
struct Overlay<'f> {
    texts: BTreeMap<&'f str, &'f str>,
}

impl Files for Overlay<'_> {
    fn resolve(&self, _: &Path, written: &str) -> Result<PathBuf, FileError> {
        if self.texts.contains_key(written) { Ok(written.into()) } else { Err(FileError::NotFound) }
    }

    fn read(&self, path: &Path) -> Result<String, FileError> {
        let text = path.to_str().and_then(|path| self.texts.get(path));
        text.map(|text| (*text).to_owned()).ok_or(FileError::NotFound)
    }
}

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        let mut names: Vec<PathBuf> =
            std::fs::read_dir(path)?.map(|entry| entry.map(|it| it.path())).collect::<Result<_, _>>()?;
        names.retain(|name| name.extension().is_some_and(|it| it == "runbook"));
        names.sort();
        let (mut files, mut tests) = (Vec::new(), Vec::new());
        for name in names {
            let text = std::fs::read_to_string(&name)?;
            let name = name.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
            if name.ends_with(TESTS) {
                tests.push((name, text));
            } else {
                let tree = syntax::parse(FileId(0), &text).file;
                files.push(File { name, text, tree });
            }
        }
        let mut sources = registry::catalog().sources().clone();
        let written = std::fs::read_to_string(path.join("rectify.yaml"))?;
        let file = sources.add(SourceFile::new("rectify.yaml", written.as_str()));
        let (inventory, found) = inventory::parse(file, &written, &registry::sections());
        assert!(found.is_empty(), "the inventory of {} has errors", path.display());
        Ok(Self { path: path.to_owned(), files, tests, inventory, sources })
    }

    /// The name of the folder.
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    fn overlay<'f>(&'f self, replaced: Option<(usize, &'f str)>) -> Overlay<'f> {
        let own = self.files.iter().map(|file| (file.name.as_str(), file.text.as_str()));
        let mut texts: BTreeMap<&str, &str> = own.collect();
        texts.extend(self.tests.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        if let Some((position, text)) = replaced {
            texts.insert(&self.files[position].name, text);
        }
        Overlay { texts }
    }

    /// Checks every file but those of tests, and has the rules look at those without errors.
    pub fn check(&self, replaced: Option<(usize, &str)>) -> Checks {
        let overlay = self.overlay(replaced);
        let mut session = self.session(&overlay);
        let mut checks = self.check_in(&mut session);
        if !checks.refused {
            let look = |(name, _, program): &(String, _, Program)| {
                let file = session.read_file(Path::new(name))?;
                Some(lint::check_file(&session, file, program, Some(&self.inventory)))
            };
            let facts: Vec<FileSummary> = checks.programs.iter().filter_map(look).collect();
            let settings = LintOptions { inventory: Some(&self.inventory), whole: true, today: TODAY };
            let found = lint::finish(&facts, settings);
            checks.finding = checks.finding.or_else(|| found.first().map(|it| it.code.to_string()));
        }
        checks
    }

    fn check_in(&self, session: &mut Session<'_>) -> Checks {
        let mut checks = Checks::default();
        for file in &self.files {
            let Checked { program, diagnostics, file: number, .. } = session.check(Path::new(&file.name));
            checks.refused |= diagnostics.iter().any(|it| it.severity == Severity::Error);
            checks.finding = checks.finding.or_else(|| diagnostics.first().map(|it| it.code.to_string()));
            checks.programs.extend(program.map(|program| (file.name.clone(), number, program)));
        }
        checks
    }

    /// Checks the files of tests; nothing for one that cannot be used.
    pub fn check_tests(&self, replaced: Option<(usize, &str)>) -> Vec<Option<Program>> {
        let overlay = self.overlay(replaced);
        let mut session = self.session(&overlay);
        self.tests.iter().map(|(name, _)| session.check(Path::new(name)).program).collect()
    }

    fn session<'s>(&'s self, overlay: &'s Overlay<'_>) -> Session<'s> {
        Session::new(overlay, registry::catalog(), Some(&self.inventory), self.sources.clone())
    }

    /// What the folder means: its programs without their spans. Nothing where one has errors.
    pub fn meaning(&self, replaced: Option<(usize, &str)>) -> Option<String> {
        let overlay = self.overlay(replaced);
        let checks = self.check_in(&mut self.session(&overlay));
        let programs =
            || checks.programs.iter().map(|(_, _, program)| without_spans(&format!("{program:?}"))).collect();
        (!checks.refused).then(programs)
    }
}

/// Whether the parser finds nothing wrong.
pub fn parses(text: &str) -> bool {
    syntax::parse(FileId(0), text).diagnostics.is_empty()
}

/// Takes out every `Span { … }` that `Debug` has written.
fn without_spans(shown: &str) -> String {
    let mut parts = shown.split("Span {");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        text.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
        text
    })
}
