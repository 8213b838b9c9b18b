//! Commands that only read and write files: `fmt`, `doc`, `explain`, `actions`, `man`.

use crate::support::project::{Project, runbook};
use crate::support::snapshot::{assert_snapshot, for_each, transcript};

#[test]
fn formatting() {
    let well = runbook("A", "", "  resolve \"done\"").replace("  title \"A\"", "  title   \"A\"");
    let badly = runbook("B", "", "  resolve    \"done\"");
    let broken = runbook("C", "", "  resolve \"done");
    let project = Project::new(&[("a.runbook", &well), ("b.runbook", &badly), ("c.runbook", &broken)]);
    assert_snapshot("fmt", "check", &transcript(&project, &["fmt", "--check", "."]));
    assert_snapshot("fmt", "write", &transcript(&project, &["fmt", "."]));
    assert_snapshot("fmt", "nothing-to-do", &transcript(&project, &["fmt", "--check", "a.runbook", "b.runbook"]));
}

const DOCUMENTED: &str = r#"# Where the shop runs.
role web { service: text }

probe Up(server: web) {
  title     "The shop answers"
  retries   2 every 5s
  ask       host.reachable(server)
  passed if answer
}

# The shop does not answer its customers.
runbook ShopDown(server: web) {
  title   "The shop is down"
  alert   "ShopDown"
  goal    Up(server)
  contact oncall
  lock    server
  ends within 1h

  resolve if fixed
  step "Restart the shop" {
    service.restart(server.service, on: server)
    resolve if fixed within 2m every 10s
  }
  step "Reboot" {
    require approval "Reboot ${server}?" by 1 within 10m else { escalate to oncall "Nobody approved" }
    host.reboot(server)
  }
  escalate to oncall "${server} is still down" with goal.answer
}
"#;

#[test]
fn pages() {
    let project = Project::new(&[("shop.runbook", DOCUMENTED)]);
    for_each(["markdown", "html", "mermaid"], |format| {
        assert_snapshot("doc", format, &transcript(&project, &["doc", "shop.runbook", "--format", format]));
    });
    assert_snapshot("doc", "check", &transcript(&project, &["doc", ".", "--output", "pages", "--check"]));
    assert_snapshot("doc", "write", &transcript(&project, &["doc", ".", "--output", "pages"]));
}

#[test]
fn explanations() {
    let project = Project::new(&[]);
    assert_snapshot("explain", "error", &transcript(&project, &["explain", "e0406"]));
    assert_snapshot("explain", "rule", &transcript(&project, &["explain", "step-reference-by-number"]));
}

#[test]
fn actions() {
    let project = Project::new(&[]);
    assert_snapshot("actions", "all", &transcript(&project, &["actions"]));
    assert_snapshot("actions", "service", &transcript(&project, &["actions", "service"]));
}
