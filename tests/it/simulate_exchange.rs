//! The runbooks of `runbooks/exchange` in their worlds, by the command line, as the table of what each world shows.
//!
//! No Exchange and no PowerShell stand behind these: the servers are modelled (docs/simulator.md). The runbooks, the
//! interpreter, the `exchange`, `service` and `host` backends and the decoding of what PowerShell would write are real.

use super::cli_support::Ran;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program, in the project's folder.
fn rectify(arguments: &[&str]) -> Ran {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("rectify"));
    command.args(arguments).current_dir(root()).env_remove("RECTIFY_LOG").stdin(Stdio::null());
    Ran::of(command.output().unwrap())
}

/// A simulated run, read from its JSON.
struct Story {
    code: i32,
    events: Vec<Value>,
}

impl Story {
    fn of(path: &str, world: &str, more: &[&str]) -> Self {
        let mut arguments = vec!["simulate", path];
        arguments.extend(more);
        arguments.extend(["--world", world, "--format", "json"]);
        let ran = rectify(&arguments);
        let events = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        let story = Self { code: ran.code.unwrap(), events };
        assert!(!story.events.is_empty(), "{}", ran.stderr);
        story
    }

    fn in_world(name: &str) -> Self {
        let story = Self::of("runbooks/exchange", &format!("runbooks/exchange/worlds/{name}.yaml"), &[]);
        assert_eq!(story.violations(), [] as [&str; 0], "{name}");
        story
    }

    fn ended(&self) -> &Value {
        let last = self.events.last().unwrap();
        assert_eq!(last["event"], "run_ended", "{last}");
        last
    }

    fn violations(&self) -> Vec<&str> {
        let list = self.ended()["violations"].as_array().expect("a list of violations");
        list.iter().map(|violation| violation["rule"].as_str().unwrap()).collect()
    }

    fn disruptions(&self) -> Vec<&str> {
        self.ended()["disruptions"].as_array().unwrap().iter().map(|call| call.as_str().unwrap()).collect()
    }

    fn reboots(&self) -> Vec<&str> {
        self.disruptions().into_iter().filter(|call| call.starts_with("host.reboot")).collect()
    }

    fn restarts(&self) -> Vec<&str> {
        self.disruptions().into_iter().filter(|call| call.starts_with("service.restart")).collect()
    }

    /// What is left in place, with the call that takes it back.
    fn left(&self) -> Vec<(&str, &str)> {
        let left = self.ended()["left_in_place"].as_array().unwrap();
        left.iter().map(|it| (it["change"].as_str().unwrap(), it["undo"].as_str().unwrap_or_default())).collect()
    }

    fn named(&self, event: &str) -> Vec<&Value> {
        self.events.iter().filter(|it| it["event"] == event).collect()
    }

    /// Every runbook that was run, in order.
    fn started(&self) -> Vec<&str> {
        self.named("run_started").into_iter().map(|it| it["runbook"].as_str().unwrap()).collect()
    }

    /// Every call that was done, in order.
    fn done(&self) -> Vec<&str> {
        let done = self.named("effect_done").into_iter().filter(|it| it["result"] == "done");
        done.map(|it| it["text"].as_str().unwrap()).collect()
    }
}

const NONE: [&str; 0] = [];
const NOTHING_LEFT: [(&str, &str); 0] = [];

#[test]
fn transient() {
    let story = Story::in_world("transient");
    assert_eq!((story.code, story.disruptions(), story.left()), (0, NONE.to_vec(), NOTHING_LEFT.to_vec()));
    assert_eq!(story.done(), NONE, "nothing was touched at all");
}

#[test]
fn service_fault() {
    let story = Story::in_world("service-fault");
    assert_eq!(story.code, 0);
    assert_eq!(story.disruptions(), [r#"service.restart(name: "MSExchangeImap4", on: cas1)"#]);
    assert_eq!(story.left(), NOTHING_LEFT);
}

#[test]
fn host_fault() {
    let story = Story::in_world("host-fault");
    assert_eq!((story.code, story.reboots(), story.left()), (0, vec!["host.reboot(host: mbx1)"], vec![]));
    let done = story.done();
    let at = |call: &str| done.iter().position(|it| it.starts_with(call)).unwrap_or_else(|| panic!("{call}: {done:?}"));
    let (blocked, rebooted) = (at("exchange.activation_blocked(server: mbx1, blocked: true"), at("host.reboot"));
    assert!(blocked < rebooted, "{done:?}");
    let undone = story.named("change_undone");
    assert!(undone.iter().any(|it| it["change"].as_str().unwrap().starts_with("exchange.activation_blocked")));
    assert!(rebooted < at("exchange.databases_moved_back(server: mbx1"), "{done:?}");
}

#[test]
fn undrainable() {
    let story = Story::in_world("undrainable");
    assert_eq!((story.code, story.reboots()), (3, NONE.to_vec()));
    block_is_handed_over(&story, "mbx1");
}

#[test]
fn still_bad_after_reboot() {
    let story = Story::in_world("still-bad-after-reboot");
    assert_eq!((story.code, story.reboots()), (3, vec!["host.reboot(host: mbx1)"]));
    block_is_handed_over(&story, "mbx1");
}

/// The block on activation is listed with the call that lifts it.
fn block_is_handed_over(story: &Story, server: &str) {
    let change = format!("exchange.activation_blocked(server: {server}, blocked: true)");
    let undo = format!("exchange.activation_blocked(server: {server}, blocked: false)");
    assert_eq!(story.left(), [(change.as_str(), undo.as_str())]);
    assert_eq!(story.named("escalation_sent").len(), 1, "one page a run");
}

#[test]
fn sick_back_end() {
    let story = Story::in_world("sick-back-end");
    assert_eq!((story.code, story.reboots(), story.left()), (0, vec!["host.reboot(host: mbx1)"], vec![]));
    assert!(
        story
            .restarts()
            .iter()
            .all(|call| call.contains("MSExchangeIMAP4BE\", on: mbx1") || call.contains("MSExchangeImap4\", on: cas1"))
    );
    logging_was_switched_off_again(&story);
    assert_eq!(story.started(), ["ImapCTPMonitor", "ImapBackEnd", "DrainedReboot"]);
}

#[test]
fn healthy_back_end() {
    let story = Story::in_world("healthy-back-end");
    assert_eq!((story.code, story.reboots(), story.left()), (0, vec!["host.reboot(host: cas1)"], vec![]));
    logging_was_switched_off_again(&story);
    assert_eq!(story.started(), ["ImapCTPMonitor"], "the back end is well: its procedure was not run");
}

fn logging_was_switched_off_again(story: &Story) {
    let done = story.done();
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
    let story = Story::in_world("latency-relapse");
    assert_eq!((story.code, story.reboots(), story.left()), (0, vec!["host.reboot(host: cas1)"], vec![]));
    let verdicts: Vec<&str> = story.named("probe_answered").iter().map(|it| it["verdict"].as_str().unwrap()).collect();
    let restarted = story.events.iter().position(|it| it["event"] == "effect_done").unwrap();
    let after: Vec<&str> = story.events[restarted..]
        .iter()
        .filter(|it| it["event"] == "probe_answered")
        .map(|it| it["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(after.first(), Some(&"passed"), "healthy at +10: {verdicts:?}");
    assert_eq!(after.get(1), Some(&"failed"), "sick at +20: {verdicts:?}");
}

#[test]
fn probe_says_nothing() {
    let story = Story::in_world("probe-says-nothing");
    assert_eq!((story.code, story.disruptions(), story.left()), (3, NONE.to_vec(), vec![]));
    assert!(story.named("probe_answered").iter().all(|it| it["verdict"] == "unknown"));
}

#[test]
fn alias_name() {
    let story = Story::in_world("alias-name");
    assert_eq!(story.code, 0);
    assert_eq!(story.disruptions(), [r#"service.restart(name: "MSExchangeIMAP4BE", on: mbx1)"#]);
    assert_eq!(story.left(), NOTHING_LEFT);
}

#[test]
fn multi_role() {
    let story = Story::in_world("multi-role");
    assert_eq!((story.code, story.reboots(), story.left()), (0, vec!["host.reboot(host: mr1)"], vec![]));
    let done = story.done();
    let at = |call: &str| done.iter().position(|it| it.starts_with(call)).unwrap();
    assert!(at("exchange.activation_blocked(server: mr1") < at("host.reboot"), "{done:?}");
}

#[test]
fn standalone() {
    let story = Story::in_world("standalone");
    assert_eq!((story.code, story.reboots(), story.left()), (3, NONE.to_vec(), vec![]));
}

#[test]
fn expired_certificate() {
    let story = Story::in_world("expired-certificate");
    assert!(story.code == 3 && story.restarts().len() <= 1 && story.reboots().len() <= 1);
    assert_eq!(story.left(), NOTHING_LEFT);
}

#[test]
fn nobody_home() {
    let story = Story::in_world("nobody-home");
    assert_eq!(story.code, 7);
    let sent = story.named("escalation_sent");
    assert!(sent.len() == 1 && sent[0]["delivered"] == false, "{sent:?}");
}

/// Every world ends as it should whatever chance does: restarts, moves and reboots take other times.
#[test]
fn the_end_does_not_depend_on_chance() {
    for name in worlds() {
        let path = format!("runbooks/exchange/worlds/{name}.yaml");
        let usual = Story::in_world(&name);
        let folder = tempfile::tempdir().unwrap();
        for seed in [2, 3, 4, 5] {
            let world = folder.path().join(format!("{name}-{seed}.yaml"));
            std::fs::write(&world, format!("extends: {}\nseed: {seed}\n", root().join(&path).display())).unwrap();
            let story = Story::of("runbooks/exchange", world.to_str().unwrap(), &[]);
            assert_eq!((story.code, story.violations()), (usual.code, vec![]), "{name}, seed {seed}");
            assert_eq!(story.reboots(), usual.reboots(), "{name}, seed {seed}");
        }
    }
}

fn worlds() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("runbooks/exchange/worlds")).unwrap();
    let names = folder.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.filter(|name| name != "site").collect();
    names.sort();
    assert_eq!(names.len(), 14, "{names:?}");
    names
}

/// Runbooks that pass the checker and are wrong: the oracle must see each of them in its world.
#[test]
fn the_oracle_is_not_blind() {
    let folder = root().join("tests/oracle");
    let mut found = 0;
    for path in planted(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(rule) = text.lines().next().and_then(|line| line.strip_prefix("# Convicted of: ")) else { continue };
        found += 1;
        let world = path.with_extension("yaml");
        let arguments: &[&str] = match rule {
            "two_members_out" => &["server=mbx1", "other=mbx2"],
            "logging_left" => &["server=cas1"],
            _ => &["server=mbx1"],
        };
        let story = Story::of(path.to_str().unwrap(), world.to_str().unwrap(), arguments);
        assert!(story.violations().contains(&rule), "{}: {:?}", path.display(), story.ended());
        assert_eq!(story.code, 1, "{}: whatever its end", path.display());
    }
    assert_eq!(found, 6);
}

fn planted(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|it| it == "runbook")).collect();
    paths.sort();
    paths
}

/// Every runbook, with faults at random, Managed Availability acting and people who cancel.
#[test]
fn no_rule_is_broken_whatever_goes_wrong() {
    let site = "runbooks/exchange/worlds/site.yaml";
    let ran = rectify(&["simulate", "runbooks/exchange", "--world", site, "--seeds", "1..120", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sum = lines.last().unwrap();
    assert_eq!(sum["event"], "simulated");
    assert_eq!((&sum["violations"], &sum["runs"]), (&Value::from(0), &Value::from(6 * 120)));
    assert_eq!(lines.len(), 6 * 120 + 1);
    for outcome in ["resolved", "escalated", "cancelled"] {
        assert!(sum[outcome].as_u64().unwrap() > 0, "none was {outcome}: {sum}");
    }
    assert!(lines.iter().any(|line| line["disruptions"].to_string().contains("host.reboot")), "nothing was rebooted");
}

/// Worlds in which a careless procedure reboots for nothing, or calls a sick server well.
#[test]
fn care_is_taken() {
    let story = |name: &str| {
        let story = Story::of("runbooks/exchange", &format!("tests/worlds/{name}.yaml"), &[]);
        assert_eq!((story.code, story.violations()), (3, vec![]), "{name}");
        story
    };
    assert_eq!(story("directory-down").disruptions(), NONE, "no restart brings the directory back");
    assert_eq!(story("maintenance").disruptions(), NONE, "somebody is at work there");
    assert_eq!(story("imbalance").reboots(), ["host.reboot(host: mbx1)"], "and it is not called well after it");
}

/// The transcript in the README is what the program says, line by line, with lines left out where it says so.
#[test]
fn the_readme_shows_what_is_told() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
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
fn a_story_can_be_told_again() {
    let tell = || rectify(&["simulate", "runbooks/exchange", "--world", "runbooks/exchange/worlds/sick-back-end.yaml"]);
    let (once, again) = (tell(), tell());
    assert_eq!(once.stdout, again.stdout);
    assert!(once.stdout.starts_with("03:00:00  ImapCTPMonitor(server: cas1)\n"), "{}", once.stdout);
    assert!(once.stdout.trim_end().ends_with("violations: none"), "{}", once.stdout);
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let site = "runbooks/exchange/worlds/site.yaml";
    let cases: [(&[&str], &str); 6] = [
        (&["runbooks/exchange", "--world", "runbooks/exchange/worlds/nowhere.yaml"], "does not exist"),
        (&["runbooks/exchange", "--world", site, "NoSuchRunbook"], "There is no runbook NoSuchRunbook"),
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

/// What a health mailbox's password is in the model stands in no output.
#[test]
fn no_password_gets_out() {
    for world in ["sick-back-end", "healthy-back-end", "host-fault"] {
        let world = format!("runbooks/exchange/worlds/{world}.yaml");
        for format in ["text", "json"] {
            let ran = rectify(&["simulate", "runbooks/exchange", "--world", &world, "--format", format, "-vv"]);
            assert!(!ran.stdout.contains("Canary-7f3a") && !ran.stderr.contains("Canary-7f3a"), "{world}, {format}");
        }
    }
}
