//! Several runs in one world: they share servers, locks and limits, and the oracle judges them together.

use crate::support::project::{Ran, rectify};
use crate::support::simulation::{ended, violations};
use serde_json::Value;

fn simulate(world: &str, more: &[&str]) -> Ran {
    let world = format!("tests/worlds/{world}.yaml");
    rectify(&[&["simulate", "runbooks/exchange", "--world", &world, "--format", "json"], more].concat())
}

/// The outermost runs with their outcomes, by name.
fn outcomes(ran: &Ran) -> Vec<(String, String)> {
    let ended = ran.events().into_iter().filter(|event| event["event"] == "run_ended");
    let outermost = ended.filter(|event| !event["run"].as_str().unwrap().contains('.'));
    let mut named: Vec<(String, String)> = outermost
        .map(|event| (event["run"].as_str().unwrap().to_owned(), event["outcome"].as_str().unwrap().to_owned()))
        .collect();
    named.sort();
    named
}

/// When a run held a call on a target: from its intention to its end.
fn calls(ran: &Ran, action: &str) -> Vec<(String, String)> {
    let events = ran.events();
    let begun = events.iter().filter(|event| event["event"] == "effect_intended");
    let of_action = begun.filter(|event| event["text"].as_str().unwrap().starts_with(action));
    of_action
        .map(|event| (event["run"].as_str().unwrap().to_owned(), event["text"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn two_members_of_a_group_are_repaired_and_only_one_is_out_at_a_time() {
    let ran = simulate("two-members", &[]).ends(0);
    let resolved = |name: &str| (name.to_owned(), "resolved".to_owned());
    assert_eq!(outcomes(&ran), [resolved("simulated-1"), resolved("simulated-1-2")]);
    assert_eq!(violations(&ran), [] as [&str; 0]);
    let rebooted = calls(&ran, "host.reboot");
    assert_eq!(rebooted.len(), 1, "{rebooted:?}");
    assert!(rebooted[0].0.starts_with("simulated-1-2"), "{rebooted:?}");
    // As text, each line says which run it is of.
    let world = "tests/worlds/two-members.yaml";
    let text = rectify(&["simulate", "runbooks/exchange", "--world", world]).ends(0);
    assert!(text.stdout.lines().all(|line| line.contains("  [1] ") || line.contains("  [2] ")), "{text:#?}");
    assert!(text.stdout.contains("03:02:00  [2] ImapBackEnd(server: mbx2)"), "{text:#?}");
}

/// The second and the third run wait for the first, and find that it has cured what they were started for.
#[test]
fn the_alerts_of_one_cause_lead_to_one_repair_and_no_page() {
    let ran = simulate("two-alerts-of-one-server", &[]).ends(0);
    assert!(outcomes(&ran).iter().all(|(_, outcome)| outcome == "resolved"), "{:?}", outcomes(&ran));
    assert_eq!(violations(&ran), [] as [&str; 0]);
    assert_eq!(calls(&ran, "host.reboot").len(), 1);
    assert_eq!(calls(&ran, "service.restart").len(), 1);
    assert!(ran.events().iter().all(|event| event["event"] != "escalation_sent"));
    let waits =
        |event: &Value| event["event"] == "waiting" && event["what"].as_str().unwrap().starts_with("its turn: ");
    assert!(ran.events().iter().filter(|event| waits(event)).count() >= 2, "they wait for each other");
}

#[test]
fn no_seed_of_two_runs_breaks_a_rule() {
    for world in ["two-members", "two-alerts-of-one-server"] {
        let ran = simulate(world, &["--seeds", "1..25"]).ends(0);
        let sum = ended(&ran);
        let runs = if world == "two-members" { 50 } else { 75 };
        assert_eq!((&sum["violations"], &sum["runs"]), (&0.into(), &runs.into()), "{world}");
        assert!(sum["resolved"].as_u64().unwrap() > 10 && sum["escalated"].as_u64().unwrap() > 5, "{sum}");
    }
}

/// Without the locks of the runbook both would be drained at once, and the oracle says so.
#[test]
fn runs_that_do_not_lock_are_convicted() {
    let book = "role client_access { site: text }\nrole mailbox { dag: text? }\n\
                runbook Drain(server: mailbox) {\n  title \"Drain\"\n  alert \"ImapDeepTestMonitor\"\n  contact exchange_oncall\n\n  \
                temporarily exchange.activation_blocked(server)\n  wait 20m\n  escalate to exchange_oncall \"That was all\"\n}\n";
    let site = crate::support::repository().join("runbooks/exchange/worlds/site.yaml");
    let world = format!(
        "extends: {}\nalert: {{name: ImapDeepTestMonitor, labels: {{server: mbx1}}}}\n\
         further_alerts: [{{name: ImapDeepTestMonitor, labels: {{server: mbx2}}, after: 5m}}]\n\
         exchange:\n  faults: [{{kind: store_slow, server: mbx1}}]\n",
        site.display()
    );
    let project = crate::support::project::Project::new(&[("drain.runbook", book), ("world.yaml", &world)]);
    let run = || project.run(&["simulate", "drain.runbook", "--world", "world.yaml", "--format", "json"]);
    assert!(violations(&run().ends(1)).contains(&"two_members_out".to_owned()));
    let locks = book.replace("  contact", "  lock \"the group\"\n  ends within 2h\n  contact");
    project.write("drain.runbook", &locks);
    assert_eq!(violations(&run().ends(3)), [] as [&str; 0]);
}

#[test]
fn a_further_alert_that_no_runbook_handles_is_refused() {
    let site = crate::support::repository().join("runbooks/exchange/worlds/site.yaml");
    let world = format!("extends: {}\nfurther_alerts: [{{name: ImapDeepTestMonitr, after: 5m}}]\n", site.display());
    let project = crate::support::project::Project::new(&[("world.yaml", &world)]);
    let path = project.path("world.yaml");
    let arguments =
        ["simulate", "runbooks/exchange", "DrainedReboot", "server=mbx1", "--world", path.to_str().unwrap()];
    let ran = rectify(&arguments).ends(2);
    assert!(ran.stderr.contains("ImapDeepTestMonitr") && ran.stderr.contains("`ImapDeepTestMonitor`?"), "{ran:#?}");
}

/// The back end of mbx1 is disabled, which its two alerts and that of its customers lead to.
#[test]
fn nobody_is_paged_twice_for_one_server() {
    let site = crate::support::repository().join("tests/worlds/two-alerts-of-one-server.yaml");
    let fault = "{kind: service_disabled, server: mbx1, service: MSExchangeIMAP4BE}";
    let world = format!("extends: {}\nexchange:\n  faults: [{fault}]\n", site.display());
    let project = crate::support::project::Project::new(&[("world.yaml", &world)]);
    let path = project.path("world.yaml");
    let arguments = ["simulate", "runbooks/exchange", "--world", path.to_str().unwrap(), "--format", "json"];
    let ran = rectify(&arguments).ends(3);
    let events = ran.events();
    let of_kind = |kind: &str| events.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    let sent = of_kind("escalation_sent");
    assert!(sent.len() >= 2 && sent.iter().all(|event| event["contact"] == "exchange_oncall"), "{sent:#?}");
    let follow_ups = of_kind("follow_up");
    assert_eq!(follow_ups.len(), 1, "{follow_ups:#?}");
    assert_eq!((&follow_ups[0]["host"], &follow_ups[0]["first_run"]), (&"mbx1".into(), &"simulated-1".into()));
    assert_eq!(violations(&ran), [] as [&str; 0]);
}
