//! The tests of the shipped runbooks: they pass, cover everything, and fail if a guard is removed. Also tests in
//! worlds.

use crate::support::project::Project;
use crate::support::project::rectify;
use crate::support::repository;
use std::path::PathBuf;

fn runbooks() -> PathBuf {
    repository().join("runbooks")
}

fn files_of(folder: &str, at: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(runbooks().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{at}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            found.extend(files_of(
                &format!("{folder}/{}", path.file_name().unwrap().to_string_lossy()),
                &format!("{name}/"),
            ));
        } else if name.ends_with(".runbook") || name.ends_with(".yaml") {
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

fn project_of(files: &[(String, String)]) -> Project {
    Project::new(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
}

#[test]
fn the_shipped_tests_pass() {
    rectify(&["test", "runbooks"]).ends(0);
}

#[test]
fn the_dovecot_tests_cover_every_step_and_ending() {
    let project = project_of(&files_of("dovecot", ""));
    let ran = project.run(&["test", ".", "--require-coverage", "--format", "json"]).ends(0);
    let tests = ran.events().iter().filter(|event| event["event"] == "test_ended").count();
    assert!(tests >= 25, "{tests}");
}

/// Two endings exist only for the checker, which treats the answer's value as optional. One follows another check of
/// the same answer; the other follows a poll that only accepts an answer with a value.
#[test]
fn the_exchange_tests_cover_every_reachable_step_and_ending() {
    const WITHOUT_A_WAY: usize = 2;
    let project = project_of(&files_of("exchange", ""));
    let ran = project.run(&["test", ".", "--require-coverage", "--format", "json"]).ends(1);
    let events = ran.events();
    let results: Vec<_> = events.iter().filter(|event| event["event"] == "test_ended").collect();
    assert!(results.len() >= 110, "{}", results.len());
    assert!(results.iter().all(|it| it["result"] == "passed"), "{ran:#?}");
    let missed: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "coverage")
        .flat_map(|event| event["missed"].as_array().unwrap().iter().map(|it| it.to_string()))
        .collect();
    assert_eq!(missed.len(), WITHOUT_A_WAY, "{missed:#?}");
    assert!(missed.iter().all(|it| it.contains("The probe of ${server} gave no answer")), "{missed:#?}");
}

/// Removes guards one at a time, and asserts that the named test fails.
fn assert_each_guard_is_tested(folder: &str, slips: &[(&str, &str, &str, &str)]) {
    for &(file, guard, without, seen_by) in slips {
        let mut files = files_of(folder, "");
        let text = &mut files.iter_mut().find(|(name, _)| name == file).unwrap().1;
        assert!(text.contains(guard), "{file} does not hold {guard}");
        *text = text.replace(guard, without);
        let ran = project_of(&files).run(&["test", ".", "--format", "json"]);
        let events = ran.events();
        let failed = events.iter().filter(|event| event["result"] == "failed");
        let failed: Vec<&str> = failed.map(|event| event["test"].as_str().unwrap()).collect();
        assert!(failed.contains(&seen_by), "{without}: only {failed:?} failed\n{ran:#?}");
        ran.ends(1);
    }
}

/// Mistakes that an author could make, and the tests that catch them.
#[test]
fn a_removed_guard_of_dovecot_fails_a_test() {
    let slips = [
        // A rejected account leads to a restart.
        (
            "back-end.runbook",
            "authentication_failed, refused, no_mailbox {\n        escalate to mail_oncall",
            "authentication_failed, refused, no_mailbox {\n        notify mail_oncall",
            "an account that is turned away needs no restart",
        ),
        // The front end is restarted whatever the state of the back end.
        (
            "front-end.runbook",
            "if seen.result == unavailable {",
            "if seen.result == closed {",
            "a dead back end is repaired, and the front end left alone",
        ),
        // The service that was stopped for maintenance stays stopped.
        (
            "maintenance.runbook",
            "temporarily service.stopped(server.service, on: server)",
            "permanently service.stopped(server.service, on: server)",
            "the service runs again after the maintenance",
        ),
        // The run does not wait for the service to come back.
        (
            "back-end.runbook",
            "  wait until check BackEndLogin(server) == passed within window for 20s every 5s else { }\n",
            "",
            "a dead back end is restarted",
        ),
        // One look that passes is enough.
        (
            "back-end.runbook",
            "within window for 20s every 5s",
            "within window every 5s",
            "one lucky look fixes nothing",
        ),
        // No message is stored.
        (
            "back-end.runbook",
            "BackEndLogin(server) and BackEndStores(server)",
            "BackEndLogin(server)",
            "a full disk is told, and not restarted",
        ),
    ];
    assert_each_guard_is_tested("dovecot", &slips);
}

#[test]
fn a_removed_guard_of_exchange_fails_a_test() {
    let slips = [
        // A server that stays sick takes its databases back.
        (
            "procedures.runbook",
            "temporarily exchange.activation_blocked(server), keep on failure",
            "temporarily exchange.activation_blocked(server)",
            "a server that stays sick takes nothing back",
        ),
        // Logging that was on is switched off.
        ("imap-ctp.runbook", "(server, enabled: was)", "(server, enabled: false)", "logging that was on stays on"),
        // A single measurement of the latency counts.
        (
            "latency-and-queue.runbook",
            "resolve if fixed after 10m for 10m every 10m",
            "resolve if fixed after 10m",
            "healthy at ten minutes and sick at twenty is not healthy",
        ),
        // A certificate leads to a restart.
        ("imap-proxy-test.runbook", "(?i)certificate", "(?i)kerberos", "no restart renews a certificate"),
        // Monitors are trusted immediately.
        (
            "verify-alert.runbook",
            "after 10m within 30m for 25m every 1m",
            "after 10m within 30m every 1m",
            "monitors that become healthy must stay so",
        ),
    ];
    assert_each_guard_is_tested("exchange", &slips);
}

/// A back end with an unknown state counts as healthy: the checker refuses it without a test.
#[test]
fn a_weakened_guard_against_unknown_is_refused() {
    let (guard, without) = ("monitors == passed and probe == passed", "monitors == passed or probe == passed");
    let mut files = files_of("exchange", "");
    let text = &mut files.iter_mut().find(|(name, _)| name == "imap-ctp.runbook").unwrap().1;
    assert!(text.contains(guard));
    *text = text.replace(guard, without);
    let ran = project_of(&files).run(&["check", "imap-ctp.runbook"]).ends(1);
    assert!(ran.stdout.contains("E0406"), "{ran:#?}");
}

#[test]
fn a_world_needs_no_given_lines() {
    let test = "import \"imap-proxy-test.runbook\"\n\
        test \"met\" for ImapProxyTestMonitor(server: \"cas1\") {\n  given world \"worlds/service-fault.yaml\"\n  \
        expect resolved within 2h\n  expect service.restart(on: \"cas1\") once\n  expect left in place nothing\n}\n\
        test \"unmet\" for ImapProxyTestMonitor(server: \"cas1\") {\n  given world \"worlds/service-fault.yaml\"\n  \
        expect escalated\n  expect no disrupt\n}\n\
        test \"cancelled\" for ImapProxyTestMonitor(server: \"cas1\") {\n  given world \"worlds/service-fault.yaml\"\n  \
        given cancelled after 1s\n  expect cancelled within 5m\n}\n";
    let mut files = files_of("exchange", "");
    files.push(("proxy.test.runbook".to_owned(), test.to_owned()));
    let project = project_of(&files);
    let ran = project.run(&["test", "proxy.test.runbook", "--format", "json"]).ends(1);
    let events = ran.events();
    let result = |at: usize| (events[at]["test"].as_str().unwrap(), events[at]["result"].as_str().unwrap());
    assert_eq!([result(0), result(1), result(2)], [("met", "passed"), ("unmet", "failed"), ("cancelled", "passed")]);
    let said: Vec<&str> =
        events[1]["failures"].as_array().unwrap().iter().map(|it| it["message"].as_str().unwrap()).collect();
    assert!(said[0].starts_with("The run ended resolved, expected escalated"), "{said:?}");
    assert!(said[1].starts_with("The run called `service.restart("), "{said:?}");
    let elsewhere = test.replace("\"cas1\"", "\"cas99\"");
    files.pop();
    files.push(("proxy.test.runbook".to_owned(), elsewhere));
    let ran = project_of(&files).run(&["test", "proxy.test.runbook"]).ends(2);
    assert!(ran.stderr.contains("Unknown host `cas99` in the inventory of this test's world"), "{ran:#?}");
    let lost = test.replace("service-fault", "nowhere");
    files.pop();
    files.push(("proxy.test.runbook".to_owned(), lost));
    project_of(&files).run(&["test", "proxy.test.runbook"]).ends(2);
}

/// Test files do not affect runs, and have no page.
#[test]
fn test_files_do_not_affect_runs_or_pages() {
    let with = project_of(&files_of("dovecot", ""));
    let files: Vec<_> = files_of("dovecot", "").into_iter().filter(|(name, _)| !name.contains(".test.")).collect();
    let without = project_of(&files);
    for arguments in [
        &["doc", "."][..],
        &["check", "."],
        &["run", ".", "ImapBackEndFails"],
        &["run", "."],
        &["run", "back-end.runbook", "--dry-run"],
    ] {
        let (one, other) = (with.run(arguments), without.run(arguments));
        assert_eq!((one.code, one.stdout, one.stderr), (other.code, other.stdout, other.stderr), "{arguments:?}");
    }
}
