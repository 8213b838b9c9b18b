//! The runbooks of `runbooks/exchange` in their worlds, through the command line.
//!
//! The Exchange servers and PowerShell are modelled (docs/simulator.md). The runbooks, the interpreter, the `exchange`,
//! `service` and `host` backends, and the decoding of PowerShell's output are real.

use crate::support::project::rectify;
use crate::support::repository;
use crate::support::simulation::Simulation;
use serde_json::Value;
use std::path::{Path, PathBuf};

const NONE: [&str; 0] = [];
const NOTHING_LEFT: [(&str, &str); 0] = [];

#[test]
fn transient() {
    let simulation = Simulation::in_world("transient");
    assert_eq!(
        (simulation.code, simulation.disruptions(), simulation.left()),
        (0, NONE.to_vec(), NOTHING_LEFT.to_vec())
    );
    assert_eq!(simulation.done(), NONE, "nothing was touched at all");
}

#[test]
fn service_fault() {
    let simulation = Simulation::in_world("service-fault");
    assert_eq!(simulation.code, 0);
    assert_eq!(simulation.disruptions(), [r#"service.restart(name: "MSExchangeImap4", on: cas1)"#]);
    assert_eq!(simulation.left(), NOTHING_LEFT);
}

#[test]
fn host_fault() {
    let simulation = Simulation::in_world("host-fault");
    assert_eq!(
        (simulation.code, simulation.reboots(), simulation.left()),
        (0, vec!["host.reboot(host: mbx1)"], vec![])
    );
    let done = simulation.done();
    let at = |call: &str| done.iter().position(|it| it.starts_with(call)).unwrap_or_else(|| panic!("{call}: {done:?}"));
    let (blocked, rebooted) = (at("exchange.activation_blocked(server: mbx1, blocked: true"), at("host.reboot"));
    assert!(blocked < rebooted, "{done:?}");
    let undone = simulation.named("change_undone");
    assert!(undone.iter().any(|it| it["change"].as_str().unwrap().starts_with("exchange.activation_blocked")));
    assert!(rebooted < at("exchange.databases_moved_back(server: mbx1"), "{done:?}");
}

#[test]
fn undrainable() {
    let simulation = Simulation::in_world("undrainable");
    assert_eq!((simulation.code, simulation.reboots()), (3, NONE.to_vec()));
    block_is_handed_over(&simulation, "mbx1");
}

#[test]
fn still_bad_after_reboot() {
    let simulation = Simulation::in_world("still-bad-after-reboot");
    assert_eq!((simulation.code, simulation.reboots()), (3, vec!["host.reboot(host: mbx1)"]));
    block_is_handed_over(&simulation, "mbx1");
}

/// Asserts that the activation block is listed with the call that removes it.
fn block_is_handed_over(simulation: &Simulation, server: &str) {
    let change = format!("exchange.activation_blocked(server: {server}, blocked: true)");
    let undo = format!("exchange.activation_blocked(server: {server}, blocked: false)");
    assert_eq!(simulation.left(), [(change.as_str(), undo.as_str())]);
    assert_eq!(simulation.named("escalation_sent").len(), 1, "one page a run");
}

#[test]
fn sick_back_end() {
    let simulation = Simulation::in_world("sick-back-end");
    assert_eq!(
        (simulation.code, simulation.reboots(), simulation.left()),
        (0, vec!["host.reboot(host: mbx1)"], vec![])
    );
    assert!(
        simulation
            .restarts()
            .iter()
            .all(|call| call.contains("MSExchangeIMAP4BE\", on: mbx1") || call.contains("MSExchangeImap4\", on: cas1"))
    );
    logging_was_switched_off_again(&simulation);
    assert_eq!(simulation.started(), ["ImapCTPMonitor", "ImapBackEnd", "DrainedReboot"]);
}

#[test]
fn healthy_back_end() {
    let simulation = Simulation::in_world("healthy-back-end");
    assert_eq!(
        (simulation.code, simulation.reboots(), simulation.left()),
        (0, vec!["host.reboot(host: cas1)"], vec![])
    );
    logging_was_switched_off_again(&simulation);
    assert_eq!(simulation.started(), ["ImapCTPMonitor"], "the back end is well: its procedure was not run");
}

fn logging_was_switched_off_again(simulation: &Simulation) {
    let done = simulation.done();
    let at = |enabled: bool| {
        let call = format!("exchange.protocol_logging(server: cas1, enabled: {enabled})");
        done.iter().position(|it| *it == call).unwrap_or_else(|| panic!("{call}: {done:?}"))
    };
    let restart = r#"service.restart(name: "MSExchangeImap4", on: cas1)"#;
    assert!(at(true) < at(false), "{done:?}");
    assert_eq!(done[at(true) + 1], restart, "it counts from the next start on");
    assert_eq!(done[at(false) + 1], restart, "it counts from the next start on");
}

#[test]
fn latency_relapse() {
    let simulation = Simulation::in_world("latency-relapse");
    assert_eq!(
        (simulation.code, simulation.reboots(), simulation.left()),
        (0, vec!["host.reboot(host: cas1)"], vec![])
    );
    let verdicts: Vec<&str> =
        simulation.named("probe_answered").iter().map(|it| it["verdict"].as_str().unwrap()).collect();
    let restarted = simulation.events.iter().position(|it| it["event"] == "effect_done").unwrap();
    let after: Vec<&str> = simulation.events[restarted..]
        .iter()
        .filter(|it| it["event"] == "probe_answered" && it["probe"] == "ImapLatency")
        .map(|it| it["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(after.first(), Some(&"passed"), "healthy at +10: {verdicts:?}");
    assert_eq!(after.get(1), Some(&"failed"), "sick at +20: {verdicts:?}");
}

#[test]
fn probe_says_nothing() {
    let simulation = Simulation::in_world("probe-says-nothing");
    assert_eq!((simulation.code, simulation.disruptions(), simulation.left()), (3, NONE.to_vec(), vec![]));
    assert!(simulation.named("probe_answered").iter().all(|it| it["verdict"] == "unknown"));
}

#[test]
fn alias_name() {
    let simulation = Simulation::in_world("alias-name");
    assert_eq!(simulation.code, 0);
    assert_eq!(simulation.disruptions(), [r#"service.restart(name: "MSExchangeIMAP4BE", on: mbx1)"#]);
    assert_eq!(simulation.left(), NOTHING_LEFT);
}

#[test]
fn multi_role() {
    let simulation = Simulation::in_world("multi-role");
    assert_eq!((simulation.code, simulation.reboots(), simulation.left()), (0, vec!["host.reboot(host: mr1)"], vec![]));
    let done = simulation.done();
    let at = |call: &str| done.iter().position(|it| it.starts_with(call)).unwrap();
    assert!(at("exchange.activation_blocked(server: mr1") < at("host.reboot"), "{done:?}");
}

#[test]
fn standalone() {
    let simulation = Simulation::in_world("standalone");
    assert_eq!((simulation.code, simulation.reboots(), simulation.left()), (3, NONE.to_vec(), vec![]));
}

#[test]
fn expired_certificate() {
    let simulation = Simulation::in_world("expired-certificate");
    assert!(simulation.code == 3 && simulation.restarts().len() <= 1 && simulation.reboots().len() <= 1);
    assert_eq!(simulation.left(), NOTHING_LEFT);
}

#[test]
fn nobody_home() {
    let simulation = Simulation::in_world("nobody-home");
    assert_eq!(simulation.code, 7);
    let sent = simulation.named("escalation_sent");
    assert!(sent.len() == 1 && sent[0]["delivered"] == false, "{sent:?}");
}

/// Every world has the same ending for every seed, although restarts, moves and reboots take different times.
#[test]
fn the_ending_does_not_depend_on_the_seed() {
    for name in worlds() {
        let path = format!("runbooks/exchange/worlds/{name}.yaml");
        let usual = Simulation::in_world(&name);
        let folder = tempfile::tempdir().unwrap();
        for seed in [2, 3, 4, 5] {
            let world = folder.path().join(format!("{name}-{seed}.yaml"));
            std::fs::write(&world, format!("extends: {}\nseed: {seed}\n", repository().join(&path).display())).unwrap();
            let simulation = Simulation::of("runbooks/exchange", world.to_str().unwrap(), &[]);
            assert_eq!((simulation.code, simulation.violations()), (usual.code, vec![]), "{name}, seed {seed}");
            assert_eq!(simulation.reboots(), usual.reboots(), "{name}, seed {seed}");
        }
    }
}

fn worlds() -> Vec<String> {
    let folder = std::fs::read_dir(repository().join("runbooks/exchange/worlds")).unwrap();
    let names = folder.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.filter(|name| name != "site").collect();
    names.sort();
    assert_eq!(names.len(), 14, "{names:?}");
    names
}

/// Runbooks that pass the checker and are wrong: the oracle must report each of them.
#[test]
fn the_oracle_reports_every_wrong_runbook() {
    let folder = repository().join("tests/oracle");
    let mut found = 0;
    for path in runbooks_in(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(rule) = text.lines().next().and_then(|line| line.strip_prefix("# Violation: ")) else { continue };
        found += 1;
        let world = path.with_extension("yaml");
        let arguments: &[&str] = match rule {
            "two_members_out" => &["server=mbx1", "other=mbx2"],
            "logging_left" => &["server=cas1"],
            _ => &["server=mbx1"],
        };
        let simulation = Simulation::of(path.to_str().unwrap(), world.to_str().unwrap(), arguments);
        assert!(simulation.violations().contains(&rule), "{}: {:?}", path.display(), simulation.ended());
        assert_eq!(simulation.code, 1, "{}: whatever its end", path.display());
    }
    assert_eq!(found, 6);
}

fn runbooks_in(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|it| it == "runbook")).collect();
    paths.sort();
    paths
}

/// The servers of the example site, and the runbooks for each of their roles.
const SERVERS: [(&str, &[&str]); 4] = [
    ("cas1", &["ImapHealthSet", "ImapLatencyHigh", "ImapCTPMonitor", "ImapProxyTestMonitor", "FrontEndGreets"]),
    ("mbx1", &["ImapHealthSet", "ImapLatencyHigh", "ImapBackEnd", "DrainedReboot", "DrainedRebootForLatency"]),
    ("mr2", &["ImapHealthSet", "ImapLatencyHigh", "ImapCTPMonitor", "ImapBackEnd", "ImapProxyTestMonitor"]),
    ("mbx9", &["ImapHealthSet", "ImapLatencyHigh", "ImapBackEnd"]),
];

/// A sweep of all runbooks gives each of them one server a seed. Here every server has every runbook for its roles.
#[test]
fn no_violation_on_any_server() {
    let site = "runbooks/exchange/worlds/site.yaml";
    for (server, runbooks) in SERVERS {
        let server = format!("server={server}");
        for runbook in runbooks {
            let command = ["simulate", "runbooks/exchange", runbook, &server, "--world", site, "--seeds", "1..15"];
            let ran = rectify(&command);
            assert!(ran.code == Some(0) && ran.stdout.contains("no violation"), "{runbook} {server}: {ran:#?}");
        }
    }
}

/// Seeds in which these runbooks once broke a rule: a restart is repeated on a server that has been held meanwhile, a
/// monitor that has just begun to watch calls the latency healthy, a database on trial stays where nobody can log in, a run
/// is cancelled during the trial, and a database that cannot be mounted is moved to and fro.
#[test]
fn no_violation_in_the_seeds_that_had_one() {
    let site = "runbooks/exchange/worlds/site.yaml";
    for (runbook, server, seed) in [
        ("ImapLatencyHigh", "mr2", "994..994"),
        ("ImapLatencyHigh", "mbx1", "136..136"),
        ("ImapLatencyHigh", "mr2", "444..444"),
        ("ImapHealthSet", "mr2", "924..924"),
        ("ImapBackEnd", "mr2", "461..461"),
        ("ImapBackEnd", "mr1", "185..185"),
        ("ImapLatencyHigh", "mr2", "726..726"),
    ] {
        let server = format!("server={server}");
        let command = ["simulate", "runbooks/exchange", runbook, &server, "--world", site, "--seeds", seed];
        let ran = rectify(&command);
        assert!(ran.code == Some(0) && ran.stdout.contains("no violation"), "{runbook} {server} {seed}: {ran:#?}");
    }
}

/// Every runbook, under random faults, with Managed Availability and cancellations.
#[test]
fn no_violation_under_random_faults() {
    let site = "runbooks/exchange/worlds/site.yaml";
    let ran = rectify(&["simulate", "runbooks/exchange", "--world", site, "--seeds", "1..120", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sum = lines.last().unwrap();
    assert_eq!(sum["event"], "simulated");
    assert_eq!((&sum["violations"], &sum["runs"]), (&Value::from(0), &Value::from(8 * 120)));
    assert_eq!(lines.len(), 8 * 120 + 1);
    for outcome in ["resolved", "escalated", "cancelled"] {
        assert!(sum[outcome].as_u64().unwrap() > 0, "none was {outcome}: {sum}");
    }
    assert!(lines.iter().any(|line| line["disruptions"].to_string().contains("host.reboot")), "nothing was rebooted");
}

/// Worlds in which a careless procedure would reboot needlessly, or report a sick server as healthy.
#[test]
fn careful_runbooks_neither_reboot_needlessly_nor_trust_a_sick_server() {
    let simulation = |name: &str| {
        let simulation = Simulation::of("runbooks/exchange", &format!("tests/worlds/{name}.yaml"), &[]);
        assert_eq!((simulation.code, simulation.violations()), (3, vec![]), "{name}");
        simulation
    };
    assert_eq!(simulation("directory-down").disruptions(), NONE, "no restart brings the directory back");
    assert_eq!(simulation("maintenance").disruptions(), NONE, "somebody is at work there");
    assert_eq!(simulation("imbalance").reboots(), ["host.reboot(host: mbx1)"], "and it is not called well after it");
}

/// The transcript in the README is the program's output, with omitted lines marked.
#[test]
fn the_readme_shows_the_programs_output() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let start = readme.find("```text\n03:00:00").expect("the transcript") + "```text\n".len();
    let shown = &readme[start..start + readme[start..].find("```").unwrap()];
    let told = rectify(&["simulate", "runbooks/exchange", "--world", "runbooks/exchange/worlds/sick-back-end.yaml"]);
    let mut told = told.stdout.lines();
    for line in shown.lines().filter(|line| line.trim() != "…") {
        let begins = line.split('…').next().unwrap();
        assert!(told.any(|told| told.starts_with(begins)), "the program does not say, or not in this order: {line}");
    }
}

#[test]
fn a_simulation_can_be_repeated() {
    let tell = || rectify(&["simulate", "runbooks/exchange", "--world", "runbooks/exchange/worlds/sick-back-end.yaml"]);
    let (once, again) = (tell(), tell());
    assert_eq!(once.stdout, again.stdout);
    assert!(once.stdout.starts_with("03:00:00  ImapCTPMonitor(server: cas1)\n"), "{}", once.stdout);
    assert!(once.stdout.trim_end().ends_with("violations: none"), "{}", once.stdout);
}

#[test]
fn an_impossible_simulation_is_reported() {
    let site = "runbooks/exchange/worlds/site.yaml";
    let cases: [(&[&str], &str); 6] = [
        (&["runbooks/exchange", "--world", "runbooks/exchange/worlds/nowhere.yaml"], "does not exist"),
        (&["runbooks/exchange", "--world", site, "NoSuchRunbook"], "Unknown runbook `NoSuchRunbook`"),
        (&["runbooks/exchange", "--world", site, "ImapCTPMonitor"], "server"),
        (&["runbooks/exchange", "--world", site, "ImapCTPMonitor", "server=mbx1"], "mbx1"),
        (&["runbooks/exchange", "--world", site, "--seeds", "9..1"], "smaller than the first"),
        (&["runbooks/nowhere", "--world", site], "runbooks/nowhere"),
    ];
    for (arguments, said) in cases {
        let ran = rectify(&[&["simulate"], arguments].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
}

/// The model's password of a health mailbox appears in no output.
#[test]
fn no_output_contains_a_password() {
    for world in ["sick-back-end", "healthy-back-end", "host-fault"] {
        let world = format!("runbooks/exchange/worlds/{world}.yaml");
        for format in ["text", "json"] {
            let ran = rectify(&["simulate", "runbooks/exchange", "--world", &world, "--format", format, "-vv"]);
            assert!(!ran.stdout.contains("Canary-7f3a") && !ran.stderr.contains("Canary-7f3a"), "{world}, {format}");
        }
    }
}
