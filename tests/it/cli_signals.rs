//! Signals and closed pipes: which ones stop a run.

use crate::support::project::{Project, Ran, runbook, signal, touch, wait_for};
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::{Duration, Instant};

fn end(child: Child) -> Ran {
    Ran::of(child.wait_with_output().unwrap())
}

/// A temporary change with this undo, followed by a wait.
fn temporary(undo: &str) -> Project {
    let statements = format!(
        "  temporarily {{\n    exec.disrupt([\"true\"])\n  }} undo {{\n    {undo}\n  }}\n  wait 30m\n  resolve \"done\""
    );
    Project::new(&[("a.runbook", &runbook("Temporary", "", &statements))])
}

#[test]
fn the_first_signal_cancels_and_undoes() {
    for stop in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let project = temporary("exec.disrupt([\"touch\", \"undone\"])");
        let mut child = project.command(&["run", "a.runbook"]).spawn().unwrap();
        wait_for(&mut child, "waiting");
        signal(&child, stop);
        let ran = end(child).ends(4);
        assert!(ran.stdout.contains("cancelled after"), "{ran:#?}");
        assert!(project.path("undone").exists(), "{ran:#?}");
    }
}

#[test]
fn the_second_signal_ends_the_run_and_lists_what_is_left_in_place() {
    let project = temporary("exec.disrupt([\"sleep\", \"600\"])");
    let mut child = project.command(&["run", "a.runbook", "--format", "json"]).spawn().unwrap();
    wait_for(&mut child, "waiting");
    signal(&child, rustix::process::Signal::INT);
    wait_for(&mut child, "sleep");
    let since = Instant::now();
    signal(&child, rustix::process::Signal::INT);
    let ran = end(child).ends(4);
    assert!(since.elapsed() < Duration::from_secs(5));
    let events = ran.events();
    let last = events.last().unwrap();
    assert_eq!((last["event"].as_str(), last["outcome"].as_str()), (Some("run_ended"), Some("cancelled")));
    assert!(!last["left_in_place"].as_array().unwrap().is_empty(), "{last}");
}

#[test]
fn a_hang_up_does_not_stop_a_run() {
    let project = temporary("exec.disrupt([\"touch\", \"undone\"])");
    let mut child = project.command(&["run", "a.runbook"]).spawn().unwrap();
    wait_for(&mut child, "waiting");
    signal(&child, rustix::process::Signal::HUP);
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none(), "it goes on");
    signal(&child, rustix::process::Signal::INT);
    end(child).ends(4);
}

#[test]
fn a_closed_stdout_does_not_stop_a_run() {
    let project = Project::new(&[("none", "")]);
    let file = project.path("touched");
    let statements = format!("  wait 300ms\n{}\n  resolve \"done\"", touch(&file));
    std::fs::write(project.path("a.runbook"), runbook("Act", "", &statements)).unwrap();
    for format in ["text", "json"] {
        let mut child = project.command(&["run", "a.runbook", "--format", format]).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        drop(stdout);
        end(child).ends(0);
        assert!(file.exists());
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_closed_pipe_does_not_fail_check() {
    let many: String = (0..200).map(|number| format!("  wiat {number}\n")).collect();
    let project = Project::new(&[("a.runbook", &runbook("Bad", "", &many))]);
    for format in ["text", "json"] {
        let mut child = project.command(&["check", "a.runbook", "--format", format]).spawn().unwrap();
        drop(child.stdout.take());
        let ran = end(child).ends(1);
        assert_eq!(ran.stderr, "");
    }
}

/// Whether a process has a handler for a signal, according to the kernel.
fn catches(child: &Child, number: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << (number - 1)) != 0
}

#[test]
fn a_signal_before_the_run_touches_nothing() {
    let project = temporary("exec.disrupt([\"true\"])");
    let mut command = project.command(&["run", "a.runbook", "--alert", "-"]);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    // The command waits for an alert that never comes.
    let since = Instant::now();
    while !catches(&child, 2) {
        assert!(since.elapsed() < Duration::from_secs(10), "it does not listen to signals");
        std::thread::sleep(Duration::from_millis(1));
    }
    let keyboard = child.stdin.take();
    signal(&child, rustix::process::Signal::INT);
    let ran = end(child).ends(4);
    drop(keyboard);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("nothing was changed"), "{ran:#?}");
}
