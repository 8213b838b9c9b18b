//! Lint rules on a file with errors: report what the text shows, and guess nothing.

use crate::support::project::Project;

/// A runbook that uses an undeclared parameter, with one more line.
fn with(line: &str) -> String {
    format!(
        "runbook A(server: host, unused: text) {{\n  contact oncall\n\n  {line}\n  \
         service.restart(\"dovecot\", upon: server)\n  escalate to oncall \"${{server}} is down\"\n}}\n"
    )
}

fn codes(text: &str) -> Vec<String> {
    let ran = Project::new(&[("a.runbook", text)]).run(&["check", "a.runbook", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_error_does_not_hide_findings_that_the_text_shows() {
    assert_eq!(codes(&with("notify oncall \"Goes on with step 2c\"")), ["L0101", "E0204"]);
}

#[test]
fn unused_declarations_are_not_reported_beside_errors() {
    // `unused` is not reported: the line with the error may have meant it.
    assert_eq!(codes(&with("wait 1m")), ["E0204"]);
}

#[test]
fn a_file_with_a_syntax_error_is_not_linted() {
    assert_eq!(codes(&with("notify oncall \"Goes on with step 2c\"\n  wiat 1m")), ["E0101", "E0204"]);
}

#[test]
fn an_allow_is_unused_only_if_its_rule_ran() {
    let allowed = |rule: &str, line: &str| codes(&with(&format!("# allow: {rule} — because of x\n  {line}")));
    assert_eq!(allowed("step-reference-by-number", "notify oncall \"See step 2c\""), ["E0204"]);
    assert_eq!(allowed("step-reference-by-number", "wait 1m"), ["L0003", "E0204"]);
    assert_eq!(allowed("unused-value", "wait 1m"), ["E0204"]);
}
