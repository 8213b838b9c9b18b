//! An unknown answer never decides an effect, whichever way it takes: texts, records, arguments, counts or bounds.
//!
//! Each case is a project with a probe whose answer is unknown. `rectify check` must refuse the acting line, and
//! `rectify run` must change nothing.

use crate::support::project::Project;

/// The probe always answers `unknown`: its program does not exist.
const DECLARATIONS: &str = r#"
role web { service: text }
record Note { name: text  verdict: Verdict? }
probe Up(server: web) {
  ask exec.read(["no-such-program-of-anybody", server.service])
  passed if answer.exit_code == 0
}
probe Fine(server: web) {
  ask exec.read(["true"])
  passed if answer.exit_code == 0
}
probe Says(word: text) { passed if word == "passed" }
probe Agrees(verdict: Verdict) { passed if verdict == passed }
procedure StopsUnless(word: text) {
  if word != "unknown" { resolve "It is known" }
}
procedure Acts(word: text) {
  if word matches r"^u" { exec.disrupt(["touch", "acted"]) } else { notify oncall "Nothing" }
}
runbook Mends(server: web) {
  goal    Up(server)
  contact oncall
  resolve if fixed
  escalate to oncall "Still down"
}
runbook Skips(server: web) {
  contact oncall
  if check Up(server) == passed { escalate to oncall "It is up" } else { resolve "Skipped" }
}
runbook Child(word: text) {
  contact oncall
  if word == "unknown" { exec.disrupt(["touch", "acted"]) } else { notify oncall "Nothing" }
  resolve "Done"
}
"#;

const INVENTORY: &str = "hosts:\n  web1: {roles: [web], address: 127.0.0.1, facts: {service: nginx}}\n  web2: {roles: [web], address: 127.0.0.2, facts: {service: nginx}}\ncontacts:\n  oncall: {terminal: true}\n";

fn project(statements: &str) -> Project {
    let runbook = format!(
        "{DECLARATIONS}\nrunbook Repair(server: web) {{\n  goal    Up(server)\n  contact oncall\n  ends within 1m\n\n{statements}\n  escalate to oncall \"Still down\"\n}}\n"
    );
    Project::new(&[("a.runbook", &runbook), ("rectify.yaml", INVENTORY)])
}

/// Paths from an unknown answer to an effect.
const REFUSED: &[(&str, &str)] = &[
    (
        "the outcome of a child run",
        r#"
  match run Mends(server) {
    resolved             { resolve "It is up" }
    escalated, cancelled { exec.disrupt(["touch", "acted"]) }
  }"#,
    ),
    (
        "the name of an outcome",
        r#"
  let outcome = run Mends(server)
  if outcome == escalated { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a child run that ends resolved because of it",
        r#"
  run Skips(server)
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "a text that is matched",
        r#"
  let word = check Up(server)
  if "${word}" matches r"^u" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a text that is compared",
        r#"
  let word = check Up(server)
  let text = "${word}"
  if text == "unknown" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a text that is matched by its cases",
        r#"
  let word = check Up(server)
  match "${word}" {
    "unknown" { exec.disrupt(["touch", "acted"]) }
    else      { notify oncall "x" }
  }"#,
    ),
    (
        "a text that is contained",
        r#"
  let word = check Up(server)
  let text = "it is ${word}"
  if text contains "unknown" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a text among others",
        r#"
  let word = check Up(server)
  let text = "${word}"
  if text in ["unknown", "failed"] { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a capture",
        r#"
  let word = check Up(server)
  let text = "${word}"
  let letter = text.capture(r"^(u)") else { escalate to oncall "Known" }
  exec.disrupt(["touch", "acted"])
  notify oncall "${letter}""#,
    ),
    (
        "lines of a text",
        r#"
  let word = check Up(server)
  let text = "${word}"
  for line in text.lines, at most 3 {
    if line == "unknown" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }
  }"#,
    ),
    (
        "a text of a text",
        r#"
  let word = check Up(server)
  let inner = "${word}"
  let outer = "<${inner}>"
  if outer == "<unknown>" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a text of a list",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  let text = "${words}"
  if text contains "unknown" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a field of a record",
        r#"
  let word = check Up(server)
  let note = Note(name: "${word}")
  if note.name == "unknown" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a record in a text",
        r#"
  let note = Note(name: "x", verdict: check Up(server))
  if "${note}" contains "unknown" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a record in a list",
        r#"
  let note = Note(name: "x", verdict: check Up(server))
  let good = [Note(name: "x", verdict: passed)]
  if note in good { notify oncall "x" } else { exec.disrupt(["touch", "acted"]) }"#,
    ),
    (
        "an argument of an action",
        r#"
  let word = check Up(server)
  exec.disrupt(["touch", "acted-${word}"])"#,
    ),
    (
        "an argument of a procedure",
        r#"
  let word = check Up(server)
  do Acts("${word}")"#,
    ),
    (
        "an argument of a procedure that leaves unless it is unknown",
        r#"
  let word = check Up(server)
  do StopsUnless("${word}")
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "an argument of a run",
        r#"
  let word = check Up(server)
  run Child("${word}")"#,
    ),
    (
        "an argument of a probe",
        r#"
  let word = check Up(server)
  if check Says("${word}") == failed { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a verdict that a probe is told",
        r#"
  let word = check Up(server)
  if check Agrees(word) == failed { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "an argument of an observation",
        r#"
  let word = check Up(server)
  let said = exec.read(["echo", "--", "${word}"])
  if said.stdout contains "unknown" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a count that a loop repeats",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  let unknown = [word in words where word == unknown]
  let times = unknown.count
  repeat times times every 1s {
    exec.disrupt(["touch", "acted"])
    require check Up(server) != passed
  }"#,
    ),
    (
        "a count of different verdicts",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  if words.distinct.count == 1 { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a count that is compared",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  let known = [word in words where word != unknown]
  if known.count == 0 { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "different verdicts gone through",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  for word in words.distinct, at most 3 { exec.disrupt(["touch", "acted-${server}"]) }"#,
    ),
    (
        "a bound of a loop",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  let unknown = [word in words where word == unknown].count
  for h in hosts(web), at most unknown { exec.disrupt(["touch", "acted"], target: h) }"#,
    ),
    (
        "The number of attempts",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  let unknown = [word in words where word == unknown].count
  retry unknown times every 1s { exec.change(["touch", "acted"]) }"#,
    ),
    (
        "how long is waited",
        r#"
  let word = check Up(server)
  let long = if word == unknown then 1s else 10m
  wait until server.service == "none" within long every 1s else { exec.disrupt(["touch", "acted"]) }"#,
    ),
    (
        "a verdict that is chosen",
        r#"
  let word = check Up(server)
  let chosen = if word == passed then passed else failed
  match chosen {
    passed  { notify oncall "x" }
    failed  { exec.disrupt(["touch", "acted"]) }
    unknown { escalate to oncall "x" }
  }"#,
    ),
    (
        "the reason of the goal",
        r#"
  if goal.answer.reason contains "not asked" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "the reason of the goal in another name",
        r#"
  let answer = goal.answer
  let why = answer.reason.capture(r"asked") else { escalate to oncall "x" }
  exec.disrupt(["touch", "acted"])
  notify oncall "${why}""#,
    ),
    (
        "the goal's value that is not there",
        r#"
  let seen = goal.answer.value
  if seen is absent { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "the goal's value that is replaced",
        r#"
  let other = exec.read(["true"])
  let seen = goal.answer.value else other
  if seen.exit_code == 0 { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "an else that acts where the goal has no value",
        r#"
  let seen = goal.answer.value else {
    exec.disrupt(["touch", "acted"])
    escalate to oncall "x"
  }
  notify oncall "x" with seen"#,
    ),
    (
        "an item of a list that an unknown answer lets in",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  let texts = ["is ${word}" for word in words]
  for text in texts, at most 3 {
    if check Says("failed") == failed { exec.disrupt(["touch", "acted-${text}"]) } else { notify oncall "x" }
  }"#,
    ),
    (
        "another answer that is known",
        r#"
  if check Up(server) == passed { resolve "x" }
  require check Fine(server) == passed
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "another answer in the next branch",
        r#"
  if check Up(server) == passed { resolve "x" } else if check Fine(server) == passed { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "another answer in an arm",
        r#"
  match check Up(server) {
    passed { resolve "x" }
    failed, unknown { if check Fine(server) == passed { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" } }
  }"#,
    ),
    (
        "another answer that is waited for",
        r#"
  if check Up(server) == passed { resolve "x" }
  wait until check Fine(server) == passed within 5s every 1s
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "another answer that is matched",
        r#"
  if check Up(server) == passed { resolve "x" }
  match check Fine(server) {
    passed { exec.disrupt(["touch", "acted"]) }
    failed, unknown { escalate to oncall "x" }
  }"#,
    ),
    (
        "one of several answers",
        r#"
  if check Up(server) == passed { resolve "x" }
  require any h in hosts(web): check Fine(h) == passed
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "either of two answers",
        r#"
  let up = check Up(server)
  let fine = check Fine(server)
  if up == passed { resolve "x" }
  require up == failed or fine == passed
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "a loop over what is known to be well",
        r#"
  for h in [h in hosts(web) where check Up(h) == passed], at most 3 { resolve "x" }
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "a repetition that escalates in the end",
        r#"
  repeat 1 times every 1s until check Up(server) != passed { notify oncall "x" }
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "an end inside the branch of a known answer",
        r#"
  if check Up(server) == passed {
    if server.service == "nginx" { resolve "x" } else { notify oncall "x" }
  } else { notify oncall "x" }
  exec.disrupt(["touch", "acted"])"#,
    ),
];

/// Similar runbooks that act on known values, which must be accepted.
const ACCEPTED: &[(&str, &str)] = &[
    (
        "a verdict that is compared with failed",
        r#"
  let word = check Up(server)
  if word == failed { exec.disrupt(["touch", "acted"]) } else { notify oncall "${word}" }"#,
    ),
    (
        "a verdict that is told to people",
        r#"
  let word = check Up(server)
  notify oncall "It is ${word}: ${goal.answer.reason}" with word, goal.answer"#,
    ),
    (
        "a count of hosts",
        r#"
  let all = hosts(web)
  if all.count == 2 { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "as many verdicts as hosts",
        r#"
  let words = [check Up(h) for h in hosts(web)]
  if words.count == 2 { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a list of what is known to be broken",
        r#"
  for h in [h in hosts(web) where check Up(h) == failed], at most 2 { exec.disrupt(["touch", "acted"], target: h) }"#,
    ),
    (
        "a field beside a verdict",
        r#"
  let note = Note(name: "x", verdict: check Up(server))
  if note.name == "x" { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "the value of the goal",
        r#"
  let seen = goal.answer.value else { escalate to oncall "No answer" }
  if seen.exit_code == 1 { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "the value of the goal where it is there",
        r#"
  if goal.answer.value is present and goal.answer.value.exit_code == 1 { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "a value of the goal that is looked at later",
        r#"
  let seen = goal.answer.value
  if seen is present { exec.disrupt(["touch", "acted-${seen.exit_code}"]) } else { escalate to oncall "No answer" }"#,
    ),
    (
        "a verdict that a procedure matches",
        r#"
  match check Up(server) {
    passed  { resolve "It is up" }
    failed  { exec.disrupt(["touch", "acted"]) }
    unknown { escalate to oncall "Nobody can tell" }
  }"#,
    ),
    (
        "an answer whose unknown was turned away",
        r#"
  let word = check Up(server)
  if word == unknown { escalate to oncall "x" } else if word == passed { resolve "x" } else { notify oncall "x" }
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "an answer that is looked at once more",
        r#"
  let word = check Up(server)
  if word == unknown { escalate to oncall "x" }
  if word == passed { resolve "x" }
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "an answer that is demanded to be known",
        r#"
  let word = check Up(server)
  require word != unknown
  require word != passed else { resolve "x" }
  exec.disrupt(["touch", "acted"])"#,
    ),
    (
        "an answer whose unknown left in its arm",
        r#"
  let word = check Up(server)
  match word {
    passed, failed { notify oncall "x" }
    unknown { escalate to oncall "x" }
  }
  if word != passed { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
    (
        "the goal after it was asked",
        r#"
  resolve if fixed
  if goal.answer.verdict != passed { exec.disrupt(["touch", "acted-${goal.answer.verdict}"]) } else { notify oncall "x" }"#,
    ),
    (
        "a known answer in a text",
        r#"
  let word = check Up(server)
  require word == failed
  exec.disrupt(["touch", "acted-${word}"])"#,
    ),
    (
        "two answers of which both are known",
        r#"
  let up = check Up(server)
  let fine = check Fine(server)
  if up == failed or fine == failed {
    escalate to oncall "x"
  } else if up == passed and fine == passed {
    exec.disrupt(["touch", "acted"])
  } else {
    escalate to oncall "x"
  }"#,
    ),
    (
        "the same answer asked again",
        r#"
  if check Up(server) == passed { resolve "x" } else if check Up(server) == failed { exec.disrupt(["touch", "acted"]) } else { notify oncall "x" }"#,
    ),
];

#[test]
fn no_way_leads_from_an_unknown_answer_to_an_effect() {
    let mut wrong = Vec::new();
    for (what, statements) in REFUSED {
        let project = project(statements);
        let checked = project.run(&["check", "a.runbook", "--format", "json"]);
        let ran = project.run(&["run", "a.runbook", "Repair", "server=web1", "--unattended"]);
        let acted = std::fs::read_dir(project.path(""))
            .unwrap()
            .any(|it| it.unwrap().file_name().to_string_lossy().starts_with("acted"));
        if checked.code != Some(1) || !checked.stdout.contains("E0406") || ran.code != Some(2) || acted {
            wrong.push(format!("{what}: acted {acted}\n{checked:#?}\n{ran:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong\n{}", wrong.len(), REFUSED.len(), wrong.join("\n\n"));
}

#[test]
fn what_is_known_may_decide() {
    for (what, statements) in ACCEPTED {
        let checked = project(statements).run(&["check", "a.runbook", "--format", "json"]);
        assert!(!checked.stdout.contains("\"E0"), "{what}: {checked:#?}");
    }
}

/// The checker tells 127 open conditions of a body apart. The others stay open, whatever is asked later.
#[test]
fn more_open_conditions_than_are_told_apart_stay_open() {
    let open = "  if check Fine(server) == passed { resolve \"x\" }\n";
    let settled = "  require check Fine(server) == failed\n  exec.disrupt([\"touch\", \"acted\"])";
    for (count, is_refused) in [(127, false), (128, true), (300, true)] {
        let text = format!("{}{settled}", open.repeat(count));
        let checked = project(&text).run(&["check", "a.runbook", "--format", "json"]);
        assert_eq!(checked.stdout.contains("\"E0406\""), is_refused, "{count}: {checked:#?}");
        assert_eq!(checked.stdout.contains("\"E0"), is_refused, "{count}: {checked:#?}");
    }
}
