//! Many alerts at once: their runs go side by side as locks allow, and their escalations do not flood a mailbox.

use super::support::mail_sink::{MailSink, unfolded};
use crate::support::project::{Project, Ran, signal, wait_for};
use std::process::Child;

const HOSTS: usize = 12;

/// An inventory of [`HOSTS`] hosts, whose contact gets mail at this port.
fn inventory(port: u16) -> String {
    let hosts: String = (1..=HOSTS).map(|number| format!("  web{number}: {{roles: [web]}}\n")).collect();
    format!(
        "hosts:\n{hosts}contacts:\n  desk: desk@example.org\ndefault_contact: desk\n\
         mail: {{server: 127.0.0.1, port: {port}, security: none, from: rectify@example.org, retry_for: 0s}}\n"
    )
}

/// A runbook for the alert `WebDown` of a host.
fn book(headers: &str, statements: &str) -> String {
    format!(
        "role web {{}}\n\nrunbook Down(server: web) {{\n  title \"The web server is down\"\n  contact desk\n  alert \"WebDown\"\n\
         {headers}  ends within 1h\n\n{statements}\n}}\n"
    )
}

fn project(port: u16, headers: &str, statements: &str) -> Project {
    Project::new(&[("books/down.runbook", &book(headers, statements)), ("rectify.yaml", &inventory(port))])
}

/// A message with the alert `WebDown` of these hosts.
fn alerts(hosts: impl IntoIterator<Item = usize>) -> String {
    let alerts = hosts.into_iter().map(|host| {
        serde_json::json!({"status": "firing", "labels": {"alertname": "WebDown", "instance": format!("web{host}")}})
    });
    serde_json::json!({"alerts": alerts.collect::<Vec<_>>()}).to_string()
}

fn send(project: &Project, hosts: impl IntoIterator<Item = usize>, more: &[&str]) -> Ran {
    project.write("alert.json", &alerts(hosts));
    project.run(&[&["run", "books", "--alert", "alert.json"], more].concat())
}

/// Starts a run for the alert of one host.
fn start(project: &Project, host: usize) -> Child {
    let file = format!("alert{host}.json");
    project.write(&file, &alerts([host]));
    project.command(&["run", "books", "--alert", &file, "--format", "json"]).spawn().unwrap()
}

/// The subjects of the mails.
fn subjects(mails: &[String]) -> Vec<String> {
    let subject = |mail: &String| {
        let mail = unfolded(mail);
        mail.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
    };
    mails.iter().map(subject).collect()
}

/// Asserts that two mails name all of the hosts: the first one of them, the second the others.
#[track_caller]
fn one_and_the_rest(server: &MailSink, hosts: std::ops::RangeInclusive<usize>) {
    let mails = server.messages(2);
    let subjects = subjects(&mails);
    assert_eq!(mails.len(), 2, "{subjects:#?}");
    let first: Vec<usize> =
        hosts.clone().filter(|host| subjects[0].contains(&format!("Down(server: web{host})"))).collect();
    assert_eq!(first.len(), 1, "{subjects:#?}");
    let more = hosts.clone().count() - 1;
    assert!(subjects[1].starts_with(&format!("[Down] {more} more messages: Down(server: web")), "{subjects:#?}");
    let digest = unfolded(&mails[1]);
    for host in hosts.filter(|host| *host != first[0]) {
        assert!(digest.contains(&format!("web{host} is down, says the runbook")), "web{host}: {digest}");
    }
}

const ESCALATES: &str = "  escalate to desk \"${server} is down, says the runbook\"";

#[test]
fn the_first_escalation_of_a_storm_is_sent_at_once_and_the_others_in_one_message() {
    let server = MailSink::open();
    let project = project(server.port, "", ESCALATES);
    let ran = send(&project, 1..=HOSTS, &["--format", "json"]).ends(3);
    one_and_the_rest(&server, 1..=HOSTS);
    let sent: Vec<_> = ran.events().into_iter().filter(|event| event["event"] == "escalation_sent").collect();
    assert_eq!(sent.len(), HOSTS);
    assert!(sent.iter().all(|event| event["delivered"] == true), "{sent:#?}");
    assert!(ran.stderr.contains("this one waits until"), "{ran:#?}");
}

#[test]
fn a_storm_from_many_processes_is_gathered_and_outlives_the_process_that_gathers() {
    let server = MailSink::open();
    let project = project(server.port, "", ESCALATES);
    let first = start(&project, 1);
    Ran::of(first.wait_with_output().unwrap()).ends(3);
    assert_eq!(server.messages(1).len(), 1);
    // This one waits to send the messages of all, and dies.
    let mut gathering = start(&project, 2);
    wait_for(&mut gathering, "run_started");
    waiting(&project, 1);
    let others: Vec<Child> = (3..=6).map(|host| start(&project, host)).collect();
    waiting(&project, 5);
    signal(&gathering, rustix::process::Signal::KILL);
    gathering.wait().unwrap();
    for other in others {
        let ran = Ran::of(other.wait_with_output().unwrap()).ends(3);
        assert!(ran.stdout.contains("\"delivered\":true"), "{ran:#?}");
    }
    // The message of the dead run is among them.
    one_and_the_rest(&server, 1..=6);
}

#[test]
fn a_digest_that_nobody_takes_is_kept_and_every_run_says_so() {
    // The first message is taken; then the server is gone.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = listener.local_addr().unwrap().port();
    drop(listener);
    let project = project(gone, "", ESCALATES);
    let ran = send(&project, 1..=4, &["--format", "json"]).ends(7);
    let sent: Vec<_> = ran.events().into_iter().filter(|event| event["event"] == "escalation_sent").collect();
    assert_eq!(sent.len(), 4);
    for event in sent {
        assert_eq!(event["delivered"], false, "{event}");
        assert!(event["detail"].as_str().unwrap().contains("the message is stored in"), "{event}");
    }
    let kept = project.undelivered();
    for host in 1..=4 {
        assert!(kept.contains(&format!("web{host} is down, says the runbook")), "{kept}");
    }
}

/// Waits until as many messages wait for a digest, and returns the folder of the digest.
fn waiting(project: &Project, count: usize) -> std::path::PathBuf {
    let folder = project.path("../state/rectify/digests");
    for _ in 0..500 {
        for digest in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let files = std::fs::read_dir(&digest).unwrap().flatten().map(|entry| entry.path());
            if files.filter(|path| path.extension().is_some_and(|extension| extension == "message")).count() == count {
                return digest;
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{count} messages do not wait");
}

#[test]
fn whoever_is_stopped_sends_its_escalation_at_once() {
    let server = MailSink::open();
    let project = project(server.port, "", ESCALATES);
    send(&project, [1], &[]).ends(3);
    let stopped = start(&project, 2);
    waiting(&project, 1);
    signal(&stopped, rustix::process::Signal::TERM);
    let ran = Ran::of(stopped.wait_with_output().unwrap()).ends(3);
    assert!(ran.stdout.contains("\"delivered\":true"), "{ran:#?}");
    assert!(subjects(&server.messages(2))[1].starts_with("[Down(server: web2)] "));
    waiting(&project, 0);
}

#[test]
fn an_escalation_whose_process_is_killed_is_reported_by_the_next_run() {
    let server = MailSink::open();
    let project = project(server.port, "", ESCALATES);
    send(&project, [1], &[]).ends(3);
    let mut killed = start(&project, 2);
    waiting(&project, 1);
    signal(&killed, rustix::process::Signal::KILL);
    killed.wait().unwrap();
    project.write(
        "other/well.runbook",
        "runbook Well() {\n  title \"Well\"\n  contact desk\n  ends within 1m\n  resolve \"done\" \n}\n",
    );
    let ran = project.run(&["run", "other/well.runbook"]).ends(0);
    assert!(ran.stderr.contains("Escalations of runs that were killed before they were sent are in"), "{ran:#?}");
    assert!(project.undelivered().contains("web2 is down, says the runbook"), "{}", project.undelivered());
    waiting(&project, 0);
}

#[test]
fn nobody_waits_for_a_process_that_hangs_and_a_damaged_file_harms_nobody() {
    let server = MailSink::open();
    let project = project(server.port, "", ESCALATES);
    send(&project, [1], &[]).ends(3);
    let hangs = start(&project, 2);
    let digest = waiting(&project, 1);
    // Let it go on to where it waits for the others.
    std::thread::sleep(std::time::Duration::from_millis(500));
    signal(&hangs, rustix::process::Signal::STOP);
    std::fs::write(digest.join("00000000000000000000-0.message"), "torn").unwrap();
    let other = start(&project, 3);
    waiting(&project, 3);
    // It has given no sign of life for two minutes.
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(120);
    std::fs::File::options().write(true).open(digest.join("sender.lock")).unwrap().set_modified(long_ago).unwrap();
    let ran = Ran::of(other.wait_with_output().unwrap()).ends(3);
    assert!(ran.stderr.contains("gives no sign of life"), "{ran:#?}");
    assert!(subjects(&server.messages(2))[1].starts_with("[Down(server: web3)] "));
    signal(&hangs, rustix::process::Signal::CONT);
    Ran::of(hangs.wait_with_output().unwrap()).ends(3);
    assert!(subjects(&server.messages(3))[2].starts_with("[Down(server: web2)] "));
}

/// One of them holds a command that takes its time to end.
#[test]
fn a_second_signal_loses_no_escalation_of_any_run() {
    // It accepts connections, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let statements = "  if \"${server}\" == \"web1\" {\n    permanently exec.change([\"sh\", \"-c\", \"trap '' TERM; touch begun; sleep 30\"])\n  }\n  \
                      escalate to desk \"${server} is down, says the runbook\"";
    let project = project(silent.local_addr().unwrap().port(), "", statements);
    project.write("alert.json", &alerts(1..=4));
    let running = project.command(&["run", "books", "--alert", "alert.json"]).spawn().unwrap();
    waiting(&project, 2);
    for _ in 0..2 {
        signal(&running, rustix::process::Signal::TERM);
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    let ran = Ran::of(running.wait_with_output().unwrap()).ends(4);
    assert!(project.path("begun").exists() && !ran.stderr.contains("during a computation"), "{ran:#?}");
    for host in 2..=4 {
        assert!(project.undelivered().contains(&format!("web{host} is down, says the runbook")), "web{host}: {ran:#?}");
    }
}

/// The first run waits for a file that the second one makes.
#[test]
fn the_runs_of_one_message_go_side_by_side() {
    let server = MailSink::open();
    let waits = "  wait until exec.read([\"test\", \"-e\", \"made-by-2\"], accepts: [0, 1]).exit_code == 0 within 1m every 100ms\n";
    let statements = format!(
        "  if \"${{server}}\" == \"web1\" {{\n  {waits}  }} else {{\n    permanently exec.change([\"touch\", \"made-by-2\"])\n  }}\n  resolve \"done\""
    );
    let project = project(server.port, "", &statements);
    let ran = send(&project, 1..=2, &[]).ends(0);
    let lines = |label: &str| ran.stdout.lines().filter(|line| line.contains(label)).count();
    // Each line says which run it is of.
    assert_eq!(lines("  [1] ") + lines("  [2] "), ran.stdout.lines().count(), "{ran:#?}");
    assert!(lines("  [1] Down(server: web1)") == 1 && lines("  [2] Down(server: web2)") == 1, "{ran:#?}");
}

#[test]
fn runs_of_one_message_that_need_one_lock_follow_each_other() {
    let server = MailSink::open();
    let act = |word: &str| format!("[\"sh\", \"-c\", \"echo {word} >> ledger; sleep 0.1\"]");
    let statements = format!(
        "  lock \"the pool\" within 5m {{\n    permanently exec.change({})\n    permanently exec.change({})\n  }}\n  resolve \"done\"",
        act("begin"),
        act("end")
    );
    let project = project(server.port, "", &statements);
    send(&project, 1..=HOSTS, &[]).ends(0);
    let ledger = std::fs::read_to_string(project.path("ledger")).unwrap();
    assert_eq!(ledger, "begin\nend\n".repeat(HOSTS));
}

#[test]
fn a_signal_stops_every_run_of_a_message() {
    let server = MailSink::open();
    let statements = "  temporarily {\n    exec.change([\"touch\", \"on-${server}\"])\n  } undo {\n    exec.change([\"rm\", \"on-${server}\"])\n  }\n  \
                      wait 10m\n  resolve \"done\"";
    let project = project(server.port, "", statements);
    project.write("alert.json", &alerts(1..=3));
    let mut running = project.command(&["run", "books", "--alert", "alert.json"]).spawn().unwrap();
    for _ in 0..3 {
        wait_for(&mut running, "waiting");
    }
    signal(&running, rustix::process::Signal::TERM);
    let ran = Ran::of(running.wait_with_output().unwrap()).ends(4);
    assert_eq!(ran.stdout.matches("cancelled").count(), 3, "{ran:#?}");
    for host in 1..=3 {
        assert!(!project.path(&format!("on-web{host}")).exists(), "{ran:#?}");
    }
}

/// In virtual time: the probe fails and passes in turn, minute after minute.
#[test]
fn a_symptom_that_flaps_for_an_hour_is_acted_on_as_often_as_the_limit_allows_and_told_once() {
    let verdicts = ["fails", "passes"].repeat(60).join(", then ");
    let text = format!(
        "backend web \"A web server\" {{\n  disrupt restart() {{ exec.disrupt([\"true\"]) }}\n}}\n\nlimit web.restart 3 per 1h\n\n\
         probe Up() {{\n  title \"It is up\"\n  ask exec.read([\"true\"])\n  passed if answer.exit_code == 0\n}}\n\n\
         runbook Flaps() {{\n  title \"It flaps\"\n  contact desk\n  ends within 2h\n  goal Up()\n\n  \
         repeat 60 times every 1m {{\n    if check Up() == failed {{\n      web.restart()\n    }} else {{\n      wait 1ms\n    }}\n  }}\n  \
         resolve if fixed\n  escalate to desk \"It does not stop\"\n}}\n\n\
         test \"it flaps\" for Flaps() {{\n  given Up {verdicts}\n  given web.restart passes\n  \
         expect web.restart() 3 times\n  expect escalated to desk \"the limit\" within 1h\n}}\n"
    );
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", "contacts: {desk: {terminal: true}}\n")]);
    project.run(&["test", "a.runbook"]).ends(0);
}

/// Each escalation is of another runbook, so none waits for a digest.
#[test]
fn a_second_escalation_about_a_host_is_a_follow_up() {
    let server = MailSink::open();
    let project = Project::new(&[("rectify.yaml", &inventory(server.port))]);
    let run = |name: &str, host: &str, statements: &str, code: i32| {
        let text = book("", statements).replace("runbook Down", &format!("runbook {name}")).replace("WebDown", name);
        project.write(&format!("{name}/{name}.runbook"), &text);
        let ran = project.run(&["run", name, name, &format!("server={host}"), "--format", "json"]).ends(code);
        let follow_ups = ran.events().into_iter().filter(|event| event["event"] == "follow_up");
        follow_ups.map(|event| event["host"].clone()).collect::<Vec<_>>()
    };
    let no = [] as [&str; 0];
    assert_eq!(run("Down", "web1", ESCALATES, 3), no);
    assert_eq!(run("Slow", "web1", ESCALATES, 3), ["web1"]);
    // Another host is another incident, and so is one that was well in between.
    assert_eq!(run("Full", "web2", ESCALATES, 3), no);
    run("Well", "web1", "  resolve \"It is well\"", 0);
    assert_eq!(run("Old", "web1", ESCALATES, 3), no);
    assert_eq!(run("Hot", "web2", ESCALATES, 3), ["web2"]);

    let mails = server.messages(5);
    let subjects = subjects(&mails);
    assert!(subjects[0].starts_with("[Down(server: web1)]"), "{subjects:#?}");
    assert!(subjects[1].starts_with("Follow-up: [Slow(server: web1)]"), "{subjects:#?}");
    let body = unfolded(&mails[1]);
    assert!(
        body.contains("A message to desk about web1 was delivered at ")
            && body.contains("[Down(server: web1)] The web"),
        "{body}"
    );
    // What cannot be read is no incident: the message is a page.
    for file in std::fs::read_dir(project.path("../state/rectify/incidents")).unwrap().flatten() {
        std::fs::write(file.path(), "{\"contact\": 1").unwrap();
    }
    assert_eq!(run("Loud", "web2", ESCALATES, 3), no);
}

/// Whoever was not reached was not told.
#[test]
fn an_escalation_that_reached_nobody_has_no_follow_up() {
    let server = MailSink::open();
    // Nothing listens at port 1.
    let project = project(1, "", ESCALATES);
    run_down(&project).ends(7);
    project.write("rectify.yaml", &inventory(server.port));
    assert!(!run_down(&project).ends(3).stdout.contains("follow_up"));
    assert!(run_down(&project).ends(3).stdout.contains("follow_up"));
}

fn run_down(project: &Project) -> Ran {
    project.run(&["run", "books", "Down", "server=web1", "--format", "json"])
}
