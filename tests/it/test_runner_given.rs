//! `given` lines: one run that follows each kind, and the message if the line is missing or differs.

use crate::test_runner::failures;

const HOST: &str = "given host \"web1\" is web(service: \"nginx\")\ngiven shop.is_drained answers false\n";

#[track_caller]
fn goes(given: &str, expected: &[&str]) {
    let lines: Vec<String> = expected.iter().map(|line| format!("expect {line}")).collect();
    assert_eq!(failures(&format!("{HOST}{given}\n{}", lines.join("\n"))), [] as [&str; 0]);
}

#[track_caller]
fn says(given: &str, expected: &str, said: &[&str]) {
    assert_eq!(failures(&format!("{HOST}{given}\nexpect {expected}")), said);
}

#[test]
fn verdicts_of_probes_and_their_retries() {
    goes("given Up passes", &["resolved within 1s"]);
    // The probe's own retry, ten seconds later.
    goes("given Up fails, then passes", &["resolved within 10s"]);
    says("given Up fails, then passes", "resolved within 9s", &["The run took 10s, expected at most 9s"]);
    goes("given Up unknown", &["escalated \"unknown whether\" within 10s"]);
    goes("given Up passes after 20s", &["resolved within 20s"]);
    says("given Up passes after 20s", "within 19s", &["The run took 20s, expected at most 19s"]);
    // Of several matching lines the last one applies.
    goes("given Up fails\ngiven Up(server: \"web1\") passes", &["resolved"]);
    goes("given Up(server: \"web1\") passes\ngiven host \"web2\" is web\ngiven Up(\"web2\") fails", &["resolved"]);
}

#[test]
fn answers_of_observations() {
    goes("given shop.stats answers Stats(up: true)", &["resolved within 1s"]);
    goes(
        "given shop.stats(on: \"web1\") returns Stats(up: false, load: 0.5), Stats(up: true)",
        &["resolved within 10s"],
    );
    goes("given shop.stats answers Stats(up: true) after 30s", &["resolved within 30s"]);
    // Its timeout is thirty seconds: the probe is unknown twice, ten seconds apart.
    goes("given shop.stats answers Stats(up: true) after 31s", &["escalated \"unknown whether\" within 1m10s"]);
    goes("given shop.stats times out", &["escalated \"unknown whether\" within 1m10s"]);
    says("given shop.stats times out", "within 1m9s", &["The run took 1m10s, expected at most 1m9s"]);
    goes("given shop.stats errors, then answers Stats(up: true)", &["resolved within 10s"]);
    goes("given shop.stats errors unreachable \"no route\", then fails", &["escalated \"unknown whether\""]);
    goes("given shop.stats answers Stats(up: now > now - 5m, since: now)", &["resolved within 1s"]);
    goes(
        "given shop.stats answers r#\"{\"up\": true, \"load\": 1, \"names\": [], \"since\": \"2026-01-01T00:00:00Z\"}\"#.json as Stats",
        &["resolved within 1s"],
    );
}

#[test]
fn calls_that_act() {
    let down = "given Up fails, then fails, then passes\ngiven nobody answers\n";
    goes(&format!("{down}given service.restart passes after 4s"), &["resolved within 10m14s"]);
    says(
        &format!("{down}given service.restart passes after 4s"),
        "within 10m13s",
        &["The run took 10m14s, expected at most 10m13s"],
    );
    goes(&format!("{down}given service.restart errors \"no such service\""), &["escalated \"no such service\""]);
    goes(&format!("{down}given service.restart fails \"no such service\""), &["escalated \"no such service\""]);
    goes(&format!("{down}given service.restart fails"), &["escalated \"the test gives an error, failed\""]);
    goes(&format!("{down}given service.restart errors refused"), &["escalated \"the test gives an error, refused\""]);
    goes(&format!("{down}given service.restart(\"other\") fails"), &["resolved"]);
    goes(&format!("{down}given service.restart times out"), &["escalated within 13m"]);
}

#[test]
fn actions_with_bodies() {
    let down = "given Up fails, then fails, then passes\ngiven nobody answers\n";
    // The action itself.
    goes(
        &format!("{down}given shop.drained errors \"busy\""),
        &["escalated \"busy\"", "shop.drained(drained: true) once"],
    );
    // Its body: the line is about a call inside.
    goes(&format!("{down}given exec.change errors \"busy\""), &["escalated \"busy\"", "exec.change()"]);
    let inside = "given host \"web1\" is web\ngiven exec.read([\"drained\", \"web1\"]) answers Output(stdout: \"yes\", complete: true)";
    assert_eq!(failures(&format!("{inside}\n{down}expect resolved")), [] as [&str; 0]);
}

#[test]
fn people() {
    let down = "given Up fails, then fails, then passes\n";
    goes(
        &format!("{down}given ask \"Which\" answers hard after 3m"),
        &["service.restart(\"all of it\") once", "resolved within 3m10s"],
    );
    goes(&format!("{down}given nobody answers"), &["service.restart(\"all of it\") never", "resolved within 10m10s"]);
    let hard = format!("{down}given ask \"Which\" answers hard");
    says(
        &hard,
        "service.restart(\"all of it\") never",
        &["`service.restart(name: \"all of it\")` was called once, expected never"],
    );
    // An answer after the prompt's timeout does not count.
    goes(&format!("{down}given ask \"Which\" answers hard after 11m"), &["service.restart(\"all of it\") never"]);
    let asked = "This test gives no answer for ask \"Which way?\"";
    says(down, "resolved", &[asked]);
    says(&format!("{down}given ask \"Another\" answers hard"), "resolved", &[asked]);
}

#[test]
fn hosts() {
    goes(
        "given Up fails, then fails, then passes\ngiven nobody answers",
        &["service.restart(\"nginx\", on: \"web1\") once"],
    );
    let twice = failures(
        "given host \"web1\" is web(twin: \"web2\")\ngiven host \"web2\" is web\ngiven Up passes\nexpect resolved",
    );
    assert_eq!(twice, [] as [&str; 0]);
}

#[test]
fn nothing_is_assumed() {
    let missing = "This test gives no answer for ";
    // Even if the run ends as expected.
    says("", "escalated", &[&format!("{missing}exec.read(arguments: [\"stats\", \"web1\"], accepts: [0])")]);
    says(
        "given Up(server: \"web2\") passes\ngiven host \"web2\" is web",
        "escalated",
        &[&format!("{missing}Up(server: web1)")],
    );
    let no_drained = "given host \"web1\" is web\ngiven Up fails\ngiven nobody answers\nexpect escalated";
    assert_eq!(failures(no_drained), [format!("{missing}exec.read(arguments: [\"drained\", \"web1\"], accepts: [0])")]);
}

#[test]
fn cancellation() {
    goes("given Up fails\ngiven nobody answers\ngiven cancelled after 5m", &["cancelled within 5m", "no change"]);
    goes("given Up passes\ngiven cancelled after 5m", &["resolved"]);
}
