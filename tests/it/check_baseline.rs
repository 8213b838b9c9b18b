//! `rectify check` applies the levels, the baseline and the alerts of rectify.yaml.

use crate::support::project::{Project, Ran, runbook};
use serde_json::Value;

/// A runbook with two lint findings.
fn careless() -> String {
    runbook("A", "server: host", "  let first = 1\n  let second = 2\n  escalate to oncall \"${server}, step 2\"")
}

fn findings(ran: &Ran) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:#?}"));
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|it| (text(it, "rule"), text(it, "severity"))).collect()
}

fn rules(ran: &Ran) -> Vec<String> {
    findings(ran).into_iter().map(|(rule, _)| rule).collect()
}

const CHECK: [&str; 4] = ["check", ".", "--format", "json"];

#[test]
fn levels_come_from_the_inventory() {
    let yaml = "contacts: {oncall: {terminal: true}}\nlints: {unused-value: error, step-reference-by-number: off}\n";
    let project = Project::new(&[("a.runbook", &careless()), ("rectify.yaml", yaml)]);
    let error = |rule: &str| (rule.to_owned(), "error".to_owned());
    assert_eq!(findings(&project.run(&CHECK).ends(1)), [error("unused-value"), error("unused-value")]);
}

#[test]
fn a_rule_or_level_that_does_not_exist_is_a_mistake() {
    let yaml = "contacts: {oncall: {terminal: true}}\nlints: {unused-values: off, unused-import: loud}\n";
    let project = Project::new(&[("a.runbook", &runbook("A", "", "  resolve \"x\"")), ("rectify.yaml", yaml)]);
    let ran = project.run(&CHECK).ends(1);
    assert!(ran.stdout.contains("Did you mean `unused-value`?"), "{ran:#?}");
    assert!(ran.stdout.contains("`unused-import:` must be `off`, `warning` or `error`"), "{ran:#?}");
}

const BASELINE: &str = "contacts: {oncall: {terminal: true}}\nlints: {baseline: known.json}\n";

#[test]
fn the_baseline_suppresses_known_findings_and_reports_stale_ones() {
    let project = Project::new(&[("site/a.runbook", &careless()), ("site/rectify.yaml", BASELINE)]);
    let missing = project.run(&CHECK).ends(2);
    assert!(missing.stderr.contains("known.json does not exist"), "{missing:#?}");
    project.run(&["check", ".", "--write-baseline", "--format", "json"]).ends(0);
    let written = std::fs::read_to_string(project.path("site/known.json")).unwrap();
    assert!(written.contains("\"file\": \"a.runbook\"") && !written.contains("line"), "{written}");
    assert_eq!(rules(&project.run(&CHECK).ends(0)), [""; 0]);
    // From another folder it is the same file, and inserted lines change nothing.
    std::fs::write(project.path("site/a.runbook"), format!("# more\n\n{}", careless())).unwrap();
    assert_eq!(rules(&project.run(&["check", "site/a.runbook", "--format", "json"]).ends(0)), [""; 0]);

    let third = careless().replace("let second = 2", "let second = 2\n  let third = 3");
    std::fs::write(project.path("site/a.runbook"), third).unwrap();
    assert_eq!(rules(&project.run(&CHECK).ends(1)), ["unused-value"]);

    let cured = careless().replace("  let first = 1\n", "");
    std::fs::write(project.path("site/a.runbook"), cured).unwrap();
    let ran = project.run(&CHECK).ends(1);
    assert_eq!(rules(&ran), ["stale-baseline"]);
    assert!(ran.stdout.contains("The value `first` is not used") && ran.stdout.contains("rectify.yaml"), "{ran:#?}");
}

#[test]
fn an_error_of_the_language_is_not_stored_in_the_baseline() {
    let text = runbook("A", "", "  resolve \"${nobody}\"");
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", BASELINE)]);
    let ran = project.run(&["check", ".", "--write-baseline", "--format", "json"]).ends(1);
    assert!(ran.stdout.contains("E0201"), "{ran:#?}");
}

#[test]
fn writing_a_baseline_needs_its_name() {
    let project = Project::new(&[("a.runbook", &careless())]);
    let ran = project.run(&["check", ".", "--write-baseline"]).ends(2);
    assert!(ran.stderr.contains("names no baseline"), "{ran:#?}");
}

#[test]
fn unused_declarations_are_reported_for_whole_folders_only() {
    let probe = "probe Up(server: host) {\n  ask       host.reachable(server)\n  passed if answer\n}\n";
    let yaml = "contacts: {oncall: {terminal: true}}\nalerts: [Down, A]\n";
    let text = format!("{probe}\n{}", runbook("A", "", "  resolve \"x\""));
    let project = Project::new(&[("site/a.runbook", &text), ("site/rectify.yaml", yaml)]);
    assert_eq!(rules(&project.run(&["check", "site/a.runbook", "--format", "json"]).ends(0)), [""; 0]);
    assert_eq!(rules(&project.run(&CHECK).ends(1)), ["unanswered-alert", "unused-declaration"]);
}

#[test]
fn a_file_with_errors_disables_the_rules_about_unused_declarations() {
    let probe = "probe Up(server: host) {\n  ask       host.reachable(server)\n  passed if answer\n}\n";
    let text = format!("{probe}\n{}", runbook("A", "", "  resolve \"x\""));
    let broken = runbook("B", "", "  resolve \"${nobody}\"");
    let project = Project::new(&[("a.runbook", &text), ("b.runbook", &broken)]);
    assert_eq!(rules(&project.run(&CHECK).ends(1)), ["-"]);
}

#[test]
fn a_rule_is_explained_by_its_name() {
    let project = Project::new(&[]);
    let by_name = project.run(&["explain", "step-reference-by-number"]).ends(0);
    assert!(by_name.stdout.starts_with("# L0101: "), "{by_name:#?}");
    assert_eq!(project.run(&["explain", "l0101"]).ends(0).stdout, by_name.stdout);
    let near = project.run(&["explain", "step-reference-by-numbers"]).ends(2);
    assert!(near.stderr.contains("Did you mean `step-reference-by-number`?"), "{near:#?}");
}

/// Renamed rules: old name, new name.
const RENAMED: [(&str, &str); 5] = [
    ("single-look-after-change", "no-poll-after-change"),
    ("undone-by-hand", "manual-undo"),
    ("escalation-through-repaired-host", "escalation-via-target"),
    ("filter-that-hides-alerts", "overnarrow-filter"),
    ("alert-answered-twice", "duplicate-alert-handler"),
];

#[test]
fn an_old_name_of_a_rule_is_accepted_in_allows_levels_and_baselines() {
    let body = "  service.restart(\"dovecot\", on: server)\n  # allow\n  \
                require service.state(\"dovecot\", on: server) == Running\n  resolve \"Restarted\"";
    let text = runbook("A", "server: host", body);
    let (old, new) = RENAMED[0];
    let contacts = "contacts: {oncall: {terminal: true}}\n";
    let plain = Project::new(&[("a.runbook", &text), ("rectify.yaml", contacts)]);
    assert_eq!(findings(&plain.run(&CHECK).ends(1)), [(new.to_owned(), "warning".to_owned())]);

    let allowed = text.replace("# allow", &format!("# allow: {old} — because the restart is synchronous"));
    let project = Project::new(&[("a.runbook", &allowed), ("rectify.yaml", contacts)]);
    assert_eq!(findings(&project.run(&CHECK).ends(0)), []);

    for (old, _) in RENAMED {
        let levels = format!("{contacts}lints: {{{old}: error}}\n");
        let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", &levels)]);
        let severity = if old == RENAMED[0].0 { "error" } else { "warning" };
        assert_eq!(findings(&project.run(&CHECK).ends(1)), [(new.to_owned(), severity.to_owned())], "{old}");
    }

    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", BASELINE)]);
    project.run(&["check", ".", "--write-baseline", "--format", "json"]).ends(0);
    let written = std::fs::read_to_string(project.path("known.json")).unwrap();
    std::fs::write(project.path("known.json"), written.replace(new, old)).unwrap();
    assert_eq!(findings(&project.run(&CHECK).ends(0)), []);
}
