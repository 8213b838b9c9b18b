//! Output of runs in progress: live runs, dry runs and simulated runs.

use crate::support::mail_sink::MailSink;
use crate::support::project::rectify;
use crate::support::project::signal;
use crate::support::project::wait_for;
use crate::support::project::{Project, Ran};
use crate::support::snapshot::{assert_masked_snapshot, assert_snapshot, for_each, shown, transcript};

/// The file `up` means that the shop is up, the file `drained` that it is drained.
const SHOP: &str = r#"role web { service: text }

backend shop "A shop" {
  observe is_up(on: host) -> boolean { exec.read(["test", "-e", "up"], accepts: [0, 1]).exit_code == 0 }
  observe is_drained(on: host) -> boolean { exec.read(["test", "-e", "drained"], accepts: [0, 1]).exit_code == 0 }
  change drain(on: host)
         saves before = is_drained(on)
         undo resume(on)
         idempotent {
    exec.change(["touch", "drained"], target: on)
  }
  change resume(on: host) idempotent { exec.change(["rm", "-f", "drained"], target: on) }
  disrupt restart(on: host, file: text) idempotent { exec.disrupt(["touch", file], target: on) }
}

probe Up(server: web) {
  title     "The shop answers"
  ask       shop.is_up(server)
  passed if answer
}

runbook ShopDown(server: web, file: text = "up") {
  title   "The shop is down"
  alert   "ShopDown"
  goal    Up(server)
  contact oncall
  ends within 1h

  resolve if fixed
  step "Restart the shop" {
    temporarily shop.drain(server)
    shop.restart(server, file: file)
    resolve if fixed
  }
  notify oncall "A restart of ${server.service} did not help"
  escalate to oncall "${server} is still down" with goal.answer
}

runbook Waits(server: web) {
  title   "The shop is drained for long"
  contact oncall
  ends within 1h

  temporarily shop.drain(server)
  wait 30m
  exec.disrupt(["touch", "up"])
  resolve "done"
}

runbook Once(server: web) {
  title   "At most one restart a day"
  contact oncall
  limit   1 per 24h
  ends within 1h

  shop.restart(server, file: "up")
  resolve "restarted"
}

runbook Guarded(server: web) {
  title   "Only while the shop is up"
  contact oncall
  ends within 1h

  require shop.is_up(server)
  shop.restart(server, file: "up")
  resolve "restarted"
}

runbook Asks(server: web) {
  title   "Somebody has to know"
  contact oncall
  ends within 1h

  match ask "Which way?" choices [gently, hard] within 10m default gently {
    gently { notify oncall "Gently" }
    hard   { shop.restart(server, file: "up") }
  }
  require approval "Restart ${server}?" by 1 within 10m else { resolve "nobody approved" }
  resolve "done"
}

runbook Fails(server: web) {
  title   "A command that fails"
  contact oncall
  ends within 1h

  try {
    exec.disrupt(["false"], target: server)
  } catch error {
    notify oncall "It failed: ${error.message}"
  }
  exec.disrupt(["test", "-e", "no-such-file"], target: server)
  resolve "done"
}
"#;

const HOSTS: &str = "hosts:\n  web1: {address: 192.0.2.1, roles: [web], facts: {service: shop}}\n";

/// The test has no terminal, so no message is delivered.
const BY_TERMINAL: &str = "contacts:\n  oncall: {terminal: true}\n";

fn shop() -> Project {
    Project::new(&[("shop.runbook", SHOP), ("rectify.yaml", &format!("{HOSTS}{BY_TERMINAL}"))])
}

/// Arguments to run a runbook for `web1` under the name `r1`.
fn run_of<'a>(runbook: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "shop.runbook", runbook, "server=web1", "--id", "r1"], more].concat()
}

#[test]
fn real_runs() {
    let cases: [(&str, &str, &[&str]); 11] = [
        ("resolved", "ShopDown", &[]),
        ("resolved-json", "ShopDown", &["--format", "json"]),
        ("undelivered", "ShopDown", &["file=other"]),
        ("undelivered-json", "ShopDown", &["file=other", "--format", "json"]),
        ("guarded", "Guarded", &[]),
        ("unattended", "Asks", &["--unattended"]),
        ("failed-command", "Fails", &[]),
        ("dry-run", "ShopDown", &["--dry-run"]),
        ("dry-run-json", "ShopDown", &["--dry-run", "--format", "json"]),
        ("dry-run-of-questions", "Asks", &["--dry-run"]),
        ("dry-run-refused", "Guarded", &["--dry-run"]),
    ];
    for_each(cases, |(name, runbook, more)| {
        assert_masked_snapshot("run", name, &transcript(&shop(), &run_of(runbook, more)));
    });
}

#[test]
fn a_run_without_a_name_makes_one_up() {
    let arguments = ["run", "shop.runbook", "Guarded", "server=web1"];
    assert_masked_snapshot("run", "made-up-name", &transcript(&shop(), &arguments));
}

#[test]
fn an_escalation_that_is_delivered() {
    let server = MailSink::open();
    let mail =
        format!("mail: {{server: 127.0.0.1, port: {}, security: none, from: rectify@example.org}}\n", server.port);
    let inventory = format!("{HOSTS}contacts: {{oncall: oncall@example.org}}\n{mail}");
    let project = Project::new(&[("shop.runbook", SHOP), ("rectify.yaml", &inventory)]);
    let text = transcript(&project, &run_of("ShopDown", &["file=other"]));
    assert_masked_snapshot("run", "escalated", &text);
    let mails: Vec<String> = server
        .messages(2)
        .iter()
        .map(|mail| mail.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "="))
        .collect();
    let without_names = |mail: &String| {
        let named = |line: &&str| !["Message-ID:", "Date:"].iter().any(|name| line.starts_with(name));
        mail.lines().filter(named).map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_masked_snapshot("run", "mails", &mails.iter().map(without_names).collect::<Vec<_>>().join("\n--- mail\n"));
}

#[test]
fn a_limit_refuses_the_second_run() {
    let project = shop();
    project.run(&run_of("Once", &[])).ends(0);
    let second = ["run", "shop.runbook", "Once", "server=web1", "--id", "r2"];
    assert_masked_snapshot("run", "refused", &transcript(&project, &second));
}

#[test]
fn a_signal_cancels_a_run() {
    let project = shop();
    let arguments = run_of("Waits", &[]);
    let mut child = project.command(&arguments).spawn().unwrap();
    let before = wait_for(&mut child, "waiting");
    signal(&child, rustix::process::Signal::INT);
    let mut ran = Ran::of(child.wait_with_output().unwrap());
    ran.stdout.insert_str(0, &before);
    assert_masked_snapshot("run", "cancelled", &shown(&arguments, &ran));
}

#[test]
fn alerts() {
    let alert =
        |name: &str, host: &str| format!(r#"{{"name": "{name}", "labels": {{"server": "{host}", "job": "shop"}}}}"#);
    let over = r#"{"alerts": [{"status": "resolved", "labels": {"alertname": "ShopDown", "server": "web1"}}]}"#;
    let several = r#"{"alerts": [{"status": "firing", "labels": {"alertname": "ShopDown", "server": "web1"}},
        {"status": "firing", "labels": {"alertname": "ShopDwon", "server": "web1"}}]}"#;
    let cases: [(&str, &str, &[&str]); 12] = [
        ("alert-resolved", &alert("ShopDown", "web1"), &[]),
        ("alert-that-is-over", over, &[]),
        ("alert-that-starts-nothing", &alert("ShopDwon", "web1"), &[]),
        ("alert-of-an-unknown-host", &alert("ShopDown", "web9"), &[]),
        ("alert-dry-run", several, &["--dry-run"]),
        ("alerts-several", several, &[]),
        ("alert-not-json", "[[[", &[]),
        ("alert-as-a-list", "[]", &[]),
        ("alert-without-a-name", "{}", &[]),
        ("alert-with-a-bad-name", r#"{"name": 1}"#, &[]),
        ("alert-with-bad-labels", r#"{"name": "X", "labels": []}"#, &[]),
        ("alert-notification-with-mistakes", r#"{"alerts": [7, {"labels": {}}, {"labels": {"alertname": ""}}]}"#, &[]),
    ];
    for_each(cases, |(name, alert, more)| {
        let project = shop();
        std::fs::write(project.path("alert.json"), alert).unwrap();
        let arguments = [&["run", ".", "--alert", "alert.json", "--id", "r1"], more].concat();
        let mut text = transcript(&project, &arguments);
        match project.undelivered() {
            kept if kept.is_empty() => {}
            kept => text += &format!("--- undelivered.txt\n{kept}"),
        }
        assert_masked_snapshot("run", name, &text);
    });
}

#[test]
fn simulated_runs() {
    let shipped = |name: &str| format!("runbooks/exchange/worlds/{name}.yaml");
    let cases: [(&str, String, &[&str]); 12] = [
        ("host-fault", shipped("host-fault"), &[]),
        ("service-fault", shipped("service-fault"), &[]),
        ("sick-back-end", shipped("sick-back-end"), &[]),
        ("undrainable", shipped("undrainable"), &[]),
        ("nobody-home", shipped("nobody-home"), &[]),
        ("latency-relapse", shipped("latency-relapse"), &[]),
        ("transient", shipped("transient"), &[]),
        ("probe-says-nothing", shipped("probe-says-nothing"), &[]),
        ("transient-json", shipped("transient"), &["--format", "json"]),
        ("nobody-home-json", shipped("nobody-home"), &["--format", "json"]),
        ("seeds", shipped("site"), &["--seeds", "1..4"]),
        ("seeds-json", shipped("site"), &["--seeds", "1..2", "--format", "json"]),
    ];
    for_each(cases, |(name, world, more)| {
        let arguments = [&["simulate", "runbooks/exchange", "--world", &world], more].concat();
        assert_snapshot("simulate", name, &shown(&arguments, &rectify(&arguments)));
    });
}

#[test]
fn a_violation() {
    let arguments =
        ["simulate", "tests/oracle/block-left.runbook", "--world", "tests/oracle/block-left.yaml", "server=mbx1"];
    assert_snapshot("simulate", "violation", &shown(&arguments, &rectify(&arguments)));
}
