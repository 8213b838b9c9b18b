//! Monitor names in goals and questions are checked against the inventory.

use crate::support::project::Project;

const INVENTORY: &str = "contacts: {oncall: {terminal: true}}
monitors:
  IMAP: [ImapCTPMonitor, LatencyMonitor]
  POP: [PopCTPMonitor, LatencyMonitor]
";

fn found(runbook: &str, inventory: &str) -> Vec<String> {
    let probe = "probe Login(server: host) {\n  group \"IMAP\"\n  ask exchange.invoke_probe(\"IMAP\\\\ImapCTPProbe\", server)\n  \
                 passed if answer.result_type == Succeeded\n}\n";
    let text = format!("{probe}{runbook}");
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", inventory)]);
    let ran = project.run(&["check", "a.runbook", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    let words = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    findings.iter().map(|it| format!("{} {} {}", words(it, "code"), words(it, "message"), words(it, "help"))).collect()
}

fn runbook(alert: &str, evidence: &str) -> String {
    format!(
        "runbook A(server: host) {{\n  alert {alert}\n  goal Login(server)\n  contact oncall\n\n  \
         escalate to oncall \"${{server}} is down\" with {evidence}\n}}\n"
    )
}

#[test]
fn a_goal_is_about_the_groups_of_its_probes() {
    let found_for = |alert: &str| found(&runbook(alert, "goal.answer"), INVENTORY);
    let other = found_for("\"PopCTPMonitor\"");
    assert!(
        other[0].starts_with("L0505 `PopCTPMonitor` is a monitor of `POP`, but the goal checks `IMAP`"),
        "{other:?}"
    );
    // The call names a group, which is not a monitor.
    assert_eq!(found_for("\"ImapCTPMonitor\", \"LatencyMonitor\", \"POP\""), Vec::<String>::new());
}

#[test]
fn a_name_similar_to_a_monitor_is_reported() {
    let found_for = |name: &str| {
        found(&runbook("\"IMAP\"", &format!("exchange.monitor(server, \"{name}\", health_set: \"IMAP\")")), INVENTORY)
    };
    let misspelt = found_for("ImapCPTMonitor");
    assert_eq!(misspelt, ["L0504 Unknown monitor `ImapCPTMonitor` Did you mean `ImapCTPMonitor`?"]);
    for right in ["ImapCTPMonitor", "LatencyMonitor", "SomethingOfTheTeamsOwn"] {
        assert_eq!(found_for(right), Vec::<String>::new(), "{right}");
    }
}

#[test]
fn without_monitors_in_the_inventory_nothing_is_reported() {
    let evidence = "exchange.monitor(server, \"ImapCPTMonitor\", health_set: \"POP\")";
    let inventory = "contacts: {oncall: {terminal: true}}\n";
    assert_eq!(found(&runbook("\"Nonsense\", \"PopCTPMonitor\"", evidence), inventory), Vec::<String>::new());
}
