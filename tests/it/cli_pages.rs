//! The pages of `docs/` are correct: each wrong example has exactly its page's code, each corrected one has no finding,
//! and the generated pages are up to date.

use crate::support::project::Project;
use crate::support::repository;
use rectify::diagnostic::CODES;

/// Codes whose page shows a command or an outline, because no small file has that mistake.
const WITHOUT_A_FILE: [&str; 5] = ["E0108", "E0603", "E0604", "E0801", "E0802"];

/// A block of a page: the words after its fence, and its content.
type Block = (String, String);

/// The blocks under a heading.
fn blocks(page: &str, heading: &str) -> Vec<Block> {
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap_or_default();
    let mut blocks = Vec::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((info.to_owned(), body.join("\n") + "\n"));
        }
    }
    blocks
}

/// The codes that `rectify check` reports for the files of a section.
fn codes_of(code: &str, blocks: &[Block]) -> Vec<String> {
    let project = Project::new(&[]);
    let mut yaml_only = true;
    for (info, text) in blocks {
        let name = match info.split_once(' ') {
            Some((_, name)) => name,
            None => "example.runbook",
        };
        yaml_only &= name.ends_with(".yaml");
        project.write(name, text);
    }
    assert!(!yaml_only, "a section shows at least one runbook");
    // Rules about unused declarations and alerts only apply to a whole folder.
    let asked = if code.starts_with('L') { "." } else { "example.runbook" };
    let ran = project.run(&["check", "--format", "json", asked]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:#?}"));
    let findings = document["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            format!(
                "{} {}:{} {}",
                finding["code"].as_str().unwrap(),
                finding["line"],
                finding["column"],
                finding["message"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn every_page_shows_its_mistake_and_its_cure() {
    let folder = repository().join("docs/codes");
    let mut wrong_pages = Vec::new();
    for known in CODES {
        let code = known.code.0;
        let page = std::fs::read_to_string(folder.join(format!("{code}.md"))).unwrap();
        let (wrong, cured) = (blocks(&page, "Wrong"), blocks(&page, "Right"));
        assert!(!wrong.is_empty() && !cured.is_empty(), "{code} shows both");
        if WITHOUT_A_FILE.contains(&code) {
            continue;
        }
        let found = codes_of(code, &wrong);
        if found.is_empty() || found.len() > 2 || !found.iter().all(|finding| finding.starts_with(code)) {
            wrong_pages.push(format!("{code}, wrong example: {found:#?}"));
        }
        let found = codes_of(code, &cured);
        if !found.is_empty() {
            wrong_pages.push(format!("{code}, cured example: {found:#?}"));
        }
    }
    assert!(wrong_pages.is_empty(), "{}", wrong_pages.join("\n"));
}

#[test]
fn pages_made_from_the_program_are_up_to_date() {
    let root = repository();
    for (path, text) in rectify::cli::pages::all() {
        let written = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        assert!(written == text, "{path} is not up to date: cargo run --example pages");
    }
}

#[test]
fn the_manual_is_printed_or_written_into_a_folder() {
    let project = Project::new(&[("taken/rectify.1/a", "")]);
    let printed = project.run(&["man"]).ends(0).stdout;
    assert!(printed.contains(".TH rectify 1") && printed.contains("EXIT STATUS"), "{printed}");
    let told = project.run(&["man", "--output", "share/man1"]).ends(0).stdout;
    assert!(told.contains("share/man1/rectify-run.1 written"), "{told}");
    assert_eq!(std::fs::read_to_string(project.path("share/man1/rectify.1")).unwrap(), printed);
    let of_run = std::fs::read_to_string(project.path("share/man1/rectify-run.1")).unwrap();
    assert!(of_run.contains("\\-\\-dry\\-run"), "{of_run}");
    let refused = project.run(&["man", "--output", "taken"]).ends(2).stderr;
    assert!(refused.contains("taken/rectify.1 cannot be written"), "{refused}");
}
