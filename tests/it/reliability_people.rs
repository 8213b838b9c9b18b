//! Messages to people name the runbook, its arguments and the host; also alerts that start no runbook.

use super::support::mail_sink::{MailSink, unfolded};
use crate::support::project::{Project, Ran};

const HOSTS: &str = "hosts:\n  web1: {roles: [web]}\n  web2: {roles: [web]}\n";

/// The tests have no terminal, so every message is stored in a file.
const DESK: &str = "contacts:\n  desk: {terminal: true}\n";

fn book(name: &str, parameters: &str, headers: &str, statements: &str) -> String {
    format!(
        "runbook {name}({parameters}) {{\n  title \"The web server returns 502\"\n  contact desk\n{headers}\n{statements}\n}}\n"
    )
}

const ROLE: &str = "role web {}\n\n";

/// Runs a runbook for web1; returns the stored messages and the last event.
#[track_caller]
fn told(text: &str, name: &str, code: i32) -> (String, serde_json::Value) {
    let inventory = format!("{HOSTS}{DESK}");
    let project = Project::new(&[("a.runbook", text), ("rectify.yaml", &inventory)]);
    let ran = project.run(&["run", "a.runbook", name, "server=web1", "--format", "json"]).ends(code);
    (project.undelivered(), ran.events().pop().unwrap())
}

#[test]
fn every_message_names_the_runbook_its_arguments_and_the_host() {
    let within = "  ends within 1h\n";
    let probe = "probe Up(server: web) {\n  title \"It is up\"\n  ask exec.read([\"no-such-program\"])\n  passed if answer.exit_code == 0\n}\n\n";
    let child = book(
        "Child",
        "server: web",
        "  ends within 1h\n  limit 1 per 24h\n",
        "  permanently exec.change([\"true\"])\n  resolve \"done\"",
    );
    let own = "backend own \"Own\" {\n  change slow(on: web) undo gone(on) { exec.change([\"true\"], target: on) }\n  \
               change gone(on: web) { exec.change([\"false\"], target: on) }\n}\n\n";
    let goal = format!("{within}  goal Up(server)\n");
    let cases: Vec<(&str, String, &str)> = vec![
        (
            "unknown goal",
            book("Web", "server: web", &goal, "  resolve if fixed\n  escalate to desk \"down\""),
            "unknown whether the goal holds",
        ),
        ("written", book("Web", "server: web", within, "  escalate to desk \"It is down\""), "It is down"),
        ("notified", book("Web", "server: web", within, "  notify desk \"News\"\n  resolve \"done\""), "News"),
        (
            "gate",
            book("Web", "server: web", within, "  require exec.read([\"true\"]).exit_code == 1\n  resolve \"done\""),
            "required condition",
        ),
        (
            "command",
            book(
                "Web",
                "server: web",
                within,
                "  permanently exec.change([\"false\"], target: server)\n  resolve \"done\"",
            ),
            "false ended with exit code 1",
        ),
        (
            "command on no host",
            book("Web", "server: web", within, "  permanently exec.change([\"false\"])\n  resolve \"done\""),
            "false ended with exit code 1",
        ),
        (
            "ends within",
            book("Web", "server: web", "  ends within 1s\n", "  wait 30m\n  resolve \"done\""),
            "within 1s",
        ),
        (
            "undo failed",
            book("Web", "server: web", within, "  temporarily own.slow(server)\n  wait 10ms\n  resolve \"done\""),
            "still in place",
        ),
        (
            "refused child",
            book(
                "Web",
                "server: web",
                within,
                "  run Child(server)\n  repeat 1 times { wait 10ms }\n  run Child(server)\n  resolve \"done\"",
            ),
            "was not done: the limit Child 1 per 1d is used up",
        ),
    ];
    for (what, text, says) in cases {
        let text = format!("{ROLE}{probe}{own}{child}{text}");
        let (told, last) = told(&text, "Web", if what == "notified" { 0 } else { 7 });
        let named = if what == "refused child" { "Child(server: web1)" } else { "Web(server: web1)" };
        for word in [says, named, "The web server returns 502", "web1"] {
            assert!(told.contains(word), "{what}, {word}: {told}");
        }
        if !["written", "notified"].contains(&what) {
            let reason = last["reason"].as_str().unwrap();
            assert!(reason.contains("web1") && reason.contains(says), "{what}: {reason}");
        }
        if what.starts_with("command") {
            let reason = last["reason"].as_str().unwrap();
            assert!(reason.contains("exec.change(") && reason.contains("[\"false\"]"), "{what}: {reason}");
        }
    }
}

#[test]
fn text_from_outside_forges_no_line() {
    let text = format!(
        "{ROLE}{}",
        book("Web", "server: web, note: text", "  ends within 1h\n", "  escalate to desk \"Says ${note}\" with note")
    );
    let inventory = format!("{HOSTS}{DESK}");
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", &inventory)]);
    for end in ["\n", "\r\n", "\r", "\u{2028}", "\u{85}"] {
        let note = format!("note=x{end}FORGED is left in place.\u{1b}[2J");
        let ran = project.run(&["run", "a.runbook", "server=web1", &note]).ends(7);
        let kept = project.undelivered();
        let lines = kept.split(['\n', '\r', '\u{2028}', '\u{85}']);
        let forged: Vec<&str> = lines.filter(|line| line.starts_with("FORGED")).collect();
        assert!(forged.is_empty() && !kept.contains('\u{1b}'), "{end:?}: {kept}");
        assert!(kept.contains("FORGED") && !ran.stderr.contains('\u{1b}'), "{kept}");
    }
    // Long arguments are truncated in names.
    let long = format!("note={}", "x".repeat(100_000));
    let ran = project.run(&["run", "a.runbook", "server=web1", &long]).ends(7);
    assert!(ran.stderr.contains("Web(server: web1, note: \"xxx"), "{ran:#?}");
    assert!(ran.stderr.lines().any(|line| line.starts_with("Run ") && line.len() < 400), "{ran:#?}");
}

#[test]
fn no_secret_is_named() {
    let text = book(
        "Use",
        "password: secret",
        "  ends within 1h\n",
        "  permanently exec.change([\"false\"], secret_input: password)\n  resolve \"done\"",
    );
    let inventory = format!("{DESK}secrets:\n  word: {{environment: WORD}}\n");
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", &inventory)]);
    let mut command = project.command(&["run", "a.runbook", "password=word"]);
    let ran = Ran::of(command.env("WORD", "canary-4711").output().unwrap()).ends(7);
    let kept = project.undelivered();
    assert!(kept.contains("Use(password: ") && !kept.contains("canary"), "{kept}");
    assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "{ran:#?}");
}

fn alert(name: &str, labels: &[(&str, &str)]) -> String {
    let labels = labels.iter().map(|(name, value)| (*name, serde_json::Value::from(*value)));
    let labels: serde_json::Map<_, _> =
        labels.chain([("alertname", name.into())]).map(|(name, value)| (name.to_owned(), value)).collect();
    serde_json::json!({"status": "firing", "labels": labels}).to_string()
}

fn group(alerts: &[String]) -> String {
    format!("{{\"alerts\":[{}]}}", alerts.join(","))
}

/// Runbooks for alerts: one that creates a file named after its host, and two for the same alert.
fn for_alerts(inventory: &str) -> Project {
    let header = |alert: &str| format!("  ends within 1h\n  alert \"{alert}\"\n");
    let down = book(
        "Down",
        "server: web",
        &header("WebDown"),
        "  permanently exec.change([\"touch\", \"ran-${server}\"])\n  resolve \"done\"",
    );
    let one = book("One", "server: web", &header("Twice"), "  resolve \"one\"");
    let two = book("Two", "server: web", &header("Twice"), "  resolve \"two\"");
    Project::new(&[
        ("books/down.runbook", &format!("{ROLE}{down}{one}{two}")),
        ("rectify.yaml", &format!("{HOSTS}{inventory}")),
    ])
}

fn send(project: &Project, message: &str) -> Ran {
    std::fs::write(project.path("alert.json"), message).unwrap();
    project.run(&["run", "books", "--alert", "alert.json"])
}

/// An inventory whose default contact receives mail.
fn by_mail(port: u16) -> String {
    format!(
        "contacts:\n  desk: oncall@example.org\n  lead: lead@example.org\ndefault_contact: lead\n\
         mail: {{server: 127.0.0.1, port: {port}, security: none, from: rectify@example.org}}\n"
    )
}

#[test]
fn of_several_alerts_each_that_fits_is_run_and_the_default_contact_hears_of_the_others() {
    let server = MailSink::open();
    let project = for_alerts(&by_mail(server.port));
    let message = group(&[
        alert("WebDown", &[("instance", "nowhere:9100"), ("job", "node")]),
        alert("WebDown", &[("instance", "web1:9100")]),
        alert("WebDwon", &[("instance", "web2:9100"), ("job", "probe")]),
    ]);
    let ran = send(&project, &message).ends(2);
    assert!(project.path("ran-web1").exists() && !project.path("ran-web2").exists(), "{ran:#?}");
    let mails = server.messages(1);
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let mail = unfolded(&mails[0]);
    assert!(mail.contains("To: lead@example.org"), "{mail}");
    for word in
        ["WebDown", "nowhere:9100", "WebDwon", "label job = probe", "Did you mean `WebDown`?", "Down(server: web1)"]
    {
        assert!(mail.contains(word), "{word}: {mail}");
    }
    assert!(ran.stdout.contains("told lead"), "{ran:#?}");
}

#[test]
fn an_escalation_ends_with_the_pages_of_its_contact() {
    let server = MailSink::open();
    let inventory = by_mail(server.port).replace(
        "  desk: oncall@example.org\n",
        "  desk:\n    mail: oncall@example.org\n    links:\n      Our own guidelines: https://intranet.example.org/cases\n      \
         The maker's support: https://support.example.org/?id=1\n",
    );
    let text = format!(
        "{ROLE}{}",
        book("Web", "server: web", "  ends within 1h\n", "  notify desk \"News\"\n  escalate to desk \"It is down\"")
    );
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", &format!("{HOSTS}{inventory}"))]);
    project.run(&["run", "a.runbook", "server=web1"]).ends(3);
    let mails: Vec<String> = server.messages(2).iter().map(|mail| unfolded(mail)).collect();
    assert!(!mails[0].contains("guidelines"), "{}", mails[0]);
    let pages = "Where to go from here:\n- Our own guidelines: https://intranet.example.org/cases\n- The maker's support: \
                 https://support.example.org/?id=1\n";
    assert!(mails[1].contains(pages), "{}", mails[1]);
    for (address, says) in
        [("intranet", "`intranet` is not a web address"), ("\"https://a b\"", "is not a web address")]
    {
        let inventory = format!("{HOSTS}contacts:\n  desk: {{terminal: true, links: {{Guidelines: {address}}}}}\n");
        let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", &inventory)]);
        let ran = project.run(&["check", "a.runbook"]).ends(1);
        assert!(ran.stdout.contains(says) && ran.stdout.contains("https://…"), "{ran:#?}");
    }
}

#[test]
fn a_subject_has_no_character_that_cannot_be_seen() {
    let server = MailSink::open();
    let statements = "  escalate to desk \"Says ${note}\"";
    let text = format!("{ROLE}{}", book("Web", "server: web, note: text", "  ends within 1h\n", statements));
    let inventory = format!("{HOSTS}{}", by_mail(server.port));
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", &inventory)]);
    let invisible = ['\u{202e}', '\u{2028}', '\u{2066}', '\u{200b}', '\u{ad}', '\u{feff}', '\u{e0041}'];
    let note: String = invisible.iter().flat_map(|letter| ['x', *letter]).collect();
    let ran = project.run(&["run", "a.runbook", "server=web1", &format!("note={note}")]).ends(3);
    let mail = unfolded(&server.messages(1)[0]);
    let subject = mail.lines().find(|line| line.starts_with("Subject: ")).unwrap();
    // The subject needs no encoding, so all of it is plain text.
    assert!(subject.contains("Says x\\u{202e}x\\u{2028}x\\u{2066}x\\u{200b}"), "{subject}");
    for letter in invisible {
        assert!(!mail.contains(letter) && !ran.stdout.contains(letter) && !ran.stderr.contains(letter), "{ran:#?}");
    }
}

#[test]
fn a_label_that_is_null_fills_nothing() {
    let text = format!(
        "{ROLE}{}",
        book(
            "Down",
            "server: web, note: text = \"none\"",
            "  ends within 1h\n  alert \"WebDown\"\n",
            "  exec.disrupt([\"touch\", \"note-${note}\"])\n  resolve \"done\""
        )
    );
    let project = Project::new(&[("books/down.runbook", &text), ("rectify.yaml", &format!("{HOSTS}{DESK}"))]);
    let ran = send(&project, r#"{"name": "WebDown", "labels": {"server": "web1", "note": null}}"#).ends(0);
    assert!(project.path("note-none").exists() && !project.path("note-null").exists(), "{ran:#?}");
}

#[test]
fn two_hosts_of_one_message_are_told_apart() {
    let server = MailSink::open();
    let inventory = by_mail(server.port);
    let text = format!(
        "{ROLE}{}",
        book(
            "Down",
            "server: web",
            "  ends within 1h\n  alert \"WebDown\"\n",
            "  require exec.read([\"true\"]).exit_code == 1\n  resolve \"done\""
        )
    );
    let project = Project::new(&[("books/down.runbook", &text), ("rectify.yaml", &format!("{HOSTS}{inventory}"))]);
    let both = group(&[alert("WebDown", &[("instance", "web1")]), alert("WebDown", &[("instance", "web2")])]);
    let ran = send(&project, &both).ends(3);
    let subjects: Vec<String> = server
        .messages(2)
        .iter()
        .map(|mail| unfolded(mail))
        .map(|mail| mail.lines().find(|line| line.starts_with("Subject: ")).unwrap_or_default().to_owned())
        .collect();
    for host in ["web1", "web2"] {
        assert_eq!(subjects.iter().filter(|subject| subject.contains(host)).count(), 1, "{subjects:?} {ran:#?}");
    }
}

/// Unusable messages, each with a word of the expected error.
fn unusable() -> Vec<(String, &'static str)> {
    let plain = |labels: &str| format!("{{\"status\":\"firing\",\"labels\":{labels}}}");
    vec![
        (alert("Unknown", &[("instance", "web1")]), "No runbook in books handles the alert `Unknown`"),
        (alert("WebDown", &[("instance", "nowhere")]), "nowhere"),
        (alert("WebDown", &[]), "WebDown"),
        (alert("Twice", &[("instance", "web1")]), "Several runbooks handle the alert `Twice`"),
        (plain("[]"), "has no label alertname"),
        (plain("{\"alertname\":7}"), "is a number, not a text"),
        (plain("{\"alertname\":\"\"}"), "is empty"),
        ("7".to_owned(), "is a number"),
    ]
}

#[test]
fn without_a_default_contact_what_fits_is_run_and_the_rest_is_kept() {
    for (bad, says) in unusable() {
        let project = for_alerts(DESK);
        let ran = send(&project, &group(&[bad, alert("WebDown", &[("instance", "web1")])])).ends(2);
        assert!(project.path("ran-web1").exists(), "{says}: {ran:#?}");
        assert!(ran.stderr.contains(says), "{says}: {ran:#?}");
        assert!(project.undelivered().contains(says), "{says}: {}", project.undelivered());
    }
}

#[test]
fn a_default_contact_that_cannot_be_reached_is_7() {
    for (bad, says) in unusable() {
        let project = for_alerts(&format!("{DESK}default_contact: desk\n"));
        let ran = send(&project, &group(&[alert("WebDown", &[("instance", "web1")]), bad])).ends(7);
        assert!(project.path("ran-web1").exists(), "{says}: {ran:#?}");
        assert!(project.undelivered().contains(says), "{says}: {}", project.undelivered());
    }
    for broken in ["[[[", "", "null", "{\"alerts\":[]}", "{\"alerts\":{}}"] {
        let project = for_alerts(&format!("{DESK}default_contact: desk\n"));
        send(&project, broken).ends(7);
        assert!(project.undelivered().contains("An unreadable alert"), "{broken}: {}", project.undelivered());
        let project = for_alerts(DESK);
        send(&project, broken).ends(2);
        assert!(project.undelivered().contains("An unreadable alert"), "{broken}: {}", project.undelivered());
    }
}

#[test]
fn a_broken_file_stops_no_alert_that_another_answers_and_somebody_hears_of_it() {
    let broken = [
        ("books/other/rectify.yaml", "hosts: ["),
        ("books/other/rectify.yaml", "hosst: {}\n"),
        ("books/broken.runbook", "runbook Broken( {"),
    ];
    for (name, text) in broken {
        let project = for_alerts(&format!("{DESK}default_contact: desk\n"));
        std::fs::create_dir_all(project.path("books/other")).unwrap();
        let other =
            book("Elsewhere", "server: text", "  ends within 1h\n  alert \"Elsewhere\"\n", "  resolve \"done\"");
        std::fs::write(project.path("books/other/other.runbook"), other).unwrap();
        std::fs::write(project.path(name), text).unwrap();
        let ran = send(&project, &alert_of("WebDown", "web1")).ends(7);
        assert!(project.path("ran-web1").exists(), "{ran:#?}");
        assert!(project.undelivered().contains(name), "{name}: {}", project.undelivered());
        // An alert that the skipped file may handle names that file.
        if name.ends_with("yaml") {
            send(&project, &alert_of("Elsewhere", "web1")).ends(7);
            let kept = project.undelivered();
            assert!(kept.contains("alert Elsewhere") && kept.contains("skipped because of errors"), "{kept}");
        }
        // Nobody else is notified: matching runbooks run, and standard error names what is left out.
        let project = for_alerts(DESK);
        std::fs::create_dir_all(project.path("books/other")).unwrap();
        std::fs::write(project.path("books/other/other.runbook"), "").unwrap();
        std::fs::write(project.path(name), text).unwrap();
        let ran = send(&project, &alert_of("WebDown", "web1")).ends(0);
        assert!(project.path("ran-web1").exists() && ran.stderr.contains(name), "{ran:#?}");
    }
}

fn alert_of(name: &str, instance: &str) -> String {
    serde_json::json!({"name": name, "labels": {"instance": instance}}).to_string()
}

#[test]
fn the_inventory_of_the_path_may_be_the_broken_one() {
    let project = for_alerts(&format!("{DESK}default_contact: desk\nhosst: {{}}\n"));
    send(&project, &alert_of("WebDown", "web1")).ends(7);
    let kept = project.undelivered();
    assert!(kept.contains("alert WebDown") && kept.contains("rectify.yaml has errors"), "{kept}");
    assert!(!project.path("ran-web1").exists());
}

#[test]
fn a_dry_run_of_alerts_tells_nobody_and_resolved_ones_start_nothing() {
    let project = for_alerts(&format!("{DESK}default_contact: desk\n"));
    std::fs::write(project.path("alert.json"), alert_of("Unknown", "web1")).unwrap();
    let ran = project.run(&["run", "books", "--alert", "alert.json", "--dry-run"]).ends(2);
    assert!(ran.stderr.contains("Unknown"), "{ran:#?}");
    assert_eq!(project.undelivered(), "");
    let over = alert("WebDown", &[("instance", "web1")]).replace("firing", "resolved");
    let unknown = alert("Unknown", &[]).replace("firing", "resolved");
    let ran = send(&project, &group(&[over, unknown])).ends(0);
    assert!(ran.stdout.contains("the alert `WebDown` is resolved: nothing to do"), "{ran:#?}");
    assert!(!project.path("ran-web1").exists());
    assert_eq!(project.undelivered(), "");
}

#[test]
fn labels_forge_no_line_and_are_bounded() {
    let project = for_alerts(&format!("{DESK}default_contact: desk\n"));
    let long = "x".repeat(100_000);
    let mut labels = vec![("job", "a\nFORGED\u{1b}[2J\r\nFORGED"), ("long", long.as_str())];
    let names: Vec<String> = (0..500).map(|number| format!("label{number}")).collect();
    labels.extend(names.iter().map(|name| (name.as_str(), "x")));
    send(&project, &group(&[alert("Unknown\nFORGED", &labels)])).ends(7);
    let kept = project.undelivered();
    assert!(!kept.lines().any(|line| line.starts_with("FORGED")) && !kept.contains('\u{1b}'), "{kept}");
    assert!(kept.contains("FORGED") && kept.len() < 20_000, "{}", kept.len());
}

#[test]
fn a_default_contact_is_one_of_the_contacts() {
    for (written, says) in [("dsek", "Unknown contact `dsek`"), ("[desk]", "must be the name of a contact")] {
        let project = for_alerts(&format!("{DESK}default_contact: {written}\n"));
        let ran = project.run(&["check", "books"]).ends(1);
        assert!(ran.stdout.contains("E0701") && ran.stdout.contains(says), "{ran:#?}");
        assert!(written == "[desk]" || ran.stdout.contains("`desk`?"), "{ran:#?}");
    }
    let project = for_alerts(&format!("{DESK}default_contact: desk\n"));
    let ran = project.run(&["check", "books"]);
    assert!(!ran.stdout.contains("E0701"), "{ran:#?}");
}

/// A run hears one person, so an approval by two is a finding, and a test does not grant it.
#[test]
fn an_approval_by_two_is_never_given() {
    let test = |by: u32, expected: &str| {
        let text = format!(
            "runbook Wipe() {{\n  title \"Wipe it\"\n  contact desk\n  ends within 2h\n\n  \
             require approval \"Wipe it?\" by {by} within 1h\n  exec.destroy([\"true\"])\n  resolve \"wiped\"\n}}\n\
             test \"approved\" for Wipe() {{\n  given ask \"Wipe it\" answers approve\n  expect {expected}\n}}\n"
        );
        Project::new(&[("a.runbook", &text), ("rectify.yaml", DESK)])
    };
    test(1, "resolved").run(&["test", "a.runbook"]).ends(0);
    test(1, "resolved").run(&["check", "a.runbook"]).ends(0);
    test(2, "resolved").run(&["test", "a.runbook"]).ends(1);
    test(2, "escalated to desk \"only 1 of 2 approved in time\"").run(&["test", "a.runbook"]).ends(0);
    let found = test(2, "escalated").run(&["check", "a.runbook"]).ends(1);
    assert!(found.stdout.contains("L0306 unattainable-approval"), "{found:#?}");
}

/// A simulated world cannot name more people for an approval than a run hears.
#[test]
fn a_world_with_two_approvers_is_refused() {
    let site = crate::support::repository().join("runbooks/exchange/worlds/site.yaml");
    for (by, code) in [("[ann]", 0), ("[ann, bob]", 2)] {
        let world = format!("extends: {}\npeople: [{{answer: approve, by: {by}}}]\n", site.display());
        let runbook = "runbook Look() {\n  title \"Look\"\n  contact exchange_oncall\n  resolve \"seen\"\n}\n";
        let project = Project::new(&[("a.runbook", runbook), ("world.yaml", &world)]);
        let ran = project.run(&["simulate", "a.runbook", "Look", "--world", "world.yaml"]).ends(code);
        assert_eq!(ran.stderr.contains("Only 1 person can approve"), code == 2, "{ran:#?}");
    }
}

#[test]
fn evidence_is_bounded_shown_and_kept_whole() {
    let say =
        "exec.read([\"sh\", \"-c\", \"yes 'a line of the log' | head -c 200000; echo the end\"], accepts: [0]).stdout";
    let text = book(
        "Web",
        "",
        "  ends within 1h\n",
        &format!("  let seen = {say}\n  escalate to desk \"It is down\" with seen"),
    );
    let project = Project::new(&[("a.runbook", &text), ("rectify.yaml", DESK)]);
    let ran = project.run(&["run", "a.runbook", "--format", "json", "--id", "r1"]).ends(7);
    let events = ran.events();
    let sent = events.iter().find(|event| event["event"] == "escalation_sent").unwrap();
    let evidence = &sent["evidence"][0];
    let shown = evidence["value"].as_str().unwrap();
    assert_eq!(evidence["label"], "seen");
    assert!(shown.starts_with("a line of the log") && shown.ends_with('…') && shown.len() < 20_000, "{}", shown.len());
    // The message names the file with the whole of it.
    let told = project.undelivered();
    assert!(told.len() < 70_000, "{}", told.len());
    let place = told.split("the whole message is in ").nth(1).unwrap().split(" on ").next().unwrap();
    let whole = std::fs::read_to_string(place).unwrap();
    assert!(whole.contains("the end") && whole.len() > 200_000, "{}", whole.len());
    // The terminal shows it as well.
    let ran = project.run(&["run", "a.runbook"]).ends(7);
    assert!(ran.stdout.contains("seen:") && ran.stdout.contains("a line of the log"), "{ran:#?}");
}
