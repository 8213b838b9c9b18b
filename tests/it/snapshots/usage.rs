//! Messages for unusable command lines, files and arguments: exit code 2.

use crate::support::project::{Project, runbook};
use crate::support::snapshot::{assert_snapshot, for_each, transcript, transcript_of};

/// The name of a snapshot, and the arguments.
type Case<'a> = (&'a str, &'a [&'a str]);

/// Compares each case. All must end with exit code 2 and an empty standard output.
#[track_caller]
fn unusable(project: &Project, cases: &[Case<'_>]) {
    for_each(cases, |(name, arguments)| {
        let ran = project.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{name}: {ran:#?}");
        assert_snapshot("usage", name, &transcript(project, arguments));
    });
}

#[test]
fn command_lines() {
    let project = Project::new(&[("a.runbook", &runbook("A", "", "  resolve \"done\""))]);
    unusable(
        &project,
        &[
            ("unknown-command", &["chek"]),
            ("unknown-option", &["check", ".", "--fixes"]),
            ("missing-path", &["check"]),
            ("bad-format", &["check", ".", "--format", "xml"]),
            ("bad-color", &["check", ".", "--color", "sometimes"]),
            ("fix-and-baseline", &["check", ".", "--fix", "--write-baseline"]),
            ("filter-and-coverage", &["test", ".", "--filter", "x", "--require-coverage"]),
            ("doc-check-without-output", &["doc", ".", "--check"]),
            ("missing-world", &["simulate", "."]),
            ("bad-seeds", &["simulate", ".", "--world", "w.yaml", "--seeds", "many"]),
            ("seeds-backwards", &["simulate", ".", "--world", "w.yaml", "--seeds", "9..1"]),
            ("too-many-seeds", &["simulate", ".", "--world", "w.yaml", "--seeds", "1..9999999"]),
            ("bad-run-name", &["run", "a.runbook", "--id", "a b"]),
            ("unknown-shell", &["completions", "cmd"]),
            ("run-without-a-path", &["run"]),
        ],
    );
}

#[test]
fn names_of_codes_and_backends() {
    unusable(
        &Project::new(&[]),
        &[
            ("explain-near", &["explain", "E0299"]),
            ("explain-near-rule", &["explain", "step-reference-by-numbers"]),
            ("explain-far", &["explain", "what"]),
            ("actions-near", &["actions", "imp"]),
            ("actions-far", &["actions", "kubernetes"]),
        ],
    );
}

#[test]
fn paths() {
    let broken = runbook("Broken", "", "  wiat 5m\n  resolve \"done\"");
    let project = Project::new(&[
        ("empty/readme.txt", ""),
        ("one/a.runbook", &runbook("A", "", "  resolve \"done\"")),
        ("other/a.runbook", &runbook("A", "", "  resolve \"done\"")),
        ("broken.runbook", &broken),
        ("inventory/rectify.yaml", "hosst: {}\n"),
        ("inventory/a.runbook", &runbook("A", "", "  resolve \"done\"")),
    ]);
    unusable(
        &project,
        &[
            ("check-nowhere", &["check", "gone.runbook"]),
            ("check-empty-folder", &["check", "empty"]),
            ("fmt-nowhere", &["fmt", "gone"]),
            ("doc-nowhere", &["doc", "gone"]),
            ("doc-two-pages-of-one-name", &["doc", "one/a.runbook", "other/a.runbook"]),
            ("doc-broken", &["doc", "broken.runbook"]),
            ("run-nowhere", &["run", "gone.runbook"]),
            ("run-broken", &["run", "broken.runbook"]),
            ("run-broken-inventory", &["run", "inventory/a.runbook"]),
            ("run-missing-inventory", &["run", "one/a.runbook", "--config", "gone.yaml"]),
            ("simulate-missing-world", &["simulate", "one", "--world", "gone.yaml"]),
            ("test-nowhere", &["test", "gone"]),
            ("test-broken", &["test", "broken.runbook"]),
            ("test-without-tests", &["test", "one"]),
        ],
    );
}

#[test]
fn which_runbook() {
    let two = runbook("First", "", "  resolve \"1\"") + &runbook("Second", "", "  resolve \"2\"");
    let project = Project::new(&[("two.runbook", &two), ("none.runbook", "role web { }\n"), ("alert.json", "{}")]);
    unusable(
        &project,
        &[
            ("several-runbooks", &["run", "two.runbook"]),
            ("no-runbook", &["run", "none.runbook"]),
            ("runbook-of-none", &["run", "none.runbook", "First"]),
            ("runbook-near", &["run", "two.runbook", "Frist"]),
            ("runbook-far", &["run", "two.runbook", "Other"]),
            ("not-name-value", &["run", "two.runbook", "First", "Second"]),
            ("alert-and-arguments", &["run", "two.runbook", "First", "--alert", "alert.json"]),
        ],
    );
}

const PARAMETERS: &str = "role web { }\nrole db { }\nenum Mode { fast, slow }\nrecord Pair { left: text }\n";

const INVENTORY: &str = "hosts:
  web1: {address: 192.0.2.1, roles: [web], aliases: [shop.example.org]}
  web2: {address: 192.0.2.1, roles: [web]}
  db1: {address: 192.0.2.3, roles: [db]}
contacts: {oncall: {terminal: true}}
secrets: {probe: {environment: PROBE}}
";

#[test]
fn arguments() {
    let all = "server: web, any: host, note: text, count: number, on: boolean, pause: duration, room: size, \
               share: percent, at: time, release: version, mode: Mode, names: list<text>, raw: json, token: secret";
    let book = format!(
        "{PARAMETERS}{}{}{}",
        runbook("All", all, "  resolve \"done\""),
        runbook("Nothing", "", "  resolve \"done\""),
        runbook("One", "server: web", "  resolve \"done\""),
    );
    let project = Project::new(&[("a.runbook", &book), ("rectify.yaml", INVENTORY)]);
    let wrong = [
        "run",
        "a.runbook",
        "All",
        "server=web1",
        "any=192.0.2.1",
        "note=x",
        "count=many",
        "on=yes",
        "pause=5",
        "room=5",
        "share=85",
        "at=noon",
        "release=",
        "mode=fsat",
        "names=a",
        "raw={",
        "token=hunter22",
    ];
    unusable(
        &project,
        &[
            ("arguments-missing", &["run", "a.runbook", "All"]),
            ("arguments-wrong", &wrong),
            ("argument-unknown-near", &["run", "a.runbook", "One", "sever=web1"]),
            ("argument-unknown-far", &["run", "a.runbook", "One", "server=web1", "colour=red"]),
            ("argument-of-none", &["run", "a.runbook", "Nothing", "server=web1"]),
            ("argument-twice", &["run", "a.runbook", "One", "server=web1", "server=web2"]),
            ("host-near", &["run", "a.runbook", "One", "server=wbe1"]),
            ("host-far", &["run", "a.runbook", "One", "server=mail"]),
            ("host-of-another-role", &["run", "a.runbook", "One", "server=db1"]),
            ("host-of-two", &["run", "a.runbook", "One", "server=192.0.2.1"]),
        ],
    );
}

#[test]
fn hosts_without_an_inventory() {
    let book = format!("{PARAMETERS}{}", runbook("One", "server: web", "  resolve \"done\""));
    let project = Project::new(&[("a.runbook", &book)]);
    unusable(&project, &[("host-without-inventory", &["run", "a.runbook", "server=web1"])]);
}

#[test]
fn a_store_that_nothing_names() {
    let project = Project::new(&[("a.runbook", &runbook("A", "", "  resolve \"done\""))]);
    let arguments = ["run", "a.runbook"];
    let mut command = project.command(&arguments);
    command.env_remove("XDG_STATE_HOME").env_remove("HOME");
    assert_snapshot("usage", "no-store", &transcript_of(command, &arguments));
}

#[test]
fn tests_that_cannot_be_run() {
    let book = runbook("A", "server: host", "  resolve \"done\"");
    let with = |test: &str| format!("{book}\n{test}");
    let good = with("test \"it\" for A(server: \"web1\") {\n  given host \"web1\" is web()\n  expect resolved\n}\n");
    let no_host = with("test \"it\" for A(server: \"web1\") {\n  expect resolved\n}\n");
    let no_world = with("test \"it\" for A(server: \"web1\") {\n  given world \"gone.yaml\"\n  expect resolved\n}\n");
    let good = format!("role web {{ }}\n{good}");
    let project =
        Project::new(&[("good.runbook", &good), ("no-host.runbook", &no_host), ("no-world.runbook", &no_world)]);
    unusable(
        &project,
        &[
            ("test-filter-of-none", &["test", "good.runbook", "--filter", "other"]),
            ("test-without-a-host", &["test", "no-host.runbook"]),
            ("test-without-its-world", &["test", "no-world.runbook"]),
        ],
    );
}
