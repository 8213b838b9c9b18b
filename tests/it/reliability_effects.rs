//! Effects with an unknown outcome: never repeated, never reported as done, and never reported as undone too early.

use crate::support::project::{Project, Ran, runbook};
use std::os::unix::fs::PermissionsExt;

/// A project with this runbook, and these programs first in `PATH`.
fn project(book: &str, programs: &[(&str, &str)]) -> Project {
    let project = Project::new(&[("a.runbook", book)]);
    for (name, script) in programs {
        let path = project.path("bin").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    project
}

fn run(project: &Project, arguments: &[&str]) -> Ran {
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap());
    Ran::of(project.command(arguments).env("PATH", path).output().unwrap())
}

/// How often the effect really happened.
fn count(project: &Project) -> usize {
    std::fs::read_to_string(project.path("count")).unwrap_or_default().lines().count()
}

/// The `result` of each effect.
fn results(ran: &Ran) -> Vec<String> {
    let done = ran.events().into_iter().filter(|event| event["event"] == "effect_done");
    done.map(|event| event["result"].as_str().unwrap().to_owned()).collect()
}

/// A runbook that retries a command, which is hidden in a procedure.
fn retried(command: &str) -> String {
    format!("procedure Kick() {{\n  exec.disrupt({command})\n}}\n")
        + &runbook("Main", "", "  retry 3 times {\n    do Kick()\n  }\n  resolve \"done\"")
}

const LOST: &str = "echo x >> count; exit 255";

#[test]
fn a_lost_connection_or_a_signal_is_unknown_and_is_not_repeated() {
    let killed = |signal: &str| format!("[\"sh\", \"-c\", \"echo x >> count; kill -{signal} \\$\\$\"]");
    let commands = [
        r#"["ssh", "be1", "reboot"]"#.to_owned(),
        r#"["./bin/ssh", "be1", "reboot"]"#.to_owned(),
        r#"["env", "A=b", "ssh", "be1", "reboot"]"#.to_owned(),
        r#"["timeout", "9", "ssh", "-o", "BatchMode=yes", "be1", "reboot"]"#.to_owned(),
        r#"["nice", "-n", "1", "./bin/ssh", "be1", "reboot"]"#.to_owned(),
        r#"["sh", "-c", "exec ssh be1 reboot"]"#.to_owned(),
        r#"["scp", "a", "be1:a"]"#.to_owned(),
        r#"["sftp", "-b", "batch", "be1"]"#.to_owned(),
        r#"["rsync", "a", "be1:a"]"#.to_owned(),
        r#"["rsync-cut", "a", "be1:a"]"#.replace("rsync-cut", "./bin/cut/rsync"),
        r#"["curl", "--data", "on", "http://be1/"]"#.to_owned(),
        r#"["timeout", "0.3", "sh", "-c", "echo x >> count; sleep 20"]"#.to_owned(),
        // A shell's exit code for a command that a signal ended.
        r#"["sh", "-c", "sh -c 'echo x >> count; kill -9 \$\$'; exit \$?"]"#.to_owned(),
        killed("KILL"),
        killed("TERM"),
        killed("SEGV"),
    ];
    for command in commands {
        let programs = [
            ("ssh", LOST),
            ("scp", LOST),
            ("sftp", LOST),
            ("rsync", LOST),
            ("cut/rsync", "echo x >> count; exit 12"),
            ("curl", "echo x >> count; exit 52"),
        ];
        let project = project(&retried(&command), &programs);
        let ran = run(&project, &["run", "a.runbook", "--format", "json"]).ends(7);
        assert_eq!((count(&project), results(&ran)), (1, vec!["unknown".to_owned()]), "{command}: {ran:#?}");
        let events = ran.events();
        let asked = events.iter().find(|event| event["event"] == "asked").unwrap_or_else(|| panic!("{command}"));
        assert!(asked["message"].as_str().unwrap().starts_with("Was exec.disrupt"), "{asked}");
        let last = events.last().unwrap();
        assert_eq!(last["disruptions"].as_array().map(Vec::len), Some(1), "it may have been done: {last}");
        let reason = last["reason"].as_str().unwrap();
        assert!(reason.starts_with("it is unknown whether exec.disrupt"), "{command}: {reason}");
        assert!(reason.contains("ended with exit code") || reason.contains("was ended by signal"), "{reason}");
    }
}

#[test]
fn what_says_no_or_was_never_started_is_a_plain_failure() {
    let cases = [
        (r#"["sh", "-c", "echo x >> count; exit 1"]"#, 3, "failed"),
        (r#"["sh", "-c", "echo x >> count; exit 128"]"#, 3, "failed"),
        // No argument is a program that reports a lost connection with 255.
        (r#"["sh", "-c", "echo x >> count; exit 255"]"#, 3, "failed"),
        (r#"["ssh", "be1", "reboot"]"#, 3, "failed"),
        (r#"["env", "no-such-program"]"#, 0, "failed"),
        (r#"["env", "./a.runbook"]"#, 0, "failed"),
        (r#"["no-such-program"]"#, 0, "refused"),
        (r#"["./a.runbook"]"#, 0, "refused"),
    ];
    for (command, times, result) in cases {
        let project = project(&retried(command), &[("ssh", "echo x >> count; exit 1")]);
        let ran = run(&project, &["run", "a.runbook", "--format", "json"]).ends(7);
        assert_eq!((count(&project), results(&ran)), (times, vec![result.to_owned(); 3]), "{command}: {ran:#?}");
        assert!(!ran.stdout.contains("\"asked\""), "{command}");
    }
    let accepted = project(&retried(r#"["ssh", "be1"], accepts: [0, 255]"#), &[("ssh", LOST)]);
    run(&accepted, &["run", "a.runbook"]).ends(0);
}

#[test]
fn a_lost_change_counts_as_made() {
    let temporarily = "  temporarily {
    exec.change([\"ssh\", \"be1\", \"on\"])
  } undo {
    exec.change([\"touch\", \"undone\"])
  }
  wait 10ms
  resolve \"done\"";
    let taken_back = project(&runbook("Main", "", temporarily), &[("ssh", LOST)]);
    run(&taken_back, &["run", "a.runbook"]).ends(7);
    assert!(taken_back.path("undone").exists());
    let permanently = "  permanently exec.change([\"ssh\", \"be1\", \"on\"])\n  resolve \"done\"";
    let kept = project(&runbook("Main", "", permanently), &[("ssh", LOST)]);
    let ran = run(&kept, &["run", "a.runbook", "--format", "json"]).ends(7);
    let last = ran.events().pop().unwrap();
    assert_eq!(last["left_in_place"].as_array().map(Vec::len), Some(1), "{last}");
}

#[test]
fn a_confirm_that_finds_it_done_suffices() {
    let book = "backend lab \"A laboratory\" {
  observe is_done() -> boolean {
    let seen = exec.read([\"cat\", \"count\"], accepts: [0, 1])
    seen.exit_code == 0
  }
  disrupt kick() once confirm is_done() timeout 5s { exec.disrupt([\"ssh\", \"be1\", \"kick\"]) }
}
";
    let book = book.to_owned() + &runbook("Main", "", "  retry 3 times {\n    lab.kick()\n  }\n  resolve \"done\"");
    let project = project(&book, &[("ssh", LOST)]);
    let ran = run(&project, &["run", "a.runbook", "--format", "json"]).ends(0);
    assert_eq!((count(&project), results(&ran)), (1, vec!["done".to_owned()]), "{ran:#?}");
}

/// A reboot that must not be repeated, in tests on virtual time.
fn tested(given: &str, expected: &[&str]) -> Ran {
    let book = "role machine { room: text }
backend lab \"A laboratory\" {
  observe is_done() -> boolean { exec.read([\"true\"]).exit_code == 0 }
  observe booted(on: host) -> time { exec.read([\"true\"]).stdout as time }
  disrupt kick() once confirm is_done() { exec.disrupt([\"true\"]) }
  disrupt bounce() confirm is_done() { exec.disrupt([\"true\"]) }
  disrupt reset(on: host) once confirm booted(on) timeout 10m { exec.disrupt([\"true\"], target: on) }
}
"
    .to_owned()
        + &runbook("Kick", "", "  retry 3 times {\n    lab.kick()\n  }\n  resolve \"done\"")
        + &runbook("Bounce", "", "  retry 3 times {\n    lab.bounce()\n  }\n  resolve \"done\"")
        + &runbook("Reset", "m: machine", "  retry 3 times {\n    lab.reset(m)\n  }\n  resolve \"done\"")
        + &runbook("Reboot", "m: machine", "  retry 3 times {\n    host.reboot(m)\n  }\n  resolve \"done\"")
        + &runbook("Plain", "", "  exec.disrupt([\"true\"])\n  resolve \"done\"");
    let (of, given) = given.split_once('\n').unwrap();
    let expected: Vec<String> = expected.iter().map(|line| format!("  expect {line}\n")).collect();
    let test = format!("test \"it\" for {of} {{\n{given}\n{}}}\n", expected.concat());
    let project = Project::new(&[("a.runbook", &(book + &test))]);
    project.run(&["test", "a.runbook"])
}

const HOST: &str = "  given host \"m1\" is machine(room: \"r\")\n";

#[test]
fn not_done_is_said_only_after_a_while() {
    // It takes effect during the confirmation: one positive answer suffices.
    let late = "Kick()\n  given lab.kick errors unknown\n  given lab.is_done answers false, false, true";
    tested(late, &["resolved", "lab.kick() once", "resolved within 1m"]).ends(0);
    // After three negative answers it was not done, and a retry is safe.
    let never = "Kick()\n  given lab.kick errors unknown, then passes\n  given lab.is_done answers false";
    tested(never, &["resolved within 1m", "lab.kick() 2 times"]).ends(0);
    let ran = tested(never, &["resolved within 59s"]).ends(1);
    assert!(ran.stdout.contains("took 1m"), "{ran:#?}");
}

#[test]
fn a_look_that_could_not_tell_is_no_look_that_says_no() {
    let silent = "  given nobody answers";
    for looks in ["errors, then answers false", "answers false, then errors", "errors"] {
        let given = format!("Kick()\n  given lab.kick errors unknown\n  given lab.is_done {looks}\n{silent}");
        tested(&given, &["escalated \"it is unknown whether lab.kick()\"", "lab.kick() once"]).ends(0);
    }
}

#[test]
fn a_machine_takes_minutes_to_go_down() {
    // An action declared over `exec` may also take ten minutes, as `exec` specifies.
    for (call, what, look, one, two, minutes) in [
        ("lab.reset", "Reset", "lab.booted", "now - 2d", "now", 10),
        ("host.reboot", "Reboot", "host.boot_id", "\"one\"", "\"two\"", 20),
    ] {
        let given = |kinds: &str, looks: &str| {
            format!("{what}(m: \"m1\")\n{HOST}  given {call} errors {kinds}\n  given {look} answers {looks}")
        };
        // One poll before the call, then one every half minute; the host is down in between.
        let unchanged = vec![one; minutes * 2 - 5].join(", ");
        let late = given("unknown", &format!("{unchanged}, then errors unreachable, then answers {two}"));
        tested(&late, &["resolved", &format!("{call}() once")]).ends(0);
        let never = given("unknown, then passes", one);
        tested(&never, &[&format!("resolved within {minutes}m"), &format!("{call}() 2 times")]).ends(0);
        tested(&never, &[&format!("resolved within {}m", minutes - 1)]).ends(1);
    }
}

#[test]
fn the_clock_that_is_set_is_no_boot() {
    let moved = format!(
        "Reset(m: \"m1\")\n{HOST}  given lab.reset errors unknown\n  given lab.booted answers now - 2d, now - 2d + 3s\n  given nobody answers"
    );
    tested(&moved, &["escalated \"it is unknown whether lab.reset\"", "lab.reset() once"]).ends(0);
}

#[test]
fn an_action_with_a_confirm_is_never_repeated_blindly() {
    let given = "Bounce()\n  given lab.bounce errors unknown\n  given lab.is_done answers false, true";
    tested(given, &["resolved", "lab.bounce() once"]).ends(0);
}

#[test]
fn a_broken_answer_of_an_effect_is_unknown() {
    for kind in ["protocol", "mismatch", "unknown", "timed_out"] {
        let given = format!("Plain()\n  given exec.disrupt errors {kind} \"it said 7\"\n  given nobody answers");
        let wanted = ["escalated \"it is unknown whether exec.disrupt\"", "escalated \"it said 7\""];
        tested(&given, &wanted).ends(0);
        let given = format!("Plain()\n  given exec.disrupt errors {kind}\n  given ask \"Was exec\" answers done");
        tested(&given, &["resolved"]).ends(0);
    }
    for kind in ["failed", "refused", "unreachable"] {
        let given = format!("Plain()\n  given exec.disrupt errors {kind} \"it said 7\"");
        tested(&given, &["escalated \"it said 7\"", "exec.disrupt() once"]).ends(0);
    }
}

#[test]
fn the_first_reason_is_not_lost() {
    let given = "Kick()\n  given lab.kick errors unknown \"the line broke\"\n  given lab.is_done answers false";
    tested(given, &["escalated \"was not carried out\"", "escalated \"the line broke\"", "lab.kick() 3 times"]).ends(0);
}

/// A host with these commands to reboot and to read its boot id. The declared action has a shorter timeout.
fn reboot(boot_id: Option<&str>, command: &str) -> (Project, Ran) {
    let book = "role machine { }
backend lab \"A laboratory\" {
  disrupt reset(on: host) once timeout 4s { host.reboot(on) }
}
"
    .to_owned()
        + &runbook("Main", "m: machine", "  lab.reset(m)\n  resolve \"done\"");
    let id = boot_id.map(|_| ", boot_id: [./bin/id]").unwrap_or_default();
    let project = project(&book, &[("id", boot_id.unwrap_or_default()), ("order", command)]);
    let inventory = format!(
        "hosts:\n  m1: {{roles: [machine], reboot: {{command: [./bin/order]{id}}}}}\ncontacts: {{oncall: {{terminal: true}}}}\n"
    );
    std::fs::write(project.path("rectify.yaml"), inventory).unwrap();
    let ran = run(&project, &["run", "a.runbook", "m=m1", "--format", "json"]);
    (project, ran)
}

#[test]
fn a_reboot_is_done_only_when_a_new_boot_was_seen() {
    // The id cannot be read before the call, so the later one is the only one.
    let looks = |then: &str| format!("echo x >> looks; case $(wc -l < looks) in 1|2) exit 255;; {then} esac");
    for order in ["exit 0", "exit 255"] {
        let (_, ran) = reboot(Some(&looks("*) echo one;;")), order);
        assert_eq!(results(&ran.ends(7)), ["unknown"], "{order}");
    }
    // The boot id is never available.
    for order in ["exit 0", "exit 255"] {
        let ran = reboot(None, order).1.ends(7);
        assert_eq!(results(&ran), ["unknown"], "{order}");
        assert!(ran.stdout.contains("which tells one boot from the next"), "{ran:#?}");
    }
    // Two ids after the order prove two boots, whatever came before.
    let (_, ran) = reboot(Some(&looks("3) echo one;; *) echo two;;")), "exit 255");
    assert_eq!(results(&ran.ends(0)), ["done"]);
}

#[test]
fn people_are_told_and_asked_while_the_outcome_is_looked_for() {
    // A person knows after a minute; the confirmation would take ten.
    let given = format!(
        "Reset(m: \"m1\")\n{HOST}  given lab.reset errors unknown \"the line broke\"\n  given lab.booted answers now - 2d\n"
    );
    let told = given.clone() + "  given ask \"Was lab.reset\" answers done after 1m";
    tested(&told, &["resolved within 61s", "lab.reset() once"]).ends(0);
    let denied = given.clone() + "  given ask \"Was lab.reset\" answers not_done after 1m";
    tested(&denied, &["escalated \"the line broke\""]).ends(0);
    // The confirmation is first, so nobody has to answer.
    let looked = given.replace("now - 2d\n", "now - 2d, now - 2d, now");
    tested(&looked, &["resolved within 31s", "lab.reset() once"]).ends(0);
    // Neither can tell.
    let silent = given.replace("now - 2d\n", "now - 2d, then errors") + "\n  given nobody answers";
    tested(&silent, &["escalated \"the line broke\"", "lab.reset() once"]).ends(0);
}

#[test]
fn an_ordered_disruption_stays_listed() {
    let book = "backend lab \"A laboratory\" {
  observe is_done() -> boolean { exec.read([\"false\"], accepts: [0, 1]).exit_code == 0 }
  disrupt kick() once confirm is_done() within 100ms every 10ms { exec.disrupt([\"ssh\", \"be1\", \"kick\"]) }
}
";
    let project =
        project(&(book.to_owned() + &runbook("Main", "", "  lab.kick()\n  resolve \"done\"")), &[("ssh", LOST)]);
    let ran = run(&project, &["run", "a.runbook", "--format", "json"]).ends(7);
    let events = ran.events();
    let done = events.iter().find(|event| event["event"] == "effect_done").unwrap();
    assert_eq!(
        (done["result"].as_str(), &done["confirmation"]["after"]),
        (Some("not_performed"), &false.into()),
        "{done}"
    );
    assert!(done["detail"].as_str().unwrap().contains("255"), "{done}");
    let ended = events.last().unwrap();
    assert_eq!(ended["disruptions"], serde_json::json!(["lab.kick()"]), "{ended}");
    // People were told at once, before anything had confirmed it.
    let of = |name: &str| events.iter().position(|event| event["event"] == name).unwrap();
    assert!(of("notified") < of("effect_done"), "{events:#?}");
    assert!(events[of("notified")]["message"].as_str().unwrap().contains("unknown whether lab.kick()"));
    // A disruption that could not be ordered is none.
    let refused = project_of_absent_program();
    let ran = run(&refused, &["run", "a.runbook", "--format", "json"]).ends(7);
    assert_eq!(ran.events().last().unwrap()["disruptions"], serde_json::json!([]));
}

fn project_of_absent_program() -> Project {
    project(&runbook("Main", "", "  exec.disrupt([\"no-such-program\"])\n  resolve \"done\""), &[])
}
