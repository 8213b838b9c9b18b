//! Dry runs: after the first effect, the preview shows everything that could follow, and nothing else.

use super::setup::{declared, dry_run_body, on, starting};
use crate::support::program::{RunResult, health, value, world};
use rectify::engine::dry_run;
use rectify::value::Value;

const LAST: &str = "resolve if fixed\n escalate to oncall \"no\"";
const SHOWN_LAST: [&str; 2] = ["resolve if fixed", "escalate to oncall \"no\""];

#[track_caller]
fn shows(body: &str, expected: &[&str]) {
    let script = world().with(value(1)).with(health(&[false])).with(on("items", "fe1").answers(Value::list([])));
    let shown = dry_run_body(&format!("{body}\n{LAST}"), script);
    assert_eq!(shown, expected);
}

#[test]
fn the_catch_branch_is_previewed() {
    shows(
        "try { svc.restart(server)\n wait 5s } catch wrong { notify oncall \"${wrong.message}\" }",
        &[
            "svc.restart(on: fe1)",
            "wait 5s",
            "catch <an error in the lines above>",
            "  notify oncall \"….message\" <an error in the lines above>",
            SHOWN_LAST[0],
            SHOWN_LAST[1],
        ],
    );
}

#[test]
fn only_the_branch_taken_is_previewed() {
    let body = "if svc.value(server) == 1 { svc.restart(server) } else { notify oncall \"not 1\" }";
    shows(body, &["svc.restart(on: fe1)", SHOWN_LAST[0], SHOWN_LAST[1]]);
    let body =
        "try { let x = svc.seen(server)\n notify oncall \"${x.sessions}\" } catch e { notify oncall \"${e.message}\" }";
    let line = "notify oncall \"the script says nothing of svc.seen(on: fe1)\"";
    shows(body, &[line, SHOWN_LAST[0], SHOWN_LAST[1]]);
}

#[test]
fn a_prompt_previews_every_answer() {
    shows(
        "match ask \"Now?\" choices [now, later] within 10m default later {
           now { svc.restart(server) }
           later { notify oncall \"later\" }
         }",
        &[
            "ask people \"Now?\": now, later",
            "match: now <ask \"Now?\" is now>",
            "  svc.restart(on: fe1) <ask \"Now?\" is now>",
            "match: later <ask \"Now?\" is later>",
            "  notify oncall \"later\" <ask \"Now?\" is later>",
            SHOWN_LAST[0],
            SHOWN_LAST[1],
        ],
    );
    shows(
        "let word = ask \"Now?\" choices [now, later] within 10m default later
         notify oncall \"${word}\"",
        &["ask people \"Now?\": now, later", "notify oncall \"…\"", SHOWN_LAST[0], SHOWN_LAST[1]],
    );
    shows(
        "require approval \"Sure?\" by 1 within 10m else { escalate to oncall \"not sure\" }",
        &[
            "ask people \"Sure?\": approve, deny",
            "else <no approval>",
            "  escalate to oncall \"not sure\" <no approval>",
            SHOWN_LAST[0],
            SHOWN_LAST[1],
        ],
    );
    shows(
        "manual \"Pull the plug\" within 10m else { notify oncall \"not pulled\" }",
        &[
            "ask people \"Pull the plug\": done, failed",
            "else <not done in time>",
            "  notify oncall \"not pulled\" <not done in time>",
            SHOWN_LAST[0],
            SHOWN_LAST[1],
        ],
    );
}

#[test]
fn turns_and_undos_are_shown() {
    shows(
        "repeat 3 times every 1m until svc.health(server) { svc.restart(server) } else { notify oncall \"in vain\" }",
        &[
            "svc.restart(on: fe1)",
            "the same up to 2 times more",
            "until svc.health(on: fe1)",
            "else <never: svc.health(on: fe1)>",
            "  notify oncall \"in vain\" <never: svc.health(on: fe1)>",
            SHOWN_LAST[0],
            SHOWN_LAST[1],
        ],
    );
    shows(
        "retry 3 times every 1m { svc.restart(server) }",
        &["svc.restart(on: fe1)", "the same up to 2 times more, if an error leaves it", SHOWN_LAST[0], SHOWN_LAST[1]],
    );
    let items = ["svc.restart(on: fe1)", "the same for 2 more", SHOWN_LAST[0], SHOWN_LAST[1]];
    shows("for each in hosts(web), at most 9 { svc.restart(each) }", &items);
    shows("for each in hosts(web), at most 9, 2 at a time { svc.restart(each) }", &items);
    shows(
        "temporarily { svc.touch(server)\n wait 5s } undo { svc.restart(server) }",
        &[
            "svc.touch(on: fe1)",
            "wait 5s",
            "undo, when the block around it ends",
            "  svc.restart(on: fe1)",
            SHOWN_LAST[0],
            SHOWN_LAST[1],
        ],
    );
}

#[test]
fn nothing_is_previewed_after_divergence() {
    shows(
        "require svc.value(server) > 3 else { notify oncall \"too few\"\n escalate to oncall \"leaving\" }",
        &["notify oncall \"too few\"", "escalate to oncall \"leaving\""],
    );
    shows("require svc.value(server) > 3 else { escalate to oncall \"leaving\" }", &["escalate to oncall: leaving"]);
    shows(
        "try { notify oncall \"a\"\n escalate to oncall \"b\" } catch e { wait 5s }",
        &[
            "notify oncall \"a\"",
            "escalate to oncall \"b\"",
            "catch <an error in the lines above>",
            "  wait 5s <an error in the lines above>",
            SHOWN_LAST[0],
            SHOWN_LAST[1],
        ],
    );
}

#[test]
fn a_block_in_which_nothing_was_done_is_not_undone() {
    shows(
        "temporarily { if svc.value(server) == 2 { svc.touch(server) } else { wait 5s } } undo { svc.restart(server) }",
        &["escalate to oncall: no"],
    );
}

/// A probe that creates a temporary user to log in with.
const CANARY: &str = "
probe Canary(on: host) {
  temporarily svc.set(on, value: 1)
  ask svc.health(on)
  passed if answer
}";

#[track_caller]
fn shows_of(text: &str, expected: &[&str]) {
    let program = declared(text);
    let script = world().with(value(1)).with(health(&[false]));
    let ending = script.drive(dry_run(&program, &script, starting(&program, "Main", "fe1"))).expect("it ends");
    assert_eq!(RunResult { ending, world: script }.shown(), expected);
}

#[test]
fn a_probe_that_changes_something_is_a_first_effect() {
    let asked = "ask Canary(fe1), which changes something";
    let text = format!(
        "{CANARY}\nrunbook Main(server: web) {{ contact oncall\n goal Canary(server)\n resolve if fixed\n svc.restart(server)\n {LAST} }}"
    );
    shows_of(&text, &[asked, "svc.restart(on: fe1)", SHOWN_LAST[0], SHOWN_LAST[1]]);
    let text = format!(
        "{CANARY}\nrunbook Main(server: web) {{ contact oncall\n goal Healthy(server)\n if check Canary(server) == failed {{ svc.restart(server) }} else {{ escalate to oncall \"odd\" }}\n {LAST} }}"
    );
    shows_of(
        &text,
        &[
            asked,
            "if check Canary(fe1) == failed <check Canary(fe1) == failed>",
            "  svc.restart(on: fe1) <check Canary(fe1) == failed>",
            "else <not: check Canary(fe1) == failed>",
            "  escalate to oncall \"odd\" <not: check Canary(fe1) == failed>",
            SHOWN_LAST[0],
            SHOWN_LAST[1],
        ],
    );
}

#[test]
fn exponential_procedure_calls_have_a_bounded_preview() {
    // The deepest nesting of procedures, on a stack of the program's size.
    let thread = std::thread::Builder::new().stack_size(16 << 20);
    thread.spawn(dry_run_the_doubling).expect("a thread").join().expect("it is shown");
}

fn dry_run_the_doubling() {
    let mut text = "procedure P30(server: web) { svc.restart(server) }\n".to_owned();
    for number in 0..30 {
        let next = number + 1;
        text += &format!("procedure P{number}(server: web) {{ do P{next}(server)\n do P{next}(server) }}\n");
    }
    text += &format!("runbook Main(server: web) {{ contact oncall\n goal Healthy(server)\n do P0(server)\n {LAST} }}");
    let program = declared(&text);
    let script = world();
    let ending = script.drive(dry_run(&program, &script, starting(&program, "Main", "fe1"))).expect("it ends");
    let shown = RunResult { ending, world: script }.shown();
    assert_eq!((shown[0].as_str(), shown.len()), ("svc.restart(on: fe1)", 1002));
    assert_eq!(shown.last().map(String::as_str), Some("and more, not shown"));
}
