//! Every file of `tests/invalid` lists its expected findings in comments, and `check` reports exactly those.
//!
//! `# expect: CODE LINE:COLUMN [words]` names the code, the location of the main label, and words of the message, a
//! label or the help. A file name before the location refers to a file in the same folder. The comments are written by
//! hand; no tool updates them.

use crate::support::files::{Finding, InMemory, TestFolder, check, parse_expectation, roots, tests_folder};
use rectify::diagnostic::CODES;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn expected(root: &Path) -> Vec<Finding> {
    let bytes = std::fs::read(tests_folder().join(root)).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let demands = text.lines().filter_map(|line| line.strip_prefix("# expect: "));
    demands
        .map(|line| {
            parse_expectation(root, line)
                .unwrap_or_else(|| panic!("{}: cannot parse this expectation: {line}", root.display()))
        })
        .collect()
}

#[test]
fn each_file_has_exactly_its_expected_findings() {
    // A small stack on purpose: callers of the checker may have no more.
    std::thread::Builder::new().stack_size(512 << 10).spawn(compare_each).unwrap().join().unwrap();
}

fn compare_each() {
    let mut wrong = Vec::new();
    for root in roots("invalid") {
        let mut expected = expected(&root);
        let (checked, found) = check(&TestFolder, &root);
        let mut lines = Vec::new();
        if expected.is_empty() {
            lines.push("  it does not say what it expects".to_owned());
        }
        if checked.program.is_some() {
            lines.push("  it gave a program".to_owned());
        }
        for finding in found {
            let same = |expected: &Finding| finding.fits(expected);
            match expected.iter().position(same) {
                Some(position) => drop(expected.remove(position)),
                None => lines.push(format!("  found:   {finding:?}")),
            }
        }
        lines.extend(expected.iter().map(|missing| format!("  missing: {:?}", missing)));
        if !lines.is_empty() {
            wrong.push(format!("{}\n{}", root.display(), lines.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} files differ\n{}", wrong.len(), wrong.join("\n"));
}

/// Codes that need an inventory, and one that needs too many imports. Other tests cover them.
const ELSEWHERE: [&str; 5] = ["E0208", "E0209", "E0603", "E0801", "E0802"];

#[test]
fn every_code_has_a_file() {
    let covered: BTreeSet<String> =
        roots("invalid").iter().flat_map(|root| expected(root)).map(|expected| expected.code).collect();
    let of_files = |code: &&str| !code.starts_with("E07") && !code.starts_with('L') && !ELSEWHERE.contains(code);
    let missing: Vec<&str> =
        CODES.iter().map(|page| page.code.0).filter(of_files).filter(|code| !covered.contains(*code)).collect();
    assert!(missing.is_empty(), "no file in tests/invalid for {missing:?}");
    assert!(roots("invalid").len() >= 300);
}

fn chain(length: usize) -> InMemory {
    let file = |number: usize| {
        let import = format!("import \"{}.runbook\"\n", number + 1);
        (PathBuf::from(format!("{number}.runbook")), if number + 1 < length { import } else { String::new() })
    };
    InMemory((0..length).map(file).collect())
}

#[test]
fn a_chain_of_a_thousand_imports_is_one_import_too_long() {
    let (_, found) = check(&chain(1_000), Path::new("0.runbook"));
    let places: Vec<_> = found.iter().map(|it| (it.code.as_str(), it.file.as_str(), it.line, it.column)).collect();
    assert_eq!(places, [("E0603", "99.runbook", 1, 8)]);
    let (checked, found) = check(&chain(100), Path::new("0.runbook"));
    assert_eq!(found, []);
    assert!(checked.program.is_some());
}

#[test]
fn an_import_cycle_is_reported_as_a_path() {
    let files = [("a", "b"), ("b", "c"), ("c", "a")];
    let path = |name: &str| PathBuf::from(format!("{name}.runbook"));
    let files: BTreeMap<PathBuf, String> =
        files.iter().map(|(name, next)| (path(name), format!("import \"{next}.runbook\"\n"))).collect();
    let (_, found) = check(&InMemory(files), Path::new("a.runbook"));
    let [circle] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((circle.code.as_str(), circle.file.as_str()), ("E0602", "c.runbook"));
    assert!(circle.text.contains("a.runbook → b.runbook → c.runbook → a.runbook"), "{}", circle.text);
}

/// Each way in which an unknown answer can travel to an effect, with an approval before the effect: nothing else is
/// wrong with the file. Where an argument of the effect depends on the answer, an approval settles nothing.
#[test]
fn an_approval_before_the_effect_is_the_neighbour_that_is_accepted() {
    let mut ways = 0;
    for root in roots("invalid").into_iter().filter(|root| root.to_string_lossy().contains("e0406-")) {
        if root.ends_with("e0406-temporarily-if.runbook") {
            // Its question is part of the statement, so that it comes after the approval.
            continue;
        }
        let [refused] = <[Finding; 1]>::try_from(expected(&root)).unwrap_or_else(|all| panic!("{root:?}: {all:?}"));
        let text = std::fs::read_to_string(tests_folder().join(&root)).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let line = &mut lines[refused.line as usize - 1];
        let mut at = line.char_indices().nth(refused.column as usize - 1).unwrap().0;
        while let Some(word) =
            ["temporarily ", "permanently ", "do ", "match "].iter().find(|word| line[..at].ends_with(**word))
        {
            at -= word.len();
        }
        if let Some(bound) = line[..at].trim_end().strip_suffix('=') {
            at = bound.rfind("let ").unwrap();
        }
        line.insert_str(at, "require approval \"Go on?\" by 1 within 1h\n");
        let settled = InMemory(BTreeMap::from([
            (root.clone(), lines.join("\n")),
            (
                PathBuf::from("valid/farm.runbook"),
                std::fs::read_to_string(tests_folder().join("valid/farm.runbook")).unwrap(),
            ),
        ]));
        let (checked, found) = check(&settled, &root);
        if found.iter().all(|it| it.text.starts_with("An argument of")) && !found.is_empty() {
            continue;
        }
        assert!(checked.program.is_some(), "{}: {found:#?}\n{}", root.display(), lines.join("\n"));
        ways += 1;
    }
    assert!(ways >= 30, "{ways} ways");
}
