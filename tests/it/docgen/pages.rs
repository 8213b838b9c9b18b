//! The committed pages are up to date.

use super::render::{page, pages, runbook};
use crate::support::files::{InMemory, TestFolder, tests_folder};
use crate::support::project::rectify;
use crate::support::repository;
use rectify::docgen::Format;
use std::path::Path;

/// A file with every form of statement, and the file that it imports.
const FIXTURES: &[(&str, &str)] = &[("every-word", "valid/every-word.runbook"), ("farm", "valid/farm.runbook")];

/// Compares pages with the committed ones. With `WRITE_PAGES` set, writes them instead.
#[test]
fn every_statement_has_its_sentence() {
    let kept = tests_folder().join("fixtures/docgen");
    for format in [Format::Markdown, Format::Html, Format::Mermaid] {
        for page in pages(&TestFolder, FIXTURES, format) {
            let path = kept.join(&page.path);
            if std::env::var_os("WRITE_PAGES").is_some() {
                std::fs::write(&path, &page.text).expect("a page");
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(found == page.text, "{} is another page: WRITE_PAGES=1 writes it\n{}", page.path, page.text);
        }
    }
}

#[test]
fn the_pages_beside_runbooks_are_up_to_date() {
    let root = repository();
    let mut looked_at = 0;
    for entry in std::fs::read_dir(root.join("runbooks")).expect("runbooks") {
        let folder = Path::new("runbooks").join(entry.expect("an entry").file_name());
        let pages = folder.join("pages");
        if !root.join(&pages).is_dir() {
            continue;
        }
        looked_at += 1;
        let ran = rectify(&["doc", "--check", "--output", pages.to_str().unwrap(), folder.to_str().unwrap()]);
        let cure = format!("rectify doc {} --output {}", folder.display(), pages.display());
        assert!(ran.code == Some(0) && ran.stdout.is_empty(), "{ran:#?}\n{cure}");
        let written = std::fs::read_dir(root.join(&pages)).expect("pages").count();
        let files = std::fs::read_dir(root.join(&folder)).expect("runbooks").flatten();
        let has_page = |name: &str| name.ends_with(".runbook") && !name.ends_with(".test.runbook");
        let files = files.filter(|file| has_page(&file.file_name().to_string_lossy())).count();
        assert_eq!(written, files, "{}: each page has a runbook", pages.display());
    }
    assert!(looked_at > 0, "no folder of pages was found");
}

#[test]
fn a_page_does_not_depend_on_layout() {
    let one = "# Why.\nrunbook Main(server: host) {\n  title \"T\"\n  contact oncall\n  # First of all.\n  require \
               host.reachable(server) and server.name == \"a  # b\"\n  resolve \"done\" # at last\n}\n";
    let other = "\n\n# Why.\nrunbook Main( server:host ) {\n\n contact   oncall\n    title \"T\"\n\n   # First of all.\n   \
                 require host.reachable(server)\n      # a note for authors\n      and   server.name == \"a  # b\"\n\n\n  \
                 resolve \"done\"   # at last\n}\n";
    for format in [Format::Markdown, Format::Mermaid, Format::Html] {
        assert_eq!(page(one, format), page(other, format));
    }
    let shown = page(one, Format::Markdown);
    for part in
        ["\nWhy.\n", "- *First of all.*\n", "`host.reachable(server) and server.name == \"a  # b\"`", "  - *at last*\n"]
    {
        assert!(shown.contains(part), "{part:?} in {shown}");
    }
}

#[test]
fn an_imported_procedure_is_shown_where_it_is_called() {
    let files = InMemory(
        [
            (
                "main.runbook".into(),
                format!("import \"lib.runbook\"\n{}", runbook("  do Look(server)\n  resolve \"x\"")),
            ),
            ("lib.runbook".into(), "procedure Look(on: host) { require host.reachable(on) }\n".to_owned()),
        ]
        .into(),
    );
    let alone = &pages(&files, &[("main", "main.runbook")], Format::Markdown)[0].text;
    assert!(alone.contains("Do the procedure [Look](#procedure-look): `Look(on: server)`."), "{alone}");
    assert!(alone.contains("## Procedure Look\n"), "{alone}");
    let both = pages(&files, &[("a/main", "main.runbook"), ("lib", "lib.runbook")], Format::Html);
    assert!(both[0].text.contains("<a href=\"../lib.html#procedure-look\">Look</a>"), "{}", both[0].text);
    assert!(!both[0].text.contains(">Procedure Look</h2>"), "{}", both[0].text);
    assert!(both[1].text.contains("<h2 id=\"procedure-look\">Procedure Look</h2>"), "{}", both[1].text);
}
