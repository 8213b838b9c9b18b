//! `expect` lines: one met and one unmet of each kind, with the failure's message.

use crate::support::project::Project;

/// A runbook with an observation, a prompt, a change, a disruption and an undo.
pub const PAGE: &str = r#"role web { service: text  token: secret  twin: host? }

backend shop "A shop" {
  record Stats { up: boolean  load: number  note: text?  names: list<text>  since: time }

  observe stats(on: host) -> Stats timeout 30s { exec.read(["stats", on.name]).stdout.json as Stats }
  observe is_drained(on: host) -> boolean timeout 10s { exec.read(["drained", on.name]).stdout.lines == ["yes"] }
  change drained(on: host, drained: boolean = true)
         saves before = is_drained(on)
         undo drained(on, drained: before)
         idempotent  timeout 1m {
    exec.change(["drain", on.name], target: on)
  }
}

probe Up(server: web) {
  retries 1 every 10s
  ask       shop.stats(server)
  passed if answer.up
}

runbook PageDown(server: web) {
  goal    Up(server)
  contact oncall
  ends within 2h

  resolve if fixed
  step "Restart" {
    match ask "Which way?" choices [gently, hard] within 10m default gently {
      gently { notify oncall "Gently" }
      hard   { service.restart("all of it", on: server) }
    }
    permanently shop.drained(server), undo on failure  # until somebody has looked at it
    service.restart(server.service, on: server)
    resolve if fixed within 2m every 10s
  }
  escalate to oncall "${server} is down" with goal.answer
}
"#;

/// The failures of a test of [`PAGE`] with these lines; empty if it passes.
#[track_caller]
pub fn failures(lines: &str) -> Vec<String> {
    let test = format!("test \"it\" for PageDown(server: \"web1\") {{\n{lines}\n}}\n");
    let project = Project::new(&[("page.runbook", &format!("{PAGE}{test}"))]);
    let ran = project.run(&["test", "page.runbook", "--format", "json"]);
    let events = ran.events();
    let Some(told) = events.first() else { panic!("{ran:#?}") };
    let failures = told["failures"].as_array().unwrap();
    let said: Vec<String> = failures.iter().map(|it| it["message"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ran.code, Some(i32::from(!said.is_empty())), "{ran:#?}");
    assert_eq!(told["result"], if said.is_empty() { "passed" } else { "failed" });
    // Each failure refers to the unmet line, or to the title.
    let first = PAGE.lines().count() as u64 + 1;
    assert!(failures.iter().all(|it| it["line"].as_u64().unwrap() >= first), "{failures:#?}");
    said
}

/// A host, a page that stays down, and no answer to prompts.
const DOWN: &str = "given host \"web1\" is web(service: \"nginx\")\ngiven Up fails\ngiven shop.is_drained answers false\n\
                    given nobody answers\n";

/// Like [`DOWN`], but the page is up after the restart.
const CURED: &str = "given host \"web1\" is web(service: \"nginx\")\ngiven Up fails, then fails, then passes\n\
                     given shop.is_drained answers false\ngiven nobody answers\n";

#[track_caller]
fn expects(given: &str, met: &[&str], unmet: &[(&str, &str)]) {
    let all: Vec<String> = met.iter().map(|line| format!("expect {line}")).collect();
    assert_eq!(failures(&format!("{given}{}", all.join("\n"))), [] as [&str; 0]);
    let all: Vec<String> = unmet.iter().map(|(line, _)| format!("expect {line}")).collect();
    let said: Vec<&str> = unmet.iter().map(|(_, said)| *said).collect();
    assert_eq!(failures(&format!("{given}{}", all.join("\n"))), said);
}

#[test]
fn how_it_ends() {
    let down = "The run ended escalated to oncall";
    expects(
        DOWN,
        &["escalated", "escalated to oncall", "escalated \"web1 is\"", "escalated to oncall \"is down\" within 1h"],
        &[
            ("resolved", &format!("{down}, expected resolved: web1 is down")),
            ("cancelled", &format!("{down}, expected cancelled: web1 is down")),
            ("escalated to mail", &format!("{down}, expected an escalation to mail: web1 is down")),
            ("escalated \"is up\"", &format!("{down}, but its reason does not contain \"is up\": web1 is down")),
        ],
    );
    expects(
        CURED,
        &["resolved", "resolved \"fixed\""],
        &[("escalated to oncall", "The run ended resolved, expected escalated: fixed")],
    );
    let cancelled = format!("{DOWN}given cancelled after 5m\n");
    expects(
        &cancelled,
        &["cancelled within 5m"],
        &[("resolved", "The run ended cancelled, expected resolved: it was cancelled")],
    );
}

#[test]
fn when_it_ends() {
    // Ten seconds for the second poll of the probe, ten minutes for the prompt.
    expects(
        CURED,
        &["within 10m10s", "resolved within 10m10s", "within 1d"],
        &[
            ("within 10m", "The run took 10m10s, expected at most 10m"),
            ("resolved within 10m9s", "The run took 10m10s, expected at most 10m9s"),
        ],
    );
}

#[test]
fn how_often() {
    expects(
        DOWN,
        &[
            "service.restart()",
            "service.restart() once",
            "service.restart(\"nginx\", on: \"web1\") 1 times",
            "service.restart(\"other\") never",
            "no host.reboot()",
            "shop.drained(on: \"web1\", drained: true) once",
            "exec.change() once",
            "service.restart() once within 10m10s",
            "service.restart() never within 10m",
        ],
        &[
            ("service.restart() never", "`service.restart` was called once, expected never"),
            ("no service.restart()", "`service.restart` was called once, expected never"),
            ("service.restart() 2 times", "`service.restart` was called once, expected 2 times"),
            (
                "service.restart(name: \"other\") once",
                "`service.restart(name: \"other\")` was never called, expected once",
            ),
            ("host.reboot()", "`host.reboot` was never called, expected at least once"),
            ("exec.change() never", "`exec.change` was called once, expected never"),
            (
                "service.restart(on: \"web1\") once within 10m",
                "`service.restart(on: web1)` was never called within 10m, expected once",
            ),
        ],
    );
}

#[test]
fn nothing_of_a_class() {
    let up = "given host \"web1\" is web\ngiven Up passes\n";
    expects(
        up,
        &["no change", "no disrupt", "no destroy"],
        &[("escalated", "The run ended resolved, expected escalated: fixed")],
    );
    let drained = "The run called `shop.drained(on: web1, drained: true)`, whose class is `change`";
    let restarted = "The run called `service.restart(name: \"nginx\", on: web1)`, whose class is `disrupt`";
    expects(DOWN, &["no destroy"], &[("no change", drained), ("no disrupt", restarted)]);
}

#[test]
fn what_is_left() {
    // A run that resolves keeps permanent changes; one that ends badly lists them.
    let failed =
        format!("{DOWN}given service.restart errors \"boom\"\ngiven shop.drained passes, then errors \"stuck\"\n");
    let left = "The run left in place shop.drained(on: web1, drained: true)";
    expects(
        &failed,
        &["left in place shop.drained(on: \"web1\", drained: true)", "left in place shop.drained()"],
        &[
            ("left in place nothing", &format!("{left}, expected nothing")),
            ("left in place shop.drained(drained: false)", &format!("{left}, expected shop.drained(drained: false)")),
            (
                "left in place shop.drained(), service.restart()",
                &format!("{left}, expected shop.drained, service.restart"),
            ),
        ],
    );
    let up = "given host \"web1\" is web\ngiven Up passes\n";
    let nothing = "The run left nothing in place, expected shop.drained";
    expects(up, &["left in place nothing"], &[("left in place shop.drained()", nothing)]);
}

/// The report shows the run of a failed test only; each failure refers to its own line.
#[test]
fn a_failure_is_shown_with_its_run() {
    let test = "test \"up\" for PageDown(server: \"web1\") {\n  given host \"web1\" is web\n  given Up passes\n  \
                expect resolved\n}\ntest \"down\" for PageDown(server: \"web1\") {\n  given host \"web1\" is web\n  \
                given Up passes\n  expect cancelled\n}\n";
    let project = Project::new(&[("page.runbook", &format!("{PAGE}{test}"))]);
    let ran = project.run(&["test", "."]).ends(1);
    let line = format!("{PAGE}{test}").lines().position(|line| line.contains("expect cancelled")).unwrap() + 1;
    for wanted in [
        "  ok      up\n  FAILED  down\n".to_owned(),
        "× The run ended resolved, expected cancelled: fixed".to_owned(),
        format!("page.runbook:{line}:3]"),
        "    03:00:00  PageDown(server: web1)\n".to_owned(),
        "    03:00:00  ok resolved after 0s: fixed\n".to_owned(),
        "1 test failed, 1 passed\n".to_owned(),
        "0 of 1 steps and 1 of 3 endings reached\n".to_owned(),
    ] {
        assert!(ran.stdout.contains(&wanted), "{wanted:?} is not in\n{}", ran.stdout);
    }
    assert_eq!(ran.stdout.matches("Log of the run").count(), 1);
    // Byte-identical the second time.
    assert_eq!(project.run(&["test", "."]).stdout, ran.stdout);
    let junit = project.run(&["test", ".", "--format", "junit"]).ends(1).stdout;
    assert!(junit.contains("tests=\"2\" failures=\"1\"") && junit.contains("type=\"E0801\""), "{junit}");
    let filtered = project.run(&["test", ".", "--filter", "up"]).ends(0).stdout;
    assert_eq!(filtered, "page.runbook\n  ok      up\n1 test passed\n");
}

#[test]
fn what_no_test_reaches_can_be_a_failure() {
    let test = "test \"up\" for PageDown(server: \"web1\") {\n  given host \"web1\" is web\n  given Up passes\n  \
                expect resolved\n}\n";
    let project = Project::new(&[("page.runbook", &format!("{PAGE}{test}"))]);
    let ran = project.run(&["test", ".", "--require-coverage", "--format", "json"]).ends(1);
    let coverage = &ran.events()[1];
    assert_eq!((&coverage["event"], &coverage["runbook"]), (&"coverage".into(), &"PageDown".into()));
    assert_eq!((&coverage["steps"], &coverage["endings"]), (&1.into(), &3.into()));
    let missed = coverage["missed"].as_array().unwrap();
    let missed: Vec<&str> = missed.iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert_eq!(missed.len(), 3, "{missed:?}");
    assert!(missed[0].starts_with("step \"Restart\"") && missed[1].starts_with("resolve if fixed within 2m"));
    assert!(missed[2].starts_with("escalate to oncall"));
    project.run(&["test", "."]).ends(0);
}

#[test]
fn what_cannot_be_used_is_not_run() {
    let project = Project::new(&[("none.runbook", PAGE), ("broken.runbook", "runbook A( {\n")]);
    let none = project.run(&["test", "none.runbook"]).ends(2);
    assert!(none.stderr.contains("No tests in none.runbook"), "{none:#?}");
    project.run(&["test", "broken.runbook"]).ends(2);
    project.run(&["test", "nowhere"]).ends(2);
    let test = "test \"it\" for PageDown(server: \"web1\") {\n  given Up passes\n  expect resolved\n}\n";
    let project = Project::new(&[("page.runbook", &format!("{PAGE}{test}"))]);
    let ran = project.run(&["test", "page.runbook"]).ends(2);
    let said = "Unknown host `web1`: there is no `rectify.yaml`, and the test gives no such host";
    assert!(ran.stderr.contains(said) && ran.stderr.contains("given host \"web1\" is web(…)"), "{ran:#?}");
    // `check` does not need the inventory.
    project.run(&["check", "page.runbook"]).ends(0);
    let filtered = project.run(&["test", "page.runbook", "--filter", "nothing"]).ends(2);
    assert!(filtered.stderr.contains("\"nothing\""), "{filtered:#?}");
}

#[test]
fn an_existing_inventory_is_checked_against() {
    let inventory = "hosts:\n  web1: {address: 192.0.2.1, aliases: [www], roles: [web], facts: {service: nginx, token: t}}\n\
                     contacts:\n  oncall: {terminal: true}\nsecrets:\n  t: {environment: NOBODY_SETS_THIS}\n";
    let test = |host: &str, contact: &str| {
        format!(
            "{PAGE}test \"it\" for PageDown(server: \"{host}\") {{\n  given Up fails, then fails, then passes\n  \
             given shop.is_drained answers true\n  given nobody answers\n  expect service.restart(\"nginx\", on: \"www\") once\n  \
             expect escalated to {contact}\n}}\n"
        )
    };
    let run = |text: &str| Project::new(&[("page.runbook", text), ("rectify.yaml", inventory)]).run(&["test", "."]);
    // Found by an alias, with the facts of its entry; no secret is read.
    let ran = run(&test("www", "oncall")).ends(1);
    assert!(ran.stdout.contains("expected escalated: fixed") && !ran.stdout.contains("never called"), "{ran:#?}");
    let ran = run(&test("web2", "oncall")).ends(2);
    assert!(ran.stderr.contains("Unknown host `web2` in the inventory and in this test"), "{ran:#?}");
    assert!(ran.stderr.contains("Did you mean `web1`?"), "{ran:#?}");
    let ran = run(&test("web1", "oncal")).ends(2);
    assert!(ran.stderr.contains("Did you mean `oncall`?"), "{ran:#?}");
}

#[test]
fn an_endless_run_ends() {
    let text = "runbook Round() {\n  contact oncall\n  repeat 1000000 times every 1s { notify oncall \"again\" }\n  \
                escalate to oncall \"never\"\n}\ntest \"it\" for Round() {\n  expect escalated\n}\n";
    let project = Project::new(&[("round.runbook", text)]);
    let ran = project.run(&["test", ".", "--format", "json"]).ends(1);
    let said = ran.events()[0]["failures"][0]["message"].clone();
    assert_eq!(said, "The run was stopped after 100000 steps");
}
