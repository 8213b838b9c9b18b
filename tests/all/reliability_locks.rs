//! Locks and runs that are joined: what one run holds no other gets.

use super::cli_signals::wait_for;
use super::cli_support::{Project, Ran, runbook};

const INVENTORY: &str = "hosts:\n  w1: {roles: [machine]}\ncontacts: {oncall: {terminal: true}}\n";

/// A command that waits for a file, though not for ever.
fn until(file: &str) -> String {
    after_which("true", file)
}

/// A command that does something and then waits for a file.
fn after_which(first: &str, file: &str) -> String {
    let wait = format!("for i in \\$(seq 1000); do test -e {file} && break; sleep 0.02; done");
    format!("[\"sh\", \"-c\", \"{first}; {wait}\"]")
}

/// A run in which a call on `w1` and a child run with the lock of `w1` go on at the same time, and another that acts
/// on `w1`.
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

/// Starts the run, waits for the event, and sees that nobody else gets `w1` until it has ended.
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
    // The call is there first, and then the child.
    let call = format!("      exec.disrupt({}, target: m)", after_which("touch begun", "go"));
    let child = format!("  exec.disrupt({})\n  resolve \"child\"", until("begun"));
    keeps_others_out(&shared(&call, &child), "\"outcome\":\"resolved\",\"reason\":\"child\"");
    // The child is there first, and then the call.
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
