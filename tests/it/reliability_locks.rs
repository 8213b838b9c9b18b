//! Locks, joined runs and limits: a lock has one holder, and a ledger that cannot be read stops effects.

use crate::support::project::wait_for;
use crate::support::project::{Project, Ran, runbook};

const INVENTORY: &str = "hosts:\n  w1: {roles: [machine]}\ncontacts: {oncall: {terminal: true}}\n";

/// A command that waits for a file, for a limited time.
fn until(file: &str) -> String {
    after_which("true", file)
}

/// A command that does something and then waits for a file.
fn after_which(first: &str, file: &str) -> String {
    let wait = format!("for i in \\$(seq 1000); do test -e {file} && break; sleep 0.02; done");
    format!("[\"sh\", \"-c\", \"{first}; {wait}\"]")
}

/// A run with a call on `w1` and a parallel child run that locks `w1`, and another runbook that acts on `w1`.
fn shared(call: &str, child: &str) -> Project {
    let child = runbook("Child", "server: machine", child).replace("  ends", "  lock server\n  ends");
    let parallel = format!(
        "  for part in [\"call\", \"child\"], 2 at a time {{
    if part == \"call\" {{
{call}
    }} else {{
      run Child(m)
    }}
  }}
  resolve \"both\""
    );
    let book = "role machine { }\n".to_owned() + &child + &runbook("Main", "m: machine", &parallel);
    let other = "  exec.disrupt([\"touch\", \"other\"], target: m)\n  resolve \"alone\"";
    let other = runbook("Other", "m: machine", other).replace("  ends", "  lock m\n  ends");
    let other = "role machine { }\n".to_owned() + &other;
    Project::new(&[("a.runbook", &book), ("other.runbook", &other), ("rectify.yaml", INVENTORY)])
}

/// Starts the run, waits for the event, and asserts that no other run gets `w1` until it has ended.
#[track_caller]
fn keeps_others_out(project: &Project, event: &str) {
    let mut main = project.command(&["run", "a.runbook", "Main", "m=w1", "--format", "json"]).spawn().unwrap();
    let seen = wait_for(&mut main, event);
    let other = project.run(&["run", "other.runbook", "m=w1"]);
    std::fs::write(project.path("go"), "").unwrap();
    let ended = Ran::of(main.wait_with_output().unwrap());
    let other = other.ends(5);
    assert!(other.stdout.contains("the lock \"w1\" is held by run"), "{other:#?}\n{seen}");
    assert!(!project.path("other").exists());
    ended.ends(0);
    project.run(&["run", "other.runbook", "m=w1"]).ends(0);
}

#[test]
fn the_end_of_a_call_takes_no_lock_from_a_child_run() {
    let call = format!("      exec.disrupt({}, target: m)", until("started"));
    let child =
        format!("  exec.disrupt([\"touch\", \"started\"])\n  exec.disrupt({})\n  resolve \"child\"", until("go"));
    keeps_others_out(&shared(&call, &child), "target: w1, accepts: [0])\",\"result\":\"done\"");
}

#[test]
fn the_end_of_a_child_run_takes_no_lock_from_a_call() {
    // The call comes first, then the child run.
    let call = format!("      exec.disrupt({}, target: m)", after_which("touch begun", "go"));
    let child = format!("  exec.disrupt({})\n  resolve \"child\"", until("begun"));
    keeps_others_out(&shared(&call, &child), "\"outcome\":\"resolved\",\"reason\":\"child\"");
    // The child run comes first, then the call.
    let call = format!("      wait 300ms\n{call}");
    keeps_others_out(&shared(&call, &child), "\"outcome\":\"resolved\",\"reason\":\"child\"");
}

#[test]
fn a_joined_run_that_was_stopped_elsewhere_is_run_for_the_one_who_joined() {
    let child = "  exec.disrupt([\"begin\"])\n  wait 5s\n  exec.disrupt([\"finish\"])\n  resolve \"child\"";
    let main = "  for part in [\"starter\", \"joiner\"], 2 at a time {
    if part == \"starter\" {
      try {
        for inner in [\"child\", \"fails\"], 2 at a time {
          if inner == \"child\" {
            run Child()
          } else {
            wait 2s
            exec.disrupt([\"fail\"])
          }
        }
      } catch error {
        notify oncall \"${error.message}\"
      }
    } else {
      wait 1s
      run Child()
    }
  }
  escalate to oncall \"the end of it\"";
    let test = "test \"joined\" for Main() {
  given exec.disrupt(arguments: [\"fail\"]) fails
  expect escalated \"the end of it\" within 10s
  expect exec.disrupt(arguments: [\"begin\"]) 2 times
  expect exec.disrupt(arguments: [\"finish\"]) once
}
";
    let book = runbook("Child", "", child) + &runbook("Main", "", main) + test;
    Project::new(&[("a.runbook", &book)]).run(&["test", "a.runbook"]).ends(0);
}

/// A runbook with a limit, which acts only if its argument says so.
fn limited(limit: &str) -> Project {
    let statements = "  if act {\n    exec.disrupt([\"sh\", \"-c\", \"echo x >> count\"])\n  }\n  resolve \"done\"";
    let book = runbook("Limited", "act: boolean", statements).replace("  ends", &format!("  limit {limit}\n  ends"));
    let alert = r#"{"name": "Limited", "labels": {"act": "true"}}"#;
    Project::new(&[("a.runbook", &book), ("alert.json", alert)])
}

fn count(project: &Project) -> usize {
    std::fs::read_to_string(project.path("count")).unwrap_or_default().lines().count()
}

const LEDGER: &str = "../state/rectify/limits.jsonl";

fn write_ledger(project: &Project, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(project.path("../state/rectify")).unwrap();
    std::fs::write(project.path(LEDGER), text).unwrap();
}

#[test]
fn a_run_that_did_nothing_spends_nothing() {
    let project = limited("1 per 24h");
    for _ in 0..3 {
        project.run(&["run", "a.runbook", "act=false"]).ends(0);
    }
    project.run(&["run", "a.runbook", "act=true"]).ends(0);
    let ran = project.run(&["run", "a.runbook", "act=true"]).ends(5);
    assert!(ran.stdout.contains("the limit Limited 1 per 1d is used up"), "{ran:#?}");
    project.run(&["run", "a.runbook", "act=false"]).ends(5);
    project.run(&["run", "a.runbook", "--alert", "alert.json"]).ends(7);
    assert_eq!(count(&project), 1);
}

#[test]
fn of_two_runs_that_race_one_is_turned_down_at_its_first_effect() {
    let statements = format!(
        "  let ready = exec.read({})\n  exec.disrupt([\"sh\", \"-c\", \"echo x >> count\"])\n  resolve \"${{ready.exit_code}}\"",
        until("go")
    );
    let book = runbook("Limited", "", &statements).replace("  ends", "  limit 1 per 24h\n  ends");
    let project = Project::new(&[("a.runbook", &book)]);
    let mut both: Vec<_> =
        (0..2).map(|_| project.command(&["run", "a.runbook", "--format", "json"]).spawn().unwrap()).collect();
    both.iter_mut().for_each(|run| drop(wait_for(run, "run_started")));
    std::fs::write(project.path("go"), "").unwrap();
    let ran: Vec<Ran> = both.into_iter().map(|run| Ran::of(run.wait_with_output().unwrap())).collect();
    let mut codes: Vec<_> = ran.iter().map(|ran| ran.code).collect();
    codes.sort();
    assert_eq!((count(&project), codes), (1, vec![Some(0), Some(7)]), "{ran:#?}");
    let turned_down = ran.iter().find(|ran| ran.code == Some(7)).unwrap();
    assert!(turned_down.stdout.contains("\"result\":\"refused\""), "{turned_down:#?}");
    assert!(turned_down.stdout.contains("was not done: the limit Limited 1 per 1d is used up"), "{turned_down:#?}");
}

#[test]
fn a_damaged_ledger_stops_effects() {
    let good = "{\"at\":\"2026-01-01T00:00:00Z\",\"limit\":\"x\",\"run\":\"r\"}\n";
    for (damaged, line) in [
        (format!("{good}{{\"at\":null,\"limit\":\"Limited 1 per 1d\",\"run\":\"r\"}}\n"), 2),
        (format!("{{\"at\":\"2026-01-\n{good}"), 1),
        (format!("{good}{good}\u{0}\u{0}\n{good}"), 3),
        (format!("{good}[]\n"), 2),
    ] {
        let project = limited("1 per 24h");
        write_ledger(&project, &damaged);
        let ran = project.run(&["run", "a.runbook", "act=true"]).ends(5);
        let says = format!("rectify/limits.jsonl, line {line}");
        assert!(ran.stdout.contains(&says) && ran.stdout.contains("correct"), "{ran:#?}");
        project.run(&["run", "a.runbook", "--alert", "alert.json"]).ends(7);
        let told = project.undelivered();
        assert!(told.contains(&says), "{told}");
        assert_eq!((count(&project), std::fs::read_to_string(project.path(LEDGER)).unwrap()), (0, damaged));
    }
    // The same if only an action is limited, and nothing catches the error.
    let statements = "  retry 2 times {\n    exec.disrupt([\"touch\", \"count\"])\n  }\n  resolve \"done\"";
    let statements = statements
        .replace("retry 2 times", "try")
        .replace("\n  resolve", " catch error {\n    notify oncall \"${error.message}\"\n  }\n  resolve");
    let book = format!("limit exec.disrupt 1 per 24h\n{}", runbook("Acts", "", &statements));
    let project = Project::new(&[("a.runbook", &book)]);
    write_ledger(&project, "nonsense\n");
    project.run(&["run", "a.runbook"]).ends(5);
    assert!(!project.path("count").exists());
    // A runbook without a limit does not read the ledger.
    let project = Project::new(&[("a.runbook", &runbook("Acts", "", &statements))]);
    write_ledger(&project, "nonsense\n");
    project.run(&["run", "a.runbook"]).ends(0);
}

#[test]
fn a_line_that_a_power_cut_tore_is_put_right() {
    for torn in [&b"{\"at\":\"2026-01-"[..], b"{", b"\0\0\0\0", b"\xff\xfe"] {
        let project = limited("1 per 24h");
        let kept = "{\"at\":\"2026-01-01T00:00:00Z\",\"limit\":\"x\",\"run\":\"r\"}\n";
        write_ledger(&project, [kept.as_bytes(), torn].concat());
        let ran = project.run(&["run", "a.runbook", "act=true"]).ends(0);
        assert!(ran.stderr.contains("limits.jsonl") && ran.stderr.contains("WARN"), "{ran:#?}");
        let text = std::fs::read_to_string(project.path(LEDGER)).unwrap();
        assert!(text.starts_with(kept) && text.ends_with("}\n") && text.lines().count() == 2, "{text}");
        let ran = project.run(&["run", "a.runbook", "act=true"]).ends(5);
        assert!(!ran.stderr.contains("WARN"), "{ran:#?}");
    }
    // An entry that only lacks its line end is complete, and counts.
    let project = limited("1 per 24h");
    project.run(&["run", "a.runbook", "act=true"]).ends(0);
    let text = std::fs::read_to_string(project.path(LEDGER)).unwrap();
    write_ledger(&project, text.trim_end());
    project.run(&["run", "a.runbook", "act=true"]).ends(5);
    assert_eq!(count(&project), 1);
}

#[test]
fn a_charge_of_the_future_counts_from_now_on() {
    let project = limited("1 per 2s");
    write_ledger(&project, "{\"at\":\"2099-01-01T00:00:00Z\",\"limit\":\"Limited 1 per 2s\",\"run\":\"r\"}\n");
    let ran = project.run(&["run", "a.runbook", "act=true"]).ends(5);
    assert!(ran.stderr.contains("limits.jsonl, line 1") && ran.stderr.contains("2099-01-01"), "{ran:#?}");
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let ran = project.run(&["run", "a.runbook", "act=true"]).ends(0);
    assert!(!ran.stderr.contains("2099"), "it is said once: {ran:#?}");
    assert_eq!(count(&project), 1);
}

#[test]
fn the_limit_of_whoever_started_a_run_is_charged_by_its_first_effect_too() {
    let child = runbook("Child", "", "  exec.disrupt([\"sh\", \"-c\", \"echo x >> count\"])\n  resolve \"child\"");
    let main = runbook("Main", "", "  run Child()\n  resolve \"main\"").replace("  ends", "  limit 1 per 24h\n  ends");
    let project = Project::new(&[("a.runbook", &(child + &main))]);
    project.run(&["run", "a.runbook", "Main"]).ends(0);
    project.run(&["run", "a.runbook", "Main"]).ends(5);
    assert_eq!(count(&project), 1);
}

/// A runbook whose call writes when it begins and when it ends, for at most `limit` runs a day.
fn logged(limit: u32) -> String {
    let log = "echo begin >> log; sleep 0.02; echo end >> log";
    format!(
        "role machine {{ }}
backend lab \"A laboratory\" {{
  disrupt kick(on: host) once timeout 60s {{ exec.disrupt([\"sh\", \"-c\", \"{log}\"], target: on) }}
}}
limit lab.kick {limit} per 24h per on
"
    ) + &runbook("Main", "m: machine", "  lab.kick(m)\n  resolve \"done\"")
}

#[test]
fn a_call_waits_for_its_turn() {
    let busy = runbook(
        "Busy",
        "m: machine",
        "  exec.disrupt([\"sh\", \"-c\", \"touch begun; sleep 0.5\"], target: m)\n  resolve \"done\"",
    );
    let book = logged(9) + &busy;
    let project = Project::new(&[("a.runbook", &book), ("rectify.yaml", INVENTORY)]);
    let mut first = project.command(&["run", "a.runbook", "Busy", "m=w1", "--format", "json"]).spawn().unwrap();
    wait_for(&mut first, "effect_intended");
    let second = project.run(&["run", "a.runbook", "Main", "m=W1.", "--format", "json"]).ends(0);
    let waited = second.events().into_iter().find(|event| event["event"] == "waiting").expect("it waits");
    assert!(waited["what"].as_str().unwrap().contains("the lock \"w1\" is held by run"), "{waited}");
    Ran::of(first.wait_with_output().unwrap()).ends(0);
}

/// Twelve processes of two users at once. Rounds: 2, or `RECTIFY_ROUNDS`. Without root there is only one user.
#[test]
fn twelve_processes_share_one_lock_and_one_limit() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    const GROUP: u32 = 54321;
    let rounds = std::env::var("RECTIFY_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2);
    let is_root = rustix::process::geteuid().is_root();
    for round in 0..rounds {
        let limit = 8;
        let project = Project::new(&[("a.runbook", &logged(limit)), ("rectify.yaml", INVENTORY)]);
        let store = project.path("../store");
        std::fs::create_dir_all(&store).unwrap();
        for (path, mode) in [
            (project.path("../.."), 0o755),
            (project.path(".."), 0o755),
            (project.path(""), 0o2777),
            (store.clone(), 0o2770),
        ] {
            if path.starts_with(std::env::temp_dir()) && path.canonicalize().unwrap() != std::env::temp_dir() {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            }
        }
        // Both users write to the log.
        std::fs::write(project.path("log"), "").unwrap();
        std::fs::set_permissions(project.path("log"), std::fs::Permissions::from_mode(0o666)).unwrap();
        if is_root {
            std::os::unix::fs::chown(&store, Some(0), Some(GROUP)).unwrap();
            std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o2770)).unwrap();
        }
        let started = std::time::Instant::now();
        let runs: Vec<_> = (0..12)
            .map(|number: u32| {
                let mut command = project.command(&["run", "a.runbook", "m=w1", "--format", "json"]);
                command.env("STATE_DIRECTORY", &store);
                if is_root {
                    command.uid(54321 + number % 2).gid(GROUP);
                }
                command.spawn().unwrap()
            })
            .collect();
        let ended: Vec<Ran> = runs.into_iter().map(|run| Ran::of(run.wait_with_output().unwrap())).collect();
        let done = ended.iter().filter(|ran| ran.code == Some(0)).count();
        let refused =
            ended.iter().filter(|ran| ran.stdout.contains("the limit lab.kick 8 per 1d per on=w1 is used up"));
        assert_eq!((done, refused.count()), (8, 4), "round {round}: {ended:#?}");
        let log = std::fs::read_to_string(project.path("log")).unwrap();
        assert_eq!(log, "begin\nend\n".repeat(8), "round {round}");
        let charges = std::fs::read_to_string(store.join("limits.jsonl")).unwrap();
        assert_eq!(charges.lines().count(), 8, "round {round}");
        assert!(started.elapsed().as_secs() < 60, "round {round}: somebody waited too long");
    }
}

#[test]
fn a_limit_that_is_reworded_keeps_its_budget() {
    let project = limited("1 per 24h");
    project.run(&["run", "a.runbook", "act=true"]).ends(0);
    let book = std::fs::read_to_string(project.path("a.runbook")).unwrap();
    for reworded in ["1 per 25h", "2 per 24h, 1h apart", "1h apart"] {
        std::fs::write(project.path("a.runbook"), book.replace("1 per 24h", reworded)).unwrap();
        let ran = project.run(&["run", "a.runbook", "act=true"]).ends(5);
        assert!(ran.stdout.contains("the limit Limited") && ran.stdout.contains("is used up"), "{reworded}: {ran:#?}");
    }
    // The new rule allows one more, and two rules are one charge.
    std::fs::write(project.path("a.runbook"), book.replace("1 per 24h", "2 per 24h, 3 per 30d")).unwrap();
    project.run(&["run", "a.runbook", "act=true"]).ends(0);
    project.run(&["run", "a.runbook", "act=true"]).ends(5);
    assert_eq!(count(&project), 2);
    assert_eq!(std::fs::read_to_string(project.path(LEDGER)).unwrap().lines().count(), 2);
}

#[test]
fn a_ledger_of_an_earlier_version_counts() {
    // One call, with one line for each of two rules.
    let at = rectify::value::Timestamp::now();
    let line = |limit: &str| format!("{{\"at\":\"{at}\",\"limit\":\"{limit}\",\"run\":\"r\"}}\n");
    let project = limited("2 per 24h");
    write_ledger(&project, line("Limited 2 per 1d") + &line("Limited 10m apart"));
    project.run(&["run", "a.runbook", "act=true"]).ends(0);
    project.run(&["run", "a.runbook", "act=true"]).ends(5);
}

#[test]
fn an_operator_sees_and_resets_limits() {
    let project = limited("1 per 24h");
    let ran = project.run(&["limits"]).ends(0);
    assert_eq!(ran.stdout, "No limit has counted anything\n");
    project.run(&["run", "a.runbook", "act=true", "--id", "first"]).ends(0);
    let ran = project.run(&["limits"]).ends(0);
    assert!(ran.stdout.starts_with("Limited: once, at 2") && ran.stdout.contains(" by run first\n"), "{ran:#?}");
    assert!(ran.stdout.contains("  limit Limited 1 per 1d\n"), "{ran:#?}");
    project.run(&["limits", "--reset", "Limited"]).ends(2);
    let ran = project.run(&["limits", "--reset", "Limted", "--reason", "a test"]).ends(2);
    assert!(ran.stderr.contains("Unknown counter `Limted`. Counted so far: Limited"), "{ran:#?}");
    project.run(&["run", "a.runbook", "act=true"]).ends(5);
    project.run(&["limits", "--reset", "Limited", "--reason", "the disk was replaced"]).ends(0);
    let ran = project.run(&["limits", "--format", "json"]).ends(0);
    let limits: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let counter = &limits["counters"][0];
    assert_eq!(
        (counter["charges"].as_array().map(Vec::len), counter["reset"]["reason"].as_str()),
        (Some(0), Some("the disk was replaced"))
    );
    assert!(!counter["reset"]["by"].as_str().unwrap().is_empty());
    project.run(&["run", "a.runbook", "act=true"]).ends(0);
    project.run(&["run", "a.runbook", "act=true"]).ends(5);
    assert_eq!(count(&project), 2);
}

#[test]
fn a_limit_of_a_group_counts_every_host_that_fails_together() {
    let book = "role machine { pool: text }
backend lab \"A laboratory\" {
  disrupt kick(on: host) once { exec.disrupt([\"sh\", \"-c\", \"echo x >> count\"], target: on) }
}
limit lab.kick 5 per 1h per pool
"
    .to_owned()
        + &runbook("Sick", "machine: machine", "  lab.kick(machine)\n  resolve \"done\"");
    let hosts: Vec<String> =
        (1..=50).map(|number| format!("  m{number}: {{roles: [machine], facts: {{pool: north}}}}\n")).collect();
    let inventory = format!("hosts:\n{}contacts: {{oncall: {{terminal: true}}}}\n", hosts.concat());
    let alerts: Vec<serde_json::Value> = (1..=50)
        .map(|number| serde_json::json!({"status": "firing", "labels": {"alertname": "Sick", "machine": format!("m{number}")}}))
        .collect();
    let alert = serde_json::json!({"version": "4", "status": "firing", "alerts": alerts}).to_string();
    let project = Project::new(&[("a.runbook", &book), ("rectify.yaml", &inventory), ("alert.json", &alert)]);
    let ran = project.run(&["run", ".", "--alert", "alert.json", "--format", "json"]).ends(7);
    let outcome = |word: &str| {
        ran.events().iter().filter(|event| event["event"] == "run_ended" && event["outcome"] == word).count()
    };
    assert_eq!((count(&project), outcome("resolved"), outcome("escalated")), (5, 5, 45));
    let told = ran.events().iter().filter(|event| event["event"] == "escalation_sent").count();
    assert_eq!(told, 45, "each run tells somebody");
}
