//! The documentation is correct: its runbooks pass `check`, and its links resolve.
//!
//! A Markdown block that starts with "```runbook" is a whole file. After `runbook` may follow:
//! - `fragment`: only declarations, headers, statements or signatures. The text replaces the line `# the block` of a
//!   file in `tests/fixtures/documentation/`, which declares what the fragment uses.
//! - `wrong CODE`: the block must have exactly the finding that it shows.

mod blocks;
mod links;

use crate::support::files::check_and_lint;
use crate::support::repository;
use blocks::{Block, blocks_of};
use rectify::backend::registry;
use rectify::diagnostic::rule_of;
use rectify::source::{FileError, Files};
use rectify::value::{ActionError, Class, ErrorKind};
use std::path::{Path, PathBuf};

/// Collects every Markdown file below a folder, with its path from the root.
fn markdown(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(repository().join(folder)).expect("a folder") {
        let path = folder.join(entry.expect("an entry").file_name());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if repository().join(&path).is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                markdown(&path, found);
            }
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    found.sort();
}

fn all_markdown() -> Vec<PathBuf> {
    let mut found = Vec::new();
    markdown(Path::new(""), &mut found);
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(repository().join(path)).expect("a text")
}

/// A block as a file next to the fixtures.
struct WithFixtures<'a> {
    block: &'a str,
}

const FIXTURES: &str = "tests/fixtures/documentation";
const BLOCK: &str = "tests/fixtures/documentation/the block";

impl Files for WithFixtures<'_> {
    fn resolve(&self, _from: &Path, written: &str) -> Result<PathBuf, FileError> {
        let path = Path::new(FIXTURES).join(written);
        if repository().join(&path).is_file() { Ok(path) } else { Err(FileError::NotFound) }
    }

    fn read(&self, path: &Path) -> Result<String, FileError> {
        if path == Path::new(BLOCK) { Ok(self.block.to_owned()) } else { Ok(read(path)) }
    }
}

/// Prefix of the rules about unused declarations. They do not apply to fragments.
const UNUSED: &str = "unused-";

/// Findings of the checker and the lint rules as `CODE line: message`; lines count from the text's first line.
fn findings(text: &str, fragment: bool) -> Vec<(String, String)> {
    let files = WithFixtures { block: text };
    let (mut found, sources) = check_and_lint(&files, Path::new(BLOCK), true);
    found.retain(|found| !fragment || !rule_of(found.code).unwrap_or_default().starts_with(UNUSED));
    let shown = found.iter().map(|diagnostic| {
        let file = sources.file(diagnostic.span().file).expect("the file of a finding");
        let line = file.position(diagnostic.span().start).line;
        (diagnostic.code.to_string(), format!("{} line {line}: {}", file.name, diagnostic.message))
    });
    shown.collect()
}

/// Describes what is wrong with a block.
fn complaint(block: &Block) -> Option<String> {
    let found = match block.completed(read) {
        Ok(text) => findings(&text, block.fragment),
        Err(why) => return Some(why),
    };
    let codes: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
    let wanted: Vec<&str> = block.wrong.iter().map(String::as_str).collect();
    (codes != wanted).then(|| format!("wanted {wanted:?}, found {found:#?}"))
}

#[test]
fn every_runbook_in_the_documentation_passes_check() {
    let mut complaints = Vec::new();
    let mut looked_at = 0;
    for path in all_markdown() {
        // `docs/codes` has a test of its own: each page's examples must give exactly its code, or none once corrected.
        let documents = path == Path::new("README.md") || path.starts_with("docs") && !path.starts_with("docs/codes");
        for block in blocks_of(&read(&path)).iter().filter(|_| documents) {
            looked_at += 1;
            if let Some(complaint) = complaint(block) {
                complaints.push(format!("{}:{}: {complaint}\n{}", path.display(), block.line, block.text));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(looked_at > 40, "only {looked_at} blocks were found");
}

#[test]
fn the_fixtures_pass_check() {
    for entry in std::fs::read_dir(repository().join(FIXTURES)).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        assert_eq!(findings(&text, true), [], "{}", path.display());
    }
}

#[test]
fn every_link_between_documents_resolves() {
    let mut looked_at = 0;
    let mut broken = Vec::new();
    for path in all_markdown() {
        for link in links::of(&read(&path)) {
            looked_at += 1;
            if let Some(why) = links::broken(&path, &link, repository()) {
                broken.push(format!("{}: {link}: {why}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(looked_at > 10, "only {looked_at} links were found");
}

/// The page names tests as `file::test`: a file of `tests/it`, or a module of the library. Each must exist.
#[test]
fn the_tests_named_on_the_reliability_page_exist() {
    let page = read(Path::new("docs/reports/reliability.md"));
    let is_test = |word: &&str| word.contains("::") && word.chars().all(|it| it.is_alphanumeric() || "_:".contains(it));
    let named: Vec<&str> = page.split('`').filter(is_test).collect();
    assert!(named.len() > 80, "{}", named.len());
    for name in named {
        let (module, test) = name.rsplit_once("::").expect("a file and a test");
        let file = module.replace("::", "/");
        // Tests of a module are in a file beside it, or in the module.
        let inside = file.strip_suffix("/tests").unwrap_or(&file);
        let places = [Path::new("tests/it").join(&file), Path::new("src").join(&file), Path::new("src").join(inside)];
        let place =
            places.iter().map(|place| place.with_extension("rs")).find(|place| repository().join(place).exists());
        let text = read(&place.unwrap_or_else(|| panic!("{name}: no such file")));
        let is_there = ["#[test]\n", "#[tokio::test]\n"].iter().any(|kind| {
            text.replace("    ", "").contains(&format!("{kind}fn {test}()"))
                || text.replace("    ", "").contains(&format!("{kind}async fn {test}()"))
        });
        assert!(is_there, "{name}");
    }
}

/// Every action that changes something has a row on the page of outcomes, and every error has its outcome.
#[test]
fn the_page_of_outcomes_lists_every_effect() {
    let page = read(Path::new("docs/outcomes.md"));
    let first_cells: String = page.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next()).collect();
    let mut effects = 0;
    for backend in registry::catalog().backends() {
        for signature in backend.signatures.iter().filter(|it| it.class != Class::Observe) {
            let action = format!("`{}.{}`", backend.name.text, signature.name.text);
            assert!(first_cells.contains(&action), "{action}");
            effects += 1;
        }
    }
    assert!(effects > 10, "{effects}");
    for kind in ErrorKind::ALL {
        assert!(first_cells.contains(&format!("`{}`", kind.as_str())), "{}", kind.as_str());
        let row = page.lines().find(|line| line.starts_with("| ") && line.contains(&format!("`{}`", kind.as_str())));
        let outcome = serde_json::to_value(ActionError::new(*kind, "").outcome()).expect("a word");
        let outcome = format!("| `{}` |", outcome.as_str().expect("a text"));
        assert!(row.is_some_and(|row| row.contains(&outcome)), "{}: {outcome}", kind.as_str());
    }
}
