//! `rectify simulate` and `rectify test` do not accept false success: the health sets of `runbooks/exchange`, the
//! oracle, and the model's monitors.

use crate::support::project::{Project, Ran, rectify};
use crate::support::repository;
use crate::support::simulation::{ended, violations};
use std::path::PathBuf;

/// A shipped runbook in a world.
fn shipped(world: &str, more: &[&str]) -> Ran {
    let world = format!("tests/worlds/{world}.yaml");
    rectify(&[&["simulate", "runbooks/exchange", "--world", &world, "--format", "json"], more].concat())
}

#[test]
fn a_health_set_whose_store_is_slow_is_cured_and_not_called_well() {
    let ran = shipped("health-set-store-slow", &[]).ends(0);
    let end = ended(&ran);
    assert_eq!((&end["outcome"], violations(&ran)), (&"resolved".into(), vec![]), "{end}");
    assert!(end["disruptions"].to_string().contains("host.reboot(host: mbx1)"), "a reboot alone cures it: {end}");
    let probed = ran.events().iter().any(|event| event["event"] == "probe_answered" && event["verdict"] == "failed");
    assert!(probed && end["duration"].as_f64().unwrap() > 600.0, "{end}");
}

/// Every health set, on servers of each kind, under random faults.
#[test]
fn no_seed_of_a_health_set_breaks_a_rule() {
    let ran = shipped("health-set", &["--seeds", "1..60"]).ends(0);
    let sum = ended(&ran);
    assert_eq!((&sum["violations"], &sum["runs"]), (&0.into(), &60.into()));
    assert!(sum["resolved"].as_u64().unwrap() > 10 && sum["escalated"].as_u64().unwrap() > 10, "{sum}");
    for (alert, server) in [("IMAP", "cas1"), ("IMAP.Proxy", "cas2"), ("IMAP.Protocol", "mr1"), ("IMAP", "mr2")] {
        let site = repository().join("runbooks/exchange/worlds/site.yaml");
        let world = format!("extends: {}\nalert: {{name: {alert}, labels: {{server: {server}}}}}\n", site.display());
        let ran = rectify_in(&world, &["--seeds", "1..8"]).ends(0);
        assert_eq!(ended(&ran)["violations"], 0, "{alert} of {server}");
    }
}

/// An earlier version of the runbook asks only the monitors. They lag behind, or count a skipped login as success.
#[test]
fn a_health_set_that_trusts_its_monitors_alone_is_convicted() {
    const ASKS_ALL: &str = "goal    ImapMonitors(server) and ImapFrontEndProbes(server) and ImapBackEndProbes(server)";
    let mut files: Vec<(String, String)> = Vec::new();
    for name in ["probes", "procedures", "deep-and-self-test", "imap-ctp", "imap-proxy-test", "latency-and-queue"] {
        files.push(read(&format!("{name}.runbook")));
    }
    let (name, text) = read("verify-alert.runbook");
    assert!(text.contains(ASKS_ALL));
    files.push((name, text.replace(ASKS_ALL, "goal    ImapMonitors(server)")));
    for slow in ["  sick_for: 11m", "  sick_for: 6h\n  assumptions: {probes: {skipped_login_succeeds: true}}"] {
        let world =
            of_site("{name: IMAP.Protocol, labels: {server: mbx1}}", slow, &["{kind: store_slow, server: mbx1}"]);
        let mut files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        files.push(("world.yaml", &world));
        let project = Project::new(&files);
        let ran = project.run(&["simulate", ".", "--world", "world.yaml", "--format", "json"]).ends(1);
        assert_eq!(violations(&ran), ["resolved_while_sick"]);
        let path: PathBuf = project.path("world.yaml");
        let ran = rectify(&["simulate", "runbooks/exchange", "--world", path.to_str().unwrap(), "--format", "json"]);
        assert_eq!(violations(&ran.ends(0)), [""; 0]);
    }
}

fn read(name: &str) -> (String, String) {
    (name.to_owned(), std::fs::read_to_string(repository().join("runbooks/exchange").join(name)).unwrap())
}

/// The example site with an alert, further settings and faults.
fn of_site(alert: &str, more: &str, faults: &[&str]) -> String {
    let site = repository().join("runbooks/exchange/worlds/site.yaml");
    let alert = if alert.is_empty() { String::new() } else { format!("alert: {alert}\n") };
    let faults: String = faults.iter().map(|fault| format!("    - {fault}\n")).collect();
    let faults = if faults.is_empty() { String::new() } else { format!("  faults:\n{faults}") };
    let exchange = format!("{more}\n{faults}");
    let exchange = if exchange.trim().is_empty() { String::new() } else { format!("exchange:\n{exchange}") };
    format!("extends: {}\n{alert}{exchange}", site.display())
}

/// A runbook with these statements and no checks of its own.
fn careless(name: &str, headers: &str, statements: &str) -> String {
    format!(
        "role client_access {{ site: text }}\nrole mailbox {{ dag: text? }}\n\
         runbook {name}(server: client_access or mailbox) {{\n  {headers}\n  contact exchange_oncall\n\n  {statements}\n}}\n"
    )
}

const TWO_ALERTS: &str = "alert \"ImapSelfTestMonitor\", \"ImapDeepTestMonitor\"";
const SLOW: &str = "{kind: store_slow, server: mbx1}";

struct Careless {
    project: Project,
}

impl Careless {
    fn of(runbook: &str, world: &str) -> Self {
        Self { project: Project::new(&[("careless.runbook", runbook), ("world.yaml", world)]) }
    }

    fn simulate(&self, more: &[&str]) -> Ran {
        let arguments = ["simulate", "careless.runbook", "--world", "world.yaml", "--format", "json"];
        self.project.run(&[&arguments[..], more].concat())
    }
}

#[test]
fn a_run_is_judged_by_every_alert_of_its_runbook() {
    let runbook = careless("Careless", TWO_ALERTS, "resolve \"It looks well\"");
    // Started by hand, and by an alert for the other of the two.
    let slow = Careless::of(&runbook, &of_site("", "", &[SLOW]));
    assert_eq!(violations(&slow.simulate(&["server=mbx1"]).ends(1)), ["resolved_while_sick"]);
    assert_eq!(violations(&slow.simulate(&["server=mbx2"]).ends(0)), [""; 0], "another server is well");
    let alerted = Careless::of(&runbook, &of_site("{name: ImapSelfTestMonitor, labels: {server: mbx1}}", "", &[SLOW]));
    assert_eq!(violations(&alerted.simulate(&[]).ends(1)), ["resolved_while_sick"]);
    assert_eq!(violations(&alerted.simulate(&["server=mbx1"]).ends(1)), ["resolved_while_sick"]);
    // A runbook without an `alert` header is started by an alert of its own name.
    let own = careless("ImapDeepTestMonitor", "title \"Deep\"", "resolve \"It looks well\"");
    let own = Careless::of(&own, &of_site("", "", &[SLOW]));
    assert_eq!(violations(&own.simulate(&["server=mbx1"]).ends(1)), ["resolved_while_sick"]);
    // With seeds as well, also if the fault is invisible to the first of the runbook's alerts.
    let seeds = slow.simulate(&["server=mbx1", "--seeds", "1..5"]).ends(1);
    assert_eq!(ended(&seeds)["violations"], ended(&seeds)["resolved"], "{seeds:#?}");
}

#[test]
fn a_test_in_a_world_is_judged_by_every_alert_of_its_runbook() {
    let runbook = careless("Careless", TWO_ALERTS, "resolve \"It looks well\"");
    let tests = "import \"careless.runbook\"\ntest \"well\" for Careless(server: \"mbx1\") {\n  \
        given world \"world.yaml\"\n  expect resolved\n}\n";
    let of = |faults: &[&str]| {
        let world = of_site("", "", faults);
        Project::new(&[("careless.runbook", &runbook), ("careless.test.runbook", tests), ("world.yaml", &world)])
    };
    let ran = of(&[SLOW]).run(&["test", "."]).ends(1);
    assert!(ran.stdout.contains("resolved_while_sick"), "{ran:#?}");
    of(&[]).run(&["test", "."]).ends(0);
}

/// A violation decides the exit code; without one, the outcome does.
#[test]
fn a_violation_is_exit_1_however_the_run_ended() {
    const BLOCK: &str = "permanently exchange.activation_blocked(server)";
    let endings = [
        ("resolved", "resolve \"It looks well\"", "", 0),
        ("escalated", "escalate to exchange_oncall \"Nobody can tell\"", "", 3),
        ("escalated", "escalate to exchange_oncall \"Nobody can tell\"", "contacts: {unreachable: all}\n", 7),
        ("cancelled", "wait 2h\n  resolve \"It looks well\"", "cancelled_after: 30m\n", 4),
    ];
    for (outcome, statements, people, code) in endings {
        let world = |faults: &[&str]| format!("{}{people}", of_site("", "", faults));
        let well = careless("Careless", TWO_ALERTS, statements);
        let ran = Careless::of(&well, &world(&[])).simulate(&["server=mbx1"]).ends(code);
        assert_eq!((&ended(&ran)["outcome"], violations(&ran)), (&outcome.into(), vec![]), "{statements}");
        // Reboots a member of a group while it has active databases.
        let runbook = careless("Careless", TWO_ALERTS, &format!("host.reboot(server)\n  {statements}"));
        let careless = Careless::of(&runbook, &world(&[]));
        let ran = careless.simulate(&["server=mbx1"]).ends(1);
        assert_eq!(ended(&ran)["outcome"], outcome, "{statements}");
        assert!(violations(&ran).contains(&"reboot_with_active_copies".to_owned()), "{ran:#?}");
        let text = careless.project.run(&["simulate", "careless.runbook", "--world", "world.yaml", "server=mbx1"]);
        assert!(text.ends(1).stdout.contains("reboot_with_active_copies"));
        let one = careless.simulate(&["server=mbx1", "--seeds", "7"]).ends(1);
        assert_eq!(ended(&one)["runs"], 1);
    }
    // A reported change is no violation, so the exit code is not 1 either.
    let told = careless("Careless", TWO_ALERTS, &format!("{BLOCK}\n  escalate to exchange_oncall \"It is blocked\""))
        .replace("(server: client_access or mailbox)", "(server: mailbox)");
    Careless::of(&told, &of_site("", "", &[SLOW])).simulate(&["server=mbx1"]).ends(3);
}

/// Every runbook of `tests/oracle`: each has a deliberate mistake.
#[test]
fn a_violation_found_by_the_oracle_exits_1() {
    for (name, arguments) in [
        ("block-left", &["server=mbx1"][..]),
        ("logging-left-on", &["server=cas1"]),
        ("reboot-with-active-copies", &["server=mbx1"]),
        ("restart-storm", &["server=mbx1"]),
        ("two-members-drained", &["server=mbx1", "other=mbx2"]),
        ("unknown-read-as-health", &["server=mbx1"]),
    ] {
        let (runbook, world) = (format!("tests/oracle/{name}.runbook"), format!("tests/oracle/{name}.yaml"));
        rectify(&[&["simulate", &runbook, "--world", &world], arguments].concat()).ends(1);
    }
}

/// A fault that has just begun may be missed. It excuses no other fault.
#[test]
fn a_fresh_fault_excuses_itself_alone() {
    let runbook = careless("Careless", TWO_ALERTS, "wait 3m\n  resolve \"It looks well\"");
    let fresh = |kind: &str, on: &str| format!("{{kind: {kind}, {on}, after: 1m}}");
    let cases: [(&[&str], usize); 9] = [
        (&[&fresh("store_slow", "server: mbx1")], 0),
        (&[&fresh("host_fault", "server: mbx1")], 0),
        (&[&fresh("service_stopped", "server: mbx1")], 0),
        (&[&fresh("database_dismounted", "database: db1")], 0),
        (&[SLOW], 1),
        (&[SLOW, &fresh("service_hang", "server: cas2")], 1),
        (&[SLOW, &fresh("host_fault", "server: mbx1")], 1),
        (&[SLOW, &fresh("store_slow", "server: mbx1")], 1),
        (&["{kind: service_stopped, server: mbx1}", &fresh("service_disabled", "server: mbx1")], 1),
    ];
    for (faults, count) in cases {
        let ran = Careless::of(&runbook, &of_site("", "", faults)).simulate(&["server=mbx1"]);
        assert_eq!(violations(&ran).len(), count, "{faults:?}");
        ran.ends(count as i32);
    }
    // A health set does not excuse an older fault: its runbook can call the probes.
    let set = careless("Careless", "alert \"IMAP.Protocol\"", "wait 15m\n  resolve \"It looks well\"");
    let ran = Careless::of(&set, &of_site("", "", &[&fresh("store_slow", "server: mbx1")])).simulate(&["server=mbx1"]);
    assert_eq!(violations(&ran.ends(1)), ["resolved_while_sick"]);
}

/// The alert value that a monitor shows in a world, or the error.
fn shown(server: &str, monitor: &str, set: &str, world: &str) -> String {
    let statements = format!(
        "let seen = exchange.monitor(server, \"{monitor}\", health_set: \"{set}\")\n  \
         escalate to exchange_oncall \"It is ${{seen.alert_value}}\""
    );
    let runbook = careless("Careless", TWO_ALERTS, &statements);
    let ran = Careless::of(&runbook, world).simulate(&[&format!("server={server}")]).ends(3);
    ended(&ran)["reason"].as_str().unwrap().to_owned()
}

#[test]
fn a_login_that_nobody_tried_is_no_success() {
    let deep = |world: &str| shown("mbx1", "ImapDeepTestMonitor", "IMAP.Protocol", world);
    let slow = |more: &str| of_site("", &format!("  sick_for: 6h\n{more}"), &[SLOW]);
    // A member of a group has copies that are active elsewhere.
    assert_eq!(deep(&slow("")), "It is Unhealthy");
    assert_eq!(deep(&of_site("", "", &[])), "It is Healthy");
    // With all databases active elsewhere, nobody logs in and the result is unknown.
    let away = "  databases:\n    db1: {active: mbx2}\n";
    assert_eq!(deep(&slow(away)), "It is Unknown");
    assert_eq!(deep(&of_site("", away, &[])), "It is Unknown");
    // It is still detected that nothing answers there.
    assert_eq!(
        deep(&of_site("", &format!("  sick_for: 6h\n{away}"), &["{kind: host_fault, server: mbx1}"])),
        "It is Unhealthy"
    );
    assert_eq!(deep(&slow("  assumptions: {probes: {skipped_login_succeeds: true}}\n")), "It is Healthy");
}

#[test]
fn what_is_not_asked_is_not_healthy() {
    // Without a database to log in to there is no such probe, and no monitor.
    let nobody = of_site("", "  servers:\n    cas1: {customer_touch_point: []}\n", &[]);
    let said = shown("cas1", "ImapCTPMonitor", "IMAP", &nobody);
    assert!(!said.contains("Healthy"), "{said}");
    assert_eq!(shown("cas1", "ImapProxyTestMonitor", "IMAP.Proxy", &nobody), "It is Healthy");
    // A stopped service counts no commands, whatever its counter was.
    let latency = |world: &str| shown("cas1", "AverageCommandProcessingTimeGt60sMonitor", "IMAP", world);
    assert_eq!(latency(&of_site("", "", &["{kind: service_stopped, server: cas1}"])), "It is Unknown");
    assert_eq!(latency(&of_site("", "", &[])), "It is Healthy");
    let (high, disabled) =
        ("{kind: high_latency, server: mbx1, cleared_by: nothing}", "{kind: service_disabled, server: mbx1");
    let world = of_site("", "", &[high, &format!("{disabled}, after: 30m}}")]);
    let ran = rectify_in(&world, &["ImapLatencyHigh", "server=mbx1"]);
    assert_eq!((violations(&ran), &ended(&ran)["outcome"]), (vec![], &"escalated".into()));
}

/// The shipped runbooks in a world.
fn rectify_in(world: &str, more: &[&str]) -> Ran {
    let project = Project::new(&[("world.yaml", world)]);
    let world = project.path("world.yaml");
    let arguments = ["simulate", "runbooks/exchange", "--world", world.to_str().unwrap(), "--format", "json"];
    rectify(&[&arguments[..], more].concat())
}
