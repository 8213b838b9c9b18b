//! The shipped runbooks against a real site. Each test checks the whole run, and the site from the outside.

use crate::lab::{Ended, PASSWORD, Run, Site, Watch, wait_until};
use rustix::process::Signal;
use serde_json::Value;
use std::process::Stdio;
use std::time::{Duration, Instant};

const FRONT_END: &[&str] = &["front-end.runbook", "server=fe1"];
const MAINTENANCE: &[&str] = &["maintenance.runbook", "server=be1", "reason=a new disk"];

/// Process ids of the front end and the back end.
fn processes(site: &Site) -> [Option<u32>; 2] {
    [site.lab.front.process(), site.lab.back.process()]
}

/// The result of the run's first probe, at the front end.
fn first_answer(ended: &Ended) -> &Value {
    let answered = ended.all("probe_answered")[0];
    assert_eq!(answered["probe"], "FrontEndLogin");
    &answered["answer"]["result"]
}

/// Asserts that the back end was restarted, the front end was not, and nothing else was done.
fn assert_repaired(ended: &Ended, before: [Option<u32>; 2], site: &Site) {
    assert_eq!(first_answer(ended), "unavailable");
    let restart = r#"service.restart(name: "back", on: be1)"#;
    assert_eq!(ended.effects(), [restart]);
    assert_eq!(ended.last()["disruptions"], serde_json::json!([restart]));
    assert_eq!(ended.last()["left_in_place"], serde_json::json!([]));
    assert_eq!(ended.all("escalation_sent"), Vec::<&Value>::new());
    let last = *ended.all("probe_answered").last().expect("the goal is asked last");
    assert_eq!((&last["probe"], &last["verdict"]), (&"FrontEndStores".into(), &"passed".into()));
    let after = processes(site);
    assert_eq!(after[0], before[0], "the front end was left alone");
    assert!(after[1].is_some() && after[1] != before[1], "the back end is another process: {before:?} {after:?}");
}

/// Asserts that nothing was restarted, and that one mail escalates with this evidence.
fn assert_escalated_untouched(ended: &Ended, before: [Option<u32>; 2], site: &Site, subject: &str, evidence: &str) {
    assert_eq!(ended.effects(), Vec::<&str>::new());
    assert_eq!(processes(site), before, "nothing was restarted");
    let is_escalation = |mail: &crate::lab::Mail| mail.body.contains(subject) && mail.body.contains(evidence);
    wait_until("the mail with the evidence", || site.postbox.mails().iter().any(is_escalation));
    let sent = ended.all("escalation_sent");
    assert_eq!(sent.len(), 1, "one escalation a run: {sent:#?}");
    assert_eq!((&sent[0]["contact"], &sent[0]["delivered"]), (&"mail_oncall".into(), &true.into()));
    let mails: Vec<_> = site.postbox.mails().into_iter().filter(is_escalation).collect();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert_eq!(mails[0].to, "oncall@lab.test");
}

#[test]
fn a_stopped_back_end_is_restarted_without_leaking_a_secret() {
    let site = Site::start();
    site.stop("back");
    let before = processes(&site);
    let watch = Watch::start();
    let ended = Run::start(&site, FRONT_END).end().ends(0, "resolved");
    let programs = watch.end();
    assert_repaired(&ended, before, &site);
    let seen = |part: &str| programs.iter().any(|command| command.contains(part));
    assert!(seen("supervisorctl") && seen("rectify run"), "those who could have told it were looked at: {programs:#?}");
    assert!(ended.errors.contains("call=service.restart"), "its log was looked through: {}", ended.errors);
}

#[test]
fn a_hung_back_end_is_restarted() {
    let site = Site::start();
    let before = processes(&site);
    site.hang_back_end();
    let ended = Run::start(&site, FRONT_END).end().ends(0, "resolved");
    assert_repaired(&ended, before, &site);
}

#[test]
fn a_stopped_front_end_is_restarted_once() {
    let site = Site::start();
    site.stop("front");
    let before = processes(&site);
    let ended = Run::start(&site, FRONT_END).end().ends(0, "resolved");
    assert_eq!(ended.effects(), [r#"service.restart(name: "front", on: fe1)"#]);
    let after = processes(&site);
    assert!(after[0].is_some() && after[1] == before[1], "the back end was left alone: {before:?} {after:?}");
    let refused = Run::start(&site, FRONT_END).end();
    assert_eq!(refused.code, Some(5), "{:#?}\n{}", refused.events, refused.errors);
    assert!(refused.all("run_refused")[0]["reason"].as_str().is_some_and(|reason| reason.contains("5m apart")));
}

#[test]
fn an_untrusted_certificate_is_escalated() {
    let site = Site::start();
    site.distrust_back_end();
    let before = processes(&site);
    let ended = Run::start(&site, FRONT_END).end().ends(3, "escalated");
    assert_eq!(first_answer(&ended), "unavailable");
    assert_escalated_untouched(&ended, before, &site, "The certificate of be1 is not trusted", "tls_untrusted");
}

#[test]
fn a_wrong_password_is_escalated() {
    let site = Site::start();
    site.set_password("not it");
    let before = processes(&site);
    let ended = Run::start(&site, FRONT_END).end().ends(3, "escalated");
    assert_eq!(first_answer(&ended), "authentication_failed");
    assert_escalated_untouched(&ended, before, &site, "turns the probe's account away", "authentication_failed");
}

/// As behind a full disk: customers log in and read, and no message can be stored.
#[test]
fn a_mailbox_that_takes_no_mail_is_escalated_and_nothing_is_restarted() {
    let site = Site::start();
    let before = processes(&site);
    let well = Run::start(&site, FRONT_END).end().ends(0, "resolved");
    assert_eq!(well.effects(), Vec::<&str>::new());
    site.close_mailbox();
    let ended = Run::start(&site, FRONT_END).end().ends(3, "escalated");
    let verdicts: Vec<_> =
        ended.all("probe_answered").iter().map(|it| (it["probe"].clone(), it["verdict"].clone())).collect();
    assert_eq!(verdicts[0], ("FrontEndLogin".into(), "passed".into()));
    assert_eq!(verdicts.last(), Some(&("FrontEndStores".into(), "unknown".into())));
    assert_escalated_untouched(&ended, before, &site, "unknown whether the goal holds", "FrontEndStores");
}

#[test]
fn an_undelivered_escalation_exits_with_7_and_is_stored() {
    let site = Site::start();
    site.set_password("not it");
    site.stop("smtp");
    site.edit_inventory("  security: none\n", "  security: none\n  retry_for: 3s\n");
    let ended = Run::start(&site, FRONT_END).end().ends(7, "escalated");
    assert!(ended.errors.contains("trying again until"), "{}", ended.errors);
    let sent = ended.all("escalation_sent");
    assert_eq!((sent.len(), &sent[0]["delivered"]), (1, &false.into()));
    let kept = std::fs::read_to_string(site.state().join("rectify/undelivered.txt")).expect("the last resort");
    assert!(kept.contains("turns the probe's account away") && kept.contains("authentication_failed"), "{kept}");
    assert!(ended.errors.contains("turns the probe's account away"), "whoever looks at it is told: {}", ended.errors);
}

#[test]
fn a_mail_server_that_answers_later_is_tried_again() {
    let site = Site::start();
    site.set_password("not it");
    site.stop("smtp");
    let mut run = Run::start(&site, FRONT_END);
    run.until("probe_answered");
    let kept = site.state().join("rectify/undelivered.txt");
    let latest = Instant::now() + Duration::from_secs(30);
    while !kept.exists() {
        assert!(Instant::now() < latest, "nobody is told of the first failure");
        std::thread::sleep(Duration::from_millis(20));
    }
    site.start_again("smtp");
    let ended = run.end().ends(3, "escalated");
    assert_eq!(ended.all("escalation_sent")[0]["delivered"], true);
}

/// Starts the maintenance runbook and waits until it asks for the manual work: the back end is stopped.
fn in_maintenance(site: &Site) -> Run<'_> {
    let mut run = Run::start_at_terminal(site, MAINTENANCE);
    run.until("asked");
    assert_eq!(site.lab.back.process(), None, "it is stopped for the maintenance");
    run
}

/// Asserts that the change was undone and the service runs again.
fn assert_taken_back(ended: &Ended, site: &Site) {
    let undone = ended.all("change_undone");
    assert_eq!((undone.len(), &undone[0]["result"]), (1, &"done".into()), "{:#?}", ended.events);
    assert_eq!(ended.last()["left_in_place"], serde_json::json!([]));
    assert!(site.lab.back.process().is_some(), "it runs again");
}

#[test]
fn ctrl_c_undoes_temporary_changes() {
    let site = Site::start();
    let mut run = in_maintenance(&site);
    run.press_control_c();
    let ended = run.end().ends(4, "cancelled");
    assert_taken_back(&ended, &site);
}

#[test]
fn sigterm_undoes_temporary_changes() {
    let site = Site::start();
    let run = in_maintenance(&site);
    run.signal(Signal::TERM);
    let ended = run.end().ends(4, "cancelled");
    assert_taken_back(&ended, &site);
}

#[test]
fn the_second_signal_ends_the_run_and_lists_what_is_left_in_place() {
    let site = Site::start();
    let mut run = in_maintenance(&site);
    // supervisord stops answering: the undo cannot complete, and the run waits for it.
    site.supervisor.freeze();
    run.press_control_c();
    run.until("effect_intended");
    run.press_control_c();
    let ended = run.end().ends(4, "cancelled");
    site.supervisor.thaw();
    let left = ended.last()["left_in_place"].as_array().expect("a list");
    let stopped = |stopped: bool| format!(r#"service.stopped(name: "back", on: be1, stopped: {stopped})"#);
    let told: Vec<_> = left.iter().map(|left| (&left["change"], &left["undo"])).collect();
    // The change, and the undo in progress.
    let expected = [(&stopped(true).into(), &stopped(false).into()), (&stopped(false).into(), &Value::Null)];
    assert_eq!(told, expected, "{:#?}", ended.last());
    assert_eq!(site.lab.back.process(), None, "as it says");
}

#[test]
fn neither_a_hang_up_nor_a_closed_stdout_stops_a_run() {
    let site = Site::start();
    site.stop("back");
    let before = processes(&site);
    let mut run = Run::start(&site, FRONT_END);
    run.until("run_started");
    run.close_stdout();
    run.signal(Signal::HUP);
    let ended = run.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let after = processes(&site);
    assert!(after[0] == before[0] && after[1].is_some(), "{before:?} {after:?}");
}

#[test]
fn an_alert_of_alertmanager_finds_runbook_and_host() {
    let site = Site::start();
    let ended = Run::start(&site, &[".", "--alert", "lab/alert.json"]).end().ends(0, "resolved");
    let started = ended.all("run_started");
    assert_eq!((started.len(), &started[0]["runbook"]), (1, &"ImapFrontEndFails".into()));
    assert_eq!(started[0]["arguments"], serde_json::json!({"server": "fe1"}));
    assert_eq!(ended.effects(), Vec::<&str>::new(), "nothing is wrong, so nothing is done");
}

#[test]
fn a_dry_run_previews_both_branches_and_changes_nothing() {
    let site = Site::start();
    site.stop("back");
    let before = processes(&site);
    let run = Run::start(&site, &[FRONT_END, &["--dry-run"]].concat());
    let ended = run.end();
    assert_eq!(ended.code, Some(0), "{:#?}\n{}", ended.events, ended.errors);
    let shown: Vec<&str> = ended.all("shown").iter().filter_map(|event| event["text"].as_str()).collect();
    let shows = |part: &str| shown.iter().any(|text| text.contains(part));
    assert!(shows("service.restart") && shows("escalate"), "what follows, either way: {shown:#?}");
    assert!(ended.all("effect_done").iter().all(|effect| effect["result"] == "not_performed"), "{:#?}", ended.events);
    assert_eq!(processes(&site), before);
    assert_eq!(site.postbox.mails().len(), 0, "nobody was told");
    // Nothing was locked or counted either: the live run can follow immediately.
    Run::start(&site, FRONT_END).end().ends(0, "resolved");
}

#[test]
fn a_lock_admits_one_run_and_a_killed_run_releases_it() {
    let site = Site::start();
    let run = in_maintenance(&site);
    let refused = Run::start(&site, MAINTENANCE).end();
    assert_eq!(refused.code, Some(5), "{:#?}\n{}", refused.events, refused.errors);
    let reason = refused.all("run_refused")[0]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("be1") && reason.contains("is held by run"), "{reason}");
    assert_eq!(refused.effects(), Vec::<&str>::new());
    run.signal(Signal::KILL);
    assert_eq!(run.end().code, None);
    // A killed run undoes nothing: the service that it stopped stays stopped. Its lock is released.
    assert_eq!(site.lab.back.process(), None);
    let ended = Run::start(&site, &["back-end.runbook", "server=be1"]).end().ends(0, "resolved");
    assert_eq!(ended.effects(), [r#"service.restart(name: "back", on: be1)"#]);
    assert!(site.lab.back.process().is_some());
}

/// Programs that print the secret after the run used it: as it is, in base64, in hexadecimal.
const INDISCREET: &str = r#"import "probes.runbook"

runbook Indiscreet(server: imap_front_end) {
  title "Programs that tell a secret"
  goal FrontEndLogin(server)
  contact mail_oncall
  ends within 10m

  resolve if fixed
  step "Listen" {
    let plain = exec.read(["cat", "lab/probe-password"])
    let encoded = exec.read(["base64", "lab/probe-password"])
    let dump = exec.read(["od", "-An", "-tx1", "lab/probe-password"])
    notify mail_oncall "It says ${plain.stdout}"
    escalate to mail_oncall "It says ${encoded.stdout} and ${dump.stdout}" with plain, encoded, dump
  }
}
"#;

#[test]
fn a_secret_in_program_output_is_masked_in_every_sink() {
    let site = Site::start();
    std::fs::write(site.project.join("indiscreet.runbook"), INDISCREET).expect("a runbook");
    site.stop("back");
    // `end` searches every sink.
    let ended = Run::start(&site, &["indiscreet.runbook", "server=fe1"]).end().ends(3, "escalated");
    assert!(ended.all("notified")[0]["message"].as_str().is_some_and(|message| message.contains("It says ***")));
    let masked = |mail: &crate::lab::Mail| mail.body.contains("It says ***");
    wait_until("both mails", || site.postbox.mails().iter().filter(|mail| masked(mail)).count() == 2);
    crate::lab::assert_secret(&site, &[]);
}

#[test]
fn text_output_contains_no_secret() {
    let site = Site::start();
    site.set_password(&format!("{PASSWORD} and more"));
    let mut command = site.command(assert_cmd::cargo::cargo_bin("rectify"));
    command.arg("run").args(FRONT_END).arg("-vvv").stdin(Stdio::null());
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(stdout.contains("escalated") && stderr.contains("call=imap.mailbox"), "{stdout}\n{stderr}");
    crate::lab::assert_secret(&site, &[&stdout, &stderr]);
}
