//! `rectify run`: exit codes, arguments, alerts, the JSON of a run, locks and limits between processes.

use crate::support::project::{Project, runbook, touch};

const RESOLVED: &str = include_str!("../fixtures/alerts/resolved.json");
const FIRING: &str = include_str!("../fixtures/alerts/firing.json");

fn quick() -> Project {
    Project::new(&[("a.runbook", &runbook("Quick", "note: text = \"none\"", "  resolve \"noted ${note}\""))])
}

#[test]
fn resolved_is_0_and_lists_what_was_done() {
    let ran = quick().run(&["run", "a.runbook", "note=重启"]).ends(0);
    assert!(ran.stdout.contains("resolved after 0s: noted 重启"), "{ran:#?}");
    assert!(ran.stdout.contains("left in place: nothing"), "{ran:#?}");
}

#[test]
fn unusable_arguments_are_2_and_change_nothing() {
    let project = quick();
    let cases: [(&[&str], &str); 9] = [
        (&["run", "none.runbook"], "none.runbook does not exist"),
        (&["run", "a.runbook", "nte=x"], "Unknown parameter `nte`. Did you mean `note`?"),
        (&["run", "a.runbook", "Qiuck"], "Unknown runbook `Qiuck` in a.runbook. Did you mean `Quick`?"),
        (&["run", "a.runbook", "Quick", "Slow"], "Expected NAME=VALUE, found \"Slow\""),
        (&["run", "a.runbook", "note=x", "note=y"], "`note` is given twice"),
        (&["run", "a.runbook", "--id", "a b"], "the name of a run has 1 to 64 letters"),
        (&["run"], "Usage"),
        (&["explain", "E0299"], "Unknown diagnostic"),
        (&["actions", "imp"], "Unknown backend `imp`. Did you mean `imap`?"),
    ];
    for (arguments, says) in cases {
        let ran = project.run(arguments).ends(2);
        assert!(ran.stderr.contains(says), "{arguments:?}: {ran:#?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_runbook_with_errors_is_2_and_shown() {
    let project = Project::new(&[("a.runbook", &runbook("Bad", "", "  wiat 5m\n  resolve \"done\""))]);
    let ran = project.run(&["run", "a.runbook"]).ends(2);
    assert!(ran.stderr.contains("E0101") && ran.stderr.contains("Nothing was run: a.runbook has errors"), "{ran:#?}");
}

#[test]
fn an_undelivered_message_is_7_and_is_stored() {
    let project = Project::new(&[("a.runbook", &runbook("Down", "", "  escalate to oncall \"It is down\""))]);
    let ran = project.run(&["run", "a.runbook"]).ends(7);
    assert!(ran.stdout.contains("escalated after"), "{ran:#?}");
    let kept = project.undelivered();
    assert!(kept.contains("It is down"), "{kept}");
}

#[test]
fn a_dry_run_does_nothing() {
    let project = Project::new(&[("none", "")]);
    let file = project.path("touched");
    std::fs::write(project.path("a.runbook"), runbook("Act", "", &(touch(&file) + "\n  resolve \"done\""))).unwrap();
    let ran = project.run(&["run", "a.runbook", "--dry-run"]).ends(0);
    assert!(ran.stdout.contains("would: exec.disrupt"), "{ran:#?}");
    assert!(!file.exists());
    project.run(&["run", "a.runbook"]).ends(0);
    assert!(file.exists(), "the same without --dry-run acts");
}

#[test]
fn every_line_of_json_has_the_contracts_fields() {
    let statements = "  step \"One\" {\n    exec.disrupt([\"true\"])\n  }\n  resolve \"done\"";
    let project = Project::new(&[("a.runbook", &runbook("Act", "", statements))]);
    let ran = project.run(&["run", "a.runbook", "--format", "json", "--id", "run-1"]).ends(0);
    let events = ran.events();
    for event in &events {
        assert!(event["schema"] == 1 && event["run"] == "run-1" && event["time"].is_string(), "{event}");
    }
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["run_started", "step_started", "effect_intended", "effect_done", "step_ended", "run_ended"]);
    let last = events.last().unwrap();
    assert_eq!((last["outcome"].as_str(), last["left_in_place"].as_array().map(Vec::len)), (Some("resolved"), Some(0)));
    assert_eq!(last["disruptions"].as_array().map(Vec::len), Some(1), "{last}");
    assert!(last["duration"].is_number() && last["reason"].is_string());
}

#[test]
fn one_of_several_runbooks_must_be_named() {
    let two = runbook("One", "", "  resolve \"one\"") + &runbook("Two", "", "  resolve \"two\"");
    let project = Project::new(&[("a.runbook", &two)]);
    let ran = project.run(&["run", "a.runbook"]).ends(2);
    assert!(ran.stderr.contains("Several runbooks in a.runbook: `One`, `Two`"), "{ran:#?}");
    assert!(project.run(&["run", "a.runbook", "Two"]).ends(0).stdout.contains("resolved after 0s: two"));
}

fn for_alerts() -> Project {
    let down = runbook("Down", "instance: text, job: text", "  resolve \"${job} at ${instance}\"");
    let down = down.replace("  ends", "  alert \"ImapDown\"\n  ends");
    let broken = runbook("Broken", "", "  wiat 5m");
    Project::new(&[
        ("books/down.runbook", &down),
        ("books/broken.runbook", &broken),
        ("firing.json", FIRING),
        ("over.json", RESOLVED),
    ])
}

#[test]
fn an_alert_finds_its_runbook_and_fills_it() {
    let project = for_alerts();
    let ran = project.run(&["run", "books", "--alert", "firing.json"]).ends(0);
    assert!(ran.stdout.contains("imap at 127.0.0.1:21993"), "{ran:#?}");
    assert!(ran.stderr.contains("broken.runbook has errors and is skipped"), "{ran:#?}");
    let over = project.run(&["run", "books", "--alert", "over.json"]).ends(0);
    assert!(over.stdout.ends_with("the alert `ImapDown` is resolved: nothing to do\n"), "{over:#?}");
    let over = project.run(&["run", "books", "--alert", "over.json", "--format", "json"]).ends(0);
    let [only] = over.events().try_into().expect("one event");
    assert_eq!((&only["event"], &only["alert"]), (&"alert_resolved".into(), &"ImapDown".into()), "{only}");
    assert_eq!(only["labels"]["job"], "imap", "{only}");
}

#[test]
fn an_alert_for_no_runbook_or_for_several_is_2() {
    let project = for_alerts();
    std::fs::write(project.path("other.json"), r#"{"name":"ImapDwon","labels":{}}"#).unwrap();
    let ran = project.run(&["run", "books", "--alert", "other.json"]).ends(2);
    assert!(ran.stderr.contains("handles the alert `ImapDwon`. Did you mean `ImapDown`?"), "{ran:#?}");
    std::fs::copy(project.path("books/down.runbook"), project.path("books/again.runbook")).unwrap();
    let ran = project.run(&["run", "books", "--alert", "firing.json"]).ends(2);
    assert!(ran.stderr.contains("Several runbooks handle the alert `ImapDown`: `Down`, `Down`"), "{ran:#?}");
    std::fs::write(project.path("other.json"), "[[[").unwrap();
    project.run(&["run", "books", "--alert", "other.json"]).ends(2);
}

#[test]
fn of_several_alerts_each_matching_one_is_run() {
    let project = for_alerts();
    let labels = |name: &str| format!(r#"{{"labels":{{"alertname":"{name}","instance":"fe1","job":"imap"}}}}"#);
    let both = format!(r#"{{"alerts":[{},{}]}}"#, labels("Nothing"), labels("ImapDown"));
    std::fs::write(project.path("both.json"), both).unwrap();
    let ran = project.run(&["run", "books", "--alert", "both.json"]).ends(2);
    assert!(ran.stdout.contains("imap at fe1"), "{ran:#?}");
    assert!(ran.stderr.contains("handles the alert `Nothing`"), "{ran:#?}");
}

#[test]
fn the_group_of_alerts_holds_for_each_of_them() {
    let book = runbook("X1", "", "  resolve \"done\"").replace("  ends", "  alert \"X1\", \"X2\" in \"G\"\n  ends");
    let project = Project::new(&[("a.runbook", &book)]);
    for name in ["X1", "X2"] {
        for (labels, code) in [(r#"{"group":"G"}"#, 0), (r#"{"group":"H"}"#, 2), ("{}", 2)] {
            std::fs::write(project.path("alert.json"), format!(r#"{{"name":"{name}","labels":{labels}}}"#)).unwrap();
            project.run(&["run", "a.runbook", "--alert", "alert.json"]).ends(code);
        }
    }
}

#[test]
fn a_dry_run_needs_no_store() {
    let project = quick();
    let run = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env_remove("XDG_STATE_HOME").env_remove("HOME");
        crate::support::project::Ran::of(command.output().unwrap())
    };
    run(&["run", "a.runbook", "--dry-run"]).ends(0);
    run(&["run", "a.runbook"]).ends(2);
}

#[test]
fn colours_are_printed_on_request() {
    let project = quick();
    assert!(project.run(&["run", "a.runbook", "--color", "always"]).ends(0).stdout.contains('\u{1b}'));
    assert!(!project.run(&["run", "a.runbook"]).ends(0).stdout.contains('\u{1b}'));
}

#[test]
fn verbose_logs_more() {
    let statements = "  step \"Act\" {\n    exec.disrupt([\"true\"])\n  }\n  resolve \"done\"";
    let project = Project::new(&[("a.runbook", &runbook("Acts", "", statements))]);
    assert_eq!(project.run(&["run", "a.runbook"]).ends(0).stderr, "");
    let told = project.run(&["-v", "run", "a.runbook"]).ends(0).stderr;
    for word in ["run{", "step{", "effect{", "Acts", "exec.disrupt"] {
        assert!(told.contains(word), "{word}: {told}");
    }
}

#[test]
fn codes_are_explained_in_either_case() {
    let project = Project::new(&[]);
    assert!(project.run(&["explain", "e0406"]).ends(0).stdout.starts_with("# E0406"));
}

#[test]
fn a_lock_is_held_between_processes() {
    let book = runbook("Locked", "pause: duration", "  wait pause\n  resolve \"done\"")
        .replace("  ends", "  lock \"be1\"\n  ends");
    let project = Project::new(&[("a.runbook", &book)]);
    let mut first = project.command(&["run", "a.runbook", "pause=1h", "--id", "first"]).spawn().unwrap();
    crate::support::project::wait_for(&mut first, "waiting");
    let ran = project.run(&["run", "a.runbook", "pause=0s", "--id", "second"]).ends(5);
    assert!(ran.stdout.contains("is held by run first (process"), "{ran:#?}");
    // The lock is released however the holder ends.
    first.kill().unwrap();
    first.wait().unwrap();
    project.run(&["run", "a.runbook", "pause=0s"]).ends(0);
}

#[test]
fn a_limit_is_kept_between_processes() {
    let acts = "  exec.disrupt([\"true\"])\n  resolve \"done\"";
    let book = runbook("Limited", "", acts).replace("  ends", "  limit 2 per 24h\n  ends");
    let project = Project::new(&[("a.runbook", &book)]);
    project.run(&["run", "a.runbook"]).ends(0);
    project.run(&["run", "a.runbook"]).ends(0);
    let ran = project.run(&["run", "a.runbook"]).ends(5);
    assert!(ran.stdout.contains("2 per 1d"), "{ran:#?}");
}

/// In place of the time of the signature, and no longer than a team's action around it allows.
#[test]
fn a_caller_says_how_long_a_command_may_take() {
    let inventory = "hosts: {here: {local: true}}\ncontacts: {desk: {terminal: true}}\n";
    for (call, limit) in [
        ("exec.read([\"sleep\", \"9\"], timeout: 1s)", "had not ended after 1s"),
        ("remote.read([\"sleep\", \"9\"], on: server, timeout: 1s)", "had not ended on here after 1s"),
        ("lab.nap(2s)", "had not ended after 2s"),
        ("lab.short_nap(9s)", "had not ended after 1s"),
    ] {
        let text = format!(
            "backend lab \"A laboratory\" {{\n  \
             observe nap(long: duration) -> text {{ exec.read([\"sleep\", \"9\"], timeout: long).stdout }}\n  \
             observe short_nap(long: duration) -> text timeout 1s {{ exec.read([\"sleep\", \"9\"], timeout: long).stdout }}\n}}\n\n\
             runbook A(server: host) {{\n  title \"A\"\n  contact desk\n  ends within 1h\n\n  let seen = {call}\n  \
             resolve \"${{server}} ${{seen}}\"\n}}\n"
        );
        let text = if call.contains("lab.") { text } else { text.replace("${seen}", "${seen.stdout}") };
        let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", inventory)]);
        let ran = project.run(&["run", "a.runbook", "A", "server=here", "--format", "json"]).ends(7);
        let reason = ran.events().pop().unwrap()["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains(limit), "{call}: {reason}");
    }
}
