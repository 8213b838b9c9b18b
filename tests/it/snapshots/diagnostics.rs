//! Terminal output of `rectify check` for every file with mistakes, without colours.

use super::names_in;
use crate::lint_rules::fixture;
use crate::support::files::{TestFolder, roots, screen, tests_folder};
use crate::support::project::rectify;
use crate::support::project::{Project, runbook};
use crate::support::snapshot::{assert_snapshot, for_each, shown, transcript};
use std::path::Path;

#[test]
fn invalid_runbooks() {
    for_each(roots("invalid"), |root| {
        let case = if root.ends_with("main.runbook") { root.parent().unwrap() } else { &root };
        assert_snapshot("invalid", &case.file_stem().unwrap().to_string_lossy(), &screen(&TestFolder, &root));
    });
}

#[test]
fn lint_fixtures() {
    for_each(names_in(&tests_folder().join("lint")), |rule| {
        assert_snapshot("lint", &rule, &fixture(&rule, "bad").lint_all().screen());
    });
}

#[test]
fn inventories() {
    let fixtures = tests_folder().join("fixtures/inventory");
    for_each(names_in(&fixtures), |name| {
        let read =
            |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let of_folder = fixtures.join(&name);
        let text = if of_folder.is_dir() {
            let (inventory, main) = (read(&of_folder.join("rectify.yaml")), read(&of_folder.join("main.runbook")));
            transcript(&Project::new(&[("rectify.yaml", &inventory), ("main.runbook", &main)]), &["check", "."])
        } else {
            let inventory = read(&fixtures.join(format!("{name}.yaml")));
            transcript(&Project::new(&[("rectify.yaml", &inventory)]), &["check", "rectify.yaml"])
        };
        assert!(text.ends_with("--- exit code 1\n"), "{name} has no mistake: {text}");
        assert!(!text.contains("hunter22"), "{name} shows a secret: {text}");
        assert_snapshot("inventory", &name, &text);
    });
}

#[test]
fn worlds() {
    let fixtures = tests_folder().join("fixtures/world");
    for_each(names_in(&fixtures), |name| {
        let world = format!("tests/fixtures/world/{name}.yaml");
        let arguments = ["simulate", "runbooks/exchange", "--world", &world];
        let ran = rectify(&arguments);
        assert_eq!(ran.code, Some(2), "{name} has no mistake: {ran:#?}");
        assert_snapshot("world", &name, &shown(&arguments, &ran));
    });
}

/// A runbook with two lint findings.
fn with_findings() -> String {
    runbook("A", "server: host", "  let first = 1\n  let second = 2\n  escalate to oncall \"${server}, step 2\"")
}

#[test]
fn baselines() {
    const NAMES_ONE: &str = "contacts: {oncall: {terminal: true}}\nlints: {baseline: known.json}\n";
    const NAMES_NONE: &str = "contacts: {oncall: {terminal: true}}\n";
    let entry = r#"{"file": "a.runbook", "rule": "unused-value", "message": "The value `third` is not used"}"#;
    let stale = format!(r#"{{"schema": 1, "findings": [{entry}, {entry}]}}"#);
    let check: &[&str] = &["check", "."];
    let cases: [(&str, &str, Option<&str>, &[&str]); 8] = [
        ("missing", NAMES_ONE, None, check),
        ("not-json", NAMES_ONE, Some("[[["), check),
        ("no-object", NAMES_ONE, Some("[]"), check),
        ("another-schema", NAMES_ONE, Some(r#"{"schema": 2, "findings": []}"#), check),
        ("unknown-entry", NAMES_ONE, Some(r#"{"schema": 1, "findings": [], "more": 1}"#), check),
        ("stale", NAMES_ONE, Some(&stale), check),
        ("written", NAMES_ONE, None, &["check", ".", "--write-baseline"]),
        ("not-named", NAMES_NONE, None, &["check", ".", "--write-baseline"]),
    ];
    for_each(cases, |(name, inventory, baseline, arguments)| {
        let project = Project::new(&[("a.runbook", &with_findings()), ("rectify.yaml", inventory)]);
        if let Some(baseline) = baseline {
            std::fs::write(project.path("known.json"), baseline).unwrap();
        }
        let mut text = transcript(&project, arguments);
        if name == "written" {
            text += &std::fs::read_to_string(project.path("known.json")).unwrap();
        }
        assert_snapshot("baseline", name, &text);
    });
}

#[test]
fn fixes() {
    let text = runbook("A", "server: host", "  wait 5 m\n  resolve “done”");
    let project = Project::new(&[("a.runbook", &text)]);
    let mut text = transcript(&project, &["check", ".", "--fix"]);
    text += &std::fs::read_to_string(project.path("a.runbook")).unwrap();
    assert_snapshot("check", "fixed", &text);
}

#[test]
fn many_findings_of_one_file() {
    let many: String = (0..60).map(|number| format!("  wiat {number}m\n")).collect();
    let project = Project::new(&[("a.runbook", &runbook("A", "", &many))]);
    assert_snapshot("check", "many", &transcript(&project, &["check", "a.runbook"]));
}

#[test]
fn nothing_to_report() {
    let project = Project::new(&[("a.runbook", &runbook("A", "", "  resolve \"done\""))]);
    assert_snapshot("check", "nothing", &transcript(&project, &["check", "."]));
}
