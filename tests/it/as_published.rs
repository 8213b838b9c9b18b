//! The published page of procedures, transcribed with its mistakes: `check` finds them.
//!
//! `tests/as-published` contains the page's six procedures. As in `tests/invalid`, comments list the expected findings,
//! and `check` must report exactly those. `docs/reports/as-published.md` shows them next to the corrected versions.

use crate::support::files::{Finding, parse_expectation};
use crate::support::project::rectify;
use crate::support::repository;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const FOLDER: &str = "tests/as-published";
const CURED: &str = "runbooks/exchange";

/// The minimum findings: name, file, code, and words of the line.
const NAMED: [(&str, &str, &str, &str); 13] = [
    ("the parameter that does not exist", "imap-ctp", "E0204", "protocol_logging_enabled: true"),
    ("the misspelt property", "imap-ctp", "E0205", "m.healt_set"),
    ("the monitor of another health set", "latency-and-queue", "L0505", "alert   \"AverageCommand"),
    ("the same, asked for", "latency-and-queue", "L0505", "let queue = exchange.monitor"),
    ("the monitor that does not exist", "deep-and-self-test", "L0504", "\"ImapTestDeepMonitor\", "),
    ("the drained server on the path to support", "deep-and-self-test", "L0305", "escalate to microsoft_support"),
    ("logging left on by the jump", "imap-ctp", "L0305", "run ImapBackEnd(server: mailbox1)"),
    ("the guard without an else", "deep-and-self-test", "E0410", "if none c in exchange.database_copies(server)"),
    ("the single look after a move", "deep-and-self-test", "L0202", "if none c in exchange.database_copies(server)"),
    ("the probe that says nothing", "latency-and-queue", "L0503", "goal    ImapSelfTestProbe(server)"),
    ("steps by number", "imap-ctp", "L0101", "步骤 2.c. 所示"),
    ("the filter that hides two health sets", "verify-alert", "L0506", "health_set: \"IMAP\""),
    ("the path with no ending", "verify-alert", "E0502", "}"),
];

/// A finding as displayed, and every line that it refers to.
struct Found {
    finding: Finding,
    lines: Vec<(String, u32)>,
    shown: String,
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// The findings of `rectify check` for the folder, with the inventory of the example site.
fn found() -> Vec<Found> {
    let ran = rectify(&["check", FOLDER, "--config", "runbooks/exchange/rectify.yaml", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    document["findings"].as_array().unwrap().iter().map(read_finding).collect()
}

fn read_finding(found: &serde_json::Value) -> Found {
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &serde_json::Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let (file, line, column) = (word(&found["file"]), number(&found["line"]), number(&found["column"]));
    let (code, message, help) = (word(&found["code"]), word(&found["message"]), word(&found["help"]));
    let further = found["path"].as_array().into_iter().flatten();
    let further = further.map(|place| (word(&place["file"]), number(&place["line"])));
    let lines = std::iter::once((file.clone(), line)).chain(further).collect();
    let name = Path::new(&file).file_name().unwrap().to_string_lossy().into_owned();
    let mut shown = format!("{code} {name}:{line}:{column}\n{message}\n");
    if !help.is_empty() {
        shown.push_str(&format!("help: {help}\n"));
    }
    Found { finding: Finding { file, line, column, code, text: format!("{message}\n{help}") }, lines, shown }
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository().join(FOLDER)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| Path::new(FOLDER).join(entry.unwrap().file_name())).collect();
    files.sort();
    files
}

#[test]
fn each_file_has_exactly_its_expected_findings() {
    let mut found = found();
    let mut wrong = Vec::new();
    for file in files() {
        for line in read(&file).lines().filter_map(|line| line.strip_prefix("# expect: ")) {
            let expected = parse_expectation(&file, line).unwrap_or_else(|| panic!("what does this say? {line}"));
            match found.iter().position(|found| found.finding.fits(&expected)) {
                Some(position) => drop(found.remove(position)),
                None => wrong.push(format!("missing: {expected:?}")),
            }
        }
    }
    wrong.extend(found.iter().map(|found| format!("found:   {:?}", found.finding)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The findings of this code that refer to a line with these words.
fn of_named<'f>(found: &'f [Found], (_, name, code, words): (&str, &str, &str, &str)) -> Vec<&'f Found> {
    let path = format!("{FOLDER}/{name}.runbook");
    let text = read(&path);
    let lines: Vec<&str> = text.lines().collect();
    let points_at = |found: &Found| {
        found.lines.iter().any(|(file, line)| *file == path && lines[*line as usize - 1].contains(words))
    };
    found.iter().filter(|found| found.finding.code == code && points_at(found)).collect()
}

#[test]
fn every_named_mistake_is_found_at_its_line() {
    let found = found();
    let missing: Vec<&str> =
        NAMED.into_iter().filter(|named| of_named(&found, *named).is_empty()).map(|named| named.0).collect();
    assert!(missing.is_empty(), "not found: {missing:?}");
}

#[test]
fn the_files_are_formatted_and_each_has_a_corrected_version() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(repository().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".runbook")).collect()
    };
    let (published, cured) = (names(FOLDER), names(CURED));
    assert_eq!(published.len(), 6);
    assert!(published.is_subset(&cured), "{published:?} {cured:?}");
    rectify(&["fmt", "--check", FOLDER]).ends(0);
}

/// The lines of a text without indentation, empty lines left out.
fn bare(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_page_shows_each_mistake_its_finding_and_its_correction() {
    let page = read("docs/reports/as-published.md");
    let found = found();
    let (warnings, errors): (Vec<&Found>, Vec<&Found>) =
        found.iter().partition(|found| found.finding.code.starts_with('L'));
    let count = format!("finds {} errors and {} warnings", errors.len(), warnings.len());
    assert!(page.contains(&count), "the page does not say: {count}");
    let (mut shown, mut cures, mut lines) = (Vec::new(), 0, page.lines());
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let block = block.join("\n") + "\n";
        let (kind, file) = info.split_once(' ').unwrap_or((info, ""));
        let stands_in = |folder: &str| {
            let (text, block) = (read(format!("{folder}/{file}")), bare(&block));
            assert!(
                bare(&text).windows(block.len()).any(|window| window == block),
                "{folder}/{file} has no\n{block:#?}"
            );
        };
        match kind {
            "published" => stands_in(FOLDER),
            "cured" => {
                stands_in(CURED);
                cures += 1;
            }
            "found" => {
                assert!(found.iter().any(|found| found.shown == block), "nothing found says\n{block}");
                shown.push(block);
            }
            _ => assert_eq!(kind, "sh", "a block of which nothing is known"),
        }
    }
    for named in NAMED {
        let own = of_named(&found, named);
        assert!(own.iter().any(|found| shown.contains(&found.shown)), "the page does not show {}", named.0);
    }
    assert!(cures >= 10, "{cures}");
}
