//! Output of `rectify check` and `rectify test` for programs and CI servers.

use crate::support::project::{Project, runbook};
use crate::support::snapshot::{assert_snapshot, for_each, shown, transcript};

/// Two files and an inventory with an error, warnings, labels, help, and lines that need escaping.
fn project() -> Project {
    let careless = runbook(
        "A",
        "server: host",
        "  let 探针 = \"😀\"  # x\n  escalate to oncall \"重启 <b>&\\\" step 2: ${server}\"",
    );
    let broken = runbook("B", "", "  let name = 1\n  let name = 2\n  resolve \"${nobody}\"");
    let inventory = "contacts: {oncall: {terminal: true}}\nhosts: {a: {adress: 192.0.2.1}}\n";
    Project::new(&[("site/ä b,c:d%.runbook", &careless), ("site/b.runbook", &broken), ("site/rectify.yaml", inventory)])
}

#[test]
fn findings_in_each_format() {
    let project = project();
    let cases = ["text", "json", "sarif", "github", "junit", "gitlab"];
    for_each(cases, |format| {
        let arguments = ["check", "site", "--format", format];
        let mut ran = project.run(&arguments);
        // One entry per line, for readable differences.
        if let Ok(document) = serde_json::from_str::<serde_json::Value>(&ran.stdout) {
            ran.stdout = serde_json::to_string_pretty(&document).unwrap() + "\n";
        }
        assert_snapshot("report", format, &without_version(&shown(&arguments, &ran)));
    });
}

/// Masks the version, which changes with every release.
fn without_version(text: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    text.replace(&format!("ersion\": \"{version}\""), "ersion\": \"[version]\"")
        .replace(&format!("ersion\":\"{version}\""), "ersion\":\"[version]\"")
}

const TESTED: &str = r#"role web { service: text }

probe Up(server: web) {
  title     "The shop answers"
  ask       host.reachable(server)
  passed if answer
}

runbook ShopDown(server: web) {
  title   "The shop is down"
  goal    Up(server)
  contact oncall
  ends within 1h

  resolve if fixed
  step "Restart the shop" {
    service.restart(server.service, on: server)
    resolve if fixed within 2m every 10s
  }
  escalate to oncall "${server} is still down" with goal.answer
}
"#;

const PASSES: &str = r#"
test "a restart helps" for ShopDown(server: "web1") {
  given host "web1" is web(service: "shop")
  given Up fails, then passes
  expect resolved within 10m
  expect service.restart("shop", on: "web1") once
}
"#;

const FAILS: &str = r#"
test "nothing <helps>" for ShopDown(server: "web1") {
  given host "web1" is web(service: "shop")
  given Up fails
  expect resolved
  expect no disrupt
}

test "a probe that the test forgets" for ShopDown(server: "web1") {
  given host "web1" is web(service: "shop")
  expect resolved
}
"#;

#[test]
fn tests_in_each_format() {
    let cases = [
        ("passing-text", "passing", "text"),
        ("passing-json", "passing", "json"),
        ("passing-junit", "passing", "junit"),
        ("failing-text", "failing", "text"),
        ("failing-json", "failing", "json"),
        ("failing-junit", "failing", "junit"),
    ];
    let passing = format!("{TESTED}{PASSES}");
    let failing = format!("{TESTED}{PASSES}{FAILS}");
    let project = Project::new(&[("passing.runbook", &passing), ("failing.runbook", &failing)]);
    for_each(cases, |(name, file, format)| {
        let text = transcript(&project, &["test", &format!("{file}.runbook"), "--format", format]);
        assert_snapshot("test", name, &without_version(&text));
    });
}

#[test]
fn coverage_of_tests() {
    let project = Project::new(&[("a.runbook", &format!("{TESTED}{PASSES}"))]);
    assert_snapshot("test", "coverage-missing", &transcript(&project, &["test", "a.runbook", "--require-coverage"]));
    assert_snapshot("test", "filter", &transcript(&project, &["test", "a.runbook", "--filter", "helps"]));
}
