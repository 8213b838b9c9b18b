//! The global stop: no run begins an effect while it lasts, and the cap on the disruptions of all runbooks together.

use crate::support::project::{Project, Ran, runbook, wait_for};

fn project() -> Project {
    let main = "  exec.disrupt([\"sh\", \"-c\", \"echo x >> count\"])\n  wait 300ms\n  exec.disrupt([\"sh\", \"-c\", \"echo x >> count\"])\n  resolve \"done\"";
    let alert = r#"{"name": "Main", "labels": {}}"#;
    Project::new(&[("a.runbook", &runbook("Main", "", main)), ("alert.json", alert)])
}

fn count(project: &Project) -> usize {
    std::fs::read_to_string(project.path("count")).unwrap_or_default().lines().count()
}

#[test]
fn a_run_that_a_person_starts_during_a_pause_is_refused_at_its_first_effect() {
    let project = project();
    let paused = project.run(&["pause", "--reason", "the switch is being replaced"]).ends(0);
    assert!(paused.stdout.starts_with("Paused: no run that uses "), "{paused:#?}");
    let ran = project.run(&["run", "a.runbook", "--format", "json"]).ends(5);
    let events = ran.events();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["run_started", "run_refused", "run_ended"], "{events:#?}");
    let reason = events[1]["reason"].as_str().unwrap();
    assert!(
        reason.contains("effects are paused by ") && reason.ends_with(": the switch is being replaced"),
        "{reason}"
    );
    assert_eq!(events[2]["outcome"], "refused");
    assert_eq!(count(&project), 0);
    // The first pause stays, and says whose it is.
    let again = project.run(&["pause", "--reason", "something else"]).ends(0);
    assert!(again.stdout.starts_with("Nothing changed: effects are paused by ") && again.stdout.contains("switch"));
    let over = project.run(&["unpause"]).ends(0);
    assert!(over.stdout.starts_with("Effects may begin again; effects were paused by "), "{over:#?}");
    assert_eq!(project.run(&["unpause"]).ends(0).stdout, "Nothing changed: effects are not paused\n");
    project.run(&["run", "a.runbook"]).ends(0);
    assert_eq!(count(&project), 2);
}

#[test]
fn a_run_that_is_under_way_waits_for_the_end_of_a_pause() {
    let project = project();
    let mut running = project.command(&["run", "a.runbook", "--format", "json"]).spawn().unwrap();
    wait_for(&mut running, "effect_done");
    // A program may just write the file.
    std::fs::create_dir_all(project.path("../state/rectify")).unwrap();
    std::fs::write(project.path("../state/rectify/paused"), "deploying\n").unwrap();
    let seen = wait_for(&mut running, "the end of a pause: effects are paused: deploying");
    assert!(seen.contains("\"event\":\"waiting\""), "{seen}");
    assert_eq!(count(&project), 1);
    project.run(&["unpause"]).ends(0);
    Ran::of(running.wait_with_output().unwrap()).ends(0);
    assert_eq!(count(&project), 2);
}

#[test]
fn a_run_of_an_alert_waits_until_its_deadline_and_somebody_is_told() {
    let project = project();
    let book = std::fs::read_to_string(project.path("a.runbook")).unwrap();
    std::fs::write(project.path("a.runbook"), book.replace("within 1h", "within 2s")).unwrap();
    project.run(&["pause", "--reason", "an incident"]).ends(0);
    project.run(&["run", "a.runbook", "--alert", "alert.json"]).ends(7);
    let told = project.undelivered();
    assert!(told.contains("was not done: effects are paused by ") && told.contains(": an incident"), "{told}");
    assert_eq!(count(&project), 0);
}

#[test]
fn a_pause_that_cannot_be_read_is_a_pause() {
    let project = project();
    std::fs::create_dir_all(project.path("../state/rectify")).unwrap();
    std::os::unix::fs::symlink("/nowhere", project.path("../state/rectify/paused")).unwrap();
    let ran = project.run(&["run", "a.runbook"]).ends(5);
    assert!(ran.stdout.contains("effects are paused: cannot use "), "{ran:#?}");
    assert_eq!(count(&project), 0);
}

#[test]
fn a_team_caps_the_disruptions_of_all_runbooks_together() {
    let act =
        |name: &str| runbook(name, "", "  exec.disrupt([\"sh\", \"-c\", \"echo x >> count\"])\n  resolve \"done\"");
    let inventory = "contacts: {oncall: {terminal: true}}\npolicy: {disruptions: 2 per 1h}\n";
    let change = runbook("Change", "", "  permanently exec.change([\"true\"])\n  resolve \"done\"");
    let book = act("One") + &act("Other") + &change;
    let project = Project::new(&[("a.runbook", &book), ("rectify.yaml", inventory)]);
    project.run(&["run", "a.runbook", "One"]).ends(0);
    project.run(&["run", "a.runbook", "Other"]).ends(0);
    let ran = project.run(&["run", "a.runbook", "One"]).ends(7);
    assert!(ran.stdout.contains("the limit policy.disruptions 2 per 1h is used up"), "{ran:#?}");
    project.run(&["run", "a.runbook", "Change"]).ends(0);
    assert_eq!(count(&project), 2);
}
