//! A killed run leaves a note of its open changes; a run that ends leaves no command behind.

use crate::support::project::signal;
use crate::support::project::wait_for;
use crate::support::project::{Project, Ran, runbook};
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

fn end(child: Child) -> Ran {
    Ran::of(child.wait_with_output().unwrap())
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(30), "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The notes in the store.
fn notes(project: &Project) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(project.path("../state/rectify/changes")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

const HEADERS: &str = "  title \"Drains a server\"\n  contact oncall\n  ends within 1h\n";

const INVENTORY: &str =
    "hosts:\n  web1: {roles: [web]}\n  web2: {roles: [web]}\ncontacts:\n  oncall: {terminal: true}\n";

/// A change with a declared undo, on a host; and a block with an undo.
fn draining() -> Project {
    let text = format!(
        "role web {{}}\n\n\
         backend lb \"Load balancer\" {{\n\
         \x20 change drained(on: web, name: text) undo served(on, name) {{ exec.change([\"touch\", name], target: on) }}\n\
         \x20 change served(on: web, name: text) {{ exec.change([\"rm\", name], target: on) }}\n\
         \x20 change slow(on: web) undo served(on, \"slow\") {{\n\
         \x20   exec.change([\"sh\", \"-c\", \"touch slow; exec sleep 600\"], target: on)\n\
         \x20 }}\n\
         }}\n\n\
         runbook Drain(server: web, pause: duration) {{\n{HEADERS}  lock server\n\n\
         \x20 temporarily lb.drained(server, \"drained\")\n  wait pause\n  resolve \"patched\"\n}}\n\n\
         runbook Slow(server: web) {{\n{HEADERS}\n  temporarily lb.slow(server)\n  wait 1s\n  resolve \"patched\"\n}}\n\n\
         runbook Block(server: web, pause: duration) {{\n{HEADERS}\n\
         \x20 temporarily {{\n    exec.change([\"touch\", \"page\"])\n    wait pause\n  }} undo {{\n\
         \x20   exec.change([\"rm\", \"page\"])\n  }}\n  resolve \"shown\"\n}}\n\n\
         runbook Other(server: web) {{\n{HEADERS}\n  resolve \"nothing to do\"\n}}\n\n\
         runbook Fails(server: web) {{\n{HEADERS}\n  escalate to oncall \"It is down\"\n}}\n"
    );
    Project::new(&[("a.runbook", &text), ("rectify.yaml", INVENTORY)])
}

/// Kills a run as soon as the file exists.
#[track_caller]
fn killed(project: &Project, arguments: &[&str], file: &str) {
    let mut child = project.command(arguments).spawn().unwrap();
    let there = project.path(file);
    until(file, || there.exists());
    // By now its command has ended, or it is one that never ends.
    std::thread::sleep(Duration::from_millis(200));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Change, undo and reason of each entry in the last event's `left_in_place`.
fn left(ran: &Ran) -> Vec<(String, String, String)> {
    let events = ran.events();
    let last = events.last().unwrap();
    assert_eq!(last["event"], "run_ended", "{last}");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let left = last["left_in_place"].as_array().unwrap().iter();
    left.map(|left| (text(&left["change"]), text(&left["undo"]), text(&left["why"]))).collect()
}

#[test]
fn what_a_killed_run_had_in_place_is_found_by_the_next() {
    for (book, file, change, undo) in [
        ("Drain", "drained", "lb.drained(", "lb.served(on: web1"),
        ("Block", "page", "touch", "exec.change(arguments: [\"rm\", \"page\"]"),
    ] {
        let project = draining();
        killed(&project, &["run", "a.runbook", book, "server=web1", "pause=1h", "--id", "dead"], file);
        let mode = std::fs::metadata(&notes(&project)[0]).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        // Every run reports it, even of another runbook on another host, in all its output.
        let ran = project.run(&["run", "a.runbook", "Other", "server=web2"]).ends(0);
        assert!(!ran.stdout.contains("left in place: nothing"), "{ran:#?}");
        for word in ["run dead", book, "server: web1", change, undo] {
            assert!(ran.stdout.contains(word), "{word}: {ran:#?}");
        }
        let ran = project.run(&["run", "a.runbook", "Other", "server=web2", "--format", "json"]).ends(0);
        let left_in_place = left(&ran);
        assert_eq!(left_in_place.len(), 1, "{left_in_place:?}");
        let (found, taken_back, why) = &left_in_place[0];
        assert!(found.contains(change) && taken_back.contains(undo) && why.contains("run dead"), "{left_in_place:?}");
        assert_eq!(ran.events()[0]["event"], "changes_found", "{ran:#?}");
        project.run(&["run", "a.runbook", "Fails", "server=web2"]).ends(7);
        let told = project.undelivered();
        assert!(told.contains("run dead") && told.contains(undo), "{told}");
        assert!(!told.contains("Nothing is left in place"), "{told}");
        let ran = project.run(&["run", "a.runbook", "Other", "server=web2", "--dry-run"]).ends(0);
        assert!(ran.stdout.contains(undo), "{ran:#?}");

        // A person ends this by deleting the file that the message names.
        let note = notes(&project)[0].canonicalize().unwrap();
        assert!(why.contains(note.file_name().unwrap().to_str().unwrap()), "{why}");
        std::fs::remove_file(note).unwrap();
        let ran = project.run(&["run", "a.runbook", "Other", "server=web2"]).ends(0);
        assert!(ran.stdout.contains("left in place: nothing"), "{ran:#?}");
    }
}

#[test]
fn a_change_that_the_next_run_makes_and_takes_back_is_still_the_dead_runs() {
    let project = draining();
    killed(&project, &["run", "a.runbook", "Drain", "server=web1", "pause=1h", "--id", "dead"], "drained");
    let ran = project.run(&["run", "a.runbook", "Drain", "server=web1", "pause=0s", "--format", "json"]).ends(0);
    let left_in_place = left(&ran);
    assert!(left_in_place.len() == 1 && left_in_place[0].2.contains("run dead"), "{left_in_place:?}");
    let names: Vec<_> = ran.events().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
    assert!(names.contains(&"lock_taken_over".to_owned()), "{names:?}");
}

#[test]
fn a_note_is_there_before_the_call_ends() {
    let project = draining();
    killed(&project, &["run", "a.runbook", "Slow", "server=web1", "--id", "dead"], "slow");
    let ran = project.run(&["run", "a.runbook", "Other", "server=web2", "--format", "json"]).ends(0);
    let left_in_place = left(&ran);
    assert!(left_in_place.len() == 1 && left_in_place[0].1.starts_with("lb.served("), "{left_in_place:?}");
}

#[test]
fn what_was_taken_back_leaves_no_note_and_a_living_run_is_not_dead() {
    let project = draining();
    for book in ["Drain", "Block"] {
        let ran = project.run(&["run", "a.runbook", book, "server=web1", "pause=0s"]).ends(0);
        assert!(ran.stdout.contains("left in place: nothing"), "{ran:#?}");
        assert_eq!(notes(&project), Vec::<PathBuf>::new());
    }
    let mut child = project.command(&["run", "a.runbook", "Drain", "server=web1", "pause=1h"]).spawn().unwrap();
    wait_for(&mut child, "waiting");
    assert_eq!(notes(&project).len(), 1);
    let ran = project.run(&["run", "a.runbook", "Other", "server=web2"]).ends(0);
    assert!(ran.stdout.contains("left in place: nothing"), "{ran:#?}");
    signal(&child, Signal::TERM);
    end(child).ends(4);
    assert_eq!(notes(&project), Vec::<PathBuf>::new());
}

#[test]
fn what_an_undo_could_not_take_back_is_found_as_well() {
    let project = draining();
    let mut child = project.command(&["run", "a.runbook", "Drain", "server=web1", "pause=1h"]).spawn().unwrap();
    wait_for(&mut child, "waiting");
    std::fs::remove_file(project.path("drained")).unwrap();
    signal(&child, Signal::TERM);
    end(child);
    let ran = project.run(&["run", "a.runbook", "Other", "server=web2"]).ends(0);
    assert!(ran.stdout.contains("lb.served(on: web1"), "{ran:#?}");
}

#[test]
fn nothing_is_changed_without_a_note() {
    for (book, file) in [("Drain", "drained"), ("Block", "page")] {
        let project = draining();
        std::fs::create_dir_all(project.path("../state/rectify")).unwrap();
        std::fs::write(project.path("../state/rectify/changes"), "in the way").unwrap();
        let ran = project.run(&["run", "a.runbook", book, "server=web1", "pause=0s"]).ends(7);
        assert!(!project.path(file).exists(), "{ran:#?}");
        assert!(ran.stdout.contains("changes") && ran.stdout.contains("cannot use"), "{ran:#?}");
    }
}

#[test]
fn no_secret_reaches_a_note() {
    let text = format!(
        "runbook Use(password: secret, seen: text, pause: duration) {{\n{HEADERS}\n\
         \x20 exec.disrupt([\"cat\"], secret_input: password)\n\
         \x20 temporarily {{\n    exec.change([\"touch\", \"page\"], input: seen)\n    wait pause\n  }} undo {{\n\
         \x20   exec.change([\"rm\", \"page\"], input: seen)\n  }}\n  resolve \"shown\"\n}}\n"
    );
    let inventory = "contacts:\n  oncall: {terminal: true}\nsecrets:\n  word: {file: secret}\n";
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", inventory), ("secret", "canary-4711")]);
    let permissions = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(project.path("secret"), permissions).unwrap();
    killed(&project, &["run", "a.runbook", "password=word", "seen=canary-4711", "pause=1h"], "page");
    let note = std::fs::read_to_string(&notes(&project)[0]).unwrap();
    assert!(note.contains("page") && note.contains("***") && !note.contains("canary"), "{note}");
}

#[test]
fn the_lock_of_a_dead_run_is_not_taken_without_a_word() {
    let book = runbook("Locked", "pause: duration", "  wait pause\n  resolve \"done\"")
        .replace("  ends", "  lock \"be1\"\n  ends");
    let project = Project::new(&[("a.runbook", &book)]);
    let mut first = project.command(&["run", "a.runbook", "pause=1h", "--id", "first"]).spawn().unwrap();
    wait_for(&mut first, "waiting");
    first.kill().unwrap();
    first.wait().unwrap();
    let ran = project.run(&["run", "a.runbook", "pause=0s"]).ends(0);
    assert!(ran.stdout.contains("took over the lock \"be1\" of run first"), "{ran:#?}");
    // The next run takes a lock that was released.
    let ran = project.run(&["run", "a.runbook", "pause=0s"]).ends(0);
    assert!(!ran.stdout.contains("took over the lock"), "{ran:#?}");
}

#[test]
fn quit_takes_back_what_is_open() {
    let project = draining();
    let mut child = project.command(&["run", "a.runbook", "Drain", "server=web1", "pause=1h"]).spawn().unwrap();
    wait_for(&mut child, "waiting");
    assert!(project.path("drained").exists());
    signal(&child, Signal::QUIT);
    let ran = end(child).ends(4);
    assert!(!project.path("drained").exists(), "{ran:#?}");
}

/// Whether a process exists and has not ended.
fn alive(project: &Project, file: &str) -> bool {
    let pid = std::fs::read_to_string(project.path(file)).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z")
}

/// A command that only SIGKILL ends, with a child of the same kind.
const STUBBORN: &str = "trap '' TERM INT; (trap '' TERM INT; sh -c 'echo $PPID > child'; while :; do sleep 0.1; done) & \
                        echo $$ > parent; while :; do sleep 0.1; done";

fn stubborn(statement: &str, lock: &str) -> Project {
    let command = format!("[\"sh\", \"-c\", {:?}]", STUBBORN);
    let statements = format!("{}\n  resolve \"done\"", statement.replace("COMMAND", &command));
    let book = runbook("Stubborn", "", &statements).replace("  ends", &format!("{lock}  ends"));
    Project::new(&[("a.runbook", &book)])
}

fn started(project: &Project) -> bool {
    ["parent", "child"]
        .iter()
        .all(|file| std::fs::read_to_string(project.path(file)).is_ok_and(|pid| pid.ends_with('\n')))
}

#[test]
fn a_command_ends_before_the_run_and_its_lock() {
    let look = "  let seen = exec.read(COMMAND)\n  require seen.complete";
    let act = "  exec.disrupt(COMMAND)";
    for (statement, signals) in [(look, 1), (look, 2), (act, 2)] {
        let project = stubborn(statement, "  lock \"be1\"\n");
        let mut child = project.command(&["run", "a.runbook"]).spawn().unwrap();
        until("the command", || started(&project));
        signal(&child, Signal::TERM);
        if signals == 2 {
            std::thread::sleep(Duration::from_millis(300));
            signal(&child, Signal::TERM);
        }
        let lock = project.path("../state/rectify/locks/be1.lock");
        // The next holder of the lock finds no process still acting.
        let file = std::fs::OpenOptions::new().read(true).write(true).open(lock).unwrap();
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).unwrap();
        let still: Vec<_> = ["parent", "child"].into_iter().filter(|file| alive(&project, file)).collect();
        let code = child.wait().unwrap().code();
        for file in &still {
            let pid = std::fs::read_to_string(project.path(file)).unwrap().trim().parse().unwrap();
            let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
        }
        assert_eq!(still, Vec::<&str>::new(), "{statement}, {signals} signals");
        assert_eq!(code, Some(4));
    }
}

#[test]
fn a_command_that_was_given_up_ends_before_anything_else_begins() {
    let look = "for file in parent child; do grep -q ') [RSDT]' /proc/$(cat $file)/stat && touch overlap; done; true";
    let statements = format!(
        "  try {{\n    own.slow()\n  }} catch e {{\n    exec.disrupt([\"sh\", \"-c\", {look:?}])\n  }}\n  resolve \"done\""
    );
    let slow = format!("disrupt slow() idempotent timeout 1s {{ exec.disrupt([\"sh\", \"-c\", {STUBBORN:?}]) }}");
    let text = format!("backend own \"Own\" {{\n  {slow}\n}}\n\n{}", runbook("Late", "", &statements));
    let project = Project::new(&[("a.runbook", &text)]);
    let ran = project.run(&["run", "a.runbook"]).ends(0);
    assert!(started(&project), "{ran:#?}");
    assert!(!project.path("overlap").exists(), "{ran:#?}");
}

#[test]
fn an_undo_is_told_with_its_cases_and_loops() {
    let undo = "    if was == \"on\" { exec.change([\"touch\", \"enabled\"]) } else { exec.change([\"touch\", \"disabled\"]) }\n    for name in [\"a\", \"b\"], at most 5 { exec.change([\"false\", name]) }\n";
    let told = "exec.change(arguments: [\"touch\", \"enabled\"], accepts: [0]); exec.change(arguments: [\"false\", \"a\"], \
                accepts: [0]); exec.change(arguments: [\"false\", \"b\"], accepts: [0])";
    let text = format!(
        "runbook A(was: text, pause: duration) {{\n{HEADERS}\n  temporarily {{\n    exec.change([\"touch\", \"begun\"])\n    wait pause\n  }} undo {{\n{undo}  }}\n  resolve \"done\"\n}}\n"
    );
    // At the end of the run and in the message.
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", INVENTORY)]);
    let ran = project.run(&["run", "a.runbook", "was=on", "pause=0s", "--format", "json"]);
    let left_in_place = left(&ran);
    assert_eq!(left_in_place[0].1, told, "{left_in_place:?}");
    // In the note of a killed run.
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", INVENTORY)]);
    killed(&project, &["run", "a.runbook", "was=on", "pause=1h"], "begun");
    let ran = project.run(&["run", "a.runbook", "was=on", "pause=0s", "--format", "json"]);
    assert!(left(&ran).iter().any(|(_, undo, why)| why.contains("run ") && undo.contains(told)), "{:?}", left(&ran));
}
