//! Memory and time are bounded for any file and any answer; a run that computes still handles signals and deadlines.

use crate::support::project::signal;
use crate::support::project::{Project, Ran, runbook};
use rustix::process::Signal;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Limits of every command in these tests. Its address space may exceed the memory that it uses.
const MOST_KIB: u64 = 256 * 1024;
const ADDRESS_SPACE: &str = "4000000";
const LONGEST: Duration = Duration::from_secs(40);

/// Peak memory of the process, in KiB.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// The program with a limited address space, so that a failure does not exhaust the machine.
fn bounded(project: &Project, arguments: &[&str]) -> Command {
    let inner = project.command(arguments);
    let mut command = Command::new("prlimit");
    command.arg(format!("--as={ADDRESS_SPACE}000")).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(inner.get_current_dir().unwrap());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let (stdout, stderr) =
        (std::fs::File::create(project.path("out")).unwrap(), std::fs::File::create(project.path("err")).unwrap());
    command.stdin(std::process::Stdio::null()).stdout(stdout).stderr(stderr);
    command
}

/// Runs a command and asserts the limits of time and memory.
#[track_caller]
fn within_bounds(project: &Project, arguments: &[&str]) -> Ran {
    let mut child = bounded(project, arguments).spawn().unwrap();
    let (begun, mut largest) = (Instant::now(), 0);
    let ended = loop {
        largest = largest.max(peak(&child));
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if begun.elapsed() > LONGEST || largest > MOST_KIB {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(largest <= MOST_KIB, "{arguments:?} took {largest} KiB");
    let ended = ended.unwrap_or_else(|| panic!("{arguments:?} was not over after {LONGEST:?}"));
    let read = |name: &str| String::from_utf8_lossy(&std::fs::read(project.path(name)).unwrap()).into_owned();
    Ran { code: ended.code(), stdout: read("out"), stderr: read("err") }
}

/// Runs these statements, which must be refused at run time with `why`.
#[track_caller]
fn too_much(declarations: &str, statements: &str, why: &str) {
    let file = format!("{declarations}\n{}", runbook("A", "", &format!("{statements}\n  resolve \"done\"")));
    let project = Project::new(&[("a.runbook", &file)]);
    let ran = within_bounds(&project, &["run", "a.runbook", "--unattended"]);
    assert_eq!(ran.code, Some(7), "{ran:.2000?}");
    assert!(ran.stdout.contains(why), "{ran:.2000?}");
}

#[test]
fn what_a_test_leaves_out_of_records_is_bounded() {
    let mut file = "record R0 { a: text }\n".to_owned();
    for level in 1..=25 {
        file.push_str(&format!("record R{level} {{ a: R{}  b: R{} }}\n", level - 1, level - 1));
    }
    file.push_str("backend lab \"Of a lab\" { observe look() -> R25 { exec.read([\"look\"]).stdout.json as R25 } }\n");
    file.push_str(&runbook("A", "", "  let it = lab.look()\n  notify oncall \"seen\" with it\n  resolve \"done\""));
    file.push_str("test \"t\" for A() {\n  given lab.look answers R25()\n  expect resolved\n}\n");
    let project = Project::new(&[("a.runbook", &file)]);
    for arguments in [&["check", "a.runbook"][..], &["test", "a.runbook"]] {
        let ran = within_bounds(&project, arguments);
        assert!([Some(1), Some(2)].contains(&ran.code), "{ran:.2000?}");
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains("more than 1000 values"), "{ran:.2000?}");
    }
}

#[test]
fn texts_lists_and_records_that_double_are_bounded() {
    let doubling = |first: &str, next: &dyn Fn(&str) -> String| {
        let mut lines = vec![format!("  let a0 = {first}")];
        for level in 1..=40 {
            lines.push(format!("  let a{level} = {}", next(&format!("a{}", level - 1))));
        }
        lines.join("\n")
    };
    too_much("", &doubling("\"0123456789\"", &|a| format!("\"${{{a}}}${{{a}}}\"")), "larger than 16 MiB");
    let items = "exec.read([\"echo\", \"x\"]).stdout.lines";
    too_much("", &doubling(items, &|a| format!("[\"${{{a}}}\", \"${{{a}}}\"]")), "larger than 16 MiB");
    let many: Vec<String> = (0..100).map(|each| format!("  let b{each} = \"${{big}}{each}\"")).collect();
    let big = doubling("\"0123456789\"", &|a| format!("\"${{{a}}}${{{a}}}\""))
        .lines()
        .take(20)
        .collect::<Vec<_>>()
        .join("\n");
    too_much("", &format!("{big}\n  let big = a19\n{}", many.join("\n")), "larger than 64 MiB");
}

#[test]
fn lists_of_lists_are_bounded() {
    let mut lines = vec!["  let a0 = [\"x\", \"y\"]".to_owned()];
    // Lists of lists, up to the deepest allowed type.
    for level in 1..=30 {
        lines.push(format!("  let a{level} = [a{}, a{}]", level - 1, level - 1));
    }
    lines.push("  notify oncall \"seen\" with a30".to_owned());
    too_much("", &lines.join("\n"), "larger than 16 MiB");
}

#[test]
fn actions_that_ask_the_next_twice_are_bounded() {
    let mut actions = vec!["  observe a0() -> text { \"x\" }".to_owned()];
    for level in 1..=29 {
        actions.push(format!(
            "  observe a{level}() -> text {{\n    let p = a{0}()\n    let q = a{0}()\n    \"${{p}}\"\n  }}",
            level - 1
        ));
    }
    let backend = format!("backend lab \"Of a lab\" {{\n{}\n}}\n", actions.join("\n"));
    too_much(&backend, "  let it = lab.a29()\n  notify oncall \"${it}\"", "too many steps");
}

#[test]
fn filters_that_double_are_bounded() {
    let read = "exec.read([\"echo\", \"[\\\"a\\\\\\\"b\\\", 2]\"]).stdout.json";
    for part in ["(.,.)", "(. + .)", "\"\\(.)\\(.)\"", "([.,.]|add)", "tojson", "[.,.]", "walk([.])"] {
        let filter = vec![part; 40].join("|");
        for filter in [format!("[{filter}]|length"), filter] {
            let filter = format!("r#\"{filter}\"#");
            let file = runbook(
                "A",
                "",
                &format!("  let it = {read}.jq({filter})\n  notify oncall \"seen\" with it\n  resolve \"done\""),
            );
            let project = Project::new(&[("a.runbook", &file)]);
            let ran = within_bounds(&project, &["run", "a.runbook", "--unattended"]);
            let first_is_small = part == "(.,.)" && ran.code == Some(0);
            assert!(
                first_is_small || ran.stdout.contains("exceeds the limit of steps or size"),
                "{part}: {ran:.2000?}"
            );
        }
    }
}

/// Compares each of 20,000 lines with all 20,000 lines.
const SQUARE: &str = "[x in seen where (any y in seen: y == \"nope\")]";

/// A command that writes 400 MiB. The peak of the run is asserted by `within_bounds`.
#[test]
fn a_command_that_floods_its_output_takes_no_memory() {
    let flood = "exec.read([\"head\", \"-c\", \"419430400\", \"/dev/zero\"])";
    let statements =
        format!("  let seen = {flood}\n  if seen.complete {{ escalate to oncall \"all of it\" }}\n  resolve \"cut\"");
    let project = Project::new(&[("a.runbook", &runbook("Flood", "", &statements))]);
    within_bounds(&project, &["run", "a.runbook"]).ends(0);
}

#[test]
fn an_expression_takes_no_more_than_its_steps() {
    let statements = format!(
        "  let seen = exec.read([\"seq\", \"20000\"]).stdout.lines\n  let odd = {SQUARE}\n  notify oncall \"${{odd.count}}\""
    );
    too_much("", &statements, "more than 1000000 steps");
}

/// Computes without end; each single expression is small.
const LONG: &str = "  let seen = exec.read([\"seq\", \"300\"]).stdout.lines\n  repeat 100000 times {\n    let odd = [x in seen where (any y in seen: y == \"nope\")]\n    let none = odd.count\n  }";

fn long(ends_within: &str, statements: &str) -> Project {
    let file = runbook("A", "", &format!("{statements}\n  resolve \"done\""))
        .replace("ends within 1h", &format!("ends within {ends_within}"));
    Project::new(&[("a.runbook", &file)])
}

#[test]
fn a_run_that_calculates_ends_in_time() {
    let project = long("2s", LONG);
    let begun = Instant::now();
    let ran = within_bounds(&project, &["run", "a.runbook", "--unattended"]);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(ran.code == Some(7) && ran.stdout.contains("did not end within 2s"), "{ran:.2000?}");
}

#[track_caller]
fn ends_soon(mut child: Child, most: Duration) -> Option<i32> {
    let begun = Instant::now();
    while begun.elapsed() < most {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it was not over {most:?} after the signal");
}

#[test]
fn a_run_that_calculates_is_cancelled_by_a_signal() {
    for stop in [Signal::TERM, Signal::INT] {
        let undone = "  temporarily {\n    exec.disrupt([\"touch\", \"begun\"])\n  } undo {\n    exec.disrupt([\"touch\", \"undone\"])\n  }\n";
        let project = long("1h", &format!("{undone}{LONG}"));
        let child = bounded(&project, &["run", "a.runbook"]).spawn().unwrap();
        wait_for(&project, "begun");
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, stop);
        assert_eq!(ends_soon(child, Duration::from_secs(15)), Some(4));
        assert!(project.path("undone").exists());
    }
}

#[track_caller]
fn wait_for(project: &Project, file: &str) {
    let begun = Instant::now();
    while !project.path(file).exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{file} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_second_signal_ends_a_clean_up_that_calculates() {
    let undo =
        format!("  temporarily {{\n    exec.disrupt([\"touch\", \"begun\"])\n  }} undo {{\n{LONG}\n  }}\n  wait 30m");
    let project = long("1h", &undo);
    let child = bounded(&project, &["run", "a.runbook"]).spawn().unwrap();
    wait_for(&project, "begun");
    signal(&child, Signal::TERM);
    std::thread::sleep(Duration::from_secs(2));
    signal(&child, Signal::INT);
    assert_eq!(ends_soon(child, Duration::from_secs(10)), Some(4));
    // The run itself reports what is left in place, or the program does if the run does not respond in time.
    let said = |name: &str| std::fs::read_to_string(project.path(name)).unwrap();
    let (out, err) = (said("out"), said("err"));
    assert!(out.contains("second signal") || err.contains("the next run tells of them"), "{out}\n{err}");
}

#[test]
fn statements_of_a_clean_up_are_counted() {
    let endless = "  temporarily {\n    exec.disrupt([\"touch\", \"begun\"])\n  } undo {\n    repeat 2000 times {\n      repeat 2000 times {\n        let none = 1 + 1\n        let more = none + 1\n        let last = more + 1\n      }\n    }\n  }\n  wait 1s\n";
    let file = format!(
        "{}test \"t\" for A() {{\n  given exec.disrupt passes\n  expect escalated\n}}\n",
        runbook("A", "", &format!("{endless}  resolve \"done\""))
    );
    let project = Project::new(&[("a.runbook", &file)]);
    let ran = within_bounds(&project, &["test", "a.runbook"]);
    let failed = "its undo failed: too many steps";
    assert!(ran.code == Some(1) && ran.stdout.contains(failed), "{ran:.2000?}");
}
